import { frame, run } from './cases.js';
import {
  BEYOND,
  client,
  clients,
  datagram,
  ipvsadm,
  ipvsPlan,
  onNode,
  type ScenarioOptions,
  SERVERS,
  SILENT_HOSTS,
  segment,
  service,
  socket,
  VIP,
  vs,
} from './ipvs-lab.js';
import type { Case, Plan } from './plan.js';

type Entry = readonly [setup: readonly string[], cases: readonly Case[], options?: ScenarioOptions];
type Entries = Readonly<Record<string, Entry>>;

const UDP = `-u ${VIP}:53`;
const TCP = `-t ${VIP}:80`;
const NODE_PORT = '-u 10.0.0.2:5353';
const [SERVER = '', SECOND = ''] = SERVERS;
const TRACED = { brief: true, traced: true } as const;
/** Makes tables, of which TRACE then tells each chain. */
const TABLES = ['mangle', 'nat', 'filter'].map((table) =>
  onNode(`iptables -t ${table} -A OUTPUT -s 192.0.2.1 -j ACCEPT`),
);
const ONE = [...service(`${UDP} -s rr`, [`${SERVER}:53`]), ...service(`${TCP} -s rr`, [`${SERVER}:80`])];
const BOTH: readonly Case[] = [client('udp', 0), client('udp', 0), client('tcp', 0)];
const fromNode: readonly Case[] = [
  socket('udp', 'r', VIP, { sport: 20008 }),
  socket('tcp', 'r', VIP, { sport: 20008 }),
];
const conntrack = (value: number): string => vs(`conntrack=${value}`);
const postrouting = (words: string): string => onNode(`iptables -t nat -A POSTROUTING ${words} -j MASQUERADE`);

