import { formatIpv4, formatMac, type Mac } from '../../src/address/index.js';
import {
  formatAddress,
  formatAllRoutes,
  formatRemote,
  formatRules,
  type Link,
  type Netns,
} from '../../src/linux/index.js';

/** A namespace's state as lines of text, to be compared: what two equal states have in common, origins left out. */
export interface Description {
  readonly links: readonly string[];
  readonly addresses: readonly string[];
  readonly routes: readonly string[];
  readonly rules: readonly string[];
  readonly neighbours: readonly string[];
  readonly fdb: readonly string[];
}

/**
 * Describes a namespace. Hardware addresses that nobody gave are drawn at random by the kernel and generated here: one
 * that is not in `given` is told by whose it is.
 */
export function describeNetns(ns: Netns, given: ReadonlySet<string>): Description {
  const macText = (mac: Mac, dev: string): string => {
    const text = formatMac(mac);
    if (given.has(text) || mac === 0) return text;
    return ns.links.get(dev)?.address === mac ? `(address of ${dev})` : text;
  };
  const links = [...ns.links.values()];
  return {
    links: links.map((link) => describeLink(link, links, macText)),
    addresses: ns.ipv4.addresses.map((address) => `${address.dev}: ${formatAddress(address)}`).sort(byDevice),
    // The state of links is told by the links; iproute2 6.1 does not tell of a lock in JSON.
    routes: formatAllRoutes({ ...ns, links: new Map() })
      .replaceAll('mtu lock', 'mtu')
      .trimEnd()
      .split('\n'),
    rules: formatRules(ns).trimEnd().split('\n'),
    neighbours: [
      ...[...ns.ipv4.neighbours.values()].map(
        ({ dev, ip, lladdr, state }) => `${dev} ${formatIpv4(ip)} ${macText(lladdr, dev)} ${state}`,
      ),
      ...ns.ipv4.proxies.map(({ dev, ip }) => `${dev} ${formatIpv4(ip)} proxy`),
    ].sort(),
    fdb: [
      ...[...ns.bridgeFdb.values()].map(
        ({ bridge, mac, dev, state }) => `${macText(mac, dev)} dev ${dev} master ${bridge} ${state}`,
      ),
      ...[...ns.vxlanFdb.values()].flatMap(({ dev, mac, remotes, state }) =>
        remotes.map((remote) => `${formatMac(mac)} dev ${dev} ${formatRemote(remote)} self ${state}`),
      ),
    ].sort(),
  };
}

/** Addresses stay in the kernel's order within a device. */
function byDevice(a: string, b: string): number {
  const [devA = '', devB = ''] = [a.split(':')[0], b.split(':')[0]];
  return devA < devB ? -1 : devA > devB ? 1 : 0;
}

function describeLink(link: Link, links: readonly Link[], macText: (mac: Mac, dev: string) => string): string {
  // What only a dump tells no command sets.
  const { origin, address, port, kept: _, ...rest } = link;
  const ports = links.filter((l) => l.master === link.name);
  const lowest = ports.length > 0 && address === Math.min(...ports.map((l) => l.address));
  const shown = lowest ? '(lowest of its ports)' : macText(address, link.name);
  // Whether they were set by hand is a guess in a dump.
  const fields = link.kind === 'bridge' ? { ...rest, addressSet: undefined, mtuSet: undefined } : rest;
  const whole = { ...fields, address: shown, port: port === undefined ? undefined : inOrder(port) };
  return JSON.stringify(inOrder(whole));
}

function inOrder(record: object): object {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
