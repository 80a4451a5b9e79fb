import { contains, type Ipv4 } from '../address/index.js';
import { reachOf } from './matching.js';
import { linkTo } from './resolve.js';
import { type Dest, netOf, type Session, type Speaker, type World } from './state.js';

/** As glibc's strerror() has them, which bgp_last_errmsg() prints (bird proto/bgp/bgp.c). */
const STRERROR = {
  EACCES: 'Permission denied',
  ECONNREFUSED: 'Connection refused',
  ECONNRESET: 'Connection reset by peer',
  EHOSTUNREACH: 'No route to host',
  EINVAL: 'Invalid argument',
  ENETUNREACH: 'Network is unreachable',
} as const;
type Errno = keyof typeof STRERROR;

/** The last error of a session whose socket had one: class BE_SOCKET of bird proto/bgp/bgp.c. */
export function socketError(errno: Errno): string {
  return `Socket: ${STRERROR[errno]}`;
}

/** Three requests that nobody answers, ms: mcast_solicit and retrans_time_ms of arp_tbl, linux net/ipv4/arp.c. */
const ARP_GIVES_UP = 3000;

/**
 * What `connect()` to a neighbour ends with, and after how many ms, as far as the machine's own routes and ARP decide it;
 * undefined: packets leave, and are lost or answered elsewhere.
 */
export function connectError(
  world: World,
  session: Session,
): { readonly errno: Errno; readonly after: number } | undefined {
  const { config, speaker } = session;
  const { neighbor } = config;
  const isOwned = world.owners.has(neighbor);
  const reach = reachOf(world, session, 'outgoing');
  // A machine that is no speaker has nothing that listens.
  if (reach === true && world.reachable !== undefined && !isOwned) return { errno: 'ECONNREFUSED', after: 0 };
  if (reach === true && isOwned) return undefined;
  if (linkTo(speaker.config, neighbor) !== undefined) {
    const unanswered = !isOwned || (typeof reach === 'object' && reach.values['drop'] === 'NEIGH_FAILED');
    return unanswered ? { errno: 'EHOSTUNREACH', after: ARP_GIVES_UP } : undefined;
  }
  const errno = ROUTE_ERRORS[routeTo(world, speaker, neighbor)];
  return errno === undefined ? undefined : { errno, after: 0 };
}

/** fib_props, linux net/ipv4/fib_semantics.c; without a route it is fib_lookup()'s. */
const ROUTE_ERRORS: Readonly<Record<Dest | 'none', Errno | undefined>> = {
  none: 'ENETUNREACH',
  unicast: undefined,
  blackhole: 'EINVAL',
  unreachable: 'EHOSTUNREACH',
  prohibit: 'EACCES',
};

/** The type of the longest match in the machine's forwarding table: routes of its own, and those that the daemon has put there. */
function routeTo(world: World, { config, kernel }: Speaker, address: Ipv4): Dest | 'none' {
  let [longest, type]: [number, Dest | 'none'] = [-1, 'none'];
  const own = config.routes.filter(({ source }) => source === 'kernel');
  const installed = [...kernel].map(([net, route]) => ({ net: netOf(world, net), type: route.type }));
  for (const route of [...own, ...installed]) {
    if (route.net.length <= longest || !contains(route.net, address)) continue;
    [longest, type] = [route.net.length, route.type];
  }
  return type;
}
