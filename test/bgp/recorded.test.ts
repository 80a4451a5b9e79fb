import { describe, expect, test } from 'vitest';
import { formatIpv4, formatPrefix } from '../../src/address/index.js';
import {
  type BgpAttributes,
  BgpSimulation,
  type FibRoute,
  type NextHop,
  type RibRoute,
  type SessionStatus,
} from '../../src/bgp/index.js';
import { configOf, loadRecorded, type Recorded, type RecordedSpeaker, speakerOf } from './recorded.js';

/** What happened after `before` was dumped; see the `about` of each. */
const ACTS: Readonly<Record<string, (simulation: BgpSimulation, recorded: Recorded) => void>> = {
  withdraw: (simulation, { input }) => {
    const node = input.nodes.find((n) => n.name === 'n3');
    if (node === undefined) throw new Error('n3 is not there');
    const config = speakerOf(input, { ...node, blocks: [], pods: [] });
    simulation.apply({ type: 'reconfigure', config });
  },
  'node-crash-gr-stale': (simulation) => simulation.apply({ type: 'kill', speaker: 'n2' }),
};

const SCENARIOS = [
  'bestpath-attributes',
  'export-filter',
  'ipip-always-mesh',
  'mesh-4',
  'node-crash-gr-stale',
  'rr1-5',
  'rr2-same-cluster-6',
  'tor-as-per-rack',
  'vxlan-mesh',
  'withdraw',
];

describe.each(SCENARIOS)('BIRD 2.0.12, %s', (scenario) => {
  const recorded = loadRecorded(scenario);
  // `input` is as the act has left it: before, n3 had a block in `withdraw`.
  const first = scenario === 'withdraw' ? { input: loadRecorded('mesh-4').input } : recorded;

  test.each([1, 2, 3])('has the same tables with seed %i', (seed) => {
    const simulation = new BgpSimulation(configOf(first, seed));
    simulation.converge();
    const act = ACTS[scenario];
    compare(simulation, recorded.before ?? recorded.result);
    expect(messagesOf(simulation, recorded)).toEqual(expectedMessages(recorded));
    if (act === undefined) return;
    const before = simulation.counts();
    act(simulation, recorded);
    simulation.converge();
    compare(simulation, recorded.result);
    const after = simulation.counts();
    const { withdraw, withdrawn, announce, NOTIFICATION, OPEN } = recorded.messagesAfterAct ?? recorded.messages;
    expect({
      OPEN: after.open - before.open,
      NOTIFICATION: after.notification - before.notification,
      announce: after.announce - before.announce,
      withdraw: after.withdraw - before.withdraw,
      withdrawn: after.withdrawn - before.withdrawn,
    }).toEqual({ OPEN, NOTIFICATION, announce, withdraw, withdrawn });
  });
});

/** In which it depends on timing what shares an UPDATE: one ToR has or has not both routes of a rack when it announces them. */
const TIMED = new Set(['tor-as-per-rack']);

function expectedMessages(recorded: Recorded): object {
  const { OPEN, endOfRib, announce, nlri, withdraw, withdrawn, NOTIFICATION } = recorded.messages;
  const sure = { OPEN, endOfRib, nlri, withdraw, withdrawn, NOTIFICATION };
  return TIMED.has(recorded.scenario) ? sure : { ...sure, announce };
}

function messagesOf(simulation: BgpSimulation, recorded: Recorded): object {
  const { open, endOfRib, announce, nlri, withdraw, withdrawn, notification } = simulation.counts();
  const sure = { OPEN: open, endOfRib, nlri, withdraw, withdrawn, NOTIFICATION: notification };
  return TIMED.has(recorded.scenario) ? sure : { ...sure, announce };
}

