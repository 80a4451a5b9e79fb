import {
  clients,
  datagram,
  edit,
  ipvsPlan,
  onNode,
  SERVERS,
  SILENT_HOSTS,
  segment,
  service,
  VIP,
  vs,
} from './ipvs-lab.js';
import type { Case, FrameCase, Plan } from './plan.js';

/** Servers listen on 5000 without an answer, and on 80. */
const onPort = (port: number, weights: readonly number[]): string[] =>
  weights.map((weight, i) => `${SERVERS[i]}:${port} -w ${weight}`);

/** Servers come, go, are quiesced and come back between the connections. */
const EDITED = (key: string, port: number, more: (first: number, count: number) => readonly Case[]): Case[] => [
  ...more(0, 7),
  edit(`-a ${key} -r ${SERVERS[3]}:${port} -m -w 2`),
  ...more(7, 6),
  edit(`-d ${key} -r ${SERVERS[0]}:${port}`),
  ...more(13, 5),
  edit(`-e ${key} -r ${SERVERS[1]}:${port} -m -w 0`),
  ...more(18, 5),
  edit(`-a ${key} -r ${SERVERS[0]}:${port} -m -w 1`),
  edit(`-e ${key} -r ${SERVERS[1]}:${port} -m -w 3`),
  ...more(23, 7),
  edit(`-e ${key} -r ${SERVERS[2]}:${port} -m -w 5`),
  ...more(30, 5),
];

/** A datagram from one of many clients, of which no two are the same. */
const many = (dst: string, first: number, count: number): FrameCase[] =>
  Array.from({ length: count }, (_, i) => datagram('a', `10.3.0.${first + i + 10}:${30000 + 7 * (first + i)}`, dst));

const ALL = ['rr', 'wrr', 'lc', 'wlc', 'sh', 'dh', 'mh', 'sed', 'nq', 'fo', 'ovf', 'lblc', 'lblcr'] as const;
const BRIEF = { brief: true } as const;

const edited: Plan[] = ALL.flatMap((scheduler) => [
  ipvsPlan(
    `${scheduler}: datagrams while servers come and go`,
    service(`-u ${VIP}:53 -s ${scheduler}`, onPort(5000, [1, 2, 3])),
    EDITED(`-u ${VIP}:53`, 5000, (first, count) => many(`${VIP}:53`, first, count)),
    BRIEF,
  ),
  ipvsPlan(
    `${scheduler}: connections while servers come and go`,
    service(`-t ${VIP}:80 -s ${scheduler}`, onPort(80, [1, 2, 3])),
    EDITED(`-t ${VIP}:80`, 80, (first, count) => clients('tcp', first, Math.ceil(count / 2))),
    BRIEF,
  ),
]);

const weighted: Plan[] = [
  { scheduler: 'wrr', weights: [4, 2, 6], why: 'a common divisor' },
  { scheduler: 'wrr', weights: [1, 1, 1], why: 'equal' },
  { scheduler: 'wrr', weights: [0, 3, 1, 2], why: 'one of 0' },
  { scheduler: 'rr', weights: [0, 3, 1], why: 'one of 0' },
  { scheduler: 'rr', weights: [0, 0], why: 'all of 0' },
  { scheduler: 'wrr', weights: [0, 0], why: 'all of 0' },
  { scheduler: 'wlc', weights: [0, 3, 1], why: 'one of 0' },
  { scheduler: 'wlc', weights: [1, 100, 10], why: 'far apart' },
  { scheduler: 'sed', weights: [1, 4, 2], why: 'uneven' },
  { scheduler: 'nq', weights: [1, 4, 2], why: 'uneven' },
  { scheduler: 'lc', weights: [0, 0], why: 'all of 0' },
  { scheduler: 'sh', weights: [1, 4, 2], why: 'uneven' },
  { scheduler: 'sh', weights: [0, 4, 2], why: 'one of 0' },
  { scheduler: 'mh', weights: [1, 4, 2], why: 'uneven' },
  { scheduler: 'mh', weights: [0, 4, 2], why: 'one of 0' },
  { scheduler: 'mh', weights: [2, 4, 6], why: 'a common divisor' },
  { scheduler: 'dh', weights: [0, 4, 2], why: 'one of 0' },
].map(({ scheduler, weights, why }) =>
  ipvsPlan(
    `${scheduler}: weights ${weights.join(', ')}: ${why}`,
    service(`-u ${VIP}:53 -s ${scheduler}`, onPort(5000, weights)),
    many(`${VIP}:53`, 0, 16),
    BRIEF,
  ),
);

