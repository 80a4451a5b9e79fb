import fc from 'fast-check';
import { run } from './cases.js';
import type { Case, Plan, SocketCase } from './plan.js';
import { IPTABLES, mostly, oneOf, words } from './router.js';
import { podPlan, TUNL0, tunnelPlan } from './tunnel-lab.js';

/**
 * Level 5: nodes of Calico, with and without IP in IP, and what may be wrong with them. Left out is what the router plan
 * leaves out.
 */
const ADDRESS = oneOf(
  ...['10.244.1.2', '10.244.1.2', '10.244.2.2', '10.244.2.2', '10.244.2.2'],
  ...['10.244.1.0', '10.244.2.0', '10.244.1.9', '10.244.2.9', '10.244.9.9'],
  ...['10.0.0.1', '10.0.1.1', '10.0.0.2', '10.2.0.1', '169.254.1.1'],
);

const SOCKET: fc.Arbitrary<SocketCase> = fc
  .record({
    send: oneOf('udp' as const, 'udp' as const, 'tcp' as const, 'ping' as const),
    from: oneOf('p', 'p', 'q', 'a', 'b', 'r'),
    to: ADDRESS,
    port: oneOf(53, 53, 5000, 80, 80, 9),
    sport: oneOf(20001, 20002, 20003),
    ttl: mostly(undefined, 1, 2, 3, 64),
    df: mostly(undefined, true, false),
    tos: mostly(undefined, 0x10, 0x02, 0x03, 0xb9),
    mark: mostly(undefined, 1),
    payload: mostly(20, 0, 1352, 1400, 1440, 1452, 1453, 1472, 3000),
    connected: fc.boolean(),
    recverr: fc.boolean(),
  })
  .map(({ ttl, df, tos, mark, ...rest }) => ({
    ...rest,
    port: rest.send === 'ping' ? 0 : rest.port,
    payload: rest.send === 'tcp' ? 0 : rest.payload,
    ...(ttl !== undefined && { ttl }),
    ...(df !== undefined && { df }),
    ...(tos !== undefined && { tos }),
    ...(mark !== undefined && { mark }),
  }));

const NODE = oneOf('a', 'b');
const PROXY = fc.oneof(
  words`ip netns exec a sysctl -qw net.ipv4.conf.${oneOf('all', 'calip', 'eth0')}.${oneOf('proxy_arp', 'proxy_arp_pvlan', 'rp_filter', 'forwarding', 'arp_ignore', 'arp_filter')}=${oneOf(0, 1)}`,
  words`ip netns exec b sysctl -qw net.ipv4.conf.${oneOf('all', 'caliq', 'eth0')}.${oneOf('proxy_arp', 'rp_filter', 'forwarding')}=${oneOf(0, 1, 2)}`,
  words`ip netns exec ${NODE} sysctl -qw net.ipv4.ip_forward=0`,
  words`ip -n ${NODE} route del default`,
  words`ip -n a neigh add proxy ${oneOf('10.244.9.9', '169.254.1.1')} dev ${oneOf('calip', 'eth0')}`,
  words`ip -n p route add ${oneOf('10.244.2.2', '10.244.1.9', '10.0.0.1', '10.9.0.9')} dev eth0`,
);
const ROUTE = fc.oneof(
  words`ip -n a route ${oneOf('add', 'replace')} ${oneOf('blackhole', 'unreachable', 'prohibit')} ${oneOf('10.244.2.0/26', '10.244.2.2', '10.244.9.9', '10.244.1.0/26', '169.254.1.1')}`,
  words`ip -n ${NODE} route del ${oneOf('10.244.1.0/26', '10.244.2.0/26', '10.244.1.2', '10.244.2.2')}`,
  words`ip -n ${oneOf('r', 'r', 'p')} route add ${oneOf('10.244.1.0/26 via 10.0.0.1', '10.244.2.0/26 via 10.0.1.1', 'unreachable 10.244.1.0/26')}`,
  words`ip -n a route replace 10.244.2.0/26 via 10.0.0.2`,
);
const DEVICE = words`ip -n ${oneOf('a', 'r', 'b')} link set ${oneOf('eth0', 'calip', 'caliq')} mtu ${oneOf(1300, 1400)}`;
const RULES = fc.oneof(
  words`ip netns exec ${NODE} iptables -t ${oneOf('filter')} -${oneOf('A', 'I')} ${oneOf('INPUT', 'OUTPUT', 'FORWARD')} ${oneOf('-p 4', '-m conntrack --ctstate INVALID', '-m conntrack --ctstate NEW', '-s 10.244.1.0/26')} -j ${oneOf('DROP', 'REJECT', 'ACCEPT')}`,
  words`ip netns exec ${NODE} iptables -t nat -A POSTROUTING ${oneOf('-s 10.244.0.0/16', '')} ${oneOf('! -d 10.244.0.0/16', '-p 4', '')} -j MASQUERADE`,
  words`ip netns exec ${NODE} iptables -t nat -A PREROUTING -d 10.244.9.9 -p ${oneOf('udp', 'tcp')} -j DNAT --to-destination ${oneOf('10.244.1.2', '10.244.2.2')}`,
  words`ip netns exec ${NODE} iptables -t mangle -A ${oneOf('PREROUTING', 'OUTPUT', 'FORWARD', 'POSTROUTING')} -j MARK --set-mark 1`,
  IPTABLES,
);

