/**
 * Records what a kernel does with pods of Calico, `npx tsx test/oracle/record-tunnels.ts [NAME…]`: through IP in IP, in
 * user-mode Linux, `test/recordings/tunnels-6.1.json`, all of them unless `pods` is said; and proxy ARP and routes that lead
 * nowhere on the kernel of this machine, into `corpus/`.
 */
import { writeFileSync } from 'node:fs';
import { runPlans } from './backend.js';
import { run, socket as toPort } from './cases.js';
import type { Case, Plan, SocketCase } from './plan.js';
import { recordPlans } from './record.js';
import { podPlan, TUNL0, tunnelPlan } from './tunnel-lab.js';

type Entries = Readonly<Record<string, readonly [random: readonly string[], cases: readonly Case[]]>>;

/** To the echo server, or the TCP server. */
const socket = (send: SocketCase['send'], from: string, to: string, rest: Partial<SocketCase> = {}): SocketCase =>
  toPort(send, from, to, { ...(send !== 'ping' && { port: send === 'tcp' ? 80 : 53 }), ...rest });
/** A datagram to the pod behind the other node. */
const across = (rest: Partial<SocketCase> = {}): SocketCase => socket('udp', 'p', '10.244.2.2', rest);
const both = (words: string): string[] => ['a', 'b'].map((node) => `ip netns exec ${node} ${words}`);
/** A device of a node's own, and the route over it. */
const tunnel = (node: 'a' | 'b' | 'r', words: string, route: string): string[] => [
  `ip -n ${node} link add t1 type ipip ${words}`,
  `ip -n ${node} link set t1 up`,
  `ip -n ${node} route replace ${route}`,
];
const FAR = '10.244.2.0/26 via 10.0.1.1 dev t1 onlink';