/** What the flags of the hashing schedulers change: ports, and a server of weight 0. */
const flagged: Plan[] = [
  ...['sh', 'mh'].flatMap((scheduler) =>
    [`${scheduler}-port`, `${scheduler}-fallback`, `${scheduler}-port,${scheduler}-fallback`].map((flags) => ({
      scheduler,
      flags,
    })),
  ),
  { scheduler: 'rr', flags: 'flag-1' },
].flatMap(({ scheduler, flags }) => [
  ipvsPlan(
    `${scheduler} with ${flags}: many clients, and one with many ports`,
    service(`-u ${VIP}:53 -s ${scheduler} -b ${flags}`, onPort(5000, [1, 1, 2])),
    [
      ...many(`${VIP}:53`, 0, 8),
      ...Array.from({ length: 8 }, (_, i) => datagram('a', `10.0.0.3:${40000 + 3 * i}`, `${VIP}:53`)),
      edit(`-e -u ${VIP}:53 -r ${SERVERS[1]}:5000 -m -w 0`),
      ...many(`${VIP}:53`, 8, 8),
      ...Array.from({ length: 8 }, (_, i) => datagram('a', `10.0.0.3:${41000 + 3 * i}`, `${VIP}:53`)),
    ],
    BRIEF,
  ),
]);

const several: Plan[] = [
  ipvsPlan(
    'dh: each virtual address has its server',
    [1, 2, 3, 4, 5, 6].flatMap((n) => service(`-u 10.96.0.${n}:53 -s dh`, onPort(5000, [1, 1, 1]))),
    [1, 2, 3, 4, 5, 6].flatMap((n) => many(`10.96.0.${n}:53`, n, 2)),
    BRIEF,
  ),
  ipvsPlan(
    'dh of a mark: each address has its server',
    [
      onNode('iptables -t mangle -A PREROUTING -d 10.96.0.0/24 -j MARK --set-mark 1'),
      ...service('-f 1 -s dh', onPort(0, [1, 1, 1])),
    ],
    [1, 2, 3, 4, 5, 6].flatMap((n) => many(`10.96.0.${n}:5000`, n, 2)),
    BRIEF,
  ),
  ...['lblc', 'lblcr'].map((scheduler) =>
    ipvsPlan(
      `${scheduler} of a mark`,
      [
        onNode('iptables -t mangle -A PREROUTING -d 10.96.0.0/24 -j MARK --set-mark 1'),
        ...service(`-f 1 -s ${scheduler}`, onPort(0, [1, 1, 1])),
      ],
      [1, 2, 3, 1, 2, 3, 4, 5].flatMap((n, i) => many(`10.96.0.${n}:5000`, 10 * i, 2)),
      BRIEF,
    ),
  ),
  ipvsPlan(
    'two services take turns each for itself',
    [
      ...service(`-u ${VIP}:53 -s rr`, onPort(5000, [1, 1, 1])),
      ...service('-u 10.96.0.2:53 -s wrr', onPort(5000, [3, 1, 1])),
    ],
    [0, 1, 2, 3, 4, 5].flatMap((n) => [...many(`${VIP}:53`, n, 1), ...many('10.96.0.2:53', n, 1)]),
    BRIEF,
  ),
  ipvsPlan(
    'another scheduler for a service begins anew',
    service(`-u ${VIP}:53 -s rr`, onPort(5000, [1, 2, 3])),
    [
      ...many(`${VIP}:53`, 0, 2),
      edit(`-E -u ${VIP}:53 -s wrr`),
      ...many(`${VIP}:53`, 2, 4),
      edit(`-E -u ${VIP}:53 -s sh`),
      ...many(`${VIP}:53`, 6, 4),
      edit(`-E -u ${VIP}:53 -s rr`),
      ...many(`${VIP}:53`, 10, 4),
      edit(`-E -u ${VIP}:53 -s rr`),
      ...many(`${VIP}:53`, 14, 3),
    ],
    BRIEF,
  ),
  ipvsPlan(
    'editing a server in the list of round robin',
    service(`-u ${VIP}:53 -s rr`, onPort(5000, [1, 1, 1, 1])),
    [0, 1, 2, 3].flatMap((n) => [
      ...many(`${VIP}:53`, 10 * n, 1),
      edit(`-e -u ${VIP}:53 -r ${SERVERS[n]}:5000 -m -w ${n + 2}`),
      ...many(`${VIP}:53`, 10 * n + 1, 2),
      edit(`-d -u ${VIP}:53 -r ${SERVERS[n]}:5000`),
      ...many(`${VIP}:53`, 10 * n + 3, 2),
      edit(`-a -u ${VIP}:53 -r ${SERVERS[n]}:5000 -m`),
      ...many(`${VIP}:53`, 10 * n + 5, 3),
    ]),
    BRIEF,
  ),
  ipvsPlan(
    'rr: the server that was chosen last goes',
    [1, 2, 3].flatMap((n) => service(`-u 10.96.0.${n}:53 -s rr`, onPort(5000, [1, 1, 1, 1]))),
    // The newest is chosen first.
    [1, 2, 3].flatMap((n) => [
      ...many(`10.96.0.${n}:53`, 0, n),
      edit(`-d -u 10.96.0.${n}:53 -r ${SERVERS[SERVERS.length - n]}:5000`),
      ...many(`10.96.0.${n}:53`, 10, 5),
    ]),
    BRIEF,
  ),
  ipvsPlan(
    'thresholds: a server that is full gets nothing more',
    service(`-u ${VIP}:53 -s rr`, [`${SERVERS[0]}:5000 -x 2 -y 1`, `${SERVERS[1]}:5000`]),
    many(`${VIP}:53`, 0, 8),
    BRIEF,
  ),
];

