/**
 * Runs shrunk counterexamples on the kernel of this machine and writes them, with what it did, into `corpus/`:
 * `npx tsx test/oracle/record-corpus.ts [NAME…]`, all of them unless some are named. Each is named for what was wrong, and
 * is as small as it got.
 */
import { echo, frame, run, socket } from './cases.js';
import type { Case, FrameCase, Plan } from './plan.js';
import { recordPlans } from './record.js';
import { routerPlan } from './router.js';

/** A segment between 10.0.0.1:30001 and 10.0.1.1:80, and hosts that say nothing to it. */
const segment = (from: 'a' | 'b', flags: string, seq: number, ack: number): FrameCase => {
  const [src, dst, sport, dport] =
    from === 'a' ? ['10.0.0.1', '10.0.1.1', 30001, 80] : ['10.0.1.1', '10.0.0.1', 80, 30001];
  return frame(from, {
    src: String(src),
    dst: String(dst),
    ttl: 64,
    payload: 0,
    l4: { l4: 'tcp', sport: Number(sport), dport: Number(dport), flags, seq, ack },
  });
};
const SILENT_HOSTS = [
  'ip netns exec a iptables -t raw -A PREROUTING -p tcp -j DROP',
  'ip netns exec b iptables -t raw -A PREROUTING -p tcp -j DROP',
  'ip netns exec r iptables -A FORWARD -m conntrack --ctstate INVALID -j DROP',
];
const HANDSHAKE = [segment('a', 'S', 1000, 0), segment('b', 'SA', 5000, 1001), segment('a', 'A', 1001, 5001)];

/** By the cable of a host comes a redirect to 10.0.0.77 of the router 10.0.0.1, about what r sends there; then r sends. */
const redirectedBy = (host: 'a' | 'b', dst: string): Case[] => [
  frame(host, {
    src: '10.0.0.1',
    dst: '10.0.0.2',
    ttl: 64,
    payload: 0,
    l4: {
      l4: 'icmp',
      type: 5,
      code: 1,
      gateway: '10.0.0.77',
      about: { src: '10.0.0.2', dst, ttl: 64, payload: 20, l4: { l4: 'udp', sport: 53, dport: 9 } },
    },
  }),
  socket('udp', 'r', dst),
];