function compare(simulation: BgpSimulation, speakers: readonly RecordedSpeaker[]): void {
  for (const speaker of speakers) {
    expect(simulation.running(speaker.node)).toBe(speaker.running);
    expect(sorted(simulation.rib(speaker.node).map(routeText))).toEqual(sorted(speaker.rib.map(recordedText)));
    if (!speaker.running) continue;
    expect(simulation.sessions(speaker.node).map(sessionText)).toEqual(speaker.sessions.map(recordedSession));
    expect(sorted(simulation.fib(speaker.node).map(fibText))).toEqual(sorted(speaker.kernelExport.map(recordedFib)));
  }
}

const sorted = (texts: readonly string[]): readonly string[] => texts.toSorted();

const hops = (nexthops: readonly NextHop[]): string =>
  nexthops.map((h) => `${h.via === undefined ? '' : formatIpv4(h.via)}%${h.dev}`).join(' ');
const recordedHops = (nexthops: readonly { readonly via?: string; readonly dev: string }[]): string =>
  nexthops.map((h) => `${h.via ?? ''}%${h.dev}`).join(' ');

function routeText(route: RibRoute): string {
  return JSON.stringify([
    formatPrefix(route.net),
    route.type,
    route.protocol,
    route.best,
    route.preference,
    route.from === undefined ? '' : formatIpv4(route.from),
    hops(route.nexthops),
    route.attributes === undefined ? {} : attributesText(route.attributes),
  ]);
}

function attributesText(a: BgpAttributes): object {
  return {
    origin: a.origin,
    asPath: a.asPath.flatMap((s) => s.as).join(' '),
    nextHop: formatIpv4(a.nextHop),
    localPref: a.localPref,
    med: a.med,
    originatorId: a.originatorId === undefined ? undefined : formatIpv4(a.originatorId),
    clusterList: a.clusterList.length === 0 ? undefined : a.clusterList.map(formatIpv4).join(' '),
  };
}

/** `stale` of the recording is the mark of long-lived graceful restart (RFC 9494), which is not in use. */
function recordedText(route: RecordedSpeaker['rib'][number]): string {
  const { attrs } = route;
  const attribute = (name: string): string | undefined => attrs[`BGP.${name}`];
  const number = (name: string): number | undefined => {
    const text = attribute(name);
    return text === undefined ? undefined : Number(text);
  };
  return JSON.stringify([
    route.net,
    route.type,
    route.proto,
    route.best,
    route.preference,
    route.from ?? '',
    recordedHops(route.nexthops),
    attribute('origin') === undefined
      ? {}
      : {
          origin: attribute('origin')?.toUpperCase(),
          asPath: attribute('as_path'),
          nextHop: attribute('next_hop'),
          localPref: number('local_pref'),
          med: number('med'),
          originatorId: attribute('originator_id'),
          clusterList: attribute('cluster_list'),
        },
  ]);
}

function sessionText(s: SessionStatus): object {
  return {
    name: s.name,
    state: s.state,
    neighbor: formatIpv4(s.neighbor),
    neighborAs: s.neighborAs,
    type: s.state === 'Established' ? s.type : undefined,
    rrClient: s.state === 'Established' ? s.rrClient : undefined,
    lastError: s.lastError,
    imported: s.imported,
    exported: s.exported,
    preferred: s.preferred,
  };
}

function recordedSession(s: RecordedSpeaker['sessions'][number]): object {
  return {
    name: s.name,
    state: s.bgpState,
    neighbor: s.neighbor,
    neighborAs: s.neighborAs,
    type: s.session?.split(' ')[0],
    rrClient: s.session?.includes('route-reflector'),
    lastError: /^\S+\s+(\S.*)$/.exec(s.info)?.[1],
    imported: s.imported,
    exported: s.exported,
    preferred: s.preferred,
  };
}

function fibText(route: FibRoute): string {
  return JSON.stringify([formatPrefix(route.net), route.type, hops(route.nexthops), route.tunnel ?? '']);
}

function recordedFib(route: RecordedSpeaker['kernelExport'][number]): string {
  const tunnel = route.krtTunnel === '1' ? 'tunl0' : '';
  return JSON.stringify([route.net, route.type, recordedHops(route.nexthops), tunnel]);
}
