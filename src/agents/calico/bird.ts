import { formatPrefix, type Ipv4 } from '../../address/index.js';
import type { BgpSimulation, FibRoute, RibRoute } from '../../bgp/index.js';
import { type NewRoute, type Nexthop, newRoute, RT_TABLE_MAIN } from '../../linux/index.js';
import { type Agent, callsOn, ownNetns, type Steps } from '../agent.js';

/** BIRD's kernel protocol: the routes of its table, as it writes them into the node's. Calico's fork is of BIRD 1.6. */
export const bird: Agent = {
  name: 'bird',
  *install(context) {
    const simulation = context.bgp?.();
    const { links } = ownNetns(context);
    if (simulation !== undefined) yield* birdRoutes(simulation, context.self.name, { metric: CALICO_METRIC, links });
  },
};

/** BIRD 1.6 gives its routes no metric, and so does Calico's fork. */
const CALICO_METRIC = 0;

/** `metric` of BIRD 2's kernel protocol (krt_sys_init_config(), bird 2.0.12 sysdep/linux/netlink.c). */
export const BIRD2_METRIC = 32;

/** What of a machine BIRD's kernel protocol depends on besides its routes. */
export interface KernelProtocol {
  readonly metric: number;
  /** The machine's devices. */
  readonly links: { has(dev: string): boolean };
}

/**
 * The forwarding table of a speaker as calls on its machine, in the order of the prefixes. They are additions: BIRD
 * takes its own route away before it writes another one, and one that somebody else has written it does not touch
 * (krt_replace_rte() and NL_OP_ADD with NLM_F_EXCL, bird sysdep/linux/netlink.c), so that the kernel says EEXIST.
 */
export function* birdRoutes(simulation: BgpSimulation, speaker: string, kernel: KernelProtocol): Steps {
  const { names, byAddress } = speakersOf(simulation);
  if (!names.has(speaker)) return;
  const sessions = new Map(simulation.sessions(speaker).map(({ name, neighbor }) => [name, neighbor]));
  const fib = simulation.fib(speaker);
  const ends = fib.some(({ tunnel }) => tunnel !== undefined) ? tunnelEnds(simulation.rib(speaker)) : NO_TUNNELS;
  for (const route of fib) {
    // Without `device routes` BIRD 1.6 leaves these to the kernel (krt_import_control(), sysdep/unix/krt.c).
    if (route.source === 'device') continue;
    const call = callsOn(speaker, { by: 'bird', object: nameOf(route, sessions, byAddress) });
    yield call({
      call: 'route add',
      table: RT_TABLE_MAIN,
      route: kernelRoute(route, ends.get(formatPrefix(route.net)), kernel),
    });
  }
}

const NO_TUNNELS: ReadonlyMap<string, Ipv4> = new Map();

/** Who speaks, and by which addresses. */
interface Known {
  readonly names: ReadonlySet<string>;
  readonly byAddress: ReadonlyMap<Ipv4, string>;
}

/** All nodes of a lab ask the same. */
const known = new WeakMap<BgpSimulation, Known>();

function speakersOf(simulation: BgpSimulation): Known {
  const before = known.get(simulation);
  if (before !== undefined) return before;
  const { speakers } = simulation.config;
  const made = {
    names: new Set(speakers.map(({ name }) => name)),
    byAddress: new Map(
      speakers.flatMap(({ name, interfaces }) => interfaces.map(({ address }) => [address, name] as const)),
    ),
  };
  known.set(simulation, made);
  return made;
}

/** `10.244.2.0/26 from node-2 (Mesh_192_168_56_12)`, or `static route 10.244.1.0/26`. */
function nameOf(
  { net, protocol, source }: FibRoute,
  sessions: ReadonlyMap<string, Ipv4>,
  speakers: ReadonlyMap<Ipv4, string>,
): string {
  if (source !== 'bgp') return `${source} route ${formatPrefix(net)}`;
  const neighbor = sessions.get(protocol);
  const from = neighbor === undefined ? undefined : speakers.get(neighbor);
  return from === undefined ? `${formatPrefix(net)} (${protocol})` : `${formatPrefix(net)} from ${from} (${protocol})`;
}

/**
 * NEXT_HOP of what is best, by prefix. Through a tunnel that is the far end, whatever router leads there: in real tables
 * nodes of other subnets stand behind `via … dev tunl0 … onlink`, where a route without a tunnel has the gateway.
 */
function tunnelEnds(rib: readonly RibRoute[]): ReadonlyMap<string, Ipv4> {
  return new Map(
    rib.flatMap(({ net, best, attributes }) =>
      best && attributes !== undefined ? [[formatPrefix(net), attributes.nextHop] as const] : [],
    ),
  );
}

/**
 * As nl_send_route() has it. Calico's fork (projectcalico/bird, sysdep/linux/netlink.c) puts the device of `krt_tunnel` in
 * and the flag onlink, where there is one next hop (RTD_ROUTER) and the device is there: routes over several next hops,
 * and those of a node without the device, lead through no tunnel.
 */
function kernelRoute(
  { net, type, nexthops, tunnel }: FibRoute,
  end: Ipv4 | undefined,
  { metric, links }: KernelProtocol,
): NewRoute {
  const base = { ...newRoute(net, {}), protocol: 'bird', metric };
  if (type !== 'unicast') {
    const { dst, tos, protocol, scope, mtu, mtuLock } = base;
    return { type, dst, tos, metric, protocol, scope, mtu, mtuLock };
  }
  const [first, ...others] = nexthops.map(({ via, dev, weight }): Nexthop => ({ dev, via, onlink: false, weight }));
  if (first === undefined) throw new Error(`BIRD's route to ${formatPrefix(net)} has no next hop`);
  if (others.length === 0 && tunnel !== undefined && end !== undefined && links.has(tunnel))
    return { ...newRoute(net, { dev: tunnel, via: end, onlink: true }), protocol: 'bird', metric };
  return { ...base, type: 'unicast', nexthops: [first, ...others], prefsrc: undefined };
}
