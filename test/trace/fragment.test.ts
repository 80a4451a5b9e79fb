import { expect, test } from 'vitest';
import { type Trace, trace } from '../../src/trace/index.js';
import { bridged, networkFrom, ROUTER } from '../network.js';

/** Lengths of the IP packets that came in at a namespace's device. */
function received({ legs }: Trace, netns: string): number[] {
  const hops = legs.filter((leg) => leg.kind === 'forward').flatMap((leg) => leg.paths.flatMap((path) => path.hops));
  const events = hops.filter((hop) => hop.netns === netns).flatMap((hop) => hop.events);
  return events.flatMap((event) =>
    event.k === 'rx' ? event.headers.flatMap((header) => (header.l === 'ip4' ? [header.len] : [])) : [],
  );
}

test('a reassembled packet without DF is cut again, whatever its fragments were (seen on Linux 6.18)', () => {
  const network = networkFrom(`${ROUTER}
    r: ip link set eth1 mtu 1400
    r: iptables -t nat -A POSTROUTING -p tcp -j MASQUERADE`);
  const result = trace(network, { from: 'a', to: '10.0.1.1', proto: 'udp', port: 5000, payload: 3000, df: false });
  expect(received(result, 'b')).toEqual([1396, 1396, 276]);
  expect(result.verdict.code).toBe('NO_SOCKET');
});

const BRIDGE = `${bridged({ a: '10.0.0.1/24', b: '10.0.0.2/24' })}
s: sysctl -w net.bridge.bridge-nf-call-iptables=1
s: ip link set p2 mtu 1400
`;
const NAT = 's: iptables -t nat -A POSTROUTING -p tcp -j MASQUERADE';

// br_nf_ip_fragment(); all rows seen on Linux 6.18.
test.each([
  { commands: '', df: true, payload: 1472, want: [], why: 'DF: a bridge drops in silence' },
  { commands: NAT, df: false, payload: 3000, want: [], why: 'fragments of 1500 are not made smaller' },
  { commands: '', df: false, payload: 1472, want: [1396, 124], why: 'cut to the MTU of the bridge, which follows' },
  {
    commands: 's: ip link set br0 mtu 1500',
    df: false,
    payload: 1472,
    want: [],
    why: 'the MTU of the bridge decides, and what is cut to it does not go through the port',
  },
  { commands: '', df: false, payload: 1300, want: [1328], why: 'what fits goes on' },
])('through a bridge with a port of 1400: $why', ({ commands, df, payload, want }) => {
  const probe = { from: 'a', to: '10.0.0.2', proto: 'udp', port: 5000, df, payload } as const;
  const result = trace(networkFrom(BRIDGE + commands), probe);
  expect(received(result, 'b')).toEqual(want);
  expect(result.legs.filter((leg) => leg.kind === 'icmp-error')).toHaveLength(want.length === 0 ? 0 : 1);
  expect(result.verdict.forward).toBe(want.length === 0 ? 'dropped' : 'rejected');
});