const ENDS = fc.oneof(
  oneOf('local 10.0.0.1', 'local 10.0.0.1 remote 10.0.1.1', 'remote 10.0.1.1', 'local 10.0.0.3 remote 10.0.1.1'),
  oneOf('local 10.0.0.1 remote 10.0.1.77', 'remote 10.0.1.1 local 10.0.0.1 dev eth0', 'local 10.0.0.1 remote 10.9.9.9'),
  oneOf('local 10.0.0.1 remote 10.0.0.1', 'local 10.9.9.9 remote 10.0.1.1', 'remote 10.0.0.3'),
);
const OPTIONS = words`${mostly('', 'ttl 64', 'ttl 2', 'ttl 1', 'nopmtudisc')} ${mostly('', 'tos inherit', 'tos 0x10')}`;
/** A device of its own, with a route over it. */
const TUNNEL = fc
  .record({
    name: oneOf('t1', 't2'),
    ends: ENDS,
    options: OPTIONS,
    mtu: mostly('', 'mtu 1480', 'mtu 1300', 'mtu 1600'),
    far: oneOf('10.244.2.0/26', '10.244.2.2', '10.244.9.9'),
    via: mostly('via 10.0.1.1', '', 'via 10.0.1.77'),
  })
  .map(({ name, ends, options, mtu, far, via }) => [
    `ip -n a link add ${name} ${mtu} type ipip ${ends} ${options}`.replace(/\s+/g, ' ').trim(),
    `ip -n a link set ${name} up`,
    `ip -n a route replace ${far} ${via} dev ${name} ${via === '' ? '' : 'onlink'}`.replace(/\s+/g, ' ').trim(),
  ]);
/** One at the other end, or at the router, which is no node. */
const FAR_TUNNEL = fc.oneof(
  words`${oneOf('local 10.0.1.1', 'local 10.0.1.1 remote 10.0.0.1', 'remote 10.0.0.1', 'remote 10.0.0.1 dev eth0')} ${OPTIONS}`.map(
    (ends) => [
      `ip -n b link add t1 type ipip ${ends}`,
      'ip -n b link set t1 up',
      'ip -n b route replace 10.244.1.2 via 10.0.0.1 dev t1 onlink',
    ],
  ),
  words`${oneOf('10.244.1.2', '10.244.2.2', '10.244.1.0')} via ${oneOf('10.0.0.1', '10.0.1.1', '10.244.1.2')} dev t1 onlink`.map(
    (route) => ['ip -n r link add t1 type ipip local 10.0.0.2', 'ip -n r link set t1 up', `ip -n r route add ${route}`],
  ),
);
const TUNNEL_SETTING = fc.oneof(
  words`ip -n ${NODE} link set tunl0 ${oneOf('down', 'mtu 1400', 'mtu 1500', 'mtu 1440', 'mtu 8000')}`,
  words`ip netns exec ${NODE} sysctl -qw net.ipv4.conf.${oneOf('all', 'tunl0')}.rp_filter=${oneOf(1, 2)}`,
  words`ip netns exec a iptables -t nat -A POSTROUTING -o tunl0 -m addrtype ! --src-type LOCAL -j MASQUERADE`,
  words`ip -n a route replace 10.244.2.0/26 ${oneOf('dev tunl0', 'via 10.0.1.1 dev tunl0 onlink mtu 1400', 'via 10.0.1.1 dev tunl0 onlink mtu lock 1300', 'via 10.0.0.1 dev tunl0 onlink', 'via 10.0.1.77 dev tunl0 onlink', 'via 10.9.9.9 dev tunl0 onlink')}`,
  words`ip -n ${oneOf('a', 'r')} route add ${oneOf('10.0.1.1 via 10.0.0.2 mtu 1400', '10.0.1.1 via 10.0.0.2 mtu lock 1300', 'unreachable 10.0.1.1', '10.0.1.1 dev tunl0')}`,
  words`ip -n r link set eth${oneOf(0, 1)} mtu ${oneOf(1300, 1400, 1450)}`,
);

const between = (change: fc.Arbitrary<string>): fc.Arbitrary<Case[]> =>
  fc
    .array(
      fc.oneof(
        {
          weight: 14,
          arbitrary: fc.tuple(SOCKET, mostly(1, 2)).map(([one, n]): Case[] => Array.from({ length: n }, () => one)),
        },
        { weight: 1, arbitrary: change.map((line): Case[] => [run(line)]) },
      ),
      { minLength: 15, maxLength: 30 },
    )
    .map((all) => all.flat());

const ANY_CHANGE = fc.oneof(PROXY, ROUTE, DEVICE, RULES);

/** Pods whose packets the router between carries as they are. */
export const POD_PLAN: fc.Arbitrary<Plan> = fc
  .record({ random: fc.array(ANY_CHANGE, { maxLength: 6 }), cases: between(fc.oneof(PROXY, ROUTE)) })
  .map(({ random, cases }) =>
    podPlan(
      'pods',
      ['ip -n r route add 10.244.1.0/26 via 10.0.0.1', 'ip -n r route add 10.244.2.0/26 via 10.0.1.1', ...random],
      cases,
    ),
  );

/** Pods whose packets go through tunnels. */
export const TUNNEL_PLAN: fc.Arbitrary<Plan> = fc
  .record({
    tunnels: fc.array(fc.oneof(TUNNEL, FAR_TUNNEL), { maxLength: 2 }),
    random: fc.array(fc.oneof({ weight: 3, arbitrary: TUNNEL_SETTING }, { weight: 2, arbitrary: ANY_CHANGE }), {
      maxLength: 5,
    }),
    cases: between(fc.oneof(TUNNEL_SETTING, ROUTE)),
  })
  .map(({ tunnels, random, cases }) => tunnelPlan('ipip', [...TUNL0, ...tunnels.flat(), ...random], cases));
