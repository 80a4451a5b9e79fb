import { frame, run, socket as toPort } from './cases.js';
import type { Case, FrameCase, PacketSpec, Plan, SocketCase } from './plan.js';
import { routerPlan } from './router.js';

/**
 * The router as a node that balances: virtual services on r, clients on a (10.0.0.1 to .5, and 10.3.0.0/24 beyond it),
 * servers on b (10.0.1.1 to .5, and 10.2.0.1 beyond it). Virtual addresses are on a device that is down, as kube-proxy
 * keeps them.
 */
const NODE = [
  ...[4, 5].map((n) => `ip -n a addr add 10.0.0.${n}/24 dev eth0`),
  'ip -n a addr add 10.3.0.1/32 dev lo',
  ...[3, 4, 5].map((n) => `ip -n b addr add 10.0.1.${n}/24 dev eth0`),
  'ip -n r route add 10.3.0.0/24 via 10.0.0.1',
  'ip -n r route add 10.2.0.0/16 via 10.0.1.1',
  'ip -n r link add kube-ipvs0 type dummy',
  ...[1, 2, 3, 4, 5, 6].map((n) => `ip -n r addr add 10.96.0.${n}/32 dev kube-ipvs0`),
];

/** A host behind b, by a cable of its own. */
export const BEYOND: readonly string[] = [
  'ip netns add d',
  'ip link add eth1 address 02:00:00:00:02:02 netns b type veth peer name eth0 address 02:00:00:00:02:01 netns d',
  'ip -n d link set lo up',
  'ip -n d link set eth0 up',
  'ip -n b link set eth1 up',
  'ip -n b addr add 10.0.2.2/24 dev eth1',
  'ip -n d addr add 10.0.2.1/24 dev eth0',
  'ip -n d route add default via 10.0.2.2',
  'ip -n r route add 10.0.2.0/24 via 10.0.1.1',
  'ip netns exec b sysctl -qw net.ipv4.ip_forward=1',
  'ip netns exec b sysctl -qw net.ipv4.conf.all.send_redirects=0',
  'ip netns exec b sysctl -qw net.ipv4.conf.eth0.send_redirects=0',
];

export const VIP = '10.96.0.1';
/** The servers that services have unless they say. */
export const SERVERS: readonly string[] = ['10.0.1.1', '10.0.1.3', '10.0.1.4', '10.0.1.5'];
/** The addresses of clients. */
export const CLIENTS: readonly string[] = ['10.0.0.1', '10.0.0.3', '10.0.0.4', '10.0.0.5', '10.3.0.1'];

/** A command on the balancing node. */
export const onNode = (words: string): string => `ip netns exec r ${words}`;
/** ipvsadm on the balancing node, before all packets. */
export const ipvsadm = (words: string): string => onNode(`ipvsadm ${words}`);
/** ipvsadm on the balancing node, between two packets. */
export const edit = (words: string): Case => run(ipvsadm(words));
/** A sysctl of the balancing node, net.ipv4.vs.… */
export const vs = (words: string): string => onNode(`sysctl -qw net.ipv4.vs.${words}`);
/** Time passes. */
export const wait = (seconds: number): Case => run(`sleep ${seconds}`);

/** A virtual service and its servers, each with more options: `service('-u 10.96.0.1:53 -s rr', ['10.0.1.1:53 -w 2'])`. */
export const service = (words: string, servers: readonly string[]): string[] => {
  const key = words.split(' ').slice(0, 2).join(' ');
  return [ipvsadm(`-A ${words}`), ...servers.map((server) => ipvsadm(`-a ${key} -r ${server} -m`))];
};

/** A client of a talks to the echo server, or the TCP server, of the virtual address; another of each number. */
export const client = (send: 'udp' | 'tcp', n: number, rest: Partial<SocketCase> = {}): SocketCase =>
  toPort(send, 'a', VIP, {
    port: send === 'tcp' ? 80 : 53,
    source: CLIENTS[n % CLIENTS.length] ?? '',
    sport: 20001 + n,
    ...rest,
  });
/** So many of them, from number `first` on. */
export const clients = (
  send: 'udp' | 'tcp',
  first: number,
  count: number,
  rest: Partial<SocketCase> = {},
): SocketCase[] => Array.from({ length: count }, (_, i) => client(send, first + i, rest));

/** To the echo server, or the TCP server. */
export const socket = (
  send: SocketCase['send'],
  from: string,
  to: string,
  rest: Partial<SocketCase> = {},
): SocketCase => toPort(send, from, to, { ...(send !== 'ping' && { port: send === 'tcp' ? 80 : 53 }), ...rest });

/** A datagram out of a host, from any address. */
export const datagram = (from: 'a' | 'b', src: string, dst: string, rest: Partial<PacketSpec> = {}): FrameCase => {
  const [srcAddress = '', sport] = src.split(':');
  const [dstAddress = '', dport] = dst.split(':');
  const l4 = { l4: 'udp', sport: Number(sport), dport: Number(dport) } as const;
  return frame(from, { src: srcAddress, dst: dstAddress, ttl: 64, payload: 20, l4, ...rest });
};

/** A segment out of a host, from any address. */
export const segment = (
  from: 'a' | 'b',
  src: string,
  dst: string,
  flags: string,
  seq: number,
  ack: number,
): FrameCase => {
  const one = datagram(from, src, dst);
  const { sport, dport } = one.packet.l4 as { readonly sport: number; readonly dport: number };
  return { ...one, packet: { ...one.packet, payload: 0, l4: { l4: 'tcp', sport, dport, flags, seq, ack } } };
};
/** Neither client nor server has a program for the segments that are put onto their cables. */
export const SILENT_HOSTS: readonly string[] = ['a', 'b'].map(
  (ns) => `ip netns exec ${ns} iptables -t raw -A PREROUTING -p tcp -j DROP`,
);

/** What is more of a scenario than commands and packets. */
export interface ScenarioOptions {
  /** Only r is watched: it is about who gets what. */
  readonly brief?: true;
  /** Each rule that is hit is watched. */
  readonly traced?: true;
  /** What else makes up the network. */
  readonly more?: readonly string[];
}

/** A plan of the balancing node. */
export function ipvsPlan(
  name: string,
  random: readonly string[],
  cases: readonly Case[],
  { brief, traced, more = [] }: ScenarioOptions = {},
): Plan {
  const plan = routerPlan(random, cases);
  return {
    ...plan,
    name,
    fixed: [...plan.fixed, ...NODE, ...more],
    listeners: more === BEYOND ? [...plan.listeners, ...LISTENERS_BEYOND] : plan.listeners,
    unwatched: brief === true ? ['a', 'b'] : [],
    ...(traced === true && { traced }),
  };
}

const LISTENERS_BEYOND = [
  { netns: 'd', protocol: 'udp', port: 53, behaviour: 'echo' },
  { netns: 'd', protocol: 'tcp', port: 80, behaviour: 'sink' },
] as const;
