import { describe, expect, test } from 'vitest';
import { formatPrefix } from '../../src/address/index.js';
import type { BgpSimulation, SessionConfig } from '../../src/bgp/index.js';
import { blockOf, converged, type Link, mesh, networkOf, speaker } from './networks.js';

const client: Partial<SessionConfig> = { rrClient: true };

/** n0 reflects between n1 and n2; n1 crashes, and its daemon is started again. */
function restarted(recover: boolean): BgpSimulation {
  const links: Link[] = [
    [0, 1, client],
    [0, 2, client],
  ];
  const simulation = converged(networkOf([speaker(0), speaker(1), speaker(2)], links));
  simulation.apply({ type: 'kill', speaker: 'n1' });
  simulation.converge();
  simulation.apply({ type: 'start', speaker: 'n1', recover });
  return simulation;
}

const blocks = (routes: readonly { readonly net: Parameters<typeof formatPrefix>[0] }[]) =>
  routes.map((r) => formatPrefix(r.net)).filter((net) => net.startsWith('10.244.'));
const ALL = [0, 1, 2].map((n) => formatPrefix(blockOf(n)));

/** RFC 4724 §4; calico/node 3.21 starts `bird -R`. */
describe('a daemon that starts after a crash', () => {
  test.each([
    { recover: true, kept: ALL, why: 'it waits for its neighbours before it clears anything, §4.1' },
    { recover: false, kept: [formatPrefix(blockOf(1))], why: 'it takes out what it does not know' },
  ])('recovering $recover: before sessions are up, its forwarding table has $kept: $why', ({ recover, kept }) => {
    const simulation = restarted(recover);
    // Connections are tried after 3.75 s at the earliest.
    simulation.advance(3_000);
    expect(blocks(simulation.fib('n1'))).toEqual(kept);
    simulation.converge();
    expect(blocks(simulation.fib('n1'))).toEqual(ALL);
  });

  test('has its routes kept as stale until it announces them again, §4.2', () => {
    const links: Link[] = [
      [0, 1, client],
      [0, 2, client],
      [1, 3],
    ];
    const simulation = converged(networkOf([speaker(0), speaker(1), speaker(2), speaker(3)], links));
    simulation.apply({ type: 'kill', speaker: 'n1' });
    simulation.apply({ type: 'kill', speaker: 'n3' });
    simulation.converge();
    simulation.apply({ type: 'start', speaker: 'n1', recover: true });
    // It waits for n3, longer than n0 waits for a neighbour that has not come back: 120 s.
    simulation.advance(200_000);
    const stale = () => simulation.rib('n0').flatMap((r) => (r.stale ? [formatPrefix(r.net)] : []));
    expect(simulation.sessions('n0').map((s) => s.state)).toEqual(['Established', 'Established']);
    expect(stale()).toEqual([formatPrefix(blockOf(1))]);
    simulation.advance(60_000);
    expect(stale()).toEqual([]);
    expect(blocks(simulation.rib('n2'))).toEqual(ALL);
    expect(simulation.messages().filter((m) => m.withdrawn.length > 0)).toEqual([]);
  });

  test('announces nothing before it has the End-of-RIB of all neighbours, §4.1', () => {
    const simulation = converged(mesh(4));
    simulation.apply({ type: 'kill', speaker: 'n1' });
    simulation.converge();
    const { length } = simulation.messages();
    simulation.apply({ type: 'start', speaker: 'n1', recover: true });
    simulation.converge();
    const after = simulation.messages().slice(length);
    const ends = after.filter((m) => m.to === 'n1' && m.type === 'END-OF-RIB').map((m) => m.at);
    const announced = after.filter((m) => m.from === 'n1' && m.announced.length > 0).map((m) => m.at);
    expect([ends.length, announced.length]).toEqual([3, 3]);
    expect(Math.min(...announced)).toBeGreaterThan(Math.max(...ends));
  });

  test('does not wait longer than `graceful restart wait`, 240 s, for one that stays away', () => {
    const simulation = converged(mesh(3));
    simulation.apply({ type: 'kill', speaker: 'n1' });
    simulation.apply({ type: 'kill', speaker: 'n2' });
    simulation.converge();
    simulation.apply({ type: 'start', speaker: 'n1', recover: true });
    simulation.advance(239_000);
    const known = () => simulation.announced('n1', 'n0').map((r) => formatPrefix(r.net));
    expect(known()).toEqual([]);
    simulation.advance(2_000);
    expect(known()).toEqual([formatPrefix(blockOf(1))]);
  });
});