/** Which chains see which packet, with which addresses. */
const CHAINS: Entries = Object.fromEntries(
  [0, 1].flatMap((value): [string, Entry][] => {
    const named = (what: string): string => `conntrack=${value}: ${what}`;
    const setup = [conntrack(value), ...TABLES, ...ONE];
    const marked = onNode(`iptables -t mangle -A PREROUTING -d ${VIP} -j MARK --set-mark 1`);
    return [
      [named('chains of what a client sends'), [setup, [...BOTH, client('udp', 4)], TRACED]],
      [named('chains of what the node sends'), [setup, fromNode, TRACED]],
      [
        named('masquerade by mark'),
        [[...setup, marked, postrouting('-m mark --mark 1')], [...BOTH, ...fromNode], TRACED],
      ],
      [
        named('masquerade by -m ipvs'),
        [
          [
            ...setup,
            postrouting(`-m ipvs --vaddr ${VIP} --vproto 17 --vport 53`),
            postrouting('-m ipvs --ipvs --vmethod MASQ'),
          ],
          [...BOTH, ...fromNode],
          TRACED,
        ],
      ],
      [named('masquerade by source'), [[...setup, postrouting('-s 10.0.0.0/24')], BOTH, TRACED]],
      [named('masquerade by destination'), [[...setup, postrouting(`-d ${SERVER}`)], [...BOTH, ...fromNode], TRACED]],
      [
        named('-m ipvs in the chains of filter'),
        [
          [
            ...setup,
            ...['INPUT', 'OUTPUT', 'FORWARD'].flatMap((chain) =>
              [
                '--ipvs',
                '! --ipvs',
                '--vdir ORIGINAL',
                '--vdir REPLY',
                `--vaddr ${VIP}`,
                '--vport 80',
                '--vproto 17',
                '--vportctl 21',
              ].map((words) => onNode(`iptables -A ${chain} -m ipvs ${words}`)),
            ),
          ],
          [client('udp', 0), client('udp', 0), client('tcp', 0), socket('udp', 'a', SERVER), ...fromNode],
          TRACED,
        ],
      ],
      [
        named('states of connections in the chains'),
        [
          [
            ...setup,
            ...['INPUT', 'OUTPUT', 'FORWARD'].flatMap((chain) =>
              ['NEW', 'ESTABLISHED', 'INVALID', 'UNTRACKED', 'DNAT', 'SNAT'].map((state) =>
                onNode(`iptables -A ${chain} -m conntrack --ctstate ${state}`),
              ),
            ),
          ],
          BOTH,
          TRACED,
        ],
      ],
      [
        named('INPUT drops what is for the virtual address'),
        [
          [...setup, onNode(`iptables -A INPUT -d ${VIP} -j DROP`)],
          [client('udp', 0), ...fromNode],
        ],
      ],
      [
        named('INPUT rejects what is new'),
        [
          [...setup, onNode(`iptables -A INPUT -d ${VIP} -m conntrack --ctstate NEW -j REJECT`)],
          [client('udp', 0, { connected: true }), client('tcp', 0)],
        ],
      ],
      [named('FORWARD drops all'), [[...setup, onNode('iptables -P FORWARD DROP')], BOTH]],
      [
        named('FORWARD accepts what is established'),
        [
          [
            ...setup,
            onNode('iptables -P FORWARD DROP'),
            onNode('iptables -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT'),
          ],
          BOTH,
        ],
      ],
      [
        named('OUTPUT drops what is for the server'),
        [
          [...setup, onNode(`iptables -A OUTPUT -d ${SERVER} -j DROP`)],
          [client('udp', 0), ...fromNode],
        ],
      ],
      [
        named('OUTPUT rejects what is for the server'),
        [
          [...setup, onNode(`iptables -A OUTPUT -d ${SERVER} -j REJECT`)],
          [client('udp', 0, { connected: true }), ...fromNode],
        ],
      ],
      [
        named('DNAT before IPVS'),
        [
          [...setup, onNode(`iptables -t nat -A PREROUTING -d 10.96.0.2 -j DNAT --to-destination ${VIP}`)],
          [client('udp', 0, { to: '10.96.0.2' }), client('tcp', 0, { to: '10.96.0.2' })],
          TRACED,
        ],
      ],
      [
        named('hairpin: a server is its own client'),
        [
          setup,
          [
            socket('udp', 'b', VIP),
            socket('udp', 'b', VIP, { source: SECOND }),
            socket('tcp', 'b', VIP, { source: SECOND }),
          ],
        ],
      ],
      [
        named('hairpin with masquerade'),
        [
          [...setup, postrouting(`-s 10.0.1.0/24 -m ipvs --ipvs`)],
          [socket('udp', 'b', VIP), socket('tcp', 'b', VIP), socket('udp', 'b', VIP, { source: SECOND, sport: 20002 })],
        ],
      ],
      [
        named('a service of a node address'),
        [
          [
            conntrack(value),
            ...service(`${NODE_PORT} -s rr`, [`${SERVER}:53`]),
            ...service(`-u 10.0.1.2:5353 -s rr`, [`${SERVER}:53`]),
            postrouting('-m ipvs --vport 5353'),
          ],
          [
            socket('udp', 'a', '10.0.0.2', { port: 5353, sport: 20011 }),
            socket('udp', 'b', '10.0.1.2', { port: 5353, sport: 20012 }),
            socket('udp', 'b', '10.0.0.2', { port: 5353, sport: 20013 }),
            socket('udp', 'r', '10.0.0.2', { port: 5353, sport: 20014 }),
            socket('udp', 'a', '10.0.0.2', { port: 53 }),
          ],
        ],
      ],
      [
        named('a server that is the node'),
        [
          [
            conntrack(value),
            ...TABLES,
            ...service(`${UDP} -s rr`, ['10.0.0.2:53', '10.0.1.2:53']),
            ...service(`${TCP} -s rr`, ['10.0.1.2:80', `${VIP}:80`]),
          ],
          [
            ...clients('udp', 0, 2),
            ...clients('tcp', 0, 2),
            ...fromNode,
            ...fromNode.map((one) => ({ ...one, sport: 20009 }) as Case),
          ],
          TRACED,
        ],
      ],
    ];
  }),
);

const TTL: readonly Case[] = [1, 2, 3].flatMap((ttl): Case[] => [
  client('udp', 0, { ttl, recverr: true }),
  socket('udp', 'r', VIP, { ttl, recverr: true, sport: 20010 + ttl }),
]);
/** An error about what a client of the virtual address sent: what the server, or a router beyond, knows of it. */
const aboutRequest = (src: string, type: number, code: number, mtu = 0): Case =>
  frame('b', {
    src,
    dst: '10.0.0.1',
    ttl: 64,
    payload: 0,
    l4: { l4: 'icmp', type, code, mtu, about: { src: '10.0.0.1', dst: SERVER, ttl: 60, payload: 20, l4: UDP_PORTS } },
  });
const UDP_PORTS = { l4: 'udp', sport: 20001, dport: 53 } as const;
/** An error about the answer that a client got. */
const aboutAnswer = (src: string, type: number, code: number): Case =>
  frame('a', {
    src,
    dst: VIP,
    ttl: 64,
    payload: 0,
    l4: {
      l4: 'icmp',
      type,
      code,
      about: { src: VIP, dst: '10.0.0.1', ttl: 60, payload: 20, l4: { l4: 'udp', sport: 53, dport: 20001 } },
    },
  });
