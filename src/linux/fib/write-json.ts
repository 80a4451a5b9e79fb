import { formatIpv4, type Ipv4Prefix } from '../../address/index.js';
import type { Netns } from '../netns.js';
import { formatJson, type JsonObject } from '../write-json.js';
import { formatScope, formatTable } from './names.js';
import { type Nexthop, type Route, RT_SCOPE_UNIVERSE, RT_TABLE_MAIN } from './route.js';
import type { RoutingRule } from './rule.js';
import { allRoutes, formatDestination, formatTos, routeFlags, routeNexthopFlags } from './write-routes.js';

/**
 * `ip -j route show table all`, as iproute2 6.1 prints it: which does not say in JSON that an MTU is locked,
 * as the text does.
 */
export function routesJson(ns: Netns): string {
  const inet = allRoutes(ns).map(([table, route]) => routeJson(ns, table, route));
  return formatJson([...inet, ...ns.ipv6.routes.map(({ fields }) => fields)]);
}

function routeJson(ns: Netns, table: number, route: Route): JsonObject {
  if (route.type === 'unmodelled') return route.fields;
  const { type, dst, tos, protocol, scope, metric, mtu, kept = {} } = route;
  const { nhid, metrics: [others] = [], ...rest } = kept as JsonObject & { metrics?: JsonObject[] };
  const nexthops = route.type === 'unicast' ? route.nexthops : undefined;
  const single = nexthops?.length === 1 ? nexthops[0] : undefined;
  return {
    type: type === 'unicast' ? undefined : type,
    dst: formatDestination(dst),
    nhid,
    tos: tos === 0 ? undefined : formatTos(tos),
    ...(single === undefined ? {} : nexthopJson(single)),
    ...('dev' in route ? { dev: route.dev } : {}),
    table: table === RT_TABLE_MAIN ? undefined : formatTable(table),
    protocol: protocol === 'boot' ? undefined : protocol,
    scope: scope === RT_SCOPE_UNIVERSE ? undefined : formatScope(scope),
    prefsrc: 'prefsrc' in route && route.prefsrc !== undefined ? formatIpv4(route.prefsrc) : undefined,
    metric: metric === 0 ? undefined : metric,
    flags: routeFlags(route, ns),
    ...rest,
    metrics: mtu === undefined && others === undefined ? undefined : [{ mtu, ...others }],
    nexthops:
      nexthops === undefined || single !== undefined
        ? undefined
        : nexthops.map((nexthop) => ({
            ...nexthopJson(nexthop),
            weight: nexthop.weight,
            flags: routeNexthopFlags(nexthop, ns),
          })),
  };
}

function nexthopJson({ dev, via }: Nexthop): JsonObject {
  return { gateway: via === undefined ? undefined : formatIpv4(via), dev: dev === '' ? undefined : dev };
}

/** `ip -j rule`, as iproute2 6.1 prints it. Of a rule that is not modelled its words stand as the action. */
export function rulesJson(ns: Netns): string {
  return formatJson([...ns.ipv4.rules.map((rule) => ruleJson(rule, ns)), ...ns.ipv6.rules.map(({ fields }) => fields)]);
}

function ruleJson(rule: RoutingRule, ns: Netns): JsonObject {
  if (rule.fields !== undefined) return rule.fields;
  const { priority, invert, from, to, tos, fwmark, iif, oif, suppressPrefixLength } = rule;
  const hex = (value: number): string => `0x${value.toString(16)}`;
  return {
    priority,
    ...(invert ? { not: null } : {}),
    ...(from === undefined ? { src: 'all' } : prefixJson('src', 'srclen', from)),
    ...(to === undefined ? {} : prefixJson('dst', 'dstlen', to)),
    tos: tos === 0 ? undefined : formatTos(tos),
    fwmark: fwmark === undefined ? undefined : hex(fwmark.value),
    fwmask: fwmark === undefined || fwmark.mask === 0xffffffff ? undefined : hex(fwmark.mask),
    iif,
    ...(iif === undefined || ns.links.has(iif) ? {} : { iif_detached: null }),
    oif,
    ...(oif === undefined || ns.links.has(oif) ? {} : { oif_detached: null }),
    ...actionJson(rule.action),
    suppress_prefixlen: suppressPrefixLength,
    protocol: rule.protocol,
  };
}

function prefixJson(address: string, length: string, prefix: Ipv4Prefix): JsonObject {
  const whole = prefix.length === 32;
  return { [address]: formatIpv4(prefix.address), ...(whole ? {} : { [length]: prefix.length }) };
}

function actionJson(action: RoutingRule['action']): JsonObject {
  switch (action.action) {
    case 'lookup':
      return { table: formatTable(action.table) };
    case 'goto':
      return { goto: action.priority };
    case 'nop':
      return { nop: null };
    case 'unmodelled':
      return { action: action.text };
    default:
      return { action: action.action };
  }
}
