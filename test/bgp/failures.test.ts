import { describe, expect, test } from 'vitest';
import type { BgpSimulation } from '../../src/bgp/index.js';
import { ip } from '../must.js';
import { addressOf, blackhole, blockOf, converged, type Link, mesh, networkOf, speaker } from './networks.js';

const bgpFrom = (simulation: BgpSimulation, name: string, from: string) =>
  simulation.rib(name).filter((r) => r.protocol === from);
const stateOf = (simulation: BgpSimulation, name: string, session: string) =>
  simulation.sessions(name).find((s) => s.name === session);

describe('a neighbour that goes', () => {
  test('without NOTIFICATION: its routes stay for the restart time, RFC 4724 §4.2', () => {
    const simulation = converged(mesh(3));
    simulation.apply({ type: 'kill', speaker: 'n1' });
    simulation.converge();
    expect(bgpFrom(simulation, 'n0', 'n1').map((r) => [r.stale, r.best])).toEqual([[true, true]]);
    expect(simulation.fib('n0')).toHaveLength(4);
    simulation.advance(110_000);
    expect(bgpFrom(simulation, 'n0', 'n1')).toHaveLength(1);
    simulation.advance(20_000);
    expect(bgpFrom(simulation, 'n0', 'n1')).toEqual([]);
    expect(simulation.fib('n0')).toHaveLength(3);
    // The dead one's own forwarding table is as it was.
    expect(simulation.fib('n1')).toHaveLength(4);
    expect(simulation.rib('n1')).toEqual([]);
  });

  test('with NOTIFICATION: they go at once', () => {
    const simulation = converged(mesh(3));
    const before = simulation.counts();
    simulation.apply({ type: 'shutdown', speaker: 'n1' });
    simulation.converge();
    expect(simulation.counts().notification - before.notification).toBe(2);
    expect(bgpFrom(simulation, 'n0', 'n1')).toEqual([]);
    expect(stateOf(simulation, 'n0', 'n1')).toMatchObject({
      state: 'Passive',
      lastError: 'Received: Administrative shutdown',
    });
    expect(simulation.fib('n1')).toHaveLength(4);
  });

  // DISAGREE (Griffin, Shepherd, Wilfong 2002): each prefers the other's path (100) to its kernel's (10), and one has to give in.
  test.each([1, 2, 3])('and leaves two that each prefer the path of the other, seed %i', (seed) => {
    const net = blockOf(9);
    const own = { ...blackhole(net), source: 'kernel', protocol: 'kernel1' } as const;
    const speakers = [
      speaker(0, { as: 65000, routes: [blackhole(net)] }),
      speaker(1, { as: 65001, routes: [own] }),
      speaker(2, { as: 65002, routes: [own] }),
    ];
    const simulation = converged(
      networkOf(
        speakers,
        [
          [0, 1],
          [0, 2],
          [1, 2],
        ],
        seed,
      ),
    );
    simulation.apply({ type: 'shutdown', speaker: 'n0' });
    simulation.converge();
    const best = ['n1', 'n2'].map((name) =>
      simulation.rib(name).filter((r) => r.best && r.net.address === net.address),
    );
    expect(
      best
        .flat()
        .map((r) => r.protocol)
        .sort(),
    ).toSatisfy((found: string[]) => ['kernel1,n1', 'kernel1,n2'].includes(found.join()));
  });

  test.each([false, true])('and comes again, recovering: %s', (recover) => {
    const simulation = converged(mesh(3));
    const before = simulation.rib('n0');
    simulation.apply({ type: 'kill', speaker: 'n1' });
    simulation.converge();
    simulation.apply({ type: 'start', speaker: 'n1', recover });
    simulation.converge();
    expect(simulation.rib('n0').toSorted(byProtocol)).toEqual(before.toSorted(byProtocol));
    // No one has anything to withdraw: each block has one path.
    expect(simulation.messages().filter((m) => m.withdrawn.length > 0)).toEqual([]);
  });

  test.each(['kill', 'shutdown'] as const)('and knows nothing of `birdc disable` when it comes again: %s', (type) => {
    const simulation = converged(mesh(3));
    simulation.apply({ type: 'disable', speaker: 'n1', session: 'n0' });
    simulation.converge();
    expect(stateOf(simulation, 'n1', 'n0')?.state).toBe('Down');
    simulation.apply({ type, speaker: 'n1' });
    simulation.converge();
    simulation.apply({ type: 'start', speaker: 'n1' });
    simulation.converge();
    expect(stateOf(simulation, 'n1', 'n0')?.state).toBe('Established');
  });

  test('an unreachable one is noticed when the hold time is over, and flushed', () => {
    const simulation = converged(mesh(3));
    const cut = addressOf(1);
    simulation.apply({ type: 'reachable', reachable: (from, to) => from !== cut && to !== cut });
    simulation.advance(150_000);
    expect(stateOf(simulation, 'n0', 'n1')?.state).toBe('Established');
    // 240 s, of which up to a quarter is left out.
    simulation.advance(95_000);
    expect(stateOf(simulation, 'n0', 'n1')).toMatchObject({ lastError: 'BGP Error: Hold timer expired' });
    expect(bgpFrom(simulation, 'n0', 'n1')).toEqual([]);
    simulation.apply({ type: 'reachable', reachable: undefined });
    simulation.converge();
    expect(bgpFrom(simulation, 'n0', 'n1')).toHaveLength(1);
  });

  test('an interruption shorter than the hold time goes unnoticed', () => {
    const simulation = converged(mesh(3));
    const before = simulation.counts();
    simulation.apply({ type: 'reachable', reachable: () => false });
    simulation.advance(60_000);
    simulation.apply({ type: 'reachable', reachable: undefined });
    simulation.advance(600_000);
    expect(simulation.counts()).toEqual(before);
  });

  test('a disabled session is down until it is enabled', () => {
    const simulation = converged(mesh(3));
    simulation.apply({ type: 'disable', speaker: 'n0', session: 'n1' });
    simulation.converge();
    expect(stateOf(simulation, 'n0', 'n1')).toMatchObject({ state: 'Down', reason: 'disabled' });
    expect(bgpFrom(simulation, 'n1', 'n0')).toEqual([]);
    simulation.apply({ type: 'enable', speaker: 'n0', session: 'n1' });
    simulation.converge();
    expect(bgpFrom(simulation, 'n1', 'n0')).toHaveLength(1);
  });
});

