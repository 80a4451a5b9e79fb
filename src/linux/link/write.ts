import { formatMac, isLoopback } from '../../address/index.js';
import type { Netns } from '../netns.js';
import { isDummy, limitWords, portsOf, qdiscOf, queueLength, queueWords } from './details.js';
import { keptNow, lowerOf } from './kept.js';
import { hasEthernet, type InetAddress, type Link } from './link.js';
import { tunnelEnds, tunnelType } from './tunnel.js';
import { addressFields, addressLines } from './write-address.js';
import { formatKind } from './write-kind.js';

/** What a namespace alone does not know of its links. */
export interface LinkView {
  /** The index that a veth's other end has in its namespace; undefined when that is not known. */
  peerIndex?(link: Link): number | undefined;
  /** CPUs of the machine; 1 unless given. */
  readonly cpus?: number;
}

/** `ip addr`, as iproute2 6.1 prints it. */
export function formatAddresses(ns: Netns, view: LinkView = {}): string {
  return blocks(ns, (link) => [
    headLine(ns, link, view, ''),
    `    ${hardware(link)}${linkNetns(ns, link)}`,
    ...altnames(link),
    ...addressFields(ns, link.name).flatMap(addressLines),
  ]);
}

/** `ip -d link`, as iproute2 6.1 prints it. What the state does not hold are the kernel's defaults; timers stand still. */
export function formatLinks(ns: Netns, view: LinkView = {}): string {
  return blocks(ns, (link) => {
    const details = [`${hardware(link)}${linkNetns(ns, link)} ${limitWords(link)}`, ...formatKind(ns, link)];
    // What is not modelled is named, not described.
    const tail = link.kind === 'unmodelled' ? '' : queueWords(ns, link, view.cpus ?? 1);
    const lines = details.map((line, i) => `    ${line}${i === details.length - 1 ? tail : ''}`);
    return [headLine(ns, link, view, ' mode DEFAULT'), ...lines, ...altnames(link)];
  });
}

function blocks(ns: Netns, lines: (link: Link) => string[]): string {
  return [...ns.links.values()]
    .flatMap(lines)
    .map((line) => `${line}\n`)
    .join('');
}

/** The scope that `ip addr add` gives an address when none is said (default_scope(), iproute2 ip/ipaddress.c). */
export function addressScope(address: Pick<InetAddress, 'local'>): number {
  return isLoopback(address.local) ? 254 : 0;
}

function headLine(ns: Netns, link: Link, view: LinkView, mode: string): string {
  const name = `${link.name}${lowerName(ns, link, view)}`;
  const master = link.master === undefined ? '' : ` master ${link.master}`;
  const flags = linkFlags(ns, link).join(',');
  const {
    qdisc,
    operstate: state,
    group,
    txqlen,
  } = {
    ...{ qdisc: qdiscOf(link), operstate: operstate(ns, link), group: 'default', txqlen: queueLength(link) },
    ...keptNow(link),
  };
  const queue = `qdisc ${qdisc}${master} state ${state}${mode}`;
  return `${link.ifindex}: ${name}: <${flags}> mtu ${link.mtu} ${queue} group ${group} qlen ${txqlen}`;
}

/** `@v2` for a peer or lower device in the same namespace, `@if4` for one in another. */
function lowerName(ns: Netns, link: Link, view: LinkView): string {
  const ends = tunnelEnds(link);
  if (ends !== undefined) return `@${ends.lower ?? 'NONE'}`;
  const { link: kept = lowerOf(link), link_index: far } = link.kept ?? {};
  if (kept !== undefined) return `@${kept ?? 'NONE'}`;
  if (link.kind === 'veth' && link.peer?.netns === ns.name) return `@${link.peer.dev}`;
  const index = view.peerIndex?.(link) ?? far;
  return index === undefined ? '' : `@if${index}`;
}

/** Other names that a device goes by, a line each. */
function altnames({ kept }: Link): string[] {
  const names = kept?.['altnames'];
  return Array.isArray(names) ? names.map((name) => `    altname ${name}`) : [];
}

function linkNetns(ns: Netns, link: Link): string {
  const away = link.kind === 'veth' && link.peer !== undefined && link.peer.netns !== ns.name;
  const id = link.kept?.['link_netnsid'];
  if (id !== undefined) return ` link-netnsid ${id}`;
  return away ? ` link-netns ${link.peer.netns}` : '';
}

/** The flags of a device, in the order of iproute2's print_link_flags(). */
export function linkFlags(ns: Netns, link: Link): string[] {
  const tun = link.kind === 'tun';
  const loopback = link.kind === 'loopback';
  const ends = tunnelEnds(link);
  const peer = link.kind === 'veth' && link.peer?.netns === ns.name ? ns.links.get(link.peer.dev) : undefined;
  const flags: [string, boolean][] = [
    ['NO-CARRIER', link.up && !link.carrier],
    ['LOOPBACK', loopback],
    ['BROADCAST', hasEthernet(link) && !loopback],
    ['POINTOPOINT', tun || ends?.pointToPoint === true],
    ['MULTICAST', (hasEthernet(link) && !loopback && !isDummy(link)) || tun],
    ['NOARP', link.noarp],
    ['PROMISC', link.promisc],
    ['UP', link.up],
    ['LOWER_UP', link.carrier],
    ['M-DOWN', peer?.up === false],
  ];
  return flags.flatMap(([name, set]) => (set ? [name] : []));
}

/** Kinds whose driver does not tell of a carrier. */
const UNKNOWN_WHEN_UP = new Set<Link['kind']>(['loopback', 'vxlan', 'ipip', 'tun', 'unmodelled']);

/** `UP`, `DOWN` …: what RFC 2863 calls the operational state. */
export function operstate(ns: Netns, link: Link): string {
  if (!link.up) return 'DOWN';
  const portless = link.kind === 'bridge' && portsOf(ns, link).length === 0;
  if (link.carrier) return portless || UNKNOWN_WHEN_UP.has(link.kind) ? 'UNKNOWN' : 'UP';
  return link.kind === 'veth' && link.peer?.netns === ns.name ? 'LOWERLAYERDOWN' : 'DOWN';
}

function hardware(link: Link): string {
  if (link.kind === 'tun') return 'link/none ';
  if (link.kind === 'loopback') return `link/loopback ${formatMac(link.address)} brd ${formatMac(link.address)}`;
  const ends = tunnelEnds(link);
  if (ends !== undefined)
    return `link/${tunnelType(link)} ${ends.local} ${ends.pointToPoint ? 'peer' : 'brd'} ${ends.remote}`;
  if (!hasEthernet(link)) return `link/${link.kind === 'unmodelled' ? link.type : 'none'} `;
  return `link/ether ${formatMac(link.address)} brd ff:ff:ff:ff:ff:ff`;
}
