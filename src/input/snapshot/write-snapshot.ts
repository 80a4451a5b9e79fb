import { formatIpv4, formatPrefix } from '../../address/index.js';
import {
  addressesJson,
  bridgeLinksJson,
  createNetnsRuntime,
  fdbJson,
  formatAllRoutes,
  formatConntrack,
  formatIpvs,
  formatIpvsConnections,
  formatSockets,
  formatSysctls,
  Journal,
  jsonTellsRoutes,
  type Link,
  learn,
  linksJson,
  type Netns,
  neighboursJson,
  type PrintCounters,
  type Process,
  printIpsets,
  printRuleset,
  proxiesJson,
  type Ruleset,
  routesJson,
  rulesJson,
  type Socket,
} from '../../linux/index.js';
import { type NamedObject, type NamedPort, type Network, objectName } from '../../topology/index.js';
import { NETWORK_FILE } from './layout.js';

/**
 * A network as a folder of node dumps, by path: what `readSnapshot` takes. What is configured, and of a network that was
 * read from dumps what these tell of as learned; what packets have made of it since is in no network.
 */
export function snapshotFiles(network: Network): ReadonlyMap<string, string> {
  const files = new Map([[NETWORK_FILE, networkYaml(network)]]);
  const peerIndex = (link: Link): number | undefined => network.peerOf(link)?.link.ifindex;
  for (const ns of namespacesOf(network)) {
    const learned = network.learnedIn(ns.name);
    const runtime = createNetnsRuntime();
    if (learned !== undefined) learn(runtime, learned, new Journal());
    const parts: Readonly<Record<string, string>> = {
      'ip-link.json': linksJson(ns, { peerIndex }),
      'ip-addr.json': addressesJson(ns, { peerIndex }),
      ...(jsonTellsRoutes(ns) ? { 'ip-route.json': routesJson(ns) } : { 'ip-route.txt': formatAllRoutes(ns) }),
      'ip-rule.json': rulesJson(ns),
      'ip-neigh.json': neighboursJson(ns, runtime),
      'ip-neigh-proxy.json': proxiesJson(ns),
      'bridge-fdb.json': fdbJson(ns, runtime),
      'bridge-link.json': bridgeLinksJson(ns),
      'iptables-save.txt': incompatibleComments(ns) + printRuleset(ns.iptables, countersOf(ns.iptables)),
      ...foreignFiles(ns),
      'ip6tables-save.txt': printRuleset(ns.ip6tables, countersOf(ns.ip6tables)),
      'ipset-save.txt': printIpsets(ns.ipsets),
      'ipvsadm-save.txt': formatIpvs(ns.ipvs),
      'ipvs-connections.txt': formatIpvsConnections(learned?.ipvs ?? [], learned?.now ?? 0),
      'sysctl.txt': formatSysctls(ns),
      'conntrack.txt': formatConntrack(learned?.conntrack ?? []),
      'ss.txt': formatSockets(ns),
    };
    for (const [file, text] of Object.entries(parts)) files.set(`${ns.name}/${file}`, text);
  }
  return files;
}

/** What the other backend of iptables has. */
function foreignFiles({ foreignRules }: Netns): Readonly<Record<string, string>> {
  const files = foreignRules.flatMap((rules) =>
    rules.by === 'nft'
      ? []
      : [[`${rules.by}-save.txt`, printRuleset(rules.ruleset, countersOf(rules.ruleset))] as const],
  );
  return Object.fromEntries(files);
}

function incompatibleComments({ foreignRules }: Netns): string {
  return foreignRules.map((rules) => (rules.by === 'nft' ? `${rules.comment}\n` : '')).join('');
}

/** What rules have counted is written where a dump has told it. */
function countersOf(ruleset: Ruleset): PrintCounters {
  const rules = [...ruleset.values()].flatMap(({ chains }) => [...chains.values()].flatMap((chain) => chain.rules));
  return rules.some(({ counters }) => counters !== undefined) ? 'counters' : 'plain';
}

