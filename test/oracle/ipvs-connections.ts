import { run } from './cases.js';
import {
  CLIENTS,
  client,
  clients,
  datagram,
  edit,
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
  wait,
} from './ipvs-lab.js';
import type { Case, Plan } from './plan.js';

const BRIEF = { brief: true } as const;
const UDP = `-u ${VIP}:53`;
const TCP = `-t ${VIP}:80`;
/** So many servers on a port. */
const on = (port: number, count: number): string[] => SERVERS.slice(0, count).map((server) => `${server}:${port}`);
const again = <T>(times: number, one: T): T[] => Array.from({ length: times }, () => one);
const [FIRST = '', SECOND = ''] = SERVERS;

type Entry = readonly [setup: readonly string[], cases: readonly Case[], options?: ScenarioOptions];

const PERSISTENT: Readonly<Record<string, Entry>> = {
  'persistent datagrams: a client stays, others take turns': [
    service(`${UDP} -s rr -p 300`, on(53, 3)),
    [
      client('udp', 0),
      client('udp', 0, { sport: 21000 }),
      client('udp', 1),
      client('udp', 2),
      client('udp', 0, { sport: 21001 }),
      client('udp', 3),
      client('udp', 1, { sport: 21002 }),
      client('udp', 4),
    ],
    BRIEF,
  ],
  'persistent connections: a client stays, others take turns': [
    service(`${TCP} -s rr -p 300`, on(80, 3)),
    [client('tcp', 0), client('tcp', 1), client('tcp', 0, { sport: 21000 }), client('tcp', 4), client('tcp', 1)],
  ],
  'persistence of a network: clients behind a mask stay together': [
    service(`${UDP} -s rr -p 300 -M 255.255.255.0`, on(53, 3)),
    [...clients('udp', 0, 5), client('udp', 4, { sport: 21000 }), client('udp', 1, { sport: 21001 })],
    BRIEF,
  ],
  'persistence ends some time after the last connection': [
    [onNode('ipvsadm --set 1 1 1'), ...service(`${UDP} -s rr -p 1`, on(5000, 3))],
    [client('udp', 0), client('udp', 0, { sport: 21000 }), wait(3.5), client('udp', 0, { sport: 21001 })],
    BRIEF,
  ],
  'persistence goes on while a connection is there': [
    [onNode('ipvsadm --set 0 0 10'), ...service(`${UDP} -s rr -p 1`, on(5000, 3))],
    [client('udp', 0), wait(3), client('udp', 0, { sport: 21000 }), client('udp', 1)],
    BRIEF,
  ],
  'datagrams that time out': [
    [onNode('ipvsadm --set 0 0 1'), ...service(`${UDP} -s rr`, on(5000, 3))],
    [client('udp', 0), client('udp', 0), wait(2.5), client('udp', 0), client('udp', 0)],
    BRIEF,
  ],
  'a datagram keeps its connection alive': [
    [onNode('ipvsadm --set 0 0 4'), ...service(`${UDP} -s rr`, on(5000, 3))],
    [client('udp', 0), wait(2), client('udp', 0), wait(2.5), client('udp', 0), client('udp', 1)],
    BRIEF,
  ],
  'a server of a persistent client goes': [
    service(`${UDP} -s rr -p 300`, on(5000, 3)),
    [
      client('udp', 0),
      client('udp', 1),
      client('udp', 2),
      ...[0, 1].map((n) => edit(`-d ${UDP} -r ${SERVERS[n]}:5000`)),
      ...[0, 1, 2, 0].map((n, i) => client('udp', n, { sport: 21000 + i })),
      ...[0, 1, 2].map((n) => client('udp', n)),
      edit(`-a ${UDP} -r ${FIRST}:5000 -m`),
      ...[0, 1, 2, 3].map((n, i) => client('udp', n, { sport: 22000 + i })),
    ],
    BRIEF,
  ],
  'port 0: all ports of an address, of a persistent service': [
    service('-u 10.96.0.2:0 -s rr -p 300', on(0, 3)),
    [0, 0, 1, 1].map((n, i) => client('udp', n, { to: '10.96.0.2', sport: 21000 + i, port: i % 2 === 0 ? 53 : 5000 })),
  ],
  'port 0 beside a service of a port': [
    [...service('-u 10.96.0.2:0 -s rr -p 300', on(0, 3)), ...service('-u 10.96.0.2:53 -s rr', on(5000, 3))],
    [0, 0, 0, 1, 1].map((n, i) =>
      client('udp', n, { to: '10.96.0.2', sport: 21000 + i, port: i % 2 === 0 ? 53 : 5000 }),
    ),
    BRIEF,
  ],
  'a persistent mark: both ports of a client go to one server': [
    [
      onNode(`iptables -t mangle -A PREROUTING -d ${VIP} -p udp -j MARK --set-mark 7`),
      ...service('-f 7 -s rr -p 300', on(0, 3)),
    ],
    [0, 0, 1, 1, 2].map((n, i) => client('udp', n, { sport: 21000 + i, port: i % 2 === 0 ? 53 : 5000 })),
    BRIEF,
  ],
  'a mark that is not persistent': [
    [onNode(`iptables -t mangle -A PREROUTING -d ${VIP} -j MARK --set-mark 7`), ...service('-f 7 -s rr', on(0, 3))],
    [
      ...[0, 0, 1].map((n, i) => client('udp', n, { sport: 21000 + i, port: i === 1 ? 5000 : 53 })),
      client('tcp', 0),
      client('tcp', 1),
      socket('ping', 'a', VIP),
    ],
    BRIEF,
  ],
  'a mark before an address': [
    [
      onNode(`iptables -t mangle -A PREROUTING -s 10.0.0.3 -j MARK --set-mark 7`),
      ...service('-f 7 -s rr', [`${SECOND}:0`]),
      ...service(`${UDP} -s rr`, [`${FIRST}:53`]),
    ],
    clients('udp', 0, 3),
    BRIEF,
  ],
  'persistence of two services of one address': [
    [...service(`${UDP} -s rr -p 300`, on(53, 3)), ...service(`-u ${VIP}:5353 -s rr -p 300`, on(53, 3))],
    [0, 0, 1, 1].flatMap((n, i) => [
      client('udp', n, { sport: 21000 + i }),
      client('udp', n, { sport: 22000 + i, port: 5353 }),
    ]),
    BRIEF,
  ],
  'persistence is edited': [
    service(`${UDP} -s rr -p 300`, on(5000, 3)),
    [
      client('udp', 0),
      edit(`-E ${UDP} -s rr`),
      client('udp', 0, { sport: 21000 }),
      client('udp', 0, { sport: 21001 }),
      edit(`-E ${UDP} -s rr -p 100`),
      client('udp', 0, { sport: 21002 }),
      client('udp', 1),
      client('udp', 1, { sport: 21003 }),
    ],
    BRIEF,
  ],
};