const byProtocol = (a: { readonly protocol: string }, b: { readonly protocol: string }): number =>
  a.protocol < b.protocol ? -1 : 1;

describe('a session that does not come up', () => {
  test.each([
    { why: 'both sides are passive', here: { passive: true }, there: { passive: true } },
    { why: 'the TCP MD5 passwords differ', here: { password: 'a' }, there: { password: 'b' } },
    { why: 'bad peer AS: n1 has 64512, 64999 is expected', here: { neighborAs: 64999 }, there: {} },
    { why: 'bad peer AS: n1 expects 64999, 64512 is here', here: {}, there: { neighborAs: 64999 } },
    // RFC 4271 §4.2: 0, or at least 3.
    { why: 'unacceptable hold time: 2 s', here: { holdTime: 2 }, there: {} },
    { why: 'unacceptable hold time: 1 s', here: {}, there: { holdTime: 1 } },
    { why: 'n1 has no session with 10.0.0.1', here: {}, there: { neighbor: addressOf(7) } },
  ])('$why', ({ why, here, there }) => {
    const simulation = converged(networkOf([speaker(0), speaker(1)], [[0, 1, here, there]]));
    const status = stateOf(simulation, 'n0', 'n1');
    expect(status?.state).not.toBe('Established');
    expect(status?.reason).toBe(why);
  });

  test('the same router id within an AS, RFC 6286 §2.2', () => {
    const twin = speaker(1, { routerId: addressOf(0) });
    const simulation = converged(networkOf([speaker(0), twin], [[0, 1]]));
    expect(stateOf(simulation, 'n0', 'n1')?.reason).toBe('bad BGP identifier: n1 has the same router id');
    expect(simulation.counts().notification).toBeGreaterThan(0);
  });

  test('a router id of 0, RFC 6286 §2.1', () => {
    const simulation = converged(networkOf([speaker(0), speaker(1, { routerId: ip('0.0.0.0') })], [[0, 1]]));
    for (const [here, there] of [
      ['n0', 'n1'],
      ['n1', 'n0'],
    ] as const) {
      expect(stateOf(simulation, here, there)?.reason).toBe('bad BGP identifier: n1 has the router id 0.0.0.0');
    }
  });
});