function namespacesOf(network: Network): Netns[] {
  return network.names().flatMap((name) => network.netns(name) ?? []);
}

/** `network.yaml`: each entry on a line, in YAML's flow style. */
function networkYaml(network: Network): string {
  const namespaces = namespacesOf(network);
  const lines = ['podpath: 1', 'kind: snapshot', 'namespaces:'];
  for (const ns of namespaces) lines.push(`  ${flow(ns.name)}: ${flow(namespaceEntry(ns))}`);
  const wires = wiresOf(network);
  if (wires.length > 0) lines.push('wires:', ...wires.map((wire) => `  - ${flow(wire)}`));
  const { objects } = network.directory;
  if (objects.length > 0) lines.push('names:');
  for (const object of objects) lines.push(`  ${flow(objectName(object))}: ${flow(nameEntry(object, network))}`);
  return lines.map((line) => `${line}\n`).join('');
}

function namespaceEntry({ name, role, host, sockets, processes }: Netns): Record<string, unknown> {
  // What answers nothing ss.txt tells.
  const listen = sockets.flatMap((socket) => (socket.behaviour === 'reply' ? [listenEntry(socket)] : []));
  return {
    role,
    host: host === name ? undefined : host,
    listen: listen.length === 0 ? undefined : listen,
    processes: processes.length === 0 ? undefined : processes.map(processEntry),
  };
}

function listenEntry({ protocol, port, address, bytes }: Extract<Socket, { readonly behaviour: 'reply' }>): unknown {
  const name = `${protocol}/${port}`;
  if (address === 0 && bytes === undefined) return name;
  return { port: name, address: address === 0 ? undefined : formatIpv4(address), bytes };
}

function processEntry({ kind, dev, address, port, routes, errorSource }: Process): unknown {
  return {
    kind,
    dev,
    listen: `${formatIpv4(address)}:${port}`,
    routes: Object.fromEntries(
      routes.map(({ dst, peer, port: to }) => [formatPrefix(dst), `${formatIpv4(peer)}:${to}`]),
    ),
    errorSource: formatIpv4(errorSource),
  };
}

/** Each veth pair and cable once. */
function wiresOf(network: Network): (readonly [string, string])[] {
  const met = new Set<string>();
  return namespacesOf(network).flatMap((ns) =>
    [...ns.links.values()].flatMap((link): (readonly [string, string])[] => {
      const far = network.peerOf(link);
      // A pair within one namespace names itself.
      if (far === undefined || far.netns.name === ns.name) return [];
      const ends = [`${ns.name}/${link.name}`, `${far.netns.name}/${far.link.name}`] as const;
      if (met.has(ends[0])) return [];
      met.add(ends[1]);
      return [ends];
    }),
  );
}

function nameEntry({ netns, addresses, leftAlone, ports }: NamedObject, network: Network): Record<string, unknown> {
  // Left out, they would be read as what listens in the namespace: that of a node has its pods' sockets too.
  const nothingListens = netns === undefined || network.netns(netns)?.sockets.length === 0;
  return {
    namespace: netns,
    addresses: addresses.map(formatIpv4),
    leftAlone: leftAlone?.map(formatIpv4),
    ports: ports.length === 0 && nothingListens ? undefined : ports.map(portEntry),
  };
}

function portEntry({ name, protocol, port }: NamedPort): string {
  return `${name === undefined ? '' : `${name} `}${protocol}/${port}`;
}

/** YAML's flow style, without quotes where none are needed. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value !== 'object' || value === null) {
    const text = String(value);
    return typeof value !== 'string' || (/^[A-Za-z][\w./-]*( [\w/-]+)?$/.test(text) && !RESERVED.test(text))
      ? text
      : JSON.stringify(text);
  }
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return `{${entries.map(([key, each]) => `${flow(key)}: ${flow(each)}`).join(', ')}}`;
}

/** Words of YAML 1.1 and 1.2 that are no text. */
const RESERVED = /^(true|false|null|yes|no|on|off|y|n)$/i;