const ERRORS: readonly Case[] = [
  client('udp', 0),
  aboutRequest(SERVER, 3, 3),
  aboutRequest('10.0.1.77', 11, 0),
  aboutRequest('10.0.1.77', 3, 4, 1300),
  aboutRequest(SERVER, 3, 13),
  aboutAnswer('10.0.0.1', 3, 3),
  aboutAnswer('10.0.0.77', 11, 0),
  aboutAnswer('10.0.0.77', 3, 1),
];
const far = (words: string): string[] => service(words, ['10.0.2.1:53']);

const PACKETS: Entries = Object.fromEntries(
  [0, 1].flatMap((value): [string, Entry][] => {
    const named = (what: string): string => `conntrack=${value}: ${what}`;
    const setup = [conntrack(value), ...ONE];
    return [
      [named('TTL'), [setup, TTL]],
      [
        named('sizes'),
        [
          setup,
          [1472, 1473, 3000].flatMap((payload) => [
            client('udp', 0, { payload, df: false }),
            socket('udp', 'r', VIP, { payload, df: false }),
          ]),
        ],
      ],
      [
        named('a way to the server that is narrower'),
        [
          [...setup, 'ip -n r link set eth1 mtu 1000'],
          [true, false].flatMap((df) => [
            client('udp', 0, { payload: 1200, df, recverr: true }),
            socket('udp', 'r', VIP, { payload: 1200, df, recverr: true }),
          ]),
        ],
      ],
      [
        named('a port unreachable from the server'),
        [
          [conntrack(value), ...service(`${UDP} -s rr`, [`${SERVER}:9`]), ...service(`${TCP} -s rr`, [`${SERVER}:9`])],
          [client('udp', 0, { connected: true, recverr: true }), client('tcp', 0), ...fromNode],
        ],
      ],
      [named('errors about what is balanced'), [setup, ERRORS]],
      [
        named('errors about what is balanced, in the chains'),
        [
          [
            ...setup,
            ...TABLES,
            ...['INPUT', 'FORWARD', 'OUTPUT'].map((chain) =>
              onNode(`iptables -A ${chain} -m conntrack --ctstate RELATED`),
            ),
          ],
          ERRORS,
          TRACED,
        ],
      ],
      [named('errors about nothing that is known'), [setup, ERRORS.slice(1)]],
      [
        named('a server behind a router: TTL, MTU, no port'),
        [
          [
            conntrack(value),
            ...far(`${UDP} -s rr`),
            ...service(`-u ${VIP}:54 -s rr`, ['10.0.2.1:9']),
            ...service(`-u ${VIP}:55 -s rr`, ['10.2.9.9:9']),
            'ip -n b link set eth1 mtu 1000',
            'ip -n b route add unreachable 10.2.9.9',
          ],
          [
            client('udp', 0),
            client('udp', 0, { ttl: 2, recverr: true }),
            client('udp', 0, { payload: 1200, df: true, recverr: true }),
            client('udp', 0, { port: 54, connected: true, recverr: true }),
            client('udp', 0, { port: 55, connected: true, recverr: true }),
            socket('udp', 'r', VIP, { ttl: 2, recverr: true }),
            socket('udp', 'r', VIP, { port: 55, connected: true, recverr: true }),
            client('udp', 0, { payload: 1200, df: true, recverr: true }),
          ],
          { more: BEYOND },
        ],
      ],
      [
        named('no way to the server'),
        [
          [
            conntrack(value),
            ...service(`${UDP} -s rr`, ['10.9.0.9:53']),
            ...service(`${TCP} -s rr`, ['10.9.0.8:80']),
            'ip -n r route add unreachable 10.9.0.8',
          ],
          [client('udp', 0, { connected: true, recverr: true }), client('tcp', 0), ...fromNode],
        ],
      ],
      [
        named('a server that is no neighbour'),
        [
          [conntrack(value), ...service(`${UDP} -s rr`, ['10.0.1.77:53'])],
          [client('udp', 0, { connected: true, recverr: true }), socket('udp', 'r', VIP, { recverr: true })],
        ],
      ],
      [
        named('services without a server'),
        [
          [conntrack(value), ipvsadm(`-A ${UDP} -s rr`), ipvsadm(`-A ${TCP} -s rr`)],
          [
            client('udp', 0, { connected: true, recverr: true }),
            client('tcp', 0),
            ...fromNode,
            client('udp', 0, { ttl: 1, connected: true }),
          ],
        ],
      ],
      [
        named('services without a server, in the chains'),
        [
          [conntrack(value), ...TABLES, ipvsadm(`-A ${UDP} -s rr`), ipvsadm(`-A ${TCP} -s rr`)],
          [client('udp', 0, { connected: true, recverr: true }), client('tcp', 0), ...fromNode],
          TRACED,
        ],
      ],
      [
        named('no service of this port, or of this protocol'),
        [
          setup,
          [
            client('udp', 0, { port: 9, connected: true, recverr: true }),
            client('tcp', 0, { port: 9 }),
            client('udp', 0, { port: 80, connected: true }),
            socket('ping', 'a', VIP),
            socket('ping', 'r', VIP),
            socket('ping', 'a', '10.96.0.2'),
            socket('tcp', 'a', '10.96.0.2'),
            socket('udp', 'a', '10.96.0.2'),
          ],
        ],
      ],
      [
        named('schedule_icmp: a ping to a virtual address, and errors'),
        [
          [...setup, vs('schedule_icmp=1')],
          [socket('ping', 'a', VIP), ...ERRORS],
        ],
      ],
      [
        named('segments without a connection'),
        [
          [...setup, ...SILENT_HOSTS],
          ['A', 'SA', 'R', 'FA'].map((flags, i) => segment('a', `10.0.0.1:${30001 + i}`, `${VIP}:80`, flags, 1000, 1)),
        ],
      ],
      [
        named('a mark and TOS go along'),
        [
          [...setup, ...TABLES, onNode('iptables -t mangle -A PREROUTING -j MARK --set-mark 5')],
          [client('udp', 0, { tos: 16 }), socket('udp', 'r', VIP, { mark: 3, tos: 16 })],
          TRACED,
        ],
      ],
      [
        named('what a hidden client sends: source 127, a broadcast, the virtual address'),
        [
          setup,
          ['127.0.0.1:5', '10.0.0.255:5', `${VIP}:5`, '10.0.0.2:5', '10.8.0.1:5'].map((src) =>
            datagram('a', src, `${VIP}:53`),
          ),
        ],
      ],
      [
        named('a virtual address that is not local'),
        [
          [
            conntrack(value),
            ...service('-u 10.0.1.77:53 -s rr', [`${SERVER}:53`]),
            ...service('-u 10.9.0.9:53 -s rr', [`${SERVER}:53`]),
          ],
          [
            socket('udp', 'a', '10.0.1.77', { recverr: true }),
            socket('udp', 'r', '10.0.1.77'),
            socket('udp', 'a', '10.9.0.9', { connected: true }),
            socket('udp', 'r', '10.9.0.9'),
          ],
        ],
      ],
      [
        named('the device of virtual addresses is up'),
        [
          [...setup, 'ip -n r link set kube-ipvs0 up'],
          [...BOTH, ...fromNode],
        ],
      ],
      [
        named('strict reverse paths'),
        [
          [...setup, onNode('sysctl -qw net.ipv4.conf.all.rp_filter=1')],
          [...BOTH, client('udp', 4), ...fromNode, datagram('a', '10.0.1.9:5', `${VIP}:53`)],
        ],
      ],
      [
        named('forwarding is off'),
        [
          [...setup, onNode('sysctl -qw net.ipv4.ip_forward=0')],
          [...BOTH, ...fromNode],
        ],
      ],
      [
        named('the node talks to a service by another address'),
        [
          setup,
          ['10.0.0.2', '10.0.1.2', VIP, '10.96.0.2'].map((source, i) =>
            socket('udp', 'r', VIP, { source, sport: 20001 + i }),
          ),
        ],
      ],
      [
        named('a fragment of what is balanced'),
        [setup, [client('udp', 0, { payload: 2000, df: false }), client('udp', 1, { payload: 2000, df: false })]],
      ],
    ];
  }),
);

