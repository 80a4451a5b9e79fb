import { describe, expect, test } from 'vitest';
import { BgpSimulation, type LocalRoute, type Reach } from '../../src/bgp/index.js';
import { ip, prefix } from '../must.js';
import { addressOf, networkOf, speaker } from './networks.js';

/** n0, which tries a neighbour in vain; n1 is there. */
function tried(
  neighbor: string,
  { routes = [], reachable }: { readonly routes?: readonly LocalRoute[]; readonly reachable?: Reach } = {},
): BgpSimulation {
  const { speakers } = networkOf([speaker(0, { routes }), speaker(1)], [[0, 1]]);
  const session = { ...speakers[0]?.sessions[0], name: 'gone', neighbor: ip(neighbor) } as const;
  const changed = speakers.map((each) =>
    each.name === 'n0' ? { ...each, sessions: [...each.sessions, session as (typeof each.sessions)[number]] } : each,
  );
  const simulation = new BgpSimulation({ speakers: changed, reachable, seed: 1 });
  simulation.converge();
  return simulation;
}

const stateOf = (simulation: BgpSimulation, name = 'gone') =>
  simulation.sessions('n0').find((each) => each.name === name);

const to = (net: string, type: LocalRoute['type']): LocalRoute => ({
  net: prefix(net),
  type,
  source: 'kernel',
  protocol: 'kernel1',
  nexthops: type === 'unicast' ? [{ via: addressOf(1), dev: 'eth0', weight: 1 }] : [],
});

/** strerror() of what connect() gives: fib_props of linux net/ipv4/fib_semantics.c, ENETUNREACH without a route. */
const NO_HOST = { state: 'Active', lastError: 'Socket: No route to host' };
describe('what connect() ends with is the last error, and the next try waits', () => {
  test.each([
    { why: 'ARP is not answered', neighbor: '10.0.9.9', routes: [], want: NO_HOST },
    { why: 'no route', neighbor: '10.9.9.9', routes: [], want: { lastError: 'Socket: Network is unreachable' } },
    {
      why: 'a blackhole',
      neighbor: '10.9.9.9',
      routes: [to('10.9.0.0/16', 'blackhole')],
      want: { lastError: 'Socket: Invalid argument' },
    },
    { why: 'unreachable', neighbor: '10.9.9.9', routes: [to('10.9.0.0/16', 'unreachable')], want: NO_HOST },
    {
      why: 'prohibit, longer than the default route',
      neighbor: '10.9.9.9',
      routes: [to('0.0.0.0/0', 'unicast'), to('10.9.9.0/24', 'prohibit')],
      want: { lastError: 'Socket: Permission denied' },
    },
    {
      why: 'a gateway takes it, and nobody answers',
      neighbor: '10.9.9.9',
      routes: [to('0.0.0.0/0', 'unicast')],
      want: { state: 'Connect', lastError: undefined },
    },
  ])('$why: $want.lastError', ({ neighbor, routes, want }) => {
    const simulation = tried(neighbor, { routes });
    expect(stateOf(simulation)).toMatchObject({ state: 'Active', ...want });
    expect(stateOf(simulation, 'n1')?.state).toBe('Established');
  });

  test('three ARP requests take 3 s: until then it is Connect', () => {
    const simulation = tried('10.0.9.9');
    const { now } = simulation;
    // The first try comes after 4 to 5 s: connect delay time 5 of BIRD, less a quarter at most.
    expect(now).toBeGreaterThanOrEqual(3750 + 3000);
    simulation.advance(5001);
    expect(stateOf(simulation)).toMatchObject({ state: 'Connect', lastError: 'Socket: No route to host' });
  });

  test('a machine that is there and no speaker refuses', () => {
    expect(stateOf(tried('10.0.9.9', { reachable: () => true }))).toMatchObject({
      state: 'Active',
      lastError: 'Socket: Connection refused',
    });
  });

  test('what is dropped on the way is no error', () => {
    const simulation = tried('10.0.9.9', { reachable: (_, address) => address === ip('10.0.9.9') });
    expect(stateOf(simulation, 'n1')).toMatchObject({ state: 'Connect', lastError: undefined });
  });
});