const QUIESCED: Readonly<Record<string, Entry>> = {
  ...Object.fromEntries(
    [0, 1].flatMap((on1): [string, Entry][] => [
      [
        `expire_quiescent_template=${on1}: a persistent client of a server of weight 0`,
        [
          [vs(`expire_quiescent_template=${on1}`), ...service(`${UDP} -s rr -p 300`, on(5000, 3))],
          [
            client('udp', 0),
            client('udp', 1),
            ...SERVERS.slice(0, 2).map((server) => edit(`-e ${UDP} -r ${server}:5000 -m -w 0`)),
            client('udp', 0),
            client('udp', 0, { sport: 21000 }),
            client('udp', 1, { sport: 21001 }),
            client('udp', 2),
            client('udp', 0, { sport: 21002 }),
          ],
          BRIEF,
        ],
      ],
      [
        `expire_nodest_conn=${on1}: the server of a flow goes`,
        [
          [vs(`expire_nodest_conn=${on1}`), ...service(`${UDP} -s rr`, on(53, 2))],
          [
            client('udp', 0),
            client('udp', 1),
            edit(`-d ${UDP} -r ${FIRST}:53`),
            ...[0, 1, 0, 1].map((n) => client('udp', n)),
            edit(`-a ${UDP} -r ${FIRST}:53 -m`),
            ...[0, 1, 2].map((n) => client('udp', n)),
          ],
          BRIEF,
        ],
      ],
      [
        `expire_nodest_conn=${on1} with conntrack: the server of a flow goes`,
        [
          [vs('conntrack=1'), vs(`expire_nodest_conn=${on1}`), ...service(`${UDP} -s rr`, on(53, 2))],
          [
            client('udp', 0),
            client('udp', 1),
            edit(`-d ${UDP} -r ${FIRST}:53`),
            ...[0, 1, 0, 1].map((n) => client('udp', n)),
          ],
          BRIEF,
        ],
      ],
      [
        `expire_nodest_conn=${on1}: the server of a connection goes`,
        [
          [...SILENT_HOSTS, vs(`expire_nodest_conn=${on1}`), ...service(`${TCP} -s rr`, on(80, 2))],
          [
            segment('a', '10.0.0.1:30001', `${VIP}:80`, 'S', 1000, 0),
            segment('b', `${SECOND}:80`, '10.0.0.1:30001', 'SA', 5000, 1001),
            segment('a', '10.0.0.1:30001', `${VIP}:80`, 'A', 1001, 5001),
            edit(`-d ${TCP} -r ${SECOND}:80`),
            segment('a', '10.0.0.1:30001', `${VIP}:80`, 'A', 1001, 5001),
            segment('b', `${SECOND}:80`, '10.0.0.1:30001', 'A', 5001, 1001),
            segment('a', '10.0.0.1:30001', `${VIP}:80`, 'S', 9000, 0),
          ],
        ],
      ],
      [
        `expire_nodest_conn=${on1}: all of a service goes`,
        [
          [vs(`expire_nodest_conn=${on1}`), ...service(`${UDP} -s rr`, on(53, 2))],
          [
            client('udp', 0),
            edit(`-D ${UDP}`),
            client('udp', 0),
            client('udp', 1),
            edit(`-A ${UDP} -s rr`),
            edit(`-a ${UDP} -r ${SECOND}:53 -m`),
            client('udp', 0),
            client('udp', 1),
          ],
          BRIEF,
        ],
      ],
    ]),
  ),
  'a flow stays with a server of weight 0': [
    service(`${UDP} -s rr`, on(53, 2)),
    [
      client('udp', 0),
      client('udp', 1),
      edit(`-e ${UDP} -r ${SECOND}:53 -m -w 0`),
      ...[0, 1, 2, 3, 0].map((n) => client('udp', n)),
      edit(`-e ${UDP} -r ${FIRST}:53 -m -w 0`),
      ...[0, 1, 4].map((n) => client('udp', n, { connected: true })),
    ],
    BRIEF,
  ],
  'a connection stays with a server of weight 0, its port anew does too': [
    service(`${TCP} -s rr`, on(80, 2)),
    [
      client('tcp', 0),
      client('tcp', 1),
      edit(`-e ${TCP} -r ${SECOND}:80 -m -w 0`),
      ...[0, 1, 2].map((n) => client('tcp', n)),
    ],
    BRIEF,
  ],
};

