import { describe, expect, test } from 'vitest';
import { describeBgpMessages, describeBgpRib, describeBgpSessions, explainBgp } from '../../src/analyze/index.js';
import { type BgpConfig, BgpSimulation, REJECT_ALL, type SpeakerConfig } from '../../src/bgp/index.js';
import { type BgpExplanation, formatBgp } from '../../src/output/index.js';
import { ip, prefix } from '../must.js';
import { birdText, blocksOf, session, speaker, THREE_SPEAKERS } from './three-speakers.js';

function converged(config: BgpConfig): BgpSimulation {
  const simulation = new BgpSimulation(config);
  simulation.converge();
  return simulation;
}

function explained(view: BgpSimulation, name: string, asked: string): BgpExplanation {
  const target = asked.includes('/') ? { prefix: prefix(asked) } : { address: ip(asked) };
  return explainBgp(view, name, { ...target, asked });
}

/** A node's own address; its block is 10.244.N.0/26. */
const address = (n: number): string => `192.168.56.${10 + n}`;
const to = (n: number, from: number, set: Parameters<typeof session>[1] | object = {}) =>
  session(`Node_${n}`, { local: ip(address(from)), neighbor: ip(address(n)), passive: from > n, ...set });

/** Nodes 1 to `nodes` that speak with reflector 9 alone, which has no block. */
function star(nodes: number, change: (config: SpeakerConfig) => SpeakerConfig = (config) => config): BgpConfig {
  const all = Array.from({ length: nodes }, (_, i) => i + 1);
  const speakers = [
    ...all.map((n) => speaker(`node-${n}`, address(n), [`10.244.${n}.0/26`], [to(9, n)])),
    speaker(
      'rr',
      address(9),
      [],
      all.map((n) => to(n, 9, { rrClient: true })),
    ),
  ];
  return { speakers: speakers.map(change), reachable: undefined, seed: 1 };
}

describe('the three speakers that birdc was recorded on', () => {
  const view = converged(THREE_SPEAKERS);

  test('show route all', () => {
    expect(blocksOf(formatBgp(describeBgpRib(view, 'a'), { all: true }))).toEqual(
      blocksOf(birdText('birdc-show-route-all.txt')),
    );
  });

  test('show protocols: the same instances in the same states', () => {
    const lines = birdText('birdc-show-protocols.txt').split('\n');
    // Protocol device has no routes.
    const recorded = lines.flatMap((line) => {
      const [, name, state] = /^(\S+) +(?:Direct|Static|Kernel|BGP) +\S+ +(up|start|down) /.exec(line) ?? [];
      return name === undefined ? [] : [`${name} ${state}`];
    });
    const shown = formatBgp(describeBgpSessions(view, ['a']))
      .split('\n')
      .flatMap((line) => {
        const [, name, state] = /^(\S+) +(?:Direct|Static|Kernel|BGP) +\S+ +(up|start|down) /.exec(line) ?? [];
        return name === undefined ? [] : [`${name} ${state}`];
      });
    expect(recorded).toHaveLength(6);
    expect([...shown].sort()).toEqual([...recorded].sort());
  });

  test('both sides of a session name each other, the absent one has no name', () => {
    const { speakers } = describeBgpSessions(view);
    const pairs = speakers.flatMap(({ name, sessions }) => sessions.map((each) => [name, each.neighborName]));
    expect(pairs).toEqual([
      ['a', 'b'],
      ['a', undefined],
      ['a', 'c'],
      ['b', 'a'],
      ['c', 'a'],
    ]);
  });

  test('the rule that decided is that of RFC 4271 §9.1.2.2 a, and what it compared', () => {
    const { candidates, way, fib, origins } = explained(view, 'a', '10.244.2.0/26');
    // Empty within the AS, against 65001.
    expect(candidates.map(({ neighbor, lostBy, compared }) => ({ neighbor, lostBy, compared }))).toEqual([
      { neighbor: 'b', lostBy: undefined, compared: undefined },
      { neighbor: 'c', lostBy: 'as-path-length', compared: { best: '0', own: '1' } },
    ]);
    expect(way).toEqual([
      { speaker: 'b', session: undefined },
      { speaker: 'a', session: 'Mesh_192_168_56_12' },
    ]);
    expect(fib?.nexthops).toEqual([{ via: '192.168.56.12', dev: 'eth0', weight: 1 }]);
    expect(origins.map((origin) => origin.speaker)).toEqual(['b', 'c']);
  });

  test('of an address the longest match is explained', () => {
    expect(explained(view, 'a', '10.244.2.5').net).toBe('10.244.2.0/26');
    expect(explained(view, 'a', '10.244.2.64').net).toBe('0.0.0.0/0');
  });
});