/** Least connections by what counts as one: connections that are open, half open and closed. */
const counting: Plan[] = ['lc', 'wlc', 'sed', 'nq'].map((scheduler) => {
  const dst = `${VIP}:80`;
  const opened = (n: number): Case[] => [
    segment('a', `10.0.0.1:${30000 + n}`, dst, 'S', 1000, 0),
    ...SERVERS.slice(0, 3).map((server) => segment('b', `${server}:80`, `10.0.0.1:${30000 + n}`, 'SA', 5000, 1001)),
    segment('a', `10.0.0.1:${30000 + n}`, dst, 'A', 1001, 5001),
  ];
  const closed = (n: number): Case[] => [
    segment('a', `10.0.0.1:${30000 + n}`, dst, 'FA', 1001, 5001),
    ...SERVERS.slice(0, 3).map((server) => segment('b', `${server}:80`, `10.0.0.1:${30000 + n}`, 'FA', 5001, 1002)),
  ];
  return ipvsPlan(
    `${scheduler}: what is open, half open and closed`,
    [...SILENT_HOSTS, vs('conntrack=0'), ...service(`-t ${dst} -s ${scheduler}`, onPort(80, [1, 1, 2]))],
    [
      ...opened(1),
      ...opened(2),
      ...opened(3),
      ...opened(4),
      ...closed(2),
      ...[5, 6, 7, 8].map((n) => segment('a', `10.0.0.1:${30000 + n}`, dst, 'S', 1000, 0)),
      segment('a', '10.0.0.1:30001', dst, 'R', 1001, 0),
      ...[9, 10, 11].map((n) => segment('a', `10.0.0.1:${30000 + n}`, dst, 'S', 1000, 0)),
    ],
    BRIEF,
  );
});

/** Who is chosen. */
export const SCHEDULERS: readonly Plan[] = [...edited, ...weighted, ...flagged, ...several, ...counting];
