import { formatPrefix, type Ipv4, type Ipv4Prefix } from '../../address/index.js';
import type { FibRoute, RibRoute } from '../../bgp/index.js';
import type { BgpFibDifference, BgpRib } from '../../output/index.js';
import { type BgpView, fibRow, longestMatch, routeRows } from './rows.js';

/** What is asked of a table: one prefix, or what an address is sent by. */
export type BgpTarget = { readonly prefix: Ipv4Prefix } | { readonly address: Ipv4 };

/** The table of a speaker, or the part of it that `target` asks for; `asked` is that as the user wrote it. */
export function describeBgpRib(
  view: BgpView,
  speaker: string,
  target?: BgpTarget & { readonly asked: string },
): BgpRib {
  const rib = view.running(speaker) ? view.rib(speaker) : [];
  const net = target === undefined ? undefined : (netOf(rib, target) ?? 'none');
  const routes = net === undefined ? rib : rib.filter((route) => net !== 'none' && samePrefix(route.net, net));
  return {
    show: 'rib',
    now: view.now,
    speaker,
    running: view.running(speaker),
    asked: target?.asked,
    routes: routes.map(routeRows(view, speaker)),
    differences: differences(view, speaker, routes),
  };
}

/** The prefix itself; of an address the longest that the table has a usable path to. */
export function netOf(rib: readonly RibRoute[], target: BgpTarget): Ipv4Prefix | undefined {
  return 'prefix' in target ? target.prefix : longestMatch(rib, target.address)?.net;
}

/** Whether two prefixes are one. */
export function samePrefix(a: Ipv4Prefix, b: Ipv4Prefix): boolean {
  return a.length === b.length && a.address === b.address;
}

/** Where the forwarding table is not what the best paths are; what the kernel has of its own stands there anyway. */
function differences(view: BgpView, speaker: string, routes: readonly RibRoute[]): readonly BgpFibDifference[] {
  const fib = new Map(view.fib(speaker).map((route) => [formatPrefix(route.net), route]));
  return routes
    .filter(({ best, source }) => best && !isKernelsOwn(source))
    .flatMap((route): BgpFibDifference[] => {
      const net = formatPrefix(route.net);
      const installed = fib.get(net);
      if (installed === undefined) {
        const told = view.explain(speaker, route.net).fib;
        const lacks = told !== undefined && 'missing' in told ? told : undefined;
        return [{ net, fib: undefined, why: lacks?.missing, reasons: lacks?.reasons ?? [] }];
      }
      return asBest(installed, route) ? [] : [{ net, fib: fibRow(installed), why: undefined, reasons: [] }];
    });
}

/**
 * Connected routes and those that the daemon has learned are there without it: krt_import_control(), BIRD 1.6
 * sysdep/unix/krt.c, adds neither unless `device routes` says so.
 */
export function isKernelsOwn(source: RibRoute['source']): boolean {
  return source === 'kernel' || source === 'device';
}

/** A filter may choose a device for a blackhole too: there is no next hop that would leave by it. */
function asBest({ tunnel, nexthops, type }: FibRoute, best: RibRoute): boolean {
  if (type !== best.type || nexthops.length !== best.nexthops.length) return false;
  return nexthops.every(
    ({ via, dev }, i) => via === best.nexthops[i]?.via && (tunnel ?? dev) === best.nexthops[i]?.dev,
  );
}
