import { formatIpv4, formatPrefix, type Ipv4 } from '../address/index.js';
import { type LostRoute, type NamedObject, type Network, objectName } from '../topology/index.js';
import type { HintCode } from './hint-code.js';
import type { End } from './hint-end.js';
import type { Hint, Hop, TraceEvent } from './trace.js';

type RouteEvent = Extract<TraceEvent, { readonly k: 'route' }>;

const CODES: Readonly<Record<LostRoute['cause'], HintCode>> = {
  'daemon-down': 'BGP_DAEMON_DOWN',
  'no-session': 'BGP_NO_SESSION',
  disabled: 'BGP_SESSION_DISABLED',
  'session-down': 'BGP_SESSION_DOWN',
  'export-filter': 'BGP_FILTERED',
  'not-reflected': 'BGP_NOT_REFLECTED',
  withheld: 'BGP_WITHHELD',
  'fib-full': 'BGP_FIB_FULL',
  'not-installed': 'BGP_NOT_INSTALLED',
  removed: 'BGP_ROUTE_REMOVED',
};

/** More places than these tell nobody more. */
const MOST_PLACES = 3;

/** Where the route got lost that BGP should have brought to a machine; `explained`: something else took it away. */
export function lostByBgp(network: Network, node: string, address: Ipv4, explained: boolean): readonly Hint[] {
  const { net, lost } = network.unlearned(node, address) ?? {};
  if (net === undefined || lost === undefined) return [];
  const prefix = formatPrefix(net);
  return lost
    .filter(({ cause }) => cause !== 'removed' || !explained)
    .slice(0, MOST_PLACES)
    .map(({ cause, at, from, to, session, because }) => ({
      code: CODES[cause],
      values: {
        node,
        prefix,
        at,
        from,
        to: few(to),
        session,
        because,
        birdc: birdcOn(network, at),
        birdcFrom: birdcOn(network, from),
      },
    }));
}

/**
 * How one asks the BIRD of a machine: in a container of calico-node its socket is not where birdc looks (calico/node 3.21,
 * filesystem/etc/service/available/bird/run), and there is only birdcl.
 */
function birdcOn(network: Network, machine: string): string {
  const onNode = network.netns(machine)?.role === 'node';
  return onNode ? `kubectl exec POD -c calico-node -- birdcl -s /var/run/calico/bird.ctl` : 'birdc';
}

function few(names: readonly string[]): string {
  return names.length <= MOST_PLACES ? names.join(', ') : `${names.slice(0, MOST_PLACES).join(', ')} …`;
}

/** What a machine found when it looked up a route to an address; undefined where it did not. */
export function routeFound({ events }: Hop, address: Ipv4): RouteEvent | undefined {
  const dst = formatIpv4(address);
  return events.find((event): event is RouteEvent => event.k === 'route' && event.want.dst === dst);
}

/** BIRD resolves a next hop behind a router through that router (bird nest/rt-table.c rta_apply_hostentry()). */
export function routerWithoutBgp(
  network: Network,
  { path, hop }: End,
  address: Ipv4,
  owner: NamedObject,
): readonly Hint[] {
  const role = network.netns(hop.netns)?.role;
  if (role === 'node' || role === 'pod' || network.unlearned(hop.netns, address) !== undefined) return [];
  for (const each of path.hops) {
    const { got } = routeFound(each, address) ?? {};
    if (got?.type !== 'unicast' || got.via === null || got.origin?.startsWith('bird: ') !== true) continue;
    const [prefix = ''] = got.route?.split(' ') ?? [];
    const values = { node: each.netns, prefix, via: got.via, router: hop.netns, owner: objectName(owner) };
    return [{ code: 'ROUTER_WITHOUT_BGP', values }];
  }
  return [];
}

/** The blackhole that keeps a block's addresses without a pod from leaving the node again. */
export function takenByBlock(
  network: Network,
  { hop }: End,
  address: Ipv4,
  owner: NamedObject | undefined,
): readonly Hint[] {
  const { got } = routeFound(hop, address) ?? {};
  const [, prefix = ''] = /^blackhole (\S+)/.exec(got?.route ?? '') ?? [];
  if (prefix === '') return [];
  const values = { node: hop.netns, dst: formatIpv4(address), prefix, by: got?.origin ?? '' };
  const host = owner?.netns === undefined ? undefined : network.netns(owner.netns)?.host;
  if (owner?.kind === 'pod' && host === hop.host)
    return [{ code: 'BLOCK_POD_ROUTE_MISSING', values: { ...values, owner: objectName(owner) } }];
  return [{ code: 'BLOCK_WITHOUT_POD', values: { ...values, owner: owner === undefined ? '' : objectName(owner) } }];
}
