import { contains, formatIpv4, formatPrefix, type Ipv4, lastAddress, plus, prefixOf } from '../address/index.js';
import type { Host, Router, Segment, StaticRoute } from '../lab/index.js';
import { checkedAddress, checkedPrefix, checkUnicast, isUnicast, isUsable } from './address.js';
import { inside, type LabContext, type Place } from './context.js';
import type { HostFile, LabFile, Named, RouterFile } from './lab-file.js';
import { readListeners } from './ports.js';
import { readRouterBgp } from './router-bgp.js';

/** Something with an address on the underlay, and the segment that it says it is on. */
export interface Station {
  readonly place: Place;
  readonly address: Ipv4;
  readonly segment: string | undefined;
}

/** What is under the cluster. */
export interface Underlay {
  readonly segments: readonly Segment[];
  readonly routers: readonly Router[];
  readonly hosts: readonly Host[];
}

/** Of an Ethernet network card. */
const DEFAULT_MTU = 1500;

/**
 * Reads segments, routers and hosts, and makes up the segments and the router that the addresses need; one for a single
 * segment where nodes need a default route.
 */
export function readUnderlay(
  file: LabFile,
  root: Place,
  { nodes, needGateway }: { readonly nodes: readonly Station[]; readonly needGateway: boolean },
  context: LabContext,
): Underlay {
  const hosts = Object.entries(file.hosts ?? {}).map(([name, said]) => {
    const host: HostFile = typeof said === 'string' ? { address: said } : said;
    return { name, host, place: inside(root, 'hosts', name), address: checkedAddress(host.address) };
  });
  const routers = Object.entries(file.routers ?? {}).map(([name, said]) => {
    const { addresses, routes, bgp }: RouterFile = 'addresses' in said ? said : { addresses: said };
    const place = inside(root, 'routers', name);
    return { name, addresses: addresses.map(checkedAddress), routes: routes ?? {}, bgp, place };
  });
  const addresses = [...nodes, ...hosts].map((each) => each.address);
  addresses.push(...routers.flatMap((router) => router.addresses));
  const segments = readSegments(file, root, addresses, context);
  const known = new Set(addresses);
  const placed: Router[] = routers.map(({ name, addresses: own, routes, bgp, place }) => ({
    name,
    ...(bgp === undefined
      ? {}
      : { bgp: readRouterBgp({ name, addresses: own, bgp }, inside(place, 'bgp'), known, context) }),
    interfaces: own.flatMap((address) => {
      const segment = segmentOf({ place, address, segment: undefined }, segments, context);
      return segment === undefined ? [] : [{ segment: segment.name, address }];
    }),
    routes: readRoutes(routes),
  }));
  if (file.routers === undefined && (segments.length > 1 || needGateway))
    placed.push(chooseRouter(segments, known, root, context));
  return {
    segments,
    routers: placed,
    hosts: hosts.map(({ name, host, place, address }) => ({
      name,
      segment: segmentOf({ place, address, segment: host.segment }, segments, context)?.name ?? '',
      address,
      listen: readListeners(host.listen ?? [], inside(place, 'listen'), context),
      routes: readRoutes(host.routes ?? {}),
    })),
  };
}

function readSegments(file: LabFile, root: Place, addresses: readonly Ipv4[], context: LabContext): readonly Segment[] {
  const mtu = file.mtu ?? DEFAULT_MTU;
  if (file.segments !== undefined)
    return Object.entries(file.segments).map(([name, said]) => {
      const { subnet, mtu: own } = typeof said === 'string' ? { subnet: said, mtu: undefined } : said;
      checkUnicast(checkedPrefix(subnet), inside(root, 'segments', name), context);
      return { name, subnet: checkedPrefix(subnet), mtu: own ?? mtu };
    });
  const subnets = new Map(addresses.map((address) => [formatPrefix(prefixOf(address, 24)), prefixOf(address, 24)]));
  return [...subnets.values()].map((subnet, i) => {
    const name = subnets.size === 1 ? 'lan' : `lan-${i + 1}`;
    context.note(inside(root, 'segments'), `segment ${name} is ${formatPrefix(subnet)}, MTU ${mtu}`);
    return { name, subnet, mtu };
  });
}

/** The router that nobody has written, with the first free address of each. */
function chooseRouter(
  segments: readonly Segment[],
  taken: ReadonlySet<Ipv4>,
  root: Place,
  context: LabContext,
): Router {
  const interfaces = segments.map(({ name, subnet }) => {
    let address = plus(subnet.address, 1);
    while (taken.has(address)) address = plus(address, 1);
    if (!contains(subnet, address) || address === lastAddress(subnet)) {
      const message = `${formatPrefix(subnet)} has no address left for a router; write routers`;
      context.misfit(inside(root, 'routers'), message);
    }
    return { segment: name, address };
  });
  const name = 'router';
  const text = interfaces.map((each) => formatIpv4(each.address)).join(', ');
  const what = interfaces.length === 1 ? 'is the default gateway' : 'joins the segments';
  context.note(inside(root, 'routers'), `${name} ${what}: ${text}`);
  return { name, interfaces, routes: [] };
}

/** The segment that a station is on: the one that it names, or the smallest one that holds its address. */
export function segmentOf(station: Station, segments: readonly Segment[], context: LabContext): Segment | undefined {
  const { place, address } = station;
  const text = formatIpv4(address);
  if (!isUnicast(address))
    return context.complain(place, 'bad-address', `${text} is no address that a machine can have`);
  if (station.segment !== undefined) {
    const named = segments.find((segment) => segment.name === station.segment);
    if (named === undefined) {
      const names = (): string[] => segments.map((segment) => segment.name);
      const message = `no segment is called "${station.segment}"`;
      return context.unknownName(inside(place, 'segment'), station.segment, message, names);
    }
    if (!contains(named.subnet, address))
      return context.misfit(place, `${text} is not in segment ${named.name}, ${formatPrefix(named.subnet)}`);
    return isUsable(named.subnet, address) ? named : context.misfit(place, notForStations(text, named), 'bad-value');
  }
  const [found] = segments
    .filter((segment) => contains(segment.subnet, address))
    .sort((a, b) => b.subnet.length - a.subnet.length);
  if (found === undefined) {
    const known = segments.map((segment) => `${segment.name} ${formatPrefix(segment.subnet)}`).join(', ');
    return context.misfit(place, `${text} is in no segment; there ${segments.length === 1 ? 'is' : 'are'} ${known}`);
  }
  return isUsable(found.subnet, address) ? found : context.misfit(place, notForStations(text, found), 'bad-value');
}

function notForStations(address: string, segment: Segment): string {
  return `${address} is the first or last address of ${formatPrefix(segment.subnet)}, which no station can have`;
}

function readRoutes(routes: Named<string>): readonly StaticRoute[] {
  return Object.entries(routes).map(([dst, via]) => ({ dst: checkedPrefix(dst), via: checkedAddress(via) }));
}
