import { formatIpv4, formatMac } from '../../address/index.js';
import {
  formatAddress,
  formatDestination,
  formatRemote,
  formatRoute,
  formatTable,
  type Netns,
  type Origin,
  printIpset,
  RT_TABLE_MAIN,
  ruleText,
} from '../../linux/index.js';
import type { EntryKind } from '../../output/index.js';
import type { Names } from './names.js';

/** An entry in two spellings: to be compared, with generated names told by what they are for, and to be shown. */
export interface Entry {
  readonly kind: EntryKind;
  /** What it is for: of two entries with one key and other values, one is in the other's place. */
  readonly key: string;
  readonly value: string;
  readonly text: string;
  readonly origin: Origin | undefined;
}

/** All entries of a namespace but its links, sysctls and rules of iptables, which are compared in ways of their own. */
export function entriesOf(ns: Netns, names: Names): Entry[] {
  return [
    ...addresses(ns, names),
    ...routes(ns, names),
    ...rules(ns, names),
    ...neighbours(ns, names),
    ...fdb(ns, names),
    ...ipsets(ns),
    ...sockets(ns),
  ];
}

function addresses(ns: Netns, names: Names): Entry[] {
  return ns.ipv4.addresses.map((address) => {
    const dev = names.device(ns, address.dev);
    const text = formatAddress(address);
    return {
      kind: 'address',
      key: `${dev} ${formatIpv4(address.local)}`,
      value: names.words(ns, text),
      text: text.endsWith(address.dev) ? text : `${text} dev ${address.dev}`,
      origin: address.origin,
    };
  });
}

function routes(ns: Netns, names: Names): Entry[] {
  return [...ns.ipv4.tables].flatMap(([table, list]) =>
    [...list].map((route): Entry => {
      const name = table === RT_TABLE_MAIN ? undefined : formatTable(table);
      const text = formatRoute(route, name).trim().replace(/\s+/g, ' ');
      const which = [route.tos === 0 ? '' : `tos ${route.tos}`, route.metric === 0 ? '' : `metric ${route.metric}`];
      const type = route.type === 'local' || route.type === 'broadcast' ? `${route.type} ` : '';
      const key = [type + formatDestination(route.dst), name ?? '', ...which].filter((word) => word !== '').join(' ');
      return { kind: 'route', key, value: names.words(ns, text), text, origin: route.origin };
    }),
  );
}

function rules(ns: Netns, names: Names): Entry[] {
  return ns.ipv4.rules.map((rule) => {
    const text = `${rule.priority}: ${ruleText(rule)}`;
    return { kind: 'rule', key: String(rule.priority), value: names.words(ns, text), text, origin: rule.origin };
  });
}

function neighbours(ns: Netns, names: Names): Entry[] {
  return [
    ...[...ns.ipv4.neighbours.values()].map(({ dev, ip, lladdr, state, origin }): Entry => {
      const of = `${formatIpv4(ip)} dev ${dev}`;
      const key = `${formatIpv4(ip)} dev ${names.device(ns, dev)}`;
      const text = `${of} lladdr ${formatMac(lladdr)} ${state}`;
      return { kind: 'neighbour', key, value: `${key} lladdr ${names.mac(lladdr)} ${state}`, text, origin };
    }),
    ...ns.ipv4.proxies.map(({ dev, ip, origin }): Entry => {
      const key = `${formatIpv4(ip)} dev ${names.device(ns, dev)} proxy`;
      return { kind: 'neighbour', key, value: key, text: `${formatIpv4(ip)} dev ${dev} proxy`, origin };
    }),
  ];
}

function fdb(ns: Netns, names: Names): Entry[] {
  return [
    ...[...ns.vxlanFdb.values()].map(({ dev, mac, remotes, state, origin }): Entry => {
      const where = remotes.map(formatRemote).sort().join(' ');
      const key = `${names.mac(mac)} dev ${names.device(ns, dev)}`;
      const text = `${formatMac(mac)} dev ${dev} ${where} self ${state}`;
      return { kind: 'fdb', key, value: `${key} ${where} self ${state}`, text, origin };
    }),
    ...[...ns.bridgeFdb.values()].map(({ bridge, mac, dev, state, origin }): Entry => {
      const key = `${names.mac(mac)} master ${names.device(ns, bridge)}`;
      const text = `${formatMac(mac)} dev ${dev} master ${bridge} ${state}`;
      return { kind: 'fdb', key, value: `${key} dev ${names.device(ns, dev)} ${state}`, text, origin };
    }),
  ];
}

/** A set and its members. Sizes of hashes grow with the members, and say nothing of what is in them. */
function ipsets(ns: Netns): Entry[] {
  return [...ns.ipsets.values()].flatMap((set) => {
    const [create = ''] = printIpset({ ...set, members: new Map() }).split('\n');
    const value = create.replace(/ (?:hashsize|bucketsize|initval) \S+/g, '');
    return [
      { kind: 'ipset', key: set.name, value, text: create, origin: set.origin },
      ...[...set.members].map(([member, { options, origin }]): Entry => {
        const text = ['add', set.name, member, ...options].join(' ');
        return { kind: 'ipset', key: `${set.name} ${member}`, value: text, text, origin };
      }),
    ];
  });
}

function sockets(ns: Netns): Entry[] {
  // The kernel's own socket of a VXLAN device is in the list of `ss` and nobody's to open.
  const tunnels = [...ns.links.values()].flatMap((link) => (link.kind === 'vxlan' ? link.dstport : []));
  const opened = ns.sockets.filter(({ protocol, port }) => protocol !== 'udp' || !tunnels.includes(port));
  const texts = opened.map(({ protocol, address, port, origin }) => ({
    text: `${protocol} ${formatIpv4(address)}:${port}`,
    origin,
  }));
  // Several sockets may share a port; who is behind each no dump tells.
  const unique = new Map(texts.map((each) => [each.text, each]));
  return [...unique.values()].map(({ text, origin }) => ({ kind: 'socket', key: text, value: text, text, origin }));
}
