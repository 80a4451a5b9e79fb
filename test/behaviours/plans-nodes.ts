import { frame, socket } from '../oracle/cases.js';
import type { Case, PacketSpec, Plan } from '../oracle/plan.js';
import { routerPlan } from '../oracle/router.js';
import { bridgePlan, routedPodPlan, segmentPlan } from './topologies.js';

/** Plans about one node: a router with a host on each side, a bridge with two pods, a routed pod. */

const run = (command: string): Case => ({ send: 'command', command });
const sysctl = (netns: string, words: string): Case => run(`ip netns exec ${netns} sysctl -qw ${words}`);
const onRouter = (words: string): string => `ip netns exec r ${words}`;
const udp = (src: string, dst: string, ttl = 64): PacketSpec => ({
  src,
  dst,
  ttl,
  payload: 20,
  l4: { l4: 'udp', sport: 20001, dport: 5000 },
});
const segment = (flags: string, sport: number): PacketSpec => ({
  src: '10.0.0.1',
  dst: '10.9.0.9',
  ttl: 64,
  payload: 0,
  l4: { l4: 'tcp', sport, dport: 80, flags, seq: flags === 'S' ? 1000 : 1001, ack: flags.includes('A') ? 5001 : 0 },
});
const router = (name: string, random: readonly string[], cases: readonly Case[]): Plan => ({
  ...routerPlan(random, cases),
  name,
});

/** Somebody says that what port 53 of r sends to `about` had better go to `gateway`; then r sends. */
const redirected = (about: string, gateway: string, { from = '10.0.0.1', port = 53, code = 1 } = {}): Case[] => [
  frame('a', {
    src: from,
    dst: '10.0.0.2',
    ttl: 64,
    payload: 0,
    l4: {
      l4: 'icmp',
      type: 5,
      code,
      gateway,
      about: { ...udp('10.0.0.2', about), l4: { l4: 'udp', sport: port, dport: 9 } },
    },
  }),
  socket('udp', 'r', about),
];

/** 10.9.0.9 is translated to port 53 or, where nobody listens, 81 of b; whatever else goes there goes to b as well, which is no router. */
const TRANSLATED = [
  'ip -n r route add 10.9.0.9 via 10.0.1.1',
  onRouter('iptables -t nat -A PREROUTING -d 10.9.0.9 -p udp -j DNAT --to-destination 10.0.1.1:53'),
  onRouter('iptables -t nat -A PREROUTING -d 10.9.0.9 -p tcp -j DNAT --to-destination 10.0.1.1:81'),
];

