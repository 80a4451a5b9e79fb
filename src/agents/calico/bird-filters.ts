import type { Ipv4Prefix } from '../../address/index.js';
import { ACCEPT_ALL, type Filter, type FilterAction, type FilterTerm, type PrefixRange } from '../../bgp/index.js';
import {
  type BGPConfiguration,
  type BGPFilter,
  type BGPFilterRule,
  type CalicoObjects,
  type Community,
  type IPAMBlock,
  type IPPool,
  parseCommunity,
} from '../../cluster/index.js';
import type { BgpNode } from './bgp-node.js';
import type { ServiceRoutes } from './service-routes.js';
import { IPIP } from './tunnel.js';

/** BIRD's filters that confd writes; what nodes have in common is made once. */
export interface BirdFilters {
  /** `filter calico_kernel_programming`. */
  kernel(node: BgpNode, services: ServiceRoutes): Filter;
  /** The import filter of a session with these BGPFilters. */
  import(names: readonly string[]): Filter;
  /** Makes the export filters of one node: by the BGPFilters of a session. */
  exports(own: readonly IPAMBlock[], services: ServiceRoutes): (names: readonly string[]) => Filter;
}

/** The filters of bird.cfg, bird_aggr.cfg and bird_ipam.cfg (calico 3.21.6 confd/etc/calico/confd/templates). */
export function birdFilters({ ipPools, bgpFilters, bgpConfiguration }: CalicoObjects): BirdFilters {
  const named = new Map(bgpFilters.map((filter) => [filter.name, filter]));
  const rules = (names: readonly string[], side: 'importV4' | 'exportV4'): readonly FilterTerm[] =>
    names.flatMap((name) => (named.get(name)?.[side] ?? NO_RULES).flatMap(ruleTerm));
  const imports = memo((names) => {
    const terms = rules(names, 'importV4');
    return terms.length === 0 ? ACCEPT_ALL : { terms, otherwise: 'accept' };
  });
  // reject_disabled_pools(), and no export of such a pool: in the released 3.21, and not in confd's own repository.
  const disabled = ipPools.filter((pool) => pool.disableBGPExport).map(({ cidr }) => decide([within(cidr)], 'reject'));
  const before = [...disabled, ...communities(bgpConfiguration)];
  const pools = ipPools.filter((pool) => !pool.disableBGPExport).map(({ cidr }) => decide([within(cidr)], 'accept'));
  return {
    kernel: (node, services) => kernelFilter(ipPools, node, services),
    import: imports,
    exports: (own, { announced }) => {
      const statics = announced.map((cidr) => decide([within(cidr)], 'accept'));
      const terms = [...before, ...aggregation(own), ...statics, ...pools];
      return memo((names) => ({ terms: [...rules(names, 'exportV4'), ...terms], otherwise: 'reject' }));
    },
  };
}

const NO_RULES: BGPFilter['importV4'] = [];

function memo(make: (names: readonly string[]) => Filter): (names: readonly string[]) => Filter {
  const made = new Map<string, Filter>();
  return (names) => {
    const key = names.join(' ');
    const known = made.get(key) ?? make(names);
    made.set(key, known);
    return known;
  };
}

/** `net ~ CIDR`. */
function within(prefix: Ipv4Prefix): PrefixRange {
  return { prefix, ge: prefix.length, le: 32 };
}

/** `net = CIDR`. */
function exactly(prefix: Ipv4Prefix): PrefixRange {
  return { prefix, ge: prefix.length, le: prefix.length };
}

function decide(nets: readonly PrefixRange[], then: 'accept' | 'reject'): FilterTerm {
  return { match: { nets }, actions: [], then };
}

/**
 * `apply_communities()`: a community by its value, or by a name that BGPConfiguration gives one; each once, in order of
 * their text (getCommunitiesArray(), confd pkg/backends/calico/client.go), which is that of the attribute.
 */
