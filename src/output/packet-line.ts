import { type Header, icmpName } from '../packet/index.js';

type HeaderOf<L extends Header['l']> = Extract<Header, { readonly l: L }>;

/**
 * A header stack on one line: `10.244.1.2:40000 > 10.244.2.2:8080 tcp S`. What is tunnelled stands in brackets behind
 * the outer packet, what an ICMP error quotes behind `about`.
 */
export function packetLine(headers: readonly Header[]): string {
  const [outer, inner] = splitAt(headers);
  const line = oneLine(outer);
  if (inner.length === 0) return line;
  return find(outer, 'icmp') === undefined ? `${line} [${packetLine(inner)}]` : `${line} about ${packetLine(inner)}`;
}

/** The headers of the outermost packet, and those of what it carries. */
function splitAt(headers: readonly Header[]): readonly [readonly Header[], readonly Header[]] {
  const ip = headers.findIndex((header) => header.l === 'ip4');
  const next = headers.findIndex((header, i) => i > ip && (header.l === 'eth' || header.l === 'ip4'));
  return ip < 0 || next < 0 ? [headers, []] : [headers.slice(0, next), headers.slice(next)];
}

function oneLine(headers: readonly Header[]): string {
  const arp = find(headers, 'arp');
  if (arp !== undefined)
    return arp.op === 'request' ? `ARP who has ${arp.tpa}? tell ${arp.spa}` : `ARP ${arp.spa} is at ${arp.sha}`;
  const ip = find(headers, 'ip4');
  if (ip === undefined) {
    const eth = find(headers, 'eth');
    return eth === undefined ? '' : `${eth.src} > ${eth.dst} ${eth.type}`;
  }
  const ports = headers.find((header) => header.l === 'tcp' || header.l === 'udp' || header.l === 'sctp');
  const ends = ports === undefined ? `${ip.src} > ${ip.dst}` : `${ip.src}:${ports.sport} > ${ip.dst}:${ports.dport}`;
  return [ends, l4Words(headers, ip), fragmentWords(ip)].filter((each) => each !== '').join(' ');
}

function l4Words(headers: readonly Header[], ip: HeaderOf<'ip4'>): string {
  const vxlan = find(headers, 'vxlan');
  if (vxlan !== undefined) return `VXLAN ${vxlan.vni}`;
  const tcp = find(headers, 'tcp');
  if (tcp !== undefined) return `tcp ${tcp.flags}`;
  const icmp = find(headers, 'icmp');
  return icmp === undefined ? ip.proto : `icmp ${icmpName(icmp.type, icmp.code)}`;
}

function fragmentWords(ip: HeaderOf<'ip4'>): string {
  return ip.mf || ip.offset > 0 ? `fragment at ${ip.offset}` : '';
}

function find<L extends Header['l']>(headers: readonly Header[], l: L): HeaderOf<L> | undefined {
  return headers.find((header): header is HeaderOf<L> => header.l === l);
}

/** Bytes of a header stack from the IP header on; undefined without one. */
export function lengthOf(headers: readonly Header[]): number | undefined {
  return find(headers, 'ip4')?.len;
}