/** A connection that was closed or reset, and another from the same port. */
const reused = (
  how: 'reset' | 'closed by both' | 'half closed',
  mode: number,
  conntrack: number,
  weight: number,
): Entry => {
  const a = (flags: string, seq: number, ack: number): Case =>
    segment('a', '10.0.0.1:30001', `${VIP}:80`, flags, seq, ack);
  const b = (flags: string, seq: number, ack: number): Case =>
    segment('b', `${SECOND}:80`, '10.0.0.1:30001', flags, seq, ack);
  const ends = {
    reset: [a('R', 1001, 0)],
    'closed by both': [a('FA', 1001, 5001), b('FA', 5001, 1002), a('A', 1002, 5002)],
    'half closed': [b('FA', 5001, 1001), a('A', 1001, 5002)],
  }[how];
  return [
    [
      ...SILENT_HOSTS,
      vs(`conn_reuse_mode=${mode}`),
      vs(`conntrack=${conntrack}`),
      ...service(`${TCP} -s rr`, on(80, 2)),
    ],
    [
      a('S', 1000, 0),
      b('SA', 5000, 1001),
      a('A', 1001, 5001),
      ...ends,
      ...(weight === 0 ? [edit(`-e ${TCP} -r ${SECOND}:80 -m -w 0`)] : []),
      a('S', 900_000, 0),
      a('S', 900_000, 0),
    ],
    BRIEF,
  ];
};
const REUSED: Readonly<Record<string, Entry>> = Object.fromEntries(
  (['reset', 'closed by both', 'half closed'] as const).flatMap((how) =>
    [0, 1, 2].flatMap((mode) =>
      [0, 1].flatMap((conntrack) =>
        [1, 0].map((weight): [string, Entry] => [
          `conn_reuse_mode=${mode}, conntrack=${conntrack}: a port anew after it was ${how}, weight ${weight}`,
          reused(how, mode, conntrack, weight),
        ]),
      ),
    ),
  ),
);

