import { contains, type Ipv4, type Ipv4Prefix } from '../address/index.js';
import type { Lab, StaticRoute } from './lab.js';
import { defaultGateway, segmentOf } from './wires.js';

/** A machine of the underlay, as far as it decides where a packet goes. */
interface Station {
  readonly interfaces: readonly { readonly segment: string; readonly subnet: Ipv4Prefix }[];
  /** Longest prefixes first. */
  readonly routes: readonly StaticRoute[];
}

/** More hops than any lab has: beyond them it is a loop. */
const MOST_HOPS = 64;

/**
 * Whether the underlay takes packets from one address to another and back: over segments, static routes and default
 * gateways of nodes and routers. It knows neither netfilter nor routes that BGP brings.
 */
export function underlayReach(lab: Lab): (from: Ipv4, to: Ipv4) => boolean {
  const stations = stationsOf(lab);
  const arrives = (from: Ipv4, to: Ipv4): boolean => {
    const goal = stations.get(to);
    let at = stations.get(from);
    for (let hop = 0; hop < MOST_HOPS && at !== undefined && goal !== undefined; hop++) {
      if (at === goal) return true;
      at = nextStation(at, to, stations);
    }
    return false;
  };
  return (from, to) => arrives(from, to) && arrives(to, from);
}

function nextStation(at: Station, to: Ipv4, stations: ReadonlyMap<Ipv4, Station>): Station | undefined {
  const connected = on(at, to);
  const route = at.routes.find(({ dst }) => contains(dst, to));
  if (connected !== undefined && connected.subnet.length >= (route?.dst.length ?? 0))
    return neighbour(connected.segment, to, stations);
  if (route === undefined) return undefined;
  const link = on(at, route.via);
  return link === undefined ? undefined : neighbour(link.segment, route.via, stations);
}

/** The interface whose subnet holds an address. */
function on({ interfaces }: Station, address: Ipv4): Station['interfaces'][number] | undefined {
  return interfaces.find(({ subnet }) => contains(subnet, address));
}

function neighbour(segment: string, address: Ipv4, stations: ReadonlyMap<Ipv4, Station>): Station | undefined {
  const station = stations.get(address);
  return station?.interfaces.some((each) => each.segment === segment) === true ? station : undefined;
}

function stationsOf(lab: Lab): ReadonlyMap<Ipv4, Station> {
  const link = (segment: string): Station['interfaces'][number] => ({
    segment,
    subnet: segmentOf(lab, segment).subnet,
  });
  const stations = new Map<Ipv4, Station>();
  for (const { interfaces, routes } of lab.routers) {
    const station: Station = {
      interfaces: interfaces.map(({ segment }) => link(segment)),
      routes: [...routes].sort((a, b) => b.dst.length - a.dst.length),
    };
    for (const { address } of interfaces) stations.set(address, station);
  }
  for (const { addresses, segment } of lab.nodes) {
    const gateway = defaultGateway(lab, segment);
    const station: Station = { interfaces: [link(segment)], routes: gateway === undefined ? [] : [gateway] };
    for (const address of addresses) stations.set(address, station);
  }
  return stations;
}
