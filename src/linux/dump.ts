import { type Problem, type Read, readResult } from '../problem/index.js';
import { type FdbDump, readFdb } from './bridge/read.js';
import { type ConntrackEntry, trackEntry } from './conntrack/entry.js';
import { readConntrack } from './conntrack/read.js';
import { type RouteDump, readRouteText } from './fib/read-route-text.js';
import { readRoutes } from './fib/read-routes.js';
import { type RuleDump, readRules, readRuleText } from './fib/read-rules.js';
import { readIpsetList } from './ipset/list.js';
import { parseIpsets } from './ipset/save.js';
import type { IpvsConnection } from './ipvs/connection.js';
import { connectionsOfList, readIpvsConnections } from './ipvs/list-connections.js';
import { readIpvs } from './ipvs/read.js';
import type { Journal } from './journal.js';
import { type LinkDump, readLinks } from './link/read.js';
import { type AddressDump, readAddresses } from './link/read-address.js';
import { readAddressText } from './link/read-address-text.js';
import { type NeighbourDump, readNeighbours } from './neigh/read.js';
import { incompatibleTables, readForeignRules } from './netfilter/read-foreign.js';
import { parseRuleset } from './netfilter/save.js';
import { createNetns, type Netns, type Role } from './netns.js';
import type { LearnedNeighbour, LearnedRemote, LearnedStation, NetnsRuntime } from './runtime.js';
import { readSockets, type SocketDump } from './socket/read.js';
import type { Source } from './source.js';
import { readSysctls } from './sysctl/read.js';

/** What tools printed of one namespace. A part that is missing is as in a new namespace. */
export interface NetnsDump {
  /** `ip -j -d link`. */
  readonly link: Source;
  /** `bridge -j -d link`. */
  readonly bridgeLink?: Source;
  /** `ip addr`, with `-j` or without. */
  readonly addr?: Source;
  /** `ip route show table all`, with `-j` or without. */
  readonly route?: Source;
  /** `ip rule`, with `-j` or without. */
  readonly rule?: Source;
  /** `ip -j neigh`. */
  readonly neigh?: Source;
  /** `ip -j neigh show proxy`. */
  readonly proxy?: Source;
  /** `bridge -j fdb`. */
  readonly fdb?: Source;
  /** `sysctl -a`. */
  readonly sysctl?: Source;
  /** `ss -lntuH`, with `-p` or without. */
  readonly sockets?: Source;
  /** `iptables-save`, with `-c` or without; the text of `iptables -S` where comments (`# table nat`) say of which table. */
  readonly iptables?: Source;
  /** `iptables-legacy-save`, where `iptables` is another backend's. */
  readonly iptablesLegacy?: Source;
  /** `iptables-nft-save`, likewise. */
  readonly iptablesNft?: Source;
  /** `ip6tables-save`. */
  readonly ip6tables?: Source;
  /** `ipset save`, or `ipset list`. */
  readonly ipset?: Source;
  /** `ipvsadm -Sn`, or `ipvsadm -Ln`. */
  readonly ipvs?: Source;
  /** `ipvsadm -Lnc`. */
  readonly ipvsConnections?: Source;
  /** `conntrack -L`, with `-o extended` or without. */
  readonly conntrack?: Source;
}

/** What the namespace of a dump is called. */
export interface DumpContext {
  readonly name: string;
  readonly role: Role;
  /** Name of the node whose kernel it is on; its own name when undefined. */
  readonly host?: string;
  /** When the dump was taken, ms of the virtual clock; 0 when undefined. */
  readonly now?: number;
}

/** What a dump says that packets and time have done. */
export interface Learned {
  /** By `dev|ip`. */
  readonly neighbours: ReadonlyMap<string, LearnedNeighbour>;
  /** By `bridge|mac`. */
  readonly stations: ReadonlyMap<string, LearnedStation>;
  /** By `dev|mac`. */
  readonly vxlanStations: ReadonlyMap<string, LearnedRemote>;
  readonly conntrack: readonly ConntrackEntry[];
  /** Templates before the connections that were made by them. */
  readonly ipvs: readonly IpvsConnection[];
  /** When the dump was taken, ms of the virtual clock. */
  readonly now: number;
}

/** The two values that a dump gives: what is configured, and what has been learned. */
export interface NetnsReading {
  readonly ns: Netns;
  readonly learned: Learned;
  /** See {@link LinkDump.farEnds}. */
  readonly farEnds: LinkDump['farEnds'];
}

