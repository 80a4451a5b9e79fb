import { contains, type Ipv4, type Ipv4Prefix } from '../address/index.js';
import type { FibRoute, SpeakerConfig } from '../bgp/index.js';
import type { Install } from '../plan/index.js';
import type { Lab } from './lab.js';
import { type Stage, type Way, waysOf } from './ways.js';
import { segmentOf } from './wires.js';

/** Where packets between the two ends of a way go, as far as the underlay says it. */
export class Ways {
  readonly all: readonly Way[];
  readonly speakers: readonly SpeakerConfig[];
  readonly #subnets: ReadonlyMap<Ipv4, Ipv4Prefix>;
  readonly #lab: Lab;
  /** Within a segment, and announced: what goes there need not stay within the segment. */
  readonly #narrow: readonly Ipv4Prefix[];

  constructor(lab: Lab, speakers: readonly SpeakerConfig[]) {
    this.#lab = lab;
    this.speakers = speakers;
    this.all = waysOf(speakers);
    const places = [
      ...lab.nodes.flatMap(({ addresses, segment }) => addresses.map((address) => ({ address, segment }))),
      ...lab.routers.flatMap(({ interfaces }) => interfaces),
      ...lab.hosts,
    ];
    this.#subnets = new Map(places.map(({ address, segment }) => [address, segmentOf(lab, segment).subnet]));
    this.#narrow = speakers
      .flatMap(({ routes }) => routes.map(({ net }) => net))
      .filter((net) => lab.segments.some(({ subnet }) => subnet.length < net.length && contains(subnet, net.address)));
  }

  /**
   * Those that commands may cut or open. What a machine's kernel does with packets matters to its own sessions, and to
   * those that pass it; what it claims to be (an address, an ARP answer, a bridge) matters to all. A pod matters to none.
   */
  touchedBy(commands: Iterable<Install>, others: Iterable<Install>): readonly Way[] {
    const calls = [...commands].filter(({ netns }) => this.#isMachine(netns));
    if (calls.length === 0) return [];
    if (calls.some(claims)) return this.all;
    const gateways = this.#gateways([...calls, ...others]);
    const machines = new Set(calls.map(({ netns }) => netns));
    const passed = [...machines].some((name) => this.#forwards(name, gateways));
    return this.all.filter(
      (way) => machines.has(way.from) || machines.has(way.to) || (passed && this.#passesOthers(way, this.#narrow)),
    );
  }

  /** Who may have a part in any way besides its ends: routers, and machines with commands or that routes lead through. */
  stage(machines: ReadonlySet<string>, commands: readonly Install[]): Stage {
    const { nodes, routers, hosts, segments } = this.#lab;
    const gateways = this.#gateways(commands);
    const others = [...nodes, ...hosts].filter(({ name }) => machines.has(name) || this.#forwards(name, gateways));
    return {
      machines: new Set([...routers, ...others].map(({ name }) => name)),
      segments: segments.map(({ name }) => name),
    };
  }

  /** Those that may go another way now that these routes of BGP's have changed. */
  touchedByRoutes(changed: readonly Ipv4Prefix[]): readonly Way[] {
    const nets = changed.filter((net) => [...this.#subnets.keys()].some((address) => contains(net, address)));
    return nets.length === 0 ? [] : this.all.filter((way) => this.#passesOthers(way, nets));
  }

  /** Whether packets of a way leave the segment of its ends, or may do so since a route to one of them is longer. */
  #passesOthers({ local, neighbor }: Way, routes: readonly Ipv4Prefix[]): boolean {
    const [here, there] = [this.#subnets.get(local), this.#subnets.get(neighbor)];
    if (here === undefined || here !== there) return true;
    return routes.some((net) => net.length > here.length && (contains(net, local) || contains(net, neighbor)));
  }

  #isMachine(netns: string): boolean {
    const { nodes, routers, hosts } = this.#lab;
    return [...nodes, ...routers, ...hosts].some(({ name }) => name === netns);
  }

  /** A router does; anybody else where somebody's route says so. */
  #forwards(name: string, gateways: ReadonlySet<Ipv4>): boolean {
    const { nodes, routers, hosts } = this.#lab;
    if (routers.some((router) => router.name === name)) return true;
    const node = nodes.find((each) => each.name === name);
    const host = hosts.find((each) => each.name === name);
    const addresses = node?.addresses ?? (host === undefined ? [] : [host.address]);
    return addresses.some((address) => gateways.has(address));
  }

  #gateways(commands: readonly Install[]): ReadonlySet<Ipv4> {
    const { routers, hosts } = this.#lab;
    const written = [...routers, ...hosts].flatMap(({ routes }) => routes.map(({ via }) => via));
    const called = commands.flatMap(({ call }) =>
      'route' in call && 'nexthops' in call.route ? call.route.nexthops.flatMap(({ via }) => via ?? []) : [],
    );
    return new Set([...written, ...called]);
  }
}

/** Whether a call lets a machine take what is for another. */
function claims({ call }: Install): boolean {
  switch (call.call) {
    case 'addr add':
    case 'addr replace':
    case 'link add':
    case 'link add veth':
    case 'bridge link set':
    case 'neigh add proxy':
    case 'process start':
      return true;
    case 'link set':
      return Object.keys(call.set).some((key) => key !== 'up' && key !== 'mtu');
    case 'sysctl set':
      return call.path.includes('arp');
    default:
      return false;
  }
}

/** The prefixes whose routes are not the same in both. */
export function changedNets(before: readonly FibRoute[], after: readonly FibRoute[]): readonly Ipv4Prefix[] {
  const texts = (routes: readonly FibRoute[]) => new Set(routes.map((route) => JSON.stringify(route)));
  const [old, now] = [texts(before), texts(after)];
  const gone = before.filter((route) => !now.has(JSON.stringify(route)));
  const come = after.filter((route) => !old.has(JSON.stringify(route)));
  return [...gone, ...come].map(({ net }) => net);
}