const THROUGH_TUNNELS: Entries = {
  'pods of two nodes through tunl0': [
    [],
    [across(), socket('tcp', 'p', '10.244.2.2'), socket('ping', 'q', '10.244.1.2')],
  ],
  'a node speaks to pods from the address of tunl0': [
    [],
    [socket('udp', 'a', '10.244.2.2'), socket('ping', 'b', '10.244.1.2')],
  ],
  'tunl0 copies DF': [[], [across({ df: false }), across({ df: true })]],
  'a device of its own says DF': [tunnel('a', 'local 10.0.0.1', FAR), [across({ df: false }), across({ df: true })]],
  'unless it was told not to': [
    tunnel('a', 'local 10.0.0.1 nopmtudisc', FAR),
    [across({ df: false }), across({ df: true })],
  ],
  'the TTL is inherited after it fell': [[], [1, 2, 3, 4].map((ttl) => across({ ttl, recverr: true }))],
  'or the device has one': [tunnel('a', 'local 10.0.0.1 ttl 9', FAR), [across({ ttl: 2 }), across()]],
  'congestion within is none without': [[], [0x02, 0x03, 0xb9].map((tos) => across({ tos }))],
  'a TOS of its own, and an inherited one': [
    tunnel('a', 'local 10.0.0.1 tos 0x20', FAR),
    [
      across({ tos: 0x10 }),
      run('ip -n a link add t2 type ipip local 10.0.0.3 tos inherit'),
      run('ip -n a link set t2 up'),
      run('ip -n a route replace 10.244.2.0/26 via 10.0.1.1 dev t2 onlink'),
      across({ tos: 0x13 }),
    ],
  ],
  'a pod learns what tunl0 carries': [
    [],
    [across({ payload: 1472, df: true, recverr: true }), across({ payload: 1452, df: true })],
  ],
  'and what the underlay does': [
    ['ip -n r link set eth1 mtu 1400'],
    [...[1, 2, 3].map(() => across({ payload: 1400, df: true, recverr: true })), across({ payload: 1400, df: false })],
  ],
  'without DF the outer packet is cut': [['ip -n r link set eth1 mtu 1400'], [across({ payload: 1400, df: false })]],
  'an error of a tunnel behind MASQUERADE is for the pod': [
    [
      'ip netns exec a iptables -t nat -A POSTROUTING -o tunl0 -j MASQUERADE',
      'ip -n a route add 10.0.1.1 via 10.0.0.2 mtu 1300',
      'ip -n a link set tunl0 mtu 1480',
    ],
    [across({ payload: 1400, df: true, recverr: true }), across({ payload: 1400, df: true, recverr: true })],
  ],
  'a locked MTU of the underlay takes DF off': [
    ['ip -n a route add 10.0.1.1 via 10.0.0.2 mtu lock 1300'],
    [across({ payload: 1000, df: true }), across({ payload: 1400 })],
  ],
  'tunl0 takes packets from anybody': [
    tunnel('r', 'local 10.0.0.2', '10.244.1.2 via 10.0.0.1 dev t1 onlink'),
    [socket('udp', 'r', '10.244.1.2')],
  ],
  'but rp_filter looks at who is in them': [
    [
      ...both('sysctl -qw net.ipv4.conf.tunl0.rp_filter=1'),
      ...tunnel('r', 'local 10.0.0.2', '10.244.1.2 via 10.0.0.1 dev t1 onlink'),
    ],
    [socket('udp', 'r', '10.244.1.2'), across()],
  ],
  'a tunl0 that is down answers port unreachable': [
    ['ip -n b link set tunl0 down'],
    [across({ connected: true, recverr: true })],
  ],
  'of several devices the one with both ends takes it': [
    [
      ...tunnel('b', 'local 10.0.1.1', '10.244.1.2 via 10.0.0.1 dev tunl0 onlink'),
      'ip -n b link add t2 type ipip remote 10.0.0.1',
      'ip -n b link set t2 up',
      'ip -n b link add t3 type ipip local 10.0.1.1 remote 10.0.0.1',
      'ip -n b link set t3 up',
    ],
    [
      across(),
      run('ip -n b link set t3 down'),
      across(),
      run('ip -n b link set t2 down'),
      across(),
      run('ip -n b link set t1 down'),
      across(),
    ],
  ],
  'and rather the one that is bound to the device': [
    [
      'ip -n b link add t2 type ipip remote 10.0.0.1 dev eth0',
      'ip -n b link set t2 up',
      'ip -n b link add t3 type ipip remote 10.0.0.1',
      'ip -n b link set t3 up',
    ],
    [across(), run('ip -n b link set t2 down'), across()],
  ],
  'who comes after an error about a far end hears of it': [
    tunnel('a', 'local 10.0.0.1 remote 10.0.1.77', '10.244.2.0/26 dev t1'),
    [1, 2, 3].map(() => across({ connected: true, recverr: true })),
  ],
  'so too of a TTL of its own that is too small': [
    tunnel('a', 'local 10.0.0.1 remote 10.0.1.1 ttl 1', '10.244.2.0/26 dev t1'),
    [1, 2].map(() => across({ connected: true, recverr: true })),
  ],
  'an underlay that leads into the tunnel': [
    ['ip -n a route add 10.0.1.1 dev tunl0'],
    [across({ connected: true, recverr: true })],
  ],
  'an underlay without a way': [
    ['ip -n a route add unreachable 10.0.1.1'],
    [across({ connected: true, recverr: true }), socket('udp', 'a', '10.244.2.2')],
  ],
  'a far end that is this host': [
    tunnel('a', 'local 10.0.0.3 remote 10.0.0.1', '10.244.2.0/26 dev t1'),
    [across({ ttl: 3 })],
  ],
  'a free address of a block of another node': [
    [],
    [socket('udp', 'p', '10.244.2.9', { connected: true, recverr: true })],
  ],
  'rules of OUTPUT see the outer packet': [['ip netns exec a iptables -A OUTPUT -p 4 -j DROP'], [across()]],
  'and those of INPUT': [
    ['ip netns exec b iptables -A INPUT -p 4 -j REJECT'],
    [across({ recverr: true, connected: true })],
  ],
  'the two ways are one connection of protocol 4': [
    ['ip netns exec b iptables -A INPUT -p 4 -m conntrack --ctstate NEW -j DROP'],
    [across(), socket('udp', 'q', '10.244.1.2'), across()],
  ],
  'a mark stays on the outer packet': [
    [
      'ip netns exec a iptables -t mangle -A FORWARD -j MARK --set-mark 1',
      'ip netns exec a iptables -A OUTPUT -p 4 -m mark --mark 1 -j DROP',
    ],
    [across()],
  ],
  'what is cut before the tunnel goes through it in pieces': [
    [],
    [across({ payload: 3000 }), socket('udp', 'a', '10.244.2.2', { payload: 3000 })],
  ],
};

