import { contains, formatPrefix, type Ipv4Prefix, prefixOf } from '../../address/index.js';
import type { Explanation, RibRoute } from '../../bgp/index.js';
import type { BgpCandidateRow, BgpExplanation, BgpLostRow, BgpOriginRow } from '../../output/index.js';
import { comparedBy } from './compared.js';
import { lostOnTheWay, withheldFrom } from './lost.js';
import { type BgpTarget, netOf, samePrefix } from './rib.js';
import { type BgpView, fibRow, ownersOf, routeRows, speakerOf } from './rows.js';

/**
 * Why a speaker sends packets to a prefix where it sends them: the paths that it knows and the rule that chose, the way
 * that the announcement came, who did not announce it, and what the forwarding table has. Of an address the longest
 * match is explained. Where the speaker knows nothing (or only a route of the kernel's, such as the default route), who
 * has the prefix elsewhere and where its announcement gets lost.
 */
export function explainBgp(
  view: BgpView,
  speaker: string,
  target: BgpTarget & { readonly asked: string },
): BgpExplanation {
  const running = view.running(speaker);
  const rib = running ? view.rib(speaker) : [];
  const net = netOf(rib, target);
  const explained = net === undefined || !running ? undefined : view.explain(speaker, net);
  const known = explained !== undefined && explained.candidates.length > 0;
  const origins = originsOf(view, target, net);
  const sought = soughtElsewhere(rib, net, known, origins);
  const { fib } = explained ?? {};
  return {
    show: 'explain',
    now: view.now,
    speaker,
    running,
    asked: target.asked,
    net: known && net !== undefined ? formatPrefix(net) : undefined,
    candidates: explained === undefined ? [] : candidateRows(view, speaker, explained),
    way: (explained?.way ?? []).map(({ speaker: name, session }) => ({ speaker: name, session })),
    withheld: explained === undefined || !known ? [] : withheldFrom(explained),
    fib: fib === undefined || 'missing' in fib ? undefined : fibRow(fib),
    missing: fib !== undefined && 'missing' in fib ? fib.missing : undefined,
    origins: origins.map(({ row }) => row),
    lost: sought === undefined ? [] : lostRows(view, speaker, sought),
  };
}

function candidateRows(view: BgpView, name: string, { candidates }: Explanation): readonly BgpCandidateRow[] {
  const row = routeRows(view, name);
  const owners = ownersOf(view);
  const { sessions } = speakerOf(view, name);
  const best = candidates[0]?.route;
  const neighborOf = ({ protocol }: RibRoute): string | undefined => {
    const session = sessions.find((each) => each.name === protocol);
    return session === undefined ? undefined : owners.get(session.neighbor);
  };
  return candidates.map(({ route, lostBy }) => ({
    route: row(route),
    neighbor: route.source === 'bgp' ? neighborOf(route) : undefined,
    lostBy,
    compared:
      lostBy === undefined || best === undefined
        ? undefined
        : comparedBy(lostBy, { view, speaker: name, row }, best, route),
  }));
}

/** A prefix that some speaker has of its own. */
interface Origin {
  readonly net: Ipv4Prefix;
  readonly row: BgpOriginRow;
}

/** Who has the prefix of its own; of an address, who has one that it is in and that is no shorter than the match. */
function originsOf(view: BgpView, target: BgpTarget, net: Ipv4Prefix | undefined): readonly Origin[] {
  const asked = (each: Ipv4Prefix): boolean =>
    'prefix' in target
      ? samePrefix(each, target.prefix)
      : contains(each, target.address) && each.length >= (net?.length ?? 0);
  return view.config.speakers.flatMap(({ name, interfaces, routes }) => [
    ...interfaces
      .map(({ address, prefixLength }) => prefixOf(address, prefixLength))
      .filter(asked)
      .map((each) => originOf(name, each, 'device', 'direct1')),
    ...routes
      .filter((route) => asked(route.net))
      .map((route) => originOf(name, route.net, route.source, route.protocol)),
  ]);
}

function originOf(speaker: string, net: Ipv4Prefix, source: BgpOriginRow['source'], protocol: string): Origin {
  return { net, row: { speaker, source, protocol, net: formatPrefix(net) } };
}

/**
 * What should have been announced here: what was asked for where the speaker has no path; where it has one to a shorter
 * prefix, the block that the address is in. A pod's own address stays within its block, so it counts only where the
 * kernel's route is all that there is.
 */
function soughtElsewhere(
  rib: readonly RibRoute[],
  net: Ipv4Prefix | undefined,
  known: boolean,
  origins: readonly Origin[],
): Ipv4Prefix | undefined {
  const shortest = [...origins].sort((a, b) => a.net.length - b.net.length);
  if (!known || net === undefined) return shortest[0]?.net ?? net;
  const longer = shortest.filter((origin) => origin.net.length > net.length);
  const announced = longer.find(({ row }) => row.source !== 'kernel');
  const best = rib.find((route) => route.best && samePrefix(route.net, net));
  return announced?.net ?? (best?.source === 'kernel' ? longer[0]?.net : undefined);
}

function lostRows(view: BgpView, speaker: string, net: Ipv4Prefix): readonly BgpLostRow[] {
  return view.running(speaker) ? lostOnTheWay(view, speaker, net) : [];
}