/** Reads the dump of one namespace. All problems of all parts are collected. */
export function readNetns(dump: NetnsDump, context: DumpContext): Read<NetnsReading> {
  const problems: Problem[] = [];
  function part<S, T>(source: S | undefined, read: (source: S) => Read<T>, absent: T): T {
    if (source === undefined) return absent;
    const result = read(source);
    if ('value' in result) return result.value;
    problems.push(...result.problems);
    return absent;
  }
  const { name, role, host = name, now = 0 } = context;
  const blank = createNetns(name, role, host);
  const { bridgeLink } = dump;
  const linkContext = bridgeLink === undefined ? { netns: name } : { netns: name, bridgeLink };
  const noLinks: LinkDump = { links: new Map(), farEnds: new Map() };
  const { links, farEnds } = part(dump.link, (source) => readLinks(source, linkContext), noLinks);
  const noAddresses: AddressDump = { inet: [], inet6: [] };
  const addr = part(dump.addr, (s) => (isJson(s) ? readAddresses(s) : readAddressText(s)), noAddresses);
  const noRoutes: RouteDump = { tables: blank.ipv4.tables, inet6: [] };
  const route = part(dump.route, (s) => (isJson(s) ? readRoutes(s) : readRouteText(s)), noRoutes);
  const noRules: RuleDump = { inet: blank.ipv4.rules, inet6: [] };
  const rule = part(dump.rule, (s) => (isJson(s) ? readRules(s) : readRuleText(s)), noRules);
  const noSockets: SocketDump = { inet: [], inet6: [] };
  const sockets = part(dump.sockets, readSockets, noSockets);
  const noNeighbours: NeighbourDump = { configured: new Map(), proxies: [], learned: new Map(), inet6: [] };
  const neigh = part(dump.neigh, (source) => readNeighbours(source, now), noNeighbours);
  const proxy = part(dump.proxy, (source) => readNeighbours(source, now), noNeighbours);
  const noFdb: FdbDump = {
    bridge: new Map(),
    vxlan: new Map(),
    stations: new Map(),
    vxlanStations: new Map(),
    others: [],
  };
  const fdb = part(dump.fdb, (source) => readFdb(source, now), noFdb);
  const sysctls = part(dump.sysctl, readSysctls, blank.sysctls);
  // A device with an address no longer follows `default` (ipv4_devconf_setall()).
  for (const { dev } of addr.inet) sysctls.detachDevice(dev);
  const ns: Netns = {
    ...blank,
    links,
    ipv4: {
      addresses: addr.inet,
      rules: rule.inet,
      tables: route.tables,
      neighbours: neigh.configured,
      proxies: [...neigh.proxies, ...proxy.proxies],
    },
    ipv6: {
      addresses: addr.inet6,
      routes: route.inet6,
      rules: rule.inet6,
      neighbours: [...neigh.inet6, ...proxy.inet6],
      sockets: sockets.inet6,
    },
    bridgeFdb: fdb.bridge,
    vxlanFdb: fdb.vxlan,
    otherFdb: fdb.others,
    sysctls,
    iptables: part(dump.iptables, ({ text, file }) => parseRuleset(text, file), blank.iptables),
    ip6tables: part(dump.ip6tables, ({ text, file }) => parseRuleset(text, file, { family: 'ip6' }), blank.ip6tables),
    foreignRules: [
      ...part(dump.iptablesLegacy, (source) => readForeignRules(source, 'iptables-legacy', dump.iptables), []),
      ...part(dump.iptablesNft, (source) => readForeignRules(source, 'iptables-nft', dump.iptables), []),
      ...[dump.iptables, dump.iptablesNft].flatMap((source) =>
        source === undefined ? [] : incompatibleTables(source),
      ),
    ],
    ipsets: part(dump.ipset, readIpsets, blank.ipsets),
    ipvs: part(dump.ipvs, readIpvs, blank.ipvs),
    sockets: sockets.inet,
  };
  const { stations, vxlanStations } = fdb;
  const conntrack = part(dump.conntrack, readConntrack, []);
  const ipvs = connectionsOfList(part(dump.ipvsConnections, readIpvsConnections, []), {
    services: ns.ipvs,
    timeouts: ns.ipvsTimeouts,
    conntrack: sysctls.number('net/ipv4/vs/conntrack') !== 0,
    now,
  });
  const learned: Learned = { neighbours: neigh.learned, stations, vxlanStations, conntrack, ipvs, now };
  return readResult({ ns, learned, farEnds }, problems);
}

/** Reads `ipset save` or `ipset list`, whichever it is. */
function readIpsets({ text, file }: Source): Read<Netns['ipsets']> {
  return /^Name: /m.test(text) ? readIpsetList(text, file) : parseIpsets(text, file);
}

function isJson({ text }: Source): boolean {
  return /^\s*\[/.test(text);
}

/** Writes what a dump has learned into the runtime of its namespace. */
export function learn(runtime: NetnsRuntime, learned: Learned, journal: Journal): void {
  for (const [key, neighbour] of learned.neighbours) journal.put(runtime.neighbours, key, { ...neighbour });
  for (const [key, station] of learned.stations) journal.put(runtime.stations, key, { ...station });
  for (const [key, remote] of learned.vxlanStations) journal.put(runtime.vxlanStations, key, remote);
  for (const entry of learned.conntrack) trackEntry(runtime.conntrack, entry, learned.now, journal);
  const copies = new Map<IpvsConnection, IpvsConnection>();
  for (const connection of learned.ipvs) {
    const { control } = connection;
    const copy = { ...connection, control: control && copies.get(control) };
    copies.set(connection, copy);
    runtime.ipvs.connections.insert(copy, journal);
  }
}
