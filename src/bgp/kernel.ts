import type { NextHop } from './config.js';
import { mergeable } from './decision.js';
import { runFilter } from './evaluate.js';
import { draftOf } from './path.js';
import { BgpReason } from './reason.js';
import type { FibRoute } from './rib.js';
import { netOf, type Route, type Speaker, type World } from './state.js';
import type { Change } from './table.js';

const KERNELS_OWN = new BgpReason('kernels-own');
const KERNEL_FILTER = new BgpReason('kernel-filter');

/** What the kernel channel makes of a route, or why it stays out. */
export function kernelRoute(world: World, speaker: Speaker, best: Route): FibRoute | BgpReason {
  const first = accepted(world, speaker, best);
  if (first instanceof BgpReason) return first;
  return {
    net: netOf(world, best.net),
    type: best.dest,
    nexthops:
      speaker.config.kernel.mergePaths && best.dest === 'unicast' ? merged(world, speaker, best) : best.nexthops,
    tunnel: first.tunnel,
    protocol: best.protocol.name,
    source: best.protocol.kind,
  };
}

/** krt_preexport(), bird sysdep/unix/krt.c, and the filter. */
function accepted(world: World, speaker: Speaker, route: Route): { readonly tunnel: string | undefined } | BgpReason {
  if (route.protocol.kind === 'kernel') return KERNELS_OWN;
  const draft = draftOf(route.path);
  const filtered = {
    net: netOf(world, route.net),
    source: route.protocol.kind,
    protocol: route.protocol.name,
    dev: route.nexthops[0]?.dev,
  };
  if (!runFilter(speaker.config.kernel.export, filtered, draft)) return KERNEL_FILTER;
  return { tunnel: draft.tunnel };
}

/** The next hops of all routes that are as good: rt_export_merged(), bird nest/rt-table.c. */
function merged(world: World, speaker: Speaker, best: Route): readonly NextHop[] {
  let all: NextHop[] | undefined;
  for (let route = best.next; route !== undefined; route = route.next) {
    if (!joins(world, speaker, best, route)) continue;
    all ??= [...best.nexthops];
    all.push(...route.nexthops);
  }
  if (all === undefined) return best.nexthops;
  const unique = new Map(all.map((hop) => [keyOf(hop), hop]));
  return [...unique.values()].toSorted(inOrder).slice(0, MERGE_LIMIT);
}

/** Whether the next hops of a route are added to those of the best one, which lead elsewhere. */
function joins(world: World, speaker: Speaker, best: Route, route: Route): boolean {
  if (route.dest !== 'unicast' || route.nexthops === best.nexthops || !mergeable(best, route)) return false;
  return !(accepted(world, speaker, route) instanceof BgpReason);
}

/** Whether the forwarding table has a next hop of a route that is not the best one, and which the best one has not. */
export function isMerged(world: World, speaker: Speaker, best: Route, route: Route): boolean {
  const installed = speaker.kernel.get(best.net);
  if (installed === undefined || !speaker.config.kernel.mergePaths || best.dest !== 'unicast') return false;
  const own = new Set(best.nexthops.map(keyOf));
  const used = new Set(installed.nexthops.map(keyOf).filter((key) => !own.has(key)));
  return route.nexthops.some((hop) => used.has(keyOf(hop))) && joins(world, speaker, best, route);
}

const keyOf = ({ via, dev, weight }: NextHop): string => `${via ?? ''} ${dev} ${weight}`;

/** `merge paths` without a limit of its own. */
const MERGE_LIMIT = 16;

/** nexthop_compare_node(), bird nest/rt-attr.c, which ends with the index of the interface. */
function inOrder(a: NextHop, b: NextHop): number {
  return b.weight - a.weight || (a.via ?? 0) - (b.via ?? 0) || (a.dev < b.dev ? -1 : 1);
}

/** Tells the forwarding table of a change: rt_notify_merged(), bird nest/rt-table.c. */
export function notifyKernel(world: World, speaker: Speaker, change: Change): void {
  const { best, oldBest, added, removed, net } = change;
  if (best === oldBest && !changes(best, added) && !changes(oldBest, removed)) return;
  const route = best === undefined ? undefined : kernelRoute(world, speaker, best);
  setKernelRoute(speaker, net, route instanceof BgpReason ? undefined : route);
}

/** Whether a route that is not the best one counts; one with the same next hops does not change what they are. */
function changes(best: Route | undefined, changed: Route | undefined): boolean {
  return (
    best !== undefined &&
    changed !== undefined &&
    (best === changed || (changed.nexthops !== best.nexthops && mergeable(best, changed)))
  );
}

/** Puts a route in, or takes it out: then what came when the table was full gets its place, the longest waiting first. */
function setKernelRoute(speaker: Speaker, net: number, route: FibRoute | undefined): void {
  const { kernel, waiting } = speaker;
  if (route === undefined) {
    waiting.delete(net);
    if (kernel.delete(net)) fillKernel(speaker);
  } else if (kernel.has(net) || (!waiting.has(net) && hasRoom(speaker))) {
    // Replacing needs no more room.
    kernel.set(net, route);
  } else {
    waiting.set(net, route);
  }
}

function hasRoom({ kernel, config }: Speaker): boolean {
  return config.kernel.limit === undefined || kernel.size < config.kernel.limit;
}

/** Installs what waits, as far as there is room. */
function fillKernel(speaker: Speaker): void {
  const { kernel, waiting } = speaker;
  for (const [net, route] of waiting) {
    if (!hasRoom(speaker)) return;
    waiting.delete(net);
    kernel.set(net, route);
  }
}

/** Takes out what the channel no longer wants and puts in the rest: a scan, krt_got_route() of bird sysdep/unix/krt.c. */
export function rescanKernel(world: World, speaker: Speaker): void {
  for (const net of [...speaker.kernel.keys(), ...speaker.waiting.keys()]) {
    if (!speaker.table.nets.has(net)) setKernelRoute(speaker, net, undefined);
  }
  for (const [net, best] of speaker.table.nets) {
    const route = kernelRoute(world, speaker, best);
    setKernelRoute(speaker, net, route instanceof BgpReason ? undefined : route);
  }
  fillKernel(speaker);
}
