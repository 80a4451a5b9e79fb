import { contains, type Ipv4Prefix } from '../address/index.js';
import type { SpeakerConfig } from './config.js';
import type { Filter, FilterAction, FilterMatch, PrefixRange } from './filter.js';
import { type Draft, draftOf, firstAs, prepend } from './path.js';

/** What a filter looks at besides the attributes. */
export interface Filtered {
  readonly net: Ipv4Prefix;
  readonly source: 'device' | 'static' | 'kernel' | 'aggregate' | 'bgp';
  readonly protocol: string;
  /** The first next hop's device; undefined: there is none. */
  readonly dev: string | undefined;
}

/** Runs a filter on a route and changes its attributes: f_run(), bird filter/filter.c. */
export function runFilter(filter: Filter, route: Filtered, draft: Draft): boolean {
  for (const term of filter.terms) {
    if (!matches(term.match, route, draft)) continue;
    for (const action of term.actions) apply(action, draft);
    if (term.then !== 'next') return term.then === 'accept';
  }
  return filter.otherwise === 'accept';
}

/** Whether a speaker announces a route that is not BGP's, to any neighbour that it has a session with. */
export function isOffered({ sessions }: SpeakerConfig, route: Filtered): boolean {
  return sessions.some((session) => runFilter(session.export, route, draftOf(undefined)));
}

function matches(m: FilterMatch, route: Filtered, draft: Draft): boolean {
  if (m.nets !== undefined && !inSome(m.nets, route.net)) return false;
  if (m.notNets !== undefined && inSome(m.notNets, route.net)) return false;
  if (m.source !== undefined && !m.source.includes(route.source)) return false;
  if (m.protocol !== undefined && m.protocol !== route.protocol) return false;
  if (m.interfaces !== undefined && !leavesBy(m.interfaces, route.dev)) return false;
  if (m.notInterfaces !== undefined && leavesBy(m.notInterfaces, route.dev)) return false;
  return matchesAttributes(m, draft);
}

function matchesAttributes(m: FilterMatch, draft: Draft): boolean {
  if (m.nextHop !== undefined && !(draft.nextHop !== undefined && contains(m.nextHop, draft.nextHop))) return false;
  if (m.notNextHop !== undefined && draft.nextHop !== undefined && contains(m.notNextHop, draft.nextHop)) return false;
  if (m.asPathFirst !== undefined && firstAs(draft.asPath ?? []) !== m.asPathFirst) return false;
  const { asPathContains: as, community } = m;
  if (as !== undefined && !(draft.asPath ?? []).some((s) => s.as.includes(as))) return false;
  return community === undefined || draft.communities.includes(community);
}

function inSome(ranges: readonly PrefixRange[], net: Ipv4Prefix): boolean {
  return ranges.some(
    ({ prefix, ge, le }) =>
      net.length >= ge && net.length <= le && net.length >= prefix.length && contains(prefix, net.address),
  );
}

function leavesBy(patterns: readonly string[], dev: string | undefined): boolean {
  if (dev === undefined) return false;
  return patterns.some((p) => (p.endsWith('*') ? dev.startsWith(p.slice(0, -1)) : dev === p));
}

function apply(action: FilterAction, draft: Draft): void {
  switch (action.set) {
    case 'med':
      draft.med = action.value;
      draft.medSet = true;
      break;
    case 'localPref':
      draft.localPref = action.value;
      break;
    case 'origin':
      draft.origin = action.value;
      break;
    case 'nextHop':
      draft.nextHop = action.value;
      draft.nextHopSet = true;
      break;
    case 'prepend':
      for (let i = 0; i < action.times; i++) draft.asPath = prepend(draft.asPath ?? [], action.as);
      break;
    case 'addCommunity':
      if (!draft.communities.includes(action.value)) draft.communities = [...draft.communities, action.value];
      break;
    case 'deleteCommunity':
      draft.communities = draft.communities.filter((c) => c !== action.value);
      break;
    case 'addLargeCommunity': {
      const text = action.value.join(':');
      if (!draft.largeCommunities.some((c) => c.join(':') === text)) {
        draft.largeCommunities = [...draft.largeCommunities, action.value];
      }
      break;
    }
    case 'tunnel':
      draft.tunnel = action.dev;
      break;
  }
}