const WITH_PODS: Entries = {
  'a node answers for the gateway of its pods': [
    [],
    [socket('udp', 'p', '10.244.2.2'), socket('ping', 'p', '169.254.1.1'), socket('udp', 'p', '10.0.0.1')],
  ],
  'without a default route it does not': [['ip -n a route del default'], [socket('udp', 'p', '10.0.0.2')]],
  'nor for what is behind the same device': [
    ['ip -n p route add 10.244.1.2/31 dev eth0', 'ip -n a route add 10.244.1.3 dev calip'],
    [socket('udp', 'p', '10.244.1.3')],
  ],
  'nor for what no packet reaches': [['ip -n a route add blackhole 169.254.1.1'], [socket('udp', 'p', '10.0.0.1')]],
  'nor without proxy_arp': [
    ['ip netns exec a sysctl -qw net.ipv4.conf.calip.proxy_arp=0'],
    [socket('udp', 'p', '10.0.0.1')],
  ],
  'but for a neighbour that is said': [
    ['ip netns exec a sysctl -qw net.ipv4.conf.calip.proxy_arp=0', 'ip -n a neigh add proxy 169.254.1.1 dev calip'],
    [socket('udp', 'p', '10.0.0.1')],
  ],
  'nor without forwarding': [
    ['ip netns exec a sysctl -qw net.ipv4.conf.calip.forwarding=0'],
    [socket('udp', 'p', '10.0.0.1')],
  ],
  'a proxy that answers on its own device too': [
    [
      'ip netns exec a sysctl -qw net.ipv4.conf.calip.proxy_arp_pvlan=1',
      'ip -n p route add 10.244.1.2/31 dev eth0',
      'ip -n a route add 10.244.1.3 dev calip',
    ],
    [socket('udp', 'p', '10.244.1.3')],
  ],
  'a free address of the own block is a blackhole': [
    [],
    [
      ...(['udp', 'tcp', 'ping'] as const).map((send) =>
        socket(send, 'p', '10.244.1.9', { recverr: true, connected: send === 'udp' }),
      ),
      ...(['udp', 'tcp', 'ping'] as const).map((send) => socket(send, 'a', '10.244.1.9')),
      socket('udp', 'r', '10.244.1.9'),
    ],
  ],
  'an unreachable block says so': [
    ['ip -n a route add unreachable 10.244.9.0/26'],
    [
      ...(['udp', 'tcp', 'ping'] as const).map((send) =>
        socket(send, 'p', '10.244.9.9', { recverr: true, connected: send === 'udp' }),
      ),
      ...(['udp', 'tcp', 'ping'] as const).map((send) => socket(send, 'a', '10.244.9.9')),
    ],
  ],
  'a prohibited block says so': [
    ['ip -n a route add prohibit 10.244.9.0/26'],
    [
      ...(['udp', 'tcp', 'ping'] as const).map((send) =>
        socket(send, 'p', '10.244.9.9', { recverr: true, connected: send === 'udp' }),
      ),
      ...(['udp', 'tcp', 'ping'] as const).map((send) => socket(send, 'a', '10.244.9.9')),
    ],
  ],
  'a source within the own blackhole does not pass a strict rp_filter': [
    ['ip netns exec a sysctl -qw net.ipv4.conf.calip.rp_filter=1', 'ip -n p addr add 10.244.1.9/32 dev eth0'],
    [socket('udp', 'p', '10.0.0.1', { source: '10.244.1.9' }), socket('udp', 'p', '10.0.0.1')],
  ],
  'nor a loose one': [
    ['ip netns exec a sysctl -qw net.ipv4.conf.calip.rp_filter=2', 'ip -n p addr add 10.244.1.9/32 dev eth0'],
    [socket('udp', 'p', '10.0.0.1', { source: '10.244.1.9' })],
  ],
};

const ROUTED = ['ip -n r route add 10.244.1.0/26 via 10.0.0.1', 'ip -n r route add 10.244.2.0/26 via 10.0.1.1'];
const named = process.argv.slice(2);
const pods = Object.entries(WITH_PODS).map(([name, [random, cases]]) => podPlan(name, [...ROUTED, ...random], cases));
recordPlans(pods, new URL('corpus/', import.meta.url), named.includes('pods') ? [] : named);
if (named.length === 0) {
  const plans = Object.entries(THROUGH_TUNNELS).map(
    ([name, [random, cases]]): Plan => tunnelPlan(name, [...TUNL0, ...random], cases),
  );
  const runs = runPlans(plans, 'uml');
  const recorded = plans.map((plan, i) => JSON.stringify({ plan, kernel: runs[i] }));
  writeFileSync(new URL('../recordings/tunnels-6.1.json', import.meta.url), `[\n${recorded.join(',\n')}\n]\n`);
}
