import { formatIpv4, formatPrefix } from '../../src/address/index.js';
import type { Filter, FilterAction, FilterMatch, FilterTerm, PrefixRange } from '../../src/bgp/index.js';

/** The attribute that carries the device a filter chose: Calico's BIRD has `krt_tunnel` for it, a string that BIRD 2 lacks. */
export const TUNNEL = 'podpath_tunnel';

const SOURCES = {
  device: 'RTS_DEVICE',
  static: 'RTS_STATIC',
  // What BIRD's `learn` takes from the kernel (nest/route.h).
  kernel: 'RTS_INHERIT',
  bgp: 'RTS_BGP',
} as const;

/** A filter in BIRD's language, between its braces. `tunnels` numbers the devices. */
export function filterCode(filter: Filter, tunnels: readonly string[]): string {
  return [...filter.terms.map((term) => termCode(term, tunnels)), `${filter.otherwise};`].join('\n  ');
}

function termCode({ match, actions, then }: FilterTerm, tunnels: readonly string[]): string {
  const conditions = matchCode(match);
  const commands = [...actions.map((action) => actionCode(action, tunnels)), then === 'next' ? '' : `${then};`];
  return `if ${conditions.length === 0 ? 'true' : conditions.join(' && ')} then { ${commands.join(' ')} }`;
}

function matchCode(match: FilterMatch): string[] {
  const code: string[] = [];
  const { nets, notNets, source, protocol, interfaces, notInterfaces, nextHop, notNextHop } = match;
  if (nets !== undefined) code.push(within(nets));
  if (notNets !== undefined) code.push(`! ${within(notNets)}`);
  if (source !== undefined)
    code.push(any(source.map((from) => (from === 'aggregate' ? 'false' : `source = ${SOURCES[from]}`))));
  if (protocol !== undefined) code.push(`(proto = "${protocol}")`);
  if (interfaces !== undefined) code.push(any(interfaces.map((name) => `ifname ~ "${name}"`)));
  if (notInterfaces !== undefined) code.push(`! ${any(notInterfaces.map((name) => `ifname ~ "${name}"`))}`);
  if (nextHop !== undefined) code.push(`(defined(bgp_next_hop) && bgp_next_hop ~ ${formatPrefix(nextHop)})`);
  if (notNextHop !== undefined) code.push(`! (defined(bgp_next_hop) && bgp_next_hop ~ ${formatPrefix(notNextHop)})`);
  if (match.asPathFirst !== undefined) code.push(`(bgp_path ~ [= ${match.asPathFirst} * =])`);
  if (match.asPathContains !== undefined) code.push(`(bgp_path ~ [= * ${match.asPathContains} * =])`);
  if (match.community !== undefined) code.push(`(${community(match.community)} ~ bgp_community)`);
  return code;
}

/** BIRD has no empty set of prefixes. */
function within(ranges: readonly PrefixRange[]): string {
  if (ranges.length === 0) return '(false)';
  const items = ranges.map(({ prefix, ge, le }) => `${formatPrefix(prefix)}{${ge},${le}}`);
  return `(net ~ [ ${items.join(', ')} ])`;
}

function any(conditions: readonly string[]): string {
  return conditions.length === 0 ? '(false)' : `(${conditions.join(' || ')})`;
}

function actionCode(action: FilterAction, tunnels: readonly string[]): string {
  switch (action.set) {
    case 'med':
      return `bgp_med = ${action.value};`;
    case 'localPref':
      return `bgp_local_pref = ${action.value};`;
    case 'origin':
      return `bgp_origin = ORIGIN_${action.value};`;
    case 'nextHop':
      return `bgp_next_hop = ${formatIpv4(action.value)};`;
    case 'prepend':
      return Array<string>(action.times).fill(`bgp_path.prepend(${action.as});`).join(' ');
    case 'addCommunity':
      return `bgp_community.add(${community(action.value)});`;
    case 'deleteCommunity':
      return `bgp_community.delete(${community(action.value)});`;
    case 'addLargeCommunity':
      return `bgp_large_community.add((${action.value.join(', ')}));`;
    case 'tunnel':
      return `${TUNNEL} = ${tunnels.indexOf(action.dev)};`;
  }
}

function community(value: number): string {
  return `(${value >>> 16}, ${value & 0xffff})`;
}
