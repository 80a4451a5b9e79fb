import fc from 'fast-check';
import { formatIpv4 } from '../../src/address/index.js';
import { readLab } from '../../src/input/index.js';
import { buildNetwork } from '../../src/lab/index.js';
import { formatCommand, type Install } from '../../src/plan/index.js';
import { readable } from '../recordings/load.js';
import { type Shipped, shippedText } from '../shipped.js';
import type { Case, Listener, Plan, SocketCase } from './plan.js';

/**
 * Level 3: the shipped labs, as our agents install them, with something of it gone or wrong.
 *
 * Left out: fragments that meet a bridge (see `simulate.ts`); flannel-udp, whose relay is a program of its own; and `--random-fully`, without which the kernel takes the
 * wanted port as we do. Which endpoint a Service's random rule chooses is taken from the kernel.
 */
const FLANNEL: readonly Shipped[] = [
  'flannel-vxlan',
  'flannel-vxlan-directrouting',
  'flannel-host-gw',
  'flannel-host-gw-two-segments',
];
/** Calico's: with Felix's chains and sets, and the routes that BIRD has learned. */
export const CALICO: readonly Shipped[] = [
  'calico-bgp',
  'calico-bgp-two-segments',
  'calico-vxlan',
  'calico-tor',
  'calico-route-reflectors',
  'calico-two-clusters',
];
/** Those that want the module of IP in IP. */
export const IPIP: readonly Shipped[] = ['calico-ipip', 'calico-ipip-crosssubnet'];

/** A lab as commands, and what of it cases are drawn from. */
export interface Built {
  readonly name: string;
  readonly fixed: readonly string[];
  readonly listeners: readonly Listener[];
  readonly hosts: readonly string[];
  readonly senders: readonly string[];
  readonly unwatched: readonly string[];
  readonly addresses: readonly string[];
  readonly devices: readonly string[];
}

/** A lab file as our agents install it. */
export function buildLab(name: string, text: string): Built {
  const { network, script } = buildNetwork(readable(readLab(text, `${name}.yaml`)));
  const spaces = network.names().flatMap((each) => network.netns(each) ?? []);
  const watched = spaces.filter(({ role }) => role !== 'switch');
  return {
    name,
    fixed: withModule(
      script.filter(isCommand).map((install) => formatCommand(install).replaceAll(' --random-fully', '')),
    ),
    listeners: watched.flatMap(({ name: netns, sockets }) =>
      sockets.flatMap(({ protocol, port }): Listener[] =>
        protocol === 'sctp' ? [] : [{ netns, protocol, port, behaviour: protocol === 'udp' ? 'echo' : 'sink' }],
      ),
    ),
    hosts: watched.filter(({ role }) => role !== 'pod').map((ns) => ns.name),
    senders: watched.map((ns) => ns.name),
    unwatched: spaces.filter(({ role }) => role === 'switch').map((ns) => ns.name),
    addresses: [
      ...new Set([
        ...watched.flatMap((ns) => ns.ipv4.addresses.map(({ local }) => formatIpv4(local))),
        ...script.flatMap((install) => formatCommand(install).match(/\b10\.96\.\d+\.\d+\b/g) ?? []),
        '10.244.2.99',
        '10.244.9.9',
        '203.0.113.9',
      ]),
    ].filter((address) => !address.startsWith('127.')),
    devices: watched
      .flatMap((ns) => [...ns.links.keys()].map((dev) => `${ns.name} ${dev}`))
      .filter((d) => !d.endsWith(' lo')),
  };
}

/** The module of IP in IP makes its device in every namespace there is, and so in each that is made. */
function withModule(commands: readonly string[]): string[] {
  if (!commands.some((line) => / tunnel change tunl0 /.test(line))) return [...commands];
  return commands.flatMap((line) => {
    const [, made] = /^ip netns add (\S+)$/.exec(line) ?? [];
    return made === undefined ? [line] : [line, `ip -n ${made} tunnel change tunl0 mode ipip`];
  });
}