const ENTRIES: Readonly<Record<string, readonly [random: readonly string[], cases: readonly Case[]]>> = {
  'an error about a bound UDP socket comes by lo and is not heard': [
    [],
    [socket('udp', 'b', '10.0.1.1', { connected: true, recverr: true, oif: 'eth0' })],
  ],
  'an error about a bound TCP socket comes by lo and is heard': [
    ['ip netns exec r iptables -t filter -A OUTPUT -p tcp -j REJECT'],
    [socket('tcp', 'r', '10.0.0.3', { recverr: true, oif: 'eth0', source: '10.0.0.2' })],
  ],
  'a bound socket talks to its own address': [
    [],
    [
      socket('udp', 'a', '10.0.0.1', { port: 53, connected: true, oif: 'eth0' }),
      socket('tcp', 'a', '10.0.0.3', { port: 80, oif: 'eth0' }),
    ],
  ],
  'ARP announces the source of the packet though it is of another device': [
    [],
    [frame('b', echo('10.0.1.1', '10.0.0.2'))],
  ],
  'a connected socket counts its packets though they say DF': [
    [],
    [socket('udp', 'b', '10.0.1.2', { connected: true, df: true }), socket('udp', 'b', '10.0.1.2', { df: true })],
  ],
  'TCP without path-MTU discovery': [[], [socket('tcp', 'a', '10.0.1.1', { df: false })]],
  'a SYN-ACK says DF whatever is discovered': [
    ['ip netns exec b sysctl -qw net.ipv4.ip_no_pmtu_disc=1'],
    [socket('tcp', 'a', '10.0.1.1', { port: 80 })],
  ],
  'a RST has the TOS of what it answers': [[], [socket('tcp', 'a', '10.0.1.1', { tos: 16 })]],
  'a call fails with EPERM': [
    ['ip netns exec r iptables -t mangle -A OUTPUT -j DROP'],
    [socket('ping', 'r', '10.0.1.1'), socket('udp', 'r', '10.0.1.1')],
  ],
  'the first fragment that a device does not take is the last': [
    ['ip -n r link set eth0 mtu 1000'],
    [
      socket('ping', 'a', '10.0.1.1', { payload: 1600 }),
      socket('udp', 'a', '10.0.1.1', { payload: 1400, recverr: true }),
    ],
  ],
  'a port unreachable is no packet of the connection in raw': [
    ['ip netns exec r iptables -t raw -A OUTPUT -m conntrack --ctdir REPLY -j CT --notrack'],
    [socket('udp', 'r', '10.0.1.2', { connected: true })],
  ],
  'a gateway that is an own address is none': [
    ['ip -n r addr add 10.0.1.77/24 dev eth1', 'ip -n r route add 10.0.1.1 via 10.0.1.77'],
    [socket('udp', 'a', '10.0.1.1', { port: 53 })],
  ],
  'what is local by a route of another table answers no ping': [
    ['ip -n r route add local 0.0.0.0/1 dev lo table 100', 'ip -n r rule add pref 101 to 10.2.0.0/16 lookup 100'],
    [frame('a', echo('10.0.0.1', '10.2.0.1'))],
  ],
  'not does not tell two rules apart': [
    ['ip -n r rule add pref 102 not to 10.2.0.0/16 prohibit', 'ip -n r rule add pref 102 to 10.2.0.0/16 prohibit'],
    [socket('udp', 'a', '10.2.0.1')],
  ],
  'a socket that connects looks its route up with the source too': [
    ['ip -n r rule add pref 100 from 10.0.0.0/24 prohibit'],
    [
      socket('udp', 'r', '10.0.0.1', { connected: true }),
      socket('udp', 'r', '10.0.0.1'),
      socket('tcp', 'r', '10.0.0.1'),
    ],
  ],
  'everyday NAT and filtering': [
    [
      'ip -n r route add 10.9.0.9 via 10.0.0.1',
      'ip netns exec r iptables -t nat -A PREROUTING -d 10.9.0.9 -p udp -j DNAT --to-destination 10.0.1.1:53',
      'ip netns exec r iptables -t nat -A OUTPUT -d 10.9.0.9 -p udp -j DNAT --to-destination 10.0.1.1:53',
      'ip netns exec r iptables -t nat -A POSTROUTING -o eth1 -j MASQUERADE',
      'ip netns exec r iptables -A FORWARD -p udp --dport 5000 -j REJECT --reject-with icmp-admin-prohibited',
      'ip netns exec r iptables -A FORWARD -m conntrack --ctstate INVALID -j DROP',
      'ip netns exec r iptables -t mangle -A PREROUTING -p udp --dport 80 -j DROP',
    ],
    [
      socket('udp', 'a', '10.9.0.9', { port: 80, sport: 20002 }),
      socket('udp', 'a', '10.9.0.9', { port: 7 }),
      socket('udp', 'a', '10.9.0.9', { port: 7 }),
      socket('udp', 'r', '10.9.0.9', { port: 7, sport: 20003 }),
      socket('udp', 'a', '10.0.0.2', { port: 5000 }),
      socket('udp', 'a', '10.0.1.1', { port: 5000, recverr: true }),
      socket('udp', 'a', '10.0.1.1', { port: 53, ttl: 1, recverr: true }),
      socket('tcp', 'a', '10.0.1.1', { port: 80 }),
      frame('a', {
        src: '10.0.0.1',
        dst: '10.0.1.1',
        ttl: 64,
        payload: 0,
        l4: { l4: 'tcp', sport: 30001, dport: 80, flags: 'SA', seq: 1, ack: 1 },
      }),
    ],
  ],
  'a rule of FORWARD names both devices': [
    ['ip netns exec r iptables -A FORWARD -i eth0 -o eth1 -p udp -j DROP'],
    [socket('udp', 'a', '10.0.1.1'), socket('udp', 'b', '10.0.0.1'), socket('ping', 'a', '10.0.1.1')],
  ],
  'only answers may come back': [
    [
      'ip netns exec r iptables -P FORWARD DROP',
      'ip netns exec r iptables -A FORWARD -i eth0 -j ACCEPT',
      'ip netns exec r iptables -A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT',
    ],
    [socket('ping', 'a', '10.0.1.1'), socket('ping', 'b', '10.0.0.1', { sport: 20002 })],
  ],
  'strict reverse path filter': [
    ['ip netns exec r sysctl -qw net.ipv4.conf.all.rp_filter=1'],
    [frame('a', echo('10.0.1.1', '10.2.0.1')), frame('b', echo('10.0.0.1', '10.0.1.2'))],
  ],
  'forwarding is off': [['ip netns exec r sysctl -qw net.ipv4.ip_forward=0'], [socket('ping', 'a', '10.0.1.1')]],
  'an echo reply that is rejected on its way out tells nobody': [
    ['ip netns exec a iptables -A OUTPUT -p icmp --icmp-type echo-reply -j REJECT'],
    [socket('ping', 'a', '10.0.0.3'), socket('ping', 'r', '10.0.0.1')],
  ],
  'a broadcast comes back to who sends it': [
    [
      'ip netns exec r iptables -t mangle -A POSTROUTING -j CONNMARK --save-mark',
      'ip netns exec r iptables -A INPUT -p icmp -j ACCEPT',
    ],
    [frame('b', echo('10.0.0.255', '10.9.0.9'))],
  ],
  'what leaves by lo along a route has arrived': [
    ['ip -n r route add local 10.0.1.0/24 dev lo', 'ip -n r route add 0.0.0.0/1 via 10.0.1.77'],
    [
      socket('ping', 'r', '10.2.0.1'),
      socket('ping', 'a', '10.2.0.1', { ttl: 3 }),
      frame('b', {
        src: '10.9.0.9',
        dst: '10.0.0.2',
        ttl: 1,
        payload: 0,
        l4: { l4: 'tcp', sport: 53, dport: 30001, flags: 'FA', seq: 1001, ack: 5001 },
      }),
    ],
  ],
  'an error that has no source of its own is not sent': [
    [
      'ip -n r route add local 10.0.1.0/24 dev lo',
      'ip -n r route add 0.0.0.0/1 via 10.0.1.77',
      'ip netns exec r iptables -A OUTPUT -j REJECT --reject-with icmp-host-prohibited',
    ],
    [socket('ping', 'r', '10.2.0.1', { sport: 20003 })],
  ],
  'a REJECT with a RST closes the connection': [
    [
      'ip netns exec r iptables -t nat -A OUTPUT -p tcp -j REDIRECT --to-ports 53',
      'ip netns exec r iptables -A INPUT -p tcp -j REJECT --reject-with tcp-reset',
    ],
    [socket('tcp', 'r', '10.0.0.2', { source: '10.0.0.2' })],
  ],
  'a SYN and its answer in the middle of a connection': [
    SILENT_HOSTS,
    [...HANDSHAKE, segment('a', 'S', 1000, 0), segment('b', 'SA', 5000, 1001)],
  ],
  'a SYN to who has just sent a RST opens nothing': [
    SILENT_HOSTS,
    [...HANDSHAKE, segment('b', 'R', 5001, 0), segment('a', 'S', 1000, 0), segment('b', 'SA', 7000, 999)],
  ],
  'a SYN of who has just sent a RST opens anew': [
    SILENT_HOSTS,
    [...HANDSHAKE, segment('a', 'R', 1001, 0), segment('a', 'S', 1000, 0)],
  ],
  'a SYN after both have closed opens anew': [
    SILENT_HOSTS,
    [
      ...HANDSHAKE,
      segment('a', 'FA', 1001, 5001),
      segment('b', 'FA', 5001, 1002),
      segment('a', 'A', 1002, 5002),
      segment('a', 'S', 90_000, 0),
    ],
  ],
  'a rule for all packets is one that is there for some': [
    [
      'ip -n r rule add pref 100 from 10.0.0.1 lookup 100',
      'ip -n r rule add pref 100 lookup 100',
      'ip -n r rule add pref 101 lookup 100',
      'ip -n r rule add pref 101 tos 0x10 lookup 100',
      'ip -n r rule add pref 101 from 10.0.0.1 lookup 100',
      'ip -n r rule add pref 102 tos 0x10 lookup 100',
      'ip -n r rule add pref 102 lookup 100',
      'ip -n r rule add pref 103 goto 200',
      'ip -n r rule add pref 103 goto 300',
    ],
    [socket('ping', 'a', '10.0.1.1')],
  ],
  'a REJECT with a RST closes no connection that is not in the table': [
    [
      'ip netns exec r iptables -A INPUT -p tcp -j REJECT --reject-with tcp-reset',
      'ip netns exec r iptables -A INPUT -m conntrack --ctstate INVALID -j DROP',
    ],
    [
      frame('b', {
        src: '10.0.1.77',
        dst: '10.0.0.2',
        ttl: 64,
        payload: 0,
        l4: { l4: 'tcp', sport: 53, dport: 30001, flags: 'A', seq: 1001, ack: 5001 },
      }),
    ],
  ],
  'a redirect is judged by the device that brings it': [
    [
      'ip netns exec r sysctl -qw net.ipv4.ip_forward=0 net.ipv4.conf.all.accept_redirects=0',
      'ip netns exec r sysctl -qw net.ipv4.conf.eth0.accept_redirects=1 net.ipv4.conf.eth1.accept_redirects=0',
      'ip -n r route add 10.9.0.0/16 via 10.0.0.1',
      'ip -n r neigh add 10.0.0.77 lladdr 02:00:00:00:00:77 dev eth0 nud permanent',
    ],
    [
      ...redirectedBy('b', '10.9.0.1'),
      run('ip netns exec r sysctl -qw net.ipv4.conf.eth0.accept_redirects=0'),
      run('ip netns exec r sysctl -qw net.ipv4.conf.eth1.accept_redirects=1'),
      ...redirectedBy('b', '10.9.0.2'),
      ...redirectedBy('a', '10.9.0.3'),
    ],
  ],
  'a local route in any table makes sources be looked at': [
    ['ip -n r route add local 10.9.0.0/16 dev lo table 100'],
    [frame('a', echo('10.0.0.255', '10.0.0.2')), frame('a', echo('10.0.0.255', '10.0.1.1'))],
  ],
  'a datagram is in pieces before NAT sends it another way': [
    [
      'ip -n r route add 10.2.0.0/16 via 10.0.1.1 mtu 1000',
      'ip netns exec r iptables -t nat -A OUTPUT -j DNAT --to-destination 10.0.0.1',
    ],
    [
      socket('udp', 'r', '10.2.0.1', { port: 53, payload: 3000, df: false }),
      socket('udp', 'r', '10.2.0.1', { port: 53, payload: 1200, df: false, sport: 20002 }),
      socket('ping', 'r', '10.2.0.1', { payload: 3000, sport: 20003, df: false }),
    ],
  ],
  'a REJECT says nothing to a fragment of UDP': [
    ['ip netns exec r iptables -A FORWARD -j REJECT'],
    [
      socket('udp', 'b', '10.0.0.1', { port: 53, payload: 1600, df: false }),
      socket('ping', 'b', '10.0.0.1', { payload: 1600, df: false }),
      socket('udp', 'b', '10.0.0.1', { port: 53, payload: 100, df: false, sport: 20002 }),
    ],
  ],
  'an address in a set without a MAC takes that of the first packet': [
    [
      'ip netns exec r ipset create m bitmap:ip,mac range 10.0.0.0/24',
      'ip netns exec r ipset add m 10.0.0.1',
      'ip netns exec r iptables -A FORWARD -m set ! --match-set m src,src -j DROP',
    ],
    [
      frame('a', echo('10.0.0.1', '10.0.1.1')),
      { ...frame('a', echo('10.0.0.1', '10.0.1.1')), ethSrc: '02:00:00:00:00:77' },
      frame('a', echo('10.0.0.3', '10.0.1.1')),
      frame('a', echo('10.0.0.1', '10.0.1.1')),
    ],
  ],
  'a report of a neighbour that failed is thrown away where it wants the same one': [
    ['ip netns exec r iptables -t nat -A POSTROUTING -m conntrack --ctdir ORIGINAL -j SNAT --to-source 10.0.0.2'],
    [
      frame('a', {
        src: '10.0.1.77',
        dst: '10.0.1.77',
        ttl: 64,
        payload: 20,
        l4: { l4: 'udp', sport: 30002, dport: 53 },
      }),
    ],
  ],
  'a SYN without options gets an answer without': [
    [],
    [
      frame('a', {
        src: '10.0.0.1',
        dst: '10.0.1.2',
        ttl: 64,
        payload: 0,
        l4: { l4: 'tcp', sport: 30001, dport: 80, flags: 'S', seq: 1000, ack: 0 },
      }),
    ],
  ],
  'a path MTU to this host itself is believed where a route by lo leads there': [
    ['ip -n r route add local 10.9.0.0/24 dev lo'],
    ['10.9.0.9', '10.0.1.2'].flatMap((dst) => [
      frame('a', {
        src: '10.0.0.1',
        dst: '10.0.0.2',
        ttl: 64,
        payload: 0,
        l4: {
          l4: 'icmp',
          type: 3,
          code: 4,
          mtu: 1300,
          about: {
            src: '10.0.0.2',
            dst,
            ttl: 64,
            df: false,
            payload: 20,
            l4: { l4: 'udp', sport: 53, dport: 30002 },
          },
        },
      }),
      socket('tcp', 'r', dst, { port: 80 }),
      socket('udp', 'r', dst, { payload: 1400 }),
    ]),
  ],
};

