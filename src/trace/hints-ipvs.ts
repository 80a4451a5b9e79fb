import { formatIpv4, type Ipv4, isLoopback, parseIpv4 } from '../address/index.js';
import { inetAddrType, type Netns } from '../linux/index.js';
import { type Network, objectName } from '../topology/index.js';
import type { End } from './hint-end.js';
import { portList } from './hints-service.js';
import type { Hint, Hop, Leg } from './trace.js';

/** kube-proxy's device for addresses of Services, which is never up (k8s 1.30 pkg/proxy/ipvs/proxier.go). */
const IPVS_DEVICE = 'kube-ipvs0';

/** Whether a namespace has an address for IPVS alone. */
function isServiceAddress({ ipv4 }: Netns, address: Ipv4 | undefined): boolean {
  return ipv4.addresses.some(({ dev, local }) => dev === IPVS_DEVICE && local === address);
}

/** Whom the packet of a leg was for, before anybody translated it; undefined where it has no ports. */
interface Asked {
  readonly dst: Ipv4;
  readonly port: number;
  readonly proto: 'tcp' | 'udp' | 'sctp';
}

function askedOf({ packet }: Leg): Asked | undefined {
  const ip = packet.find((header) => header.l === 'ip4');
  const l4 = packet.find((header) => header.l === 'tcp' || header.l === 'udp' || header.l === 'sctp');
  const dst = ip?.l === 'ip4' ? parseIpv4(ip.dst) : undefined;
  if (dst === undefined || l4 === undefined || !('dport' in l4)) return undefined;
  return { dst, port: l4.dport, proto: l4.l };
}

function serves({ ipvs }: Netns, { port, proto }: Asked, dst?: Ipv4): boolean {
  return ipvs.some(
    ({ key }) =>
      key.by === 'address' && key.protocol === proto && key.port === port && (dst === undefined || key.address === dst),
  );
}

/** IPVS takes what is delivered locally: a virtual service whose address the node does not have gets nothing. */
export function unboundAddress(network: Network, { leg, path }: End): readonly Hint[] {
  const asked = askedOf(leg);
  if (asked === undefined) return [];
  for (const { host } of path.hops) {
    const ns = network.netns(host);
    if (ns === undefined || !serves(ns, asked, asked.dst) || inetAddrType(ns, asked.dst) === 'local') continue;
    const values = { node: host, vip: formatIpv4(asked.dst), port: asked.port, proto: asked.proto, dev: IPVS_DEVICE };
    return [{ code: 'VIP_NOT_BOUND', values }];
  }
  return [];
}

/** Nobody took a packet that had arrived, in a namespace with virtual services: which one was it for? */
export function withoutVirtualService(network: Network, { leg, hop }: End): readonly Hint[] {
  const ns = network.netns(hop.netns);
  const asked = askedOf(leg);
  if (ns === undefined || ns.ipvs.length === 0) return [];
  if (asked === undefined) return pinged(network, ns, leg);
  const values = { node: hop.netns, vip: formatIpv4(asked.dst), port: asked.port, proto: asked.proto };
  if (isLoopback(asked.dst)) return serves(ns, asked) ? [{ code: 'LOCALHOST_NODE_PORT', values }] : [];
  if (!isServiceAddress(ns, asked.dst) || serves(ns, asked, asked.dst)) return [];
  const owner = network.directory.ownerOf(asked.dst);
  const service = owner === undefined ? '' : objectName(owner);
  const ports = owner?.ports ?? [];
  const known = ports.some(({ port, protocol }) => port === asked.port && protocol === asked.proto);
  const list = owner === undefined ? '' : portList(owner);
  if (known) return [{ code: 'VIRTUAL_SERVICE_MISSING', values: { ...values, service } }];
  return [{ code: 'VIP_NO_PORT', values: { ...values, service, ports: list } }];
}

/** KUBE-IPVS-FILTER rejects all that is for no port of a Service. */
function pinged(network: Network, ns: Netns, { packet }: Leg): readonly Hint[] {
  const [ip, echo] = packet.filter(({ l }) => l === 'ip4' || l === 'icmp');
  const dst = ip?.l === 'ip4' ? parseIpv4(ip.dst) : undefined;
  const owner = dst === undefined ? undefined : network.directory.ownerOf(dst);
  if (dst === undefined || owner === undefined || echo === undefined || !isServiceAddress(ns, dst)) return [];
  const values = { node: ns.name, vip: formatIpv4(dst), service: objectName(owner), ports: portList(owner) };
  return [{ code: 'VIP_NO_ICMP', values }];
}

function sourceOf({ packet }: Leg): Ipv4 | undefined {
  const ip = packet.find((header) => header.l === 'ip4');
  return ip?.l === 'ip4' ? parseIpv4(ip.src) : undefined;
}

/**
 * An address of kube-ipvs0 asked for the next hop: ARP asks in the name of the packet's source (arp_solicit(), with
 * arp_announce 0), and a node that has the same address does not answer.
 */
export function askedInTheNameOfService(
  network: Network,
  { netns }: Hop,
  leg: Leg,
  legs: readonly Leg[],
): readonly Hint[] {
  const ns = network.netns(netns);
  if (ns === undefined) return [];
  // An answer has been translated back before it is sent on.
  const asked = leg.kind === 'reply' ? legs[0] : undefined;
  const src = [sourceOf(leg), asked === undefined ? undefined : askedOf(asked)?.dst].find((each) =>
    isServiceAddress(ns, each),
  );
  if (src === undefined) return [];
  return [{ code: 'SOURCE_IS_SERVICE_ADDRESS', values: { node: netns, src: formatIpv4(src), dev: IPVS_DEVICE } }];
}