/** Rules have a family; programs, sockets and network cards are nobody's command. */
function isCommand({ call }: Install): boolean {
  return !/^(process|socket)/.test(call.call) && !('family' in call && call.family === 'ip6');
}

/** Installed entries that may be taken away, by the command that takes them away. */
function undoing(fixed: readonly string[]): string[] {
  return fixed.flatMap((line) => {
    const [, tool = '', ns = '', object = '', rest = ''] =
      /^(ip|bridge) -n (\S+) (route|neigh|fdb) (?:add|replace|append) (.*)$/.exec(line) ?? [];
    if (object === 'route') return [`ip -n ${ns} route del ${rest.replace(/ onlink$/, '')}`];
    if (object === 'neigh')
      return [`ip -n ${ns} neigh del ${/^(\S+) .*?(dev \S+)/.exec(rest)?.slice(1).join(' ') ?? ''}`];
    if (object === 'fdb' && / dst /.test(rest)) return [`${tool} -n ${ns} fdb del ${rest.replace(/ permanent$/, '')}`];
    return [];
  });
}

/** Chains of Felix that lose their rules. */
function flushed(fixed: readonly string[]): string[] {
  return fixed.flatMap((text) => {
    const [, ns = ''] = /^ip netns exec (\S+) iptables-restore/.exec(text) ?? [];
    return [...text.matchAll(/^\*(\w+)\n([^*]*)/gm)].flatMap(([, table = '', lines = '']) =>
      [...lines.matchAll(/^:(cali-\S+) /gm)].map(
        ([, chain = '']) => `ip netns exec ${ns} iptables -t ${table} -F ${chain}`,
      ),
    );
  });
}

/** Members of Felix's sets: what is swapped in is the set of a name that is not temporary. */
function lostMembers(fixed: readonly string[]): string[] {
  return fixed.flatMap((text) => {
    const [, ns = ''] = /^ip netns exec (\S+) ipset restore/.exec(text) ?? [];
    const names = new Map(
      [...text.matchAll(/^swap (\S+) (\S+)$/gm)].map(([, name = '', temporary = '']) => [temporary, name]),
    );
    return [...text.matchAll(/^add (\S+) (\S+)$/gm)].map(
      ([, set = '', member = '']) => `ip netns exec ${ns} ipset del ${names.get(set) ?? set} ${member}`,
    );
  });
}

function wrongVteps(fixed: readonly string[]): string[] {
  return fixed.flatMap((line) => {
    const [, ns = '', mac = '', dev = ''] = /^bridge -n (\S+) fdb \w+ (\S+) dev (\S+) dst /.exec(line) ?? [];
    return ns === '' ? [] : [`bridge -n ${ns} fdb replace ${mac} dev ${dev} dst 192.168.0.99 self permanent`];
  });
}