describe('merge paths: what is as good up to the cost of the next hop is used too (bgp_rte_mergable())', () => {
  /** All three nodes announce one prefix; node 3 with a lower LOCAL_PREF. */
  const shared = (mergePaths: boolean) => (config: SpeakerConfig) => {
    const [route] = config.routes;
    const worse = { terms: [{ match: {}, actions: [{ set: 'localPref', value: 50 }], then: 'accept' }] } as const;
    return {
      ...config,
      kernel: { ...config.kernel, mergePaths },
      routes: route === undefined ? [] : [{ ...route, net: prefix('10.96.0.0/12') }],
      sessions: config.sessions.map((each) =>
        config.name === 'node-3' ? { ...each, export: { ...worse, otherwise: 'reject' as const } } : each,
      ),
    };
  };
  const used = ({ candidates }: BgpExplanation) =>
    candidates
      .map(({ neighbor, lostBy, merged }) => ({ neighbor, lostBy, merged }))
      .toSorted((a, b) => (a.neighbor ?? '').localeCompare(b.neighbor ?? ''));

  test('one that lost by its router id is used as well, one that lost by LOCAL_PREF is not', () => {
    const report = explained(converged(star(3, shared(true))), 'rr', '10.96.0.2');
    expect(used(report)).toEqual([
      { neighbor: 'node-1', lostBy: undefined, merged: false },
      { neighbor: 'node-2', lostBy: 'router-id', merged: true },
      { neighbor: 'node-3', lostBy: 'local-pref', merged: false },
    ]);
    expect(report.fib?.nexthops.map(({ via }) => via)).toEqual([address(1), address(2)]);
    const lines = formatBgp(report, { width: 400 }).split('\n');
    expect(lines.filter((line) => line.includes('used as well (merge paths)'))).toEqual([
      expect.stringMatching(/^ {2}also +via 192\.168\.56\.12 /),
    ]);
    expect(lines.filter((line) => line.includes('not used'))).toEqual([expect.stringContaining('from node-3 ')]);
  });

  test('without merge paths the best one alone is', () => {
    const report = explained(converged(star(3, shared(false))), 'rr', '10.96.0.2');
    expect(used(report).map(({ merged }) => merged)).toEqual([false, false, false]);
    expect(report.fib?.nexthops.map(({ via }) => via)).toEqual([address(1)]);
  });
});