function communities({ prefixAdvertisements, communities: named }: BGPConfiguration): readonly FilterTerm[] {
  const values = new Map(named.map(({ name, value }) => [name, value]));
  return prefixAdvertisements.map(({ cidr, communities: wanted }) => {
    const byText = new Map<string, Community>();
    for (const word of wanted) {
      const value = parseCommunity(word) ?? values.get(word);
      if (value !== undefined) byText.set(formatCommunity(value), value);
    }
    const sorted = [...byText].sort(([a], [b]) => (a < b ? -1 : 1));
    return { match: { nets: [within(cidr)] }, actions: sorted.map(([, value]) => addCommunity(value)), then: 'next' };
  });
}

function addCommunity(value: Community): FilterAction {
  return typeof value === 'number' ? { set: 'addCommunity', value } : { set: 'addLargeCommunity', value };
}

function formatCommunity(value: Community): string {
  return typeof value === 'number' ? `${value >>> 16}:${value & 0xffff}` : value.join(':');
}

/** `calico_aggr()`: a confirmed block goes out, nothing beneath it does. */
function aggregation(own: readonly IPAMBlock[]): readonly FilterTerm[] {
  return own
    .filter(({ state }) => state === 'confirmed')
    .flatMap(({ cidr }) => [decide([exactly(cidr)], 'accept'), decide([within(cidr)], 'reject')]);
}

function kernelFilter(pools: readonly IPPool[], { network }: BgpNode, { rejected }: ServiceRoutes): Filter {
  const terms = [
    ...rejected.map((cidr) => decide([within(cidr)], 'reject')),
    ...pools.flatMap((pool) => poolTerms(pool, network)),
  ];
  return { terms, otherwise: 'accept' };
}

/** How routes of a pool go into the kernel's table: not at all where Felix writes them, else maybe through tunl0. */
function poolTerms({ cidr, vxlanMode, ipipMode }: IPPool, network: Ipv4Prefix): readonly FilterTerm[] {
  const nets = [within(cidr)];
  if (vxlanMode !== 'Never') return [decide(nets, 'reject')];
  const through: FilterTerm = { match: { nets }, actions: [{ set: 'tunnel', dev: IPIP.device }], then: 'accept' };
  switch (ipipMode) {
    case 'Never':
      return [decide(nets, 'accept')];
    case 'Always':
      return [through];
    case 'CrossSubnet':
      return [{ match: { nets, nextHop: network }, actions: [], then: 'accept' }, through];
  }
}

/**
 * A rule of a BGPFilter (calico 3.26 and later, confd/pkg/resource/template/template_funcs.go filterStatement()): one
 * `if` with its conditions joined by `&&`, in the order of the object, and nothing at the end of the function, so that
 * the next filter of the peer goes on. Then comes `accept` on import, calico_export_to_bgp_peers() and `reject` on export.
 */
function ruleTerm(rule: BGPFilterRule): FilterTerm[] {
  const { action, cidr, matchOperator, prefixLength, source, interface: dev } = rule;
  const nets = cidr === undefined ? {} : netsOf(cidr, matchOperator, prefixLength);
  if (nets === undefined) return [];
  const match = {
    ...nets,
    ...(source === undefined ? {} : { source: ['bgp' as const] }),
    ...(dev === undefined ? {} : { interfaces: [dev] }),
  };
  return [{ match, actions: [], then: action === 'Accept' ? 'accept' : 'reject' }];
}

/**
 * filterMatchCIDR(): `net = CIDR`, and with prefixLength `net = [ CIDR{min,max} ]` for all four operators. undefined:
 * holds for no route. BIRD never finds a prefix equal to a set (val_same(), filter/data.c), and always unequal.
 */
function netsOf(
  cidr: Ipv4Prefix,
  operator: BGPFilterRule['matchOperator'],
  bounds: BGPFilterRule['prefixLength'],
): { readonly nets?: readonly PrefixRange[]; readonly notNets?: readonly PrefixRange[] } | undefined {
  const range = {
    prefix: cidr,
    ge: Math.max(cidr.length, bounds?.min ?? 0),
    le: Math.min(32, bounds?.max ?? 32),
  };
  switch (operator ?? 'In') {
    case 'Equal':
      return bounds === undefined ? { nets: [exactly(cidr)] } : undefined;
    case 'NotEqual':
      return bounds === undefined ? { notNets: [exactly(cidr)] } : {};
    case 'NotIn':
      return { notNets: [range] };
    default:
      return { nets: [range] };
  }
}