describe('a NOTIFICATION has the code and subcode of RFC 4271 §4.5 and RFC 4486 §3', () => {
  const pair = (here: Link[2] = {}, there: Link[2] = {}, second = speaker(1)) =>
    converged(networkOf([speaker(0), second], [[0, 1, here, there]]));
  const told = (simulation: BgpSimulation, from: string) =>
    new Set(
      simulation.messages().flatMap((message) => {
        const { notification: error } = message;
        expect(error === undefined).toBe(message.type !== 'NOTIFICATION');
        return error === undefined || message.from !== from ? [] : [`${error.code}.${error.subcode} ${error.text}`];
      }),
    );
  const following = (event: (simulation: BgpSimulation) => void) => () => {
    const simulation = pair();
    event(simulation);
    simulation.converge();
    return simulation;
  };

  test.each([
    { error: '2.2 Bad peer AS', run: () => pair({ neighborAs: 64999 }) },
    { error: '2.3 Bad BGP identifier', run: () => pair({}, {}, speaker(1, { routerId: addressOf(0) })) },
    { error: '2.6 Unacceptable hold time', run: () => pair({}, { holdTime: 2 }) },
    {
      error: '4.0 Hold timer expired',
      run: following((simulation) => {
        simulation.apply({ type: 'reachable', reachable: () => false });
        simulation.advance(241_000);
      }),
    },
    { error: '6.2 Administrative shutdown', run: following((s) => s.apply({ type: 'shutdown', speaker: 'n0' })) },
    {
      error: '6.2 Administrative shutdown',
      run: following((s) => s.apply({ type: 'disable', speaker: 'n0', session: 'n1' })),
    },
    { error: '6.3 Peer de-configured', run: following((s) => s.apply({ type: 'reconfigure', config: speaker(0) })) },
    {
      error: '6.6 Other configuration change',
      run: following((simulation) => {
        const [config] = simulation.config.speakers;
        if (config !== undefined)
          simulation.apply({ type: 'reconfigure', config: { ...config, routerId: ip('10.9.9.9') } });
      }),
    },
  ])('$error', ({ error, run }) => {
    expect([...told(run(), 'n0')]).toEqual([error]);
  });

  test('a killed daemon says nothing', () => {
    expect([...told(following((s) => s.apply({ type: 'kill', speaker: 'n0' }))(), 'n0')]).toEqual([]);
  });
});

describe('the forwarding table', () => {
  test('has room for some: what comes later stays out until there is', () => {
    const kernel = { ...speaker(0).kernel, limit: 3 };
    const speakers = [speaker(0, { kernel }), speaker(1), speaker(2)];
    const simulation = converged(
      networkOf(speakers, [
        [0, 1],
        [0, 2],
      ]),
    );
    // The subnet, the own block, and one of the others.
    expect(simulation.fib('n0')).toHaveLength(3);
    const missing = [1, 2].filter((n) => !simulation.fib('n0').some((r) => r.net.address === blockOf(n).address));
    expect(missing).toHaveLength(1);
    const [last = 0] = missing;
    expect(simulation.explain('n0', blockOf(last)).fib).toEqual({
      missing: 'the forwarding table is full (3 routes)',
      full: true,
    });
    simulation.apply({ type: 'shutdown', speaker: `n${3 - last}` });
    simulation.converge();
    expect(simulation.fib('n0').some((r) => r.net.address === blockOf(last).address)).toBe(true);
  });

  test('merges paths that are equal up to the router id', () => {
    const net = blockOf(9);
    const speakers = [speaker(0), speaker(1, { routes: [blackhole(net)] }), speaker(2, { routes: [blackhole(net)] })];
    const simulation = converged(
      networkOf(speakers, [
        [0, 1],
        [0, 2],
      ]),
    );
    const route = simulation.fib('n0').find((r) => r.net.address === net.address);
    expect(route?.nexthops.map((hop) => hop.via)).toEqual([addressOf(1), addressOf(2)]);
  });
});