const STRAY: Readonly<Record<string, Entry>> = {
  ...Object.fromEntries(
    [0, 1].map((sloppy): [string, Entry] => [
      `sloppy_tcp=${sloppy}: segments without a connection`,
      [
        [...SILENT_HOSTS, vs(`sloppy_tcp=${sloppy}`), ...service(`${TCP} -s rr`, on(80, 2))],
        ['A', 'SA', 'R', 'FA', 'RA', 'S'].map((flags, i) =>
          segment('a', `10.0.0.1:${30001 + i}`, `${VIP}:80`, flags, 1000, 1),
        ),
        { brief: true },
      ],
    ]),
  ),
  'a segment without a connection, of a client that listens': [
    service(`${TCP} -s rr`, on(80, 2)),
    ['A', 'SA', 'R', 'FA'].map((flags, i) => segment('a', `10.0.0.1:${30001 + i}`, `${VIP}:80`, flags, 1000, 1)),
  ],
  'one packet scheduling: each datagram takes its turn': [
    service(`${UDP} -s rr -o`, on(53, 3)),
    [...again(3, client('udp', 0)), client('udp', 1)],
  ],
  'one packet scheduling with conntrack': [
    [vs('conntrack=1'), ...service(`${UDP} -s rr -o`, on(53, 3))],
    [...again(3, client('udp', 0)), client('udp', 1)],
  ],
  'one packet scheduling of a persistent service': [
    service(`${UDP} -s rr -p 300 -o`, on(5000, 3)),
    [...again(2, client('udp', 0)), client('udp', 0, { sport: 21000 }), client('udp', 1)],
    BRIEF,
  ],
  'a server speaks first': [
    service(`${UDP} -s rr`, on(53, 2)),
    [
      datagram('b', `${FIRST}:53`, '10.0.0.1:20001'),
      client('udp', 0),
      datagram('b', `${FIRST}:53`, '10.0.0.1:20001'),
      datagram('b', `${SECOND}:53`, '10.0.0.1:20001'),
      datagram('b', `${SECOND}:53`, '10.0.0.1:20002'),
      datagram('b', `${SECOND}:5353`, '10.0.0.1:20001'),
    ],
  ],
  'nat_icmp_send: a server speaks first, and is told that there is no such port': [
    [vs('nat_icmp_send=1'), ...service(`${UDP} -s rr`, on(53, 2)), ...service(`${TCP} -s rr`, on(80, 2))],
    [
      datagram('b', `${FIRST}:53`, '10.0.0.1:20001'),
      segment('b', `${FIRST}:80`, '10.0.0.1:20001', 'A', 1, 1),
      segment('b', `${FIRST}:80`, '10.0.0.1:20001', 'R', 1, 1),
      datagram('b', `${FIRST}:54`, '10.0.0.1:20001'),
    ],
  ],
  'a client speaks to a server by itself too': [
    service(`${UDP} -s rr`, on(53, 1)),
    [client('udp', 0), socket('udp', 'a', FIRST, { sport: 20001, source: '10.0.0.1' }), client('udp', 0)],
  ],
  'what is flushed is gone, connections are not': [
    service(`${UDP} -s rr`, on(53, 2)),
    [
      client('udp', 0),
      edit('-Z'),
      client('udp', 0),
      edit('-C'),
      client('udp', 0),
      socket('udp', 'a', VIP, { port: 9 }),
    ],
    BRIEF,
  ],
  'the same server twice, by two ports': [
    service(`${UDP} -s rr`, [`${FIRST}:53`, `${FIRST}:5000`]),
    clients('udp', 0, 4),
    BRIEF,
  ],
};