describe('a star around one reflector', () => {
  test('the way leads over the reflector', () => {
    const { way, origins } = explained(converged(star(3)), 'node-1', '10.244.2.0/26');
    expect(way.map((step) => step.speaker)).toEqual(['node-2', 'rr', 'node-1']);
    expect(origins).toEqual([{ speaker: 'node-2', source: 'static', protocol: 'blocks', net: '10.244.2.0/26' }]);
  });

  test('without clients the reflector knows it, and RFC 4271 §9.2 is why it says nothing', () => {
    const plain = (config: SpeakerConfig): SpeakerConfig => ({
      ...config,
      sessions: config.sessions.map((each) => ({ ...each, rrClient: false })),
    });
    const { candidates, lost } = explained(converged(star(2, plain)), 'node-1', '10.244.2.0/26');
    expect(candidates).toEqual([]);
    expect(lost.map(({ from, to: at }) => [from, at])).toEqual([['rr', 'node-1']]);
    expect(lost[0]?.why).toMatch(/iBGP|9\.2|client/i);
  });

  test('a filter of the originator: lost two hops before the speaker that is asked', () => {
    const silent = (config: SpeakerConfig): SpeakerConfig =>
      config.name === 'node-2'
        ? { ...config, sessions: config.sessions.map((each) => ({ ...each, export: REJECT_ALL })) }
        : config;
    const { net, lost, origins } = explained(converged(star(2, silent)), 'node-1', '10.244.2.0/26');
    expect(net).toBeUndefined();
    expect(origins.map((origin) => origin.speaker)).toEqual(['node-2']);
    expect(lost.map(({ from, to: at, session: on }) => [from, at, on])).toEqual([['node-2', 'rr', 'Node_2']]);
    expect(lost[0]?.why).toContain('filter');
  });

  test('a block that nobody has: nobody is named', () => {
    const { origins, lost, candidates } = explained(converged(star(2)), 'node-1', '10.244.99.0/26');
    expect({ origins, lost, candidates }).toEqual({ origins: [], lost: [], candidates: [] });
  });

  test('a default route is used, and a block that is longer gets lost: both are told', () => {
    const withDefault = (config: SpeakerConfig): SpeakerConfig => ({
      ...config,
      routes: [
        ...config.routes,
        {
          net: prefix('0.0.0.0/0'),
          type: 'unicast',
          source: 'kernel',
          protocol: 'kernel1',
          nexthops: [{ via: ip('192.168.56.1'), dev: 'eth0', weight: 1 }],
        },
      ],
      sessions: config.sessions.map((each) => (config.name === 'node-2' ? { ...each, export: REJECT_ALL } : each)),
    });
    const { net, lost } = explained(converged(star(2, withDefault)), 'node-1', '10.244.2.5');
    expect(net).toBe('0.0.0.0/0');
    expect(lost.map(({ from, to: at }) => [from, at])).toEqual([['node-2', 'rr']]);
  });

  test('a full forwarding table is told of the routes that stayed out', () => {
    const limited = (config: SpeakerConfig): SpeakerConfig =>
      config.name === 'node-1' ? { ...config, kernel: { ...config.kernel, limit: 2 } } : config;
    const view = converged(star(4, limited));
    const { routes, differences } = describeBgpRib(view, 'node-1');
    const best = routes.filter(({ best: is }) => is).length;
    // 3 blocks by BGP, its own, the connected subnet: 5.
    expect(best).toBe(5);
    expect(differences).toHaveLength(best - 2);
    for (const { fib, why } of differences) expect([fib, why]).toEqual([undefined, expect.stringContaining('full')]);
  });

  test('a killed reflector leaves the paths stale (RFC 4724), a daemon that does not run knows nothing', () => {
    const view = converged(star(2));
    view.apply({ type: 'kill', speaker: 'rr' });
    view.converge();
    const [path] = explained(view, 'node-1', '10.244.2.0/26').candidates;
    expect(path?.route).toMatchObject({ best: true, stale: true });
    expect(describeBgpRib(view, 'rr')).toMatchObject({ running: false, routes: [] });
    expect(describeBgpSessions(view).speakers.map(({ running }) => running)).toEqual([true, true, false]);
  });

  test('messages: each of the two ends opens once on each session, the filters by name hold', () => {
    const view = converged(star(3));
    const all = describeBgpMessages(view);
    // 3 sessions with two sides.
    expect(all.counts.open).toBe(6);
    const one = describeBgpMessages(view, { from: 'node-1', limit: 1 });
    expect(one.messages).toHaveLength(1);
    expect(one.messages[0]).toMatchObject({ from: 'node-1', to: 'rr' });
    // Its block and its connected subnet.
    expect(one.counts).toMatchObject({ open: 1, nlri: 2, withdrawn: 0 });
    expect(describeBgpMessages(view, { from: 'node-1', to: 'node-2' }).messages).toEqual([]);
  });

  test('the time of a session is not before its OPEN', () => {
    const view = converged(star(2));
    const opened = Math.min(...describeBgpMessages(view).messages.map(({ at }) => at));
    for (const { sessions } of describeBgpSessions(view).speakers)
      for (const { since } of sessions) expect(since).toBeGreaterThanOrEqual(opened);
  });
});
