import type { DecisionRule } from './explanation.js';
import { ORIGIN_CODE, type Path } from './path.js';
import type { Route } from './state.js';

/** `default bgp_local_pref` and `default bgp_med` of BIRD. */
const DEFAULT_LOCAL_PREF = 100;
const DEFAULT_MED = 0;

/** Of a rule: below 0 where `a` wins, above 0 where `b` does, 0 where the next rule decides. */
type Comparison = (a: Route, b: Route) => number;

const resolvable = (route: Route): number => (route.dest === 'unreachable' ? 1 : 0);
const localPref = (route: Route): number => route.path?.attributes.localPref ?? DEFAULT_LOCAL_PREF;
const med = (route: Route): number => route.path?.attributes.med ?? DEFAULT_MED;
const stale = (route: Route): number => (route.path?.llgrStale === true ? 1 : 0);
const internal = (route: Route): number => (route.protocol.session?.internal === true ? 1 : 0);
const clusters = (path: Path | undefined): number => path?.attributes.clusterList.length ?? 0;
const origin = (route: Route): number => ORIGIN_CODE[route.path?.attributes.origin ?? 'INCOMPLETE'];

/** bgp_get_neighbor(): an empty path was learned from within the own AS. */
function neighborAs(route: Route): number | undefined {
  return route.path?.neighborAs ?? route.protocol.session?.speaker.config.as;
}

/** RFC 4456 §9: ORIGINATOR_ID stands for the router id. */
function routerId(route: Route): number {
  return route.path?.attributes.originatorId ?? route.protocol.session?.remoteId ?? 0;
}

const neighbor = (route: Route): number => route.protocol.session?.config.neighbor ?? 0;

const UP_TO_IGP: readonly (readonly [DecisionRule, Comparison])[] = [
  ['nexthop-unresolvable', (a, b) => resolvable(a) - resolvable(b)],
  ['stale', (a, b) => stale(a) - stale(b)],
  ['local-pref', (a, b) => localPref(b) - localPref(a)],
  ['as-path-length', (a, b) => (a.path?.length ?? 0) - (b.path?.length ?? 0)],
  ['origin', (a, b) => origin(a) - origin(b)],
  ['med', (a, b) => (neighborAs(a) === neighborAs(b) ? med(a) - med(b) : 0)],
  ['ebgp-over-ibgp', (a, b) => internal(a) - internal(b)],
  ['igp-metric', (a, b) => a.igpMetric - b.igpMetric],
];

const TIES: readonly (readonly [DecisionRule, Comparison])[] = [
  ['router-id', (a, b) => routerId(a) - routerId(b)],
  ['cluster-list-length', (a, b) => clusters(a.path) - clusters(b.path)],
  ['neighbor-address', (a, b) => neighbor(a) - neighbor(b)],
];

/** The order of protocols with one preference: the addresses of their structures in BIRD, thus not told. */
const KINDS = ['device', 'static', 'kernel', 'aggregate', 'bgp'] as const;

/**
 * Whether `a` is to be preferred to `b`: rte_better(), bird 2.0.12 nest/rt-table.c, and bgp_rte_better(),
 * proto/bgp/attrs.c. The MED is compared pair by pair (`deterministic med off`), so that this is no order.
 */
export function better(a: Route, b: Route): boolean {
  return compare(a, b).order < 0;
}

/** The rule that decides between two routes, and how; `older` where none does. */
export function compare(a: Route, b: Route): { readonly rule: DecisionRule; readonly order: number } {
  if (a.protocol.preference !== b.protocol.preference) {
    return { rule: 'preference', order: b.protocol.preference - a.protocol.preference };
  }
  if (a.protocol.kind !== b.protocol.kind) {
    return { rule: 'preference', order: KINDS.indexOf(b.protocol.kind) - KINDS.indexOf(a.protocol.kind) };
  }
  if (a.protocol.kind === 'bgp') {
    for (const rules of [UP_TO_IGP, TIES]) {
      for (const [rule, comparison] of rules) {
        const order = comparison(a, b);
        if (order !== 0) return { rule, order };
      }
    }
  }
  return { rule: 'older', order: 0 };
}

/** Whether `merge paths` takes both: rte_mergable() and bgp_rte_mergable() go no further than the IGP metric. */
export function mergeable(a: Route, b: Route): boolean {
  if (a.protocol.preference !== b.protocol.preference || a.protocol.kind !== 'bgp' || b.protocol.kind !== 'bgp') {
    return false;
  }
  return UP_TO_IGP.every(([, comparison]) => comparison(a, b) === 0);
}