function mutations({ fixed, hosts, devices }: Built): fc.Arbitrary<string> {
  const sysctl = (words: string): string[] => hosts.map((ns) => `ip netns exec ${ns} sysctl -qw ${words}`);
  const down = devices.map((device) => {
    const [ns = '', dev = ''] = device.split(' ');
    return `ip -n ${ns} link set dev ${dev} down`;
  });
  const rules = [
    'iptables -t filter -I FORWARD -p udp -j DROP',
    'iptables -t filter -I INPUT -p udp -m multiport --dports 4789,8472 -j DROP',
    'iptables -t filter -I INPUT -p 4 -j DROP',
    'iptables -t filter -P FORWARD DROP',
    'iptables -t filter -I FORWARD -m conntrack --ctstate NEW -j REJECT',
    'iptables -t nat -I POSTROUTING -j RETURN',
    'iptables -t nat -I PREROUTING -p tcp --dport 80 -j DNAT --to-destination 10.244.1.99:80',
    'iptables -t filter -I OUTPUT -m conntrack --ctstate INVALID -j DROP',
  ].flatMap((words) => hosts.map((ns) => `ip netns exec ${ns} ${words}`));
  const mtu = devices.map((device) => `ip -n ${device.split(' ')[0]} link set dev ${device.split(' ')[1]} mtu 1300`);
  const proxies = devices.filter((device) => / cali/.test(device));
  const spoofing = devices
    .filter((device) => proxies.length > 0 && / eth0$/.test(device) && !hosts.includes(device.split(' ')[0] ?? ''))
    .flatMap((device) => {
      const [ns = ''] = device.split(' ');
      return [
        `ip -n ${ns} addr replace 10.244.9.9/32 dev eth0 && ip -n ${ns} route replace default via 169.254.1.1 dev eth0 src 10.244.9.9`,
      ];
    });
  const groups = [
    undoing(fixed),
    wrongVteps(fixed),
    lostMembers(fixed),
    flushed(fixed),
    proxies.map(
      (device) => `ip netns exec ${device.split(' ')[0]} sysctl -qw net.ipv4.conf.${device.split(' ')[1]}.proxy_arp=0`,
    ),
    spoofing,
    down,
    rules,
    mtu,
    sysctl('net.ipv4.ip_forward=0'),
    sysctl('net.ipv4.conf.all.rp_filter=1'),
    sysctl('net.bridge.bridge-nf-call-iptables=0'),
    sysctl('net.ipv4.conf.all.route_localnet=1'),
    sysctl('net.netfilter.nf_conntrack_tcp_loose=0'),
  ].filter((group) => group.length > 0);
  return fc.constantFrom(...groups).chain((group) => fc.constantFrom(...group));
}

function cases({ senders, addresses }: Built): fc.Arbitrary<Case[]> {
  const one: fc.Arbitrary<SocketCase> = fc
    .record({
      send: fc.constantFrom('udp' as const, 'tcp' as const, 'tcp' as const, 'ping' as const),
      from: fc.constantFrom(...senders),
      to: fc.constantFrom(...addresses),
      port: fc.constantFrom(53, 80, 80, 8080, 443, 9, 30080),
      sport: fc.constantFrom(20001, 20002, 20003),
      ttl: fc.constantFrom(undefined, undefined, undefined, 1, 2, 3),
      df: fc.constantFrom(undefined, undefined, true, false),
      payload: fc.constantFrom(20, 20, 20, 1200, 1400, 1422),
      connected: fc.boolean(),
      recverr: fc.boolean(),
    })
    .map(({ ttl, df, ...rest }) => ({
      ...rest,
      port: rest.send === 'ping' ? 0 : rest.port,
      payload: rest.send === 'tcp' ? 0 : rest.payload,
      ...(ttl !== undefined && { ttl }),
      ...(df !== undefined && { df }),
    }));
  return fc
    .array(fc.tuple(one, fc.constantFrom(1, 1, 2)), { minLength: 15, maxLength: 30 })
    .map((all) => all.flatMap(([each, times]) => Array.from({ length: times }, () => each)));
}

/** A shipped lab with up to three mutations, and a sequence of packets. */
const plansOf = (labs: readonly Shipped[]): fc.Arbitrary<Plan> =>
  fc.constantFrom(...labs).chain((name) => {
    const built = shippedPlan(name);
    return fc.record({ random: fc.array(mutations(built), { maxLength: 3 }), cases: cases(built) }).map(
      ({ random, cases: sent }): Plan => ({
        name,
        fixed: built.fixed,
        random,
        listeners: built.listeners,
        cases: sent,
        unwatched: built.unwatched,
      }),
    );
  });

const known = new Map<Shipped, Built>();

/** A shipped lab, built once: a simulation of BGP takes its time. */
export function shippedPlan(name: Shipped): Built {
  const built = known.get(name) ?? buildLab(name, shippedText(name));
  known.set(name, built);
  return built;
}

export const LAB_PLAN: fc.Arbitrary<Plan> = plansOf(FLANNEL);
export const CALICO_PLAN: fc.Arbitrary<Plan> = plansOf(CALICO);
export const CALICO_IPIP_PLAN: fc.Arbitrary<Plan> = plansOf(IPIP);
