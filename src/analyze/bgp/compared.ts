import { formatIpv4 } from '../../address/index.js';
import type { DecisionRule, RibRoute } from '../../bgp/index.js';
import type { BgpRouteRow } from '../../output/index.js';
import { type BgpView, ownersOf, speakerOf } from './rows.js';

/** The speaker that compares. */
interface Context {
  readonly view: BgpView;
  readonly speaker: string;
  readonly row: (route: RibRoute) => BgpRouteRow;
}

/** What a rule of the decision process compared of two paths; undefined where it is no value of theirs. */
export function comparedBy(
  rule: DecisionRule,
  context: Context,
  best: RibRoute,
  own: RibRoute,
): { readonly best: string; readonly own: string } | undefined {
  const value = valueFor(rule, context);
  const values = { best: value(best), own: value(own) };
  return values.best === undefined || values.own === undefined ? undefined : { best: values.best, own: values.own };
}

function valueFor(rule: DecisionRule, context: Context): (route: RibRoute) => string | undefined {
  switch (rule) {
    case 'preference':
      return ({ preference, source }) => `${preference} (${source})`;
    case 'nexthop-unresolvable':
      return ({ attributes }) => (attributes === undefined ? undefined : formatIpv4(attributes.nextHop));
    case 'local-pref':
      // bgp_rte_better(), BIRD proto/bgp/attrs.c: default_local_pref is 100.
      return ({ attributes }) => String(attributes?.localPref ?? 100);
    case 'as-path-length':
      return ({ attributes }) => String(pathLength(attributes?.asPath ?? []));
    case 'origin':
      return ({ attributes }) => attributes?.origin;
    case 'med':
      return ({ attributes }) => String(attributes?.med ?? 0);
    case 'ebgp-over-ibgp':
      return (route) => sessionOf(context, route)?.type;
    case 'igp-metric':
      return (route) => context.row(route).metric;
    case 'router-id':
      return (route) => routerIdOf(context, route);
    case 'cluster-list-length':
      return ({ attributes }) => String(attributes?.clusterList.length ?? 0);
    case 'neighbor-address':
      return (route) => sessionOf(context, route)?.neighbor;
    case 'stale':
    case 'older':
      return () => undefined;
  }
}

/** A set counts one (RFC 4271 §9.1.2.2 a). */
function pathLength(path: NonNullable<RibRoute['attributes']>['asPath']): number {
  return path.reduce((sum, { type, as }) => sum + (type === 'set' ? 1 : as.length), 0);
}

function sessionOf({ view, speaker }: Context, { protocol }: RibRoute) {
  const config = speakerOf(view, speaker);
  const session = config.sessions.find(({ name }) => name === protocol);
  if (session === undefined) return undefined;
  const type = session.neighborAs === config.as ? 'internal' : 'external';
  return { type, neighbor: formatIpv4(session.neighbor), address: session.neighbor } as const;
}

/** ORIGINATOR_ID stands for the router id where there is one (RFC 4456 §9). */
function routerIdOf(context: Context, route: RibRoute): string | undefined {
  const { attributes } = route;
  if (attributes?.originatorId !== undefined) return formatIpv4(attributes.originatorId);
  const session = sessionOf(context, route);
  if (session === undefined) return undefined;
  const name = ownersOf(context.view).get(session.address);
  return name === undefined ? undefined : formatIpv4(speakerOf(context.view, name).routerId);
}