const OTHERS: Entries = {
  'direct routing: the server has the virtual address': [
    [`ip -n b addr add ${VIP}/32 dev lo`, ipvsadm(`-A ${UDP} -s rr`), ipvsadm(`-a ${UDP} -r ${SERVER} -g`)],
    [client('udp', 0), socket('udp', 'r', VIP)],
  ],
  'a virtual address without a device': [
    [`ip -n r addr del 10.96.0.1/32 dev kube-ipvs0`, ...ONE],
    [client('udp', 0, { recverr: true }), socket('udp', 'r', VIP)],
  ],
  'addresses come and go': [
    ONE,
    [
      client('udp', 0),
      run('ip -n r addr del 10.96.0.1/32 dev kube-ipvs0'),
      client('udp', 0, { recverr: true }),
      run('ip -n r addr add 10.96.0.1/32 dev kube-ipvs0'),
      client('udp', 0),
    ],
  ],
  'as kube-proxy installs it': [
    [
      conntrack(1),
      vs('expire_nodest_conn=1'),
      vs('expire_quiescent_template=1'),
      onNode('ipset create KUBE-CLUSTER-IP hash:ip,port'),
      onNode('ipset create KUBE-LOOP-BACK hash:ip,port,ip'),
      onNode('ipset create KUBE-IPVS-IPS hash:ip'),
      onNode(`ipset add KUBE-CLUSTER-IP ${VIP},udp:53`),
      onNode(`ipset add KUBE-CLUSTER-IP ${VIP},tcp:80`),
      onNode(`ipset add KUBE-CLUSTER-IP 10.96.0.2,tcp:80`),
      onNode(`ipset add KUBE-LOOP-BACK ${SERVER},udp:53,${SERVER}`),
      ...[1, 2].map((n) => onNode(`ipset add KUBE-IPVS-IPS 10.96.0.${n}`)),
      ...['KUBE-SERVICES', 'KUBE-MARK-MASQ', 'KUBE-POSTROUTING'].map((chain) => onNode(`iptables -t nat -N ${chain}`)),
      ...['KUBE-FORWARD', 'KUBE-IPVS-FILTER'].map((chain) => onNode(`iptables -N ${chain}`)),
      ...[
        '-t nat -A PREROUTING -j KUBE-SERVICES',
        '-t nat -A OUTPUT -j KUBE-SERVICES',
        '-t nat -A POSTROUTING -j KUBE-POSTROUTING',
        '-t nat -A KUBE-MARK-MASQ -j MARK --or-mark 0x4000',
        '-t nat -A KUBE-POSTROUTING -m set --match-set KUBE-LOOP-BACK dst,dst,src -j MASQUERADE',
        '-t nat -A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN',
        '-t nat -A KUBE-POSTROUTING -j MARK --xor-mark 0x4000',
        '-t nat -A KUBE-POSTROUTING -j MASQUERADE',
        '-t nat -A KUBE-SERVICES -m set --match-set KUBE-CLUSTER-IP src,dst -j KUBE-MARK-MASQ',
        '-t nat -A KUBE-SERVICES ! -s 10.0.0.1 -m set --match-set KUBE-CLUSTER-IP dst,dst -j KUBE-MARK-MASQ',
        '-t nat -A KUBE-SERVICES -m set --match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT',
        '-A FORWARD -j KUBE-FORWARD',
        '-A INPUT -j KUBE-IPVS-FILTER',
        '-A KUBE-FORWARD -m mark --mark 0x4000/0x4000 -j ACCEPT',
        '-A KUBE-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
        '-A KUBE-IPVS-FILTER -m set --match-set KUBE-CLUSTER-IP dst,dst -j RETURN',
        '-A KUBE-IPVS-FILTER -m conntrack --ctstate NEW -m set --match-set KUBE-IPVS-IPS dst -j REJECT --reject-with icmp-port-unreachable',
        '-P FORWARD DROP',
      ].map((rule) => onNode(`iptables ${rule}`)),
      ...service(`${UDP} -s rr`, [`${SERVER}:53`, `${SECOND}:53`]),
      ...service(`${TCP} -s rr -p 10800`, [`${SERVER}:80`, `${SECOND}:80`]),
      ipvsadm('-A -t 10.96.0.2:80 -s rr'),
    ],
    [
      ...clients('udp', 0, 3),
      ...clients('tcp', 0, 3),
      ...fromNode,
      socket('udp', 'b', VIP, { sport: 20011 }),
      socket('udp', 'b', VIP, { sport: 20012 }),
      socket('tcp', 'a', '10.96.0.2'),
      client('udp', 0, { port: 9, connected: true, recverr: true }),
      socket('ping', 'a', VIP),
    ],
    TRACED,
  ],
};

/** By which way, through which chains, with which addresses. */
export const PATHS: readonly Plan[] = Object.entries({ ...CHAINS, ...PACKETS, ...OTHERS }).map(
  ([name, [setup, cases, options]]) => ipvsPlan(name, setup, cases, options),
);