/** Those of which the rules hit and the counters tell: what no frame shows. */
const TRACED: typeof ENTRIES = {
  'POSTROUTING knows by which device a forwarded packet came': [
    [
      'ip netns exec r iptables -t mangle -A C2 -i eth0 -j MARK --set-mark 1',
      'ip netns exec r iptables -t mangle -A C2 -o eth1 -j ACCEPT',
      'ip netns exec r iptables -t mangle -A POSTROUTING -j C2',
    ],
    [socket('udp', 'a', '10.0.1.1', { port: 53 }), socket('udp', 'r', '10.0.1.1', { port: 53 })],
  ],
  'what the kernel answers itself reflects the mark': [
    [
      'ip netns exec r sysctl -qw net.ipv4.fwmark_reflect=1',
      'ip netns exec r iptables -t mangle -A PREROUTING -j MARK --set-mark 1',
      'ip netns exec r iptables -A OUTPUT -p udp -j DROP',
    ],
    [
      socket('ping', 'a', '10.0.0.2'),
      socket('tcp', 'a', '10.0.0.2', { port: 9 }),
      socket('udp', 'a', '10.0.0.2', { port: 9 }),
      socket('udp', 'a', '10.9.0.9'),
    ],
  ],
  'a server accepts the mark of who connects': [
    [
      'ip netns exec r sysctl -qw net.ipv4.tcp_fwmark_accept=1',
      'ip netns exec r iptables -t mangle -A PREROUTING -p tcp -j MARK --set-mark 2',
      'ip netns exec r iptables -t mangle -A OUTPUT -m mark --mark 2 -j ACCEPT',
    ],
    [socket('tcp', 'a', '10.0.0.2', { port: 80 })],
  ],
  'a chain that is gone to does not come back': [
    [
      'ip netns exec r iptables -A C1 -p tcp -j RETURN',
      'ip netns exec r iptables -A FORWARD -g C1',
      'ip netns exec r iptables -A FORWARD -j DROP',
    ],
    [socket('udp', 'a', '10.0.1.1', { port: 53 }), socket('tcp', 'a', '10.0.1.1', { port: 80 })],
  ],
  'what was put together has the mark of its first fragment': [
    [
      'ip netns exec b iptables -t mangle -A PREROUTING -p udp ! -f -j MARK --set-mark 1',
      'ip netns exec b iptables -t mangle -A INPUT -m mark --mark 1 -j ACCEPT',
    ],
    [socket('udp', 'a', '10.0.1.1', { port: 53, payload: 1600 })],
  ],
  'a call learns that NAT sends its datagram where it does not fit': [
    ['ip netns exec r iptables -t nat -A OUTPUT -p udp -j DNAT --to-destination 10.0.1.1:53'],
    [
      socket('udp', 'r', '10.0.1.2', { payload: 3000, df: true, connected: false }),
      socket('udp', 'r', '10.0.1.2', { payload: 3000, df: false, connected: false }),
    ],
  ],
  'a group is sent no ICMP message but a question': [
    [],
    [
      frame('a', echo('10.0.0.1', '10.0.0.255')),
      frame('a', {
        ...echo('10.0.0.1', '10.0.0.255'),
        l4: {
          l4: 'icmp',
          type: 3,
          code: 1,
          about: { ...echo('10.0.0.255', '10.2.0.1'), l4: { l4: 'udp', sport: 53, dport: 9 } },
        },
      }),
    ],
  ],
  'a ping that is bound to an address hears of no other': [
    [
      'ip netns exec a iptables -t nat -A POSTROUTING -p icmp -j SNAT --to-source 10.9.0.9',
      'ip netns exec r iptables -t nat -A PREROUTING -p icmp -d 10.0.0.2 -j DNAT --to-destination 10.0.0.1',
    ],
    [socket('ping', 'a', '10.0.0.2', { source: '10.0.0.3' })],
  ],
  'why packets are dropped is counted': [
    [
      'ip netns exec r sysctl -qw net.ipv4.conf.eth0.rp_filter=1',
      'ip -n r route add blackhole 10.2.0.0/16',
      'ip -n r route add unreachable 10.9.0.9',
      'ip -n r link set eth1 mtu 1000',
      'ip netns exec b sysctl -qw net.ipv4.conf.eth0.forwarding=0',
      'ip netns exec r iptables -A FORWARD -p udp --dport 5000 -j DROP',
      'ip netns exec r iptables -A OUTPUT -p udp --dport 5000 -j DROP',
    ],
    [
      frame('a', echo('10.0.1.1', '10.2.0.1')),
      frame('a', echo('127.0.0.1', '10.0.0.2')),
      socket('udp', 'a', '10.2.0.1'),
      socket('udp', 'a', '10.9.0.9'),
      socket('udp', 'a', '10.8.0.8'),
      socket('udp', 'a', '10.0.1.1', { ttl: 1 }),
      socket('udp', 'a', '10.0.1.1', { payload: 1200, df: true }),
      socket('udp', 'a', '10.0.1.1', { payload: 1200, df: false }),
      socket('udp', 'a', '10.0.1.1', { port: 5000 }),
      socket('udp', 'r', '10.0.1.1', { port: 5000 }),
      socket('udp', 'r', '10.8.0.8'),
      socket('tcp', 'r', '10.8.0.8'),
      socket('udp', 'a', '10.0.0.2'),
      socket('udp', 'a', '10.0.1.77'),
    ],
  ],
};

const plansOf = (entries: typeof ENTRIES): Plan[] =>
  Object.entries(entries).map(([name, [random, cases]]): Plan => ({ ...routerPlan(random, cases), name }));
const plans = [...plansOf(ENTRIES), ...plansOf(TRACED).map((plan): Plan => ({ ...plan, traced: true }))];
recordPlans(plans, new URL('corpus/', import.meta.url), process.argv.slice(2));
