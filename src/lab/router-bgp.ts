import { contains, formatIpv4, type Ipv4Prefix } from '../address/index.js';
import {
  ACCEPT_ALL,
  type Filter,
  type FilterTerm,
  type LocalRoute,
  type NextHop,
  type PrefixRange,
  SESSION_DEFAULTS,
  type SessionConfig,
  type SpeakerConfig,
} from '../bgp/index.js';
import type { Lab, Router, RouterBgp, RouterNeighbor } from './lab.js';
import { segmentOf } from './wires.js';

/** Name of the protocol that originates what a router announces and has no route for. */
const ANNOUNCED = 'static1';

/**
 * BIRD of a router: `protocol direct`, `protocol kernel` with `learn` (its static routes), graceful restart and add paths
 * as Calico's own BIRD has them, and what the lab says.
 */
export function routerSpeaker(lab: Lab, router: Router): SpeakerConfig | undefined {
  const { name, bgp } = router;
  if (bgp === undefined) return undefined;
  const interfaces = router.interfaces.map(({ segment, address }, n) => ({
    name: `eth${n}`,
    address,
    prefixLength: segmentOf(lab, segment).subnet.length,
    subnet: segmentOf(lab, segment).subnet,
  }));
  const learned = router.routes.flatMap(({ dst, via }): LocalRoute[] => {
    const link = interfaces.find(({ subnet }) => contains(subnet, via));
    if (link === undefined) return [];
    return [{ net: dst, type: 'unicast', source: 'kernel', protocol: 'kernel1', nexthops: [hop(via, link.name)] }];
  });
  const has = [...learned.map(({ net }) => net), ...interfaces.map(({ subnet }) => subnet)];
  const made = bgp.announce.filter((net) => !has.some((each) => same(each, net)));
  return {
    name,
    as: bgp.as,
    routerId: bgp.routerId,
    interfaces: interfaces.map(({ subnet: _subnet, ...link }) => link),
    // Where nothing longer matches, what is announced without a route leads nowhere.
    routes: [
      ...learned,
      ...made.map(
        (net): LocalRoute => ({ net, type: 'blackhole', source: 'static', protocol: ANNOUNCED, nexthops: [] }),
      ),
    ],
    networks: bgp.announce,
    aggregates: bgp.aggregates,
    sessions: bgp.neighbors.flatMap((neighbor) => session(bgp, neighbor, interfaces)),
    kernel: { export: KERNEL_EXPORT, mergePaths: true, limit: bgp.fibLimit, persist: false },
  };
}

/** The connected routes are the kernel's own. */
const KERNEL_EXPORT: Filter = {
  terms: [{ match: { source: ['device'] }, actions: [], then: 'reject' }],
  otherwise: 'accept',
};

function hop(via: NextHop['via'], dev: string): NextHop {
  return { via, dev, weight: 1 };
}

/** One side; a neighbour on none of its links is spoken to from its first address. */
function session(
  bgp: RouterBgp,
  neighbor: RouterNeighbor,
  interfaces: readonly { readonly address: RouterNeighbor['address']; readonly subnet: Ipv4Prefix }[],
): SessionConfig[] {
  const link = interfaces.find(({ subnet }) => contains(subnet, neighbor.address));
  const local = link ?? interfaces[0];
  if (local === undefined) return [];
  const { rrClient, passive, nextHopSelf, password } = neighbor;
  return [
    {
      ...SESSION_DEFAULTS,
      name: routerSession(neighbor),
      local: local.address,
      neighbor: neighbor.address,
      neighborAs: neighbor.as,
      // Internal sessions are unless told otherwise (bgp_check_config(), bird 2.0.12 proto/bgp/bgp.c).
      multihop: neighbor.as === bgp.as || link === undefined,
      passive,
      rrClient,
      clusterId: rrClient ? bgp.clusterId : undefined,
      nextHopSelf,
      addPaths: true,
      password,
      import: neighbor.import === undefined ? ACCEPT_ALL : { terms: [accept(neighbor.import)], otherwise: 'reject' },
      export: exportFilter(bgp, neighbor),
    },
  ];
}

/** `Peer_192_168_56_11`. */
function routerSession({ address }: RouterNeighbor): string {
  return `Peer_${formatIpv4(address).replaceAll('.', '_')}`;
}

/** What other speakers have told, aggregates, and what it announces of its own; of that, what the neighbour's list lets through. */
function exportFilter({ announce }: RouterBgp, { export: list }: RouterNeighbor): Filter {
  const nets = announce.map((prefix): PrefixRange => ({ prefix, ge: prefix.length, le: prefix.length }));
  const terms: FilterTerm[] = [
    { match: { source: ['bgp', 'aggregate'] }, actions: [], then: 'accept' },
    { match: { nets }, actions: [], then: 'accept' },
  ];
  const outside: FilterTerm[] =
    list === undefined ? [] : [{ match: { notNets: list.map(within) }, actions: [], then: 'reject' }];
  return { terms: [...outside, ...terms], otherwise: 'reject' };
}

function accept(list: readonly Ipv4Prefix[]): FilterTerm {
  return { match: { nets: list.map(within) }, actions: [], then: 'accept' };
}

function within(prefix: Ipv4Prefix): PrefixRange {
  return { prefix, ge: prefix.length, le: 32 };
}

function same(a: Ipv4Prefix, b: Ipv4Prefix): boolean {
  return a.length === b.length && a.address === b.address;
}
