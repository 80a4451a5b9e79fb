import { describe, expect, test } from 'vitest';
import { formatPrefix } from '../../src/address/index.js';
import {
  type BgpEvent,
  BgpSimulation,
  type FilterAction,
  REJECT_ALL,
  type SessionConfig,
  type SpeakerConfig,
} from '../../src/bgp/index.js';
import { ip, prefix } from '../must.js';
import { addressOf, blackhole, blockOf, converged, networkOf, speaker } from './networks.js';

/** n1 with its block, which n0 hears of. */
const config = networkOf([speaker(0), speaker(1, { as: 64701 })], [[0, 1]]);

function own(name: string): SpeakerConfig {
  const found = config.speakers.find((s) => s.name === name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
}

/** What a session of a speaker becomes: its only one. */
function withSession(name: string, fields: Partial<SessionConfig>): BgpEvent {
  const old = own(name);
  return { type: 'reconfigure', config: { ...old, sessions: old.sessions.map((s) => ({ ...s, ...fields })) } };
}

const heard = (simulation: BgpSimulation) => simulation.rib('n0').filter((r) => r.source === 'bgp');
const sent = (simulation: BgpSimulation, type: string) => simulation.messages().filter((m) => m.type === type).length;

/** bgp_reconfigure() and bgp_channel_reconfigure(), bird 2.0.12 proto/bgp/bgp.c. */
describe('a new configuration', () => {
  const set: FilterAction = { set: 'localPref', value: 200 };
  const prefers: SessionConfig['import'] = {
    terms: [{ match: {}, actions: [set], then: 'next' }],
    otherwise: 'accept',
  };

  test('of the import filter asks the neighbour to announce all again, RFC 2918', () => {
    const simulation = converged(config);
    simulation.apply(withSession('n0', { import: prefers }));
    simulation.converge();
    expect(heard(simulation).map((r) => r.attributes?.localPref)).toEqual([200]);
    expect([sent(simulation, 'OPEN'), sent(simulation, 'ROUTE-REFRESH')]).toEqual([2, 1]);
    simulation.apply(withSession('n0', { import: REJECT_ALL }));
    simulation.converge();
    expect(heard(simulation)).toEqual([]);
    expect([sent(simulation, 'OPEN'), sent(simulation, 'ROUTE-REFRESH')]).toEqual([2, 2]);
  });

  test('of the export filter announces or withdraws, on the session that is up', () => {
    const simulation = converged(config);
    simulation.apply(withSession('n1', { export: REJECT_ALL }));
    simulation.converge();
    expect(heard(simulation)).toEqual([]);
    simulation.apply(withSession('n1', {}));
    simulation.converge();
    expect(heard(simulation)).toHaveLength(1);
    expect([sent(simulation, 'OPEN'), sent(simulation, 'ROUTE-REFRESH')]).toEqual([2, 0]);
  });

  test('starts a session that was disabled by hand, even if it is the old one: proto_reconfigure()', () => {
    const simulation = converged(config);
    simulation.apply({ type: 'disable', speaker: 'n1', session: 'n0' });
    simulation.converge();
    expect(heard(simulation)).toEqual([]);
    simulation.apply(withSession('n1', {}));
    simulation.converge();
    expect(heard(simulation)).toHaveLength(1);
  });

  test('that is the old one changes nothing', () => {
    const simulation = converged(config);
    const before = simulation.messages();
    simulation.apply(withSession('n0', {}));
    simulation.converge();
    expect(simulation.messages()).toEqual(before);
  });

  test.each<{ what: string; fields: Partial<SessionConfig> }>([
    { what: 'hold time', fields: { holdTime: 90 } },
    { what: 'restart time', fields: { restartTime: 60 } },
    { what: 'add paths', fields: { addPaths: true } },
    { what: 'connect delay', fields: { timers: { connectDelay: 1, connectRetry: 120, errorWait: [60, 300] } } },
  ])('of the $what restarts the session', ({ fields }) => {
    const simulation = converged(config);
    simulation.apply(withSession('n0', fields));
    simulation.converge();
    expect(simulation.messages().filter((m) => m.type === 'NOTIFICATION')).toHaveLength(1);
    expect(simulation.messages().filter((m) => m.type === 'OPEN').length).toBeGreaterThan(2);
    expect(heard(simulation)).toHaveLength(1);
  });

  test('of the AS is what it announces its old routes with', () => {
    const simulation = converged(config);
    simulation.apply({ type: 'reconfigure', config: { ...own('n1'), as: 64702 } });
    simulation.apply(withSession('n0', { neighborAs: 64702 }));
    simulation.converge();
    expect(heard(simulation).map((r) => r.attributes?.asPath)).toEqual([[{ type: 'sequence', as: [64702] }]]);
  });

  test('of the router id is what a reflector without cluster id puts into CLUSTER_LIST', () => {
    const reflects = { rrClient: true };
    const chain = networkOf(
      [speaker(0, { routes: [] }), speaker(1, { routes: [] }), speaker(2)],
      [
        [1, 0, reflects],
        [1, 2, reflects],
      ],
    );
    const simulation = converged(chain);
    expect(heard(simulation).map((r) => r.attributes?.clusterList)).toEqual([[addressOf(1)]]);
    const reflector = chain.speakers.find((s) => s.name === 'n1');
    if (reflector === undefined) throw new Error('there is no n1');
    simulation.apply({ type: 'reconfigure', config: { ...reflector, routerId: ip('192.0.2.1') } });
    simulation.converge();
    expect(heard(simulation).map((r) => r.attributes?.clusterList)).toEqual([[ip('192.0.2.1')]]);
  });

  test('of static routes announces what is new and withdraws what is gone', () => {
    const simulation = converged(config);
    const net = prefix('198.51.100.0/24');
    simulation.apply({ type: 'reconfigure', config: { ...own('n1'), routes: [blackhole(net)] } });
    simulation.converge();
    expect(heard(simulation).map((r) => formatPrefix(r.net))).toEqual(['198.51.100.0/24']);
    const withdrawn = simulation.messages().flatMap((m) => m.withdrawn.map(formatPrefix));
    expect(withdrawn).toEqual([formatPrefix(blockOf(1))]);
  });
});

// RFC 7607; the words are those of `bird -p` 2.0.12 (bgp_postconfig(), proto/bgp/bgp.c).
test('AS 0 is nobody’s, neither at first nor later', () => {
  const noAs = { ...config, speakers: config.speakers.map((s) => ({ ...s, as: 0 })) };
  expect(() => new BgpSimulation(noAs)).toThrow('speakers[0].as: expected an AS number from 1 to 4294967295, found 0');
  const simulation = converged(config);
  expect(() => simulation.apply(withSession('n0', { neighborAs: 0 }))).toThrow(
    'neighborAs: expected an AS number from 1 to 4294967295, found 0',
  );
  // Nothing has come of it.
  expect(heard(simulation)).toHaveLength(1);
});