/** A template whose server is no good is given up before another server is looked for (ip_vs_check_template()). */
const GIVEN_UP: Readonly<Record<string, Entry>> = {
  'schedule_icmp: dh hashes the destination of what an error quotes, which is the client': [
    [vs('schedule_icmp=1'), ...service(`${UDP} -s dh`, on(53, 4))],
    CLIENTS.slice(0, 4).map((address, n) => {
      const about = datagram('a', `${VIP}:53`, `${address}:${22000 + n}`).packet;
      return datagram('a', `${address}:1`, `${VIP}:1`, { payload: 0, l4: { l4: 'icmp', type: 3, code: 3, about } });
    }),
    BRIEF,
  ],
  'expire_nodest_conn, set after a server was removed: another scheduler does not take its connections away': [
    service(`${UDP} -s rr`, on(53, 2)),
    [
      ...clients('udp', 0, 2),
      edit(`-d ${UDP} -r ${FIRST}:53`),
      run(vs('expire_nodest_conn=1')),
      edit(`-E ${UDP} -s lc`),
      client('udp', 2),
    ],
    BRIEF,
  ],
  'a template is given up though there is no other server: the only one is removed': [
    service(`${UDP} -s rr -p 300`, on(53, 1)),
    [client('udp', 0), edit(`-d ${UDP} -r ${FIRST}:53`), client('udp', 0, { sport: 21000 })],
    BRIEF,
  ],
  'a template is given up though there is no other server: the only one has no weight': [
    [vs('expire_quiescent_template=1'), ...service(`${UDP} -s rr -p 300`, on(53, 1))],
    [
      client('udp', 0),
      edit(`-e ${UDP} -r ${FIRST}:53 -m -w 0`),
      client('udp', 0, { sport: 21000 }),
      edit(`-e ${UDP} -r ${FIRST}:53 -m -w 1`),
      client('udp', 0, { sport: 21001 }),
    ],
    BRIEF,
  ],
};

/** What connection tracking takes for INVALID by its numbers goes to a server all the same (tcp_in_window()). */
const NUMBERS: Readonly<Record<string, Entry>> = {
  'a client of the node itself comes again, and is sent to a server: its ACK is tracked anew': [
    [vs('conntrack=0'), onNode('iptables -t nat -A POSTROUTING -j MASQUERADE')],
    [
      client('tcp', 3, { to: '10.96.0.2' }),
      edit('-A -t 10.96.0.2:80 -s rr'),
      edit(`-a -t 10.96.0.2:80 -r ${FIRST}:80 -m`),
      client('tcp', 3, { to: '10.96.0.2' }),
    ],
  ],
  'segments with numbers that nobody has sent': [
    service(`${TCP} -s rr`, on(80, 1)),
    [
      ...['S', 'A', 'FA', 'R', 'FA', 'S'].map((flags) =>
        segment('a', '10.0.0.77:30001', '10.96.0.2:80', flags, flags === 'S' ? 1000 : 1001, 5001),
      ),
      ...['S', 'A', 'R', 'FA', 'S'].map((flags) =>
        segment('a', '10.0.0.5:30001', `${VIP}:80`, flags, flags === 'S' ? 1000 : 1001, 5001),
      ),
    ],
  ],
  'segments with numbers that nobody has sent, with conntrack': [
    [vs('conntrack=1'), ...service(`${TCP} -s rr`, on(80, 1))],
    ['S', 'A', 'R', 'FA', 'S'].map((flags) =>
      segment('a', '10.0.0.5:30001', `${VIP}:80`, flags, flags === 'S' ? 1000 : 1001, 5001),
    ),
  ],
  'segments with numbers that nobody has sent, where nf_conntrack_tcp_be_liberal is set': [
    [
      onNode('sysctl -qw net.netfilter.nf_conntrack_tcp_be_liberal=1'),
      vs('conntrack=1'),
      ...service(`${TCP} -s rr`, on(80, 1)),
    ],
    ['S', 'A', 'R', 'FA', 'S'].map((flags) =>
      segment('a', '10.0.0.5:30001', `${VIP}:80`, flags, flags === 'S' ? 1000 : 1001, 5001),
    ),
  ],
};

/** Who stays with whom. */
export const CONNECTIONS: readonly Plan[] = Object.entries({
  ...PERSISTENT,
  ...QUIESCED,
  ...REUSED,
  ...STRAY,
  ...GIVEN_UP,
  ...NUMBERS,
}).map(([name, [setup, cases, options]]) => ipvsPlan(name, setup, cases, options));