export const NODE_PLANS: readonly Plan[] = [
  router(
    'a frame for another MAC address',
    [],
    [{ ...frame('a', udp('10.0.0.1', '10.0.1.1')), ethDst: '02:00:00:00:00:99' }],
  ),
  router(
    'a redirect and a closed FORWARD',
    [
      'ip -n r route add 10.9.0.9 via 10.0.0.3',
      onRouter('sysctl -qw net.ipv4.conf.all.send_redirects=1'),
      onRouter('iptables -P FORWARD DROP'),
    ],
    [socket('udp', 'a', '10.9.0.9')],
  ),
  router(
    'who may redirect, and where to',
    [
      onRouter('sysctl -qw net.ipv4.ip_forward=0'),
      'ip -n r route add 10.9.0.0/16 via 10.0.0.1',
      'ip -n r neigh add 10.0.0.77 lladdr 02:00:00:00:00:77 dev eth0 nud permanent',
    ],
    [
      ...redirected('10.9.0.1', '10.0.0.77'),
      ...redirected('10.9.0.2', '10.0.0.77', { from: '10.0.0.3' }),
      ...redirected('10.9.0.3', '10.0.0.77', { port: 4444 }),
      ...redirected('10.9.0.4', '10.0.0.77', { code: 4 }),
      ...redirected('10.9.0.5', '10.0.0.2'),
      ...redirected('10.9.0.6', '10.77.0.1'),
      ...['all', 'eth0'].map((dev) => sysctl('r', `net.ipv4.conf.${dev}.shared_media=0`)),
      ...redirected('10.9.0.7', '10.0.0.77'),
      ...['all', 'eth0'].map((dev) => sysctl('r', `net.ipv4.conf.${dev}.secure_redirects=0`)),
      ...redirected('10.9.0.8', '10.0.0.77'),
      ...redirected('10.9.0.9', '10.77.0.2'),
      ...['all', 'eth0'].map((dev) => sysctl('r', `net.ipv4.conf.${dev}.secure_redirects=1`)),
      run('ip -n r route add 10.8.0.0/16 via 10.0.0.77'),
      ...redirected('10.9.0.10', '10.0.0.77'),
      sysctl('r', 'net.ipv4.ip_forward=1'),
      ...redirected('10.9.0.11', '10.0.0.77'),
    ],
  ),
  router(
    'who switches redirects off',
    ['ip -n r route add 10.9.0.9 via 10.0.0.99', 'ip -n r neigh add 10.0.0.99 lladdr 02:00:00:00:00:99 dev eth0'],
    [
      socket('udp', 'a', '10.9.0.9'),
      sysctl('r', 'net.ipv4.conf.all.send_redirects=1'),
      socket('udp', 'a', '10.9.0.9'),
      sysctl('r', 'net.ipv4.conf.all.send_redirects=0'),
      sysctl('r', 'net.ipv4.conf.eth0.send_redirects=1'),
      socket('udp', 'a', '10.9.0.9', { source: '10.0.0.3' }),
    ],
  ),
  router(
    'a source behind a blackhole',
    ['ip -n r route add blackhole 10.7.0.0/16', onRouter('sysctl -qw net.ipv4.conf.all.rp_filter=1')],
    [
      frame('a', udp('10.7.0.1', '10.0.1.1')),
      sysctl('r', 'net.ipv4.conf.all.rp_filter=0'),
      frame('a', udp('10.7.0.1', '10.0.1.1')),
    ],
  ),
  router(
    'rp_filter of all and of a device',
    [onRouter('sysctl -qw net.ipv4.conf.all.rp_filter=1')],
    [
      frame('a', udp('10.0.1.77', '10.0.1.1')),
      sysctl('r', 'net.ipv4.conf.eth0.rp_filter=2'),
      frame('a', udp('10.0.1.77', '10.0.1.1')),
      sysctl('r', 'net.ipv4.conf.all.rp_filter=0'),
      sysctl('r', 'net.ipv4.conf.eth0.rp_filter=1'),
      frame('a', udp('10.0.1.77', '10.0.1.1')),
    ],
  ),
  router(
    'rp_filter and marks',
    [
      'ip -n r route add 10.7.0.0/16 dev eth1',
      'ip -n r route add 10.7.0.0/16 dev eth0 table 100',
      'ip -n r rule add pref 100 fwmark 1 lookup 100',
      onRouter('iptables -t mangle -A PREROUTING -i eth0 -j MARK --set-mark 1'),
      onRouter('sysctl -qw net.ipv4.conf.all.rp_filter=1'),
    ],
    [
      frame('a', udp('10.7.0.1', '10.0.1.1')),
      sysctl('r', 'net.ipv4.conf.eth0.src_valid_mark=1'),
      frame('a', udp('10.7.0.1', '10.0.1.1')),
    ],
  ),
  router(
    'rp_filter and rules',
    [
      'ip -n r route add 10.7.0.0/16 dev eth1',
      'ip -n r route add 10.7.0.0/16 dev eth0 table 100',
      onRouter('sysctl -qw net.ipv4.conf.all.rp_filter=1'),
    ],
    [
      frame('a', udp('10.7.0.1', '10.0.1.1')),
      run('ip -n r rule add pref 100 from 10.0.1.0/24 lookup 100'),
      frame('a', udp('10.7.0.1', '10.0.1.1')),
    ],
  ),
  router(
    'forwarding of a device and of all',
    [],
    [
      sysctl('r', 'net.ipv4.conf.eth0.forwarding=0'),
      socket('udp', 'a', '10.0.1.1', { port: 53 }),
      sysctl('r', 'net.ipv4.ip_forward=1'),
      socket('udp', 'a', '10.0.1.1', { port: 53 }),
      sysctl('r', 'net.ipv4.ip_forward=0'),
      sysctl('r', 'net.ipv4.ip_forward=1'),
      socket('udp', 'a', '10.0.1.1', { port: 53 }),
    ],
  ),
  router(
    'a gateway that is not on the link',
    [
      'ip -n r route add 10.8.0.0/16 via 10.99.0.1 dev eth1',
      'ip -n r route add 10.8.0.0/16 via 10.99.0.1 dev eth1 onlink',
    ],
    [socket('ping', 'r', '10.0.1.1')],
  ),
  router(
    'ways to refuse',
    [
      onRouter('iptables -A FORWARD -p tcp --dport 80 -j REJECT --reject-with tcp-reset'),
      onRouter('iptables -A FORWARD -p tcp --dport 81 -j REJECT --reject-with icmp-admin-prohibited'),
      onRouter('iptables -A FORWARD -p udp --dport 53 -j REJECT'),
    ],
    [
      socket('tcp', 'a', '10.0.1.1', { port: 80 }),
      socket('tcp', 'a', '10.0.1.1', { port: 81, sport: 20002 }),
      socket('udp', 'a', '10.0.1.1', { port: 53, connected: true }),
    ],
  ),
  router(
    'jump, goto and return',
    [
      ...['OUTER', 'INNER'].map((chain) => onRouter(`iptables -N ${chain}`)),
      onRouter('iptables -A FORWARD -j OUTER'),
      onRouter('iptables -A FORWARD -p udp --dport 53 -j ACCEPT'),
      onRouter('iptables -A OUTER -p udp --dport 53 -g INNER'),
      onRouter('iptables -A OUTER -p udp --dport 5000 -j INNER'),
      onRouter('iptables -A OUTER -p udp -j DROP'),
      onRouter('iptables -A INNER -j RETURN'),
    ],
    [socket('udp', 'a', '10.0.1.1', { port: 53 }), socket('udp', 'a', '10.0.1.1', { port: 5000 })],
  ),
  router(
    'a RST before any answer',
    ['ip -n r route add 10.9.0.9 via 10.0.1.1', onRouter('iptables -A FORWARD -m conntrack --ctstate INVALID -j DROP')],
    [frame('a', segment('S', 30001)), frame('a', segment('S', 30002)), frame('a', segment('R', 30001))],
  ),
  router('segments of no connection', TRANSLATED, [
    frame('a', segment('R', 30001)),
    frame('a', segment('SA', 30002)),
    frame('a', segment('A', 30003)),
    run(onRouter('iptables -A FORWARD -m conntrack --ctstate INVALID -j DROP')),
    frame('a', segment('R', 30001)),
  ]),
  router(
    'an error about a translated packet',
    [
      ...TRANSLATED,
      'ip netns exec b sysctl -qw net.ipv4.ip_forward=1',
      'ip -n r route add 10.4.0.1 via 10.0.1.1',
      onRouter('iptables -t nat -A PREROUTING -d 10.9.0.8 -p udp -j DNAT --to-destination 10.4.0.1:53'),
    ],
    [
      socket('udp', 'a', '10.9.0.9', { port: 53, ttl: 1, recverr: true }),
      socket('udp', 'a', '10.9.0.8', { port: 53, ttl: 2, recverr: true, sport: 20002 }),
    ],
  ),
  router(
    'two packets of a flow',
    [
      ...TRANSLATED,
      onRouter('iptables -A FORWARD -d 10.0.1.1 -p udp'),
      onRouter('iptables -t nat -A POSTROUTING -d 10.77.0.0/16 -j MASQUERADE --random-fully'),
    ],
    [socket('udp', 'a', '10.9.0.9', { port: 53 }), socket('udp', 'a', '10.9.0.9', { port: 53 })],
  ),
  bridgePlan(
    'a closed FORWARD and a bridge',
    ['ip netns exec n iptables -P FORWARD DROP'],
    [
      socket('udp', 'p1', '10.244.1.3', { port: 53 }),
      socket('udp', 'n', '10.244.1.3', { port: 53 }),
      sysctl('n', 'net.bridge.bridge-nf-call-iptables=0'),
      socket('udp', 'p1', '10.244.1.3', { port: 53, sport: 20002 }),
      socket('udp', 'p1', '192.168.0.9', { port: 53 }),
    ],
  ),
  bridgePlan(
    'the port of a routed packet',
    ['ip netns exec n iptables -A FORWARD -m physdev --physdev-in v1 -j DROP'],
    [
      socket('udp', 'p1', '192.168.0.9', { port: 53 }),
      sysctl('n', 'net.bridge.bridge-nf-call-iptables=0'),
      socket('udp', 'p1', '192.168.0.9', { port: 53, sport: 20002 }),
    ],
  ),
  bridgePlan(
    'bridged DNAT and the state of the neighbour',
    [
      'ip -n n neigh add 10.244.1.3 lladdr 0a:00:00:00:00:03 dev cni0 nud permanent',
      'ip netns exec n iptables -A FORWARD -d 10.244.1.3 -p udp',
    ],
    [
      socket('udp', 'p1', '10.96.0.9', { port: 53 }),
      socket('udp', 'p1', '10.96.0.9', { port: 53 }),
      run('ip -n n neigh replace 10.244.1.3 lladdr 0a:00:00:00:00:03 dev cni0 nud stale'),
      socket('udp', 'p1', '10.96.0.9', { port: 53 }),
      socket('udp', 'p1', '10.96.0.9', { port: 53 }),
    ],
  ),
  ...(['eth0', 'tunnel'] as const).map((first) =>
    routedPodPlan(`a pod behind a device without an address, ${first} first`, first, [
      socket('udp', 'n', '10.244.1.2', { port: 53 }),
      socket('udp', 'p', '192.168.0.9', { port: 53, ttl: 1, recverr: true }),
      socket('udp', 'p', '169.254.1.1', { port: 53 }),
    ]),
  ),
  segmentPlan('a redirect to an unknown and to a known neighbour', [
    socket('udp', 'a', '10.9.9.9', { port: 53 }),
    socket('udp', 'a', '10.9.9.9', { port: 53, source: '10.0.0.11' }),
    socket('udp', 'a', '10.9.9.9', { port: 53, sport: 20002 }),
  ]),
];
