import { formatIpv4, formatPrefix, type Mac } from '../../src/address/index.js';
import { formatTable, type Link, type Netns, printRule, type Ruleset } from '../../src/linux/index.js';

/** How the generated names of one network are written, so that two of them can be compared. */
export interface Names {
  /** A device of a namespace: `veth14eb04c0` of n1 → `veth of p1a`. */
  device(netns: string, dev: string): string;
  /** A hardware address, by whose it is. */
  mac(mac: Mac): string;
  /** Names in rules that are made from hashes. */
  rule(text: string): string;
}

/** Values of a new namespace that the recordings print each time, and that a `Sysctls` has no default for. */
const KERNEL_DEFAULTS: Readonly<Record<string, string>> = {
  'net/ipv4/icmp_ratelimit': '1000',
  'net/ipv4/icmp_ratemask': '6168',
};

/** All that is configured in a namespace but its sockets, a fact a line. Who installed it is left out. */
export function netnsLines(ns: Netns, names: Names): string[] {
  const device = (dev: string): string => names.device(ns.name, dev);
  return [
    ...[...ns.links.values()].flatMap((link) => linkLines(ns, link, names)),
    ...ns.ipv4.addresses.map(({ origin: _, local, peer, broadcast, ...rest }) =>
      line(`address ${formatIpv4(local)}`, {
        ...rest,
        dev: device(rest.dev),
        label: device(rest.label),
        peer: formatIpv4(peer),
        broadcast: broadcast === undefined ? undefined : formatIpv4(broadcast),
      }),
    ),
    ...ns.ipv4.rules.map(({ origin: _, ...rule }) => line('rule', rule)),
    ...[...ns.ipv4.tables]
      .sort(([a], [b]) => a - b)
      .flatMap(([table, routes]) =>
        [...routes]
          .map(({ origin: _, dst, ...route }) => {
            return `route ${formatTable(table)} ${formatPrefix(dst)} ${sorted(renamed(route, device))}`;
          })
          .sort(),
      ),
    ...[...ns.ipv4.neighbours.values()]
      .map(({ dev, ip, lladdr, state }) => `neigh ${device(dev)} ${formatIpv4(ip)} ${names.mac(lladdr)} ${state}`)
      .sort(),
    ...[...ns.vxlanFdb.values()]
      .map(({ dev, mac, remotes, state }) => line(`fdb ${device(dev)} ${names.mac(mac)} ${state}`, { remotes }))
      .sort(),
    ...[...ns.bridgeFdb.values()]
      .map(({ bridge, dev, mac, state }) => `fdb ${device(bridge)} ${device(dev)} ${names.mac(mac)} ${state}`)
      .sort(),
    ...ns.sysctls
      .changed()
      .filter(([path, value]) => KERNEL_DEFAULTS[path] !== value)
      .map(([path, value]) => `sysctl ${sysctlPath(path, device)} = ${value}`)
      .sort(),
    ...ns.processes.map(({ origin: _, ...process }) => line('process', process)),
    ...rulesetLines(ns.iptables, names),
  ];
}

function linkLines(ns: Netns, link: Link, names: Names): string[] {
  const { name, origin: _, kept, ...rest } = link;
  // A veth has a queue for each CPU of the machine (veth_get_num_queues()); recordings note where it leads.
  const { peer: _peer, num_tx_queues: tx, num_rx_queues: rx, ...others } = kept ?? {};
  const fields = {
    ...rest,
    ...(Object.keys(others).length === 0 ? {} : { kept: others }),
    address: names.mac(rest.address),
    master: rest.master === undefined ? undefined : names.device(ns.name, rest.master),
    ...(rest.kind === 'veth' && rest.peer !== undefined
      ? { peer: `${rest.peer.netns}/${names.device(rest.peer.netns, rest.peer.dev)}` }
      : {}),
  };
  return Object.entries(fields)
    .map(([key, value]) => `link ${names.device(ns.name, name)} ${key} ${sorted(value)}`)
    .sort();
}

/** Chains with their rules in order; the order of chains says only when they were made. */
function rulesetLines(ruleset: Ruleset, names: Names): string[] {
  return [...ruleset.values()]
    .flatMap(({ name, chains }) =>
      [...chains.values()].flatMap((chain) => [
        `iptables ${name} ${names.rule(chain.name)} 000 ${chain.policy ?? '-'}`,
        ...chain.rules.map(
          (rule, i) =>
            `iptables ${name} ${names.rule(chain.name)} ${String(i + 1).padStart(3, '0')} ${names.rule(printRule(rule, chain.name))}`,
        ),
      ]),
    )
    .sort();
}

/** The device of `net/ipv4/conf/DEV/rp_filter` is one of the generated names too. */
function sysctlPath(path: string, device: (dev: string) => string): string {
  return path.replace(/^(net\/ipv[46]\/(?:conf|neigh)\/)([^/]+)/, (_, head: string, dev: string) => head + device(dev));
}

/** Every `dev` in a value, however deep. */
function renamed(value: unknown, device: (dev: string) => string): unknown {
  return JSON.parse(JSON.stringify(value, (key, part: unknown) => (key === 'dev' ? device(String(part)) : part)));
}

function line(head: string, fields: object): string {
  return `${head} ${sorted(fields)}`;
}

/** JSON with the keys of each object in order. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
