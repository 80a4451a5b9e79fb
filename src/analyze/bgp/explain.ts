import { contains, formatPrefix, type Ipv4Prefix, prefixOf } from '../../address/index.js';
import { type Explanation, isOffered, type RibRoute, type SpeakerConfig } from '../../bgp/index.js';
import type {
  BgpCandidateRow,
  BgpContributorRow,
  BgpExplanation,
  BgpLostRow,
  BgpOriginRow,
} from '../../output/index.js';
import { comparedBy } from './compared.js';
import { lostOnTheWay, withheldFrom } from './lost.js';
import { type BgpTarget, isKernelsOwn, netOf, samePrefix } from './rib.js';
import { type BgpView, fibRow, ownersOf, routeRows, speakerOf } from './rows.js';

/**
 * Why a speaker sends packets to a prefix where it sends them: the paths that it knows and the rule that chose, the way
 * that the announcement came, who did not announce it, and what the forwarding table has. Of an address the longest
 * match is explained. Where the speaker knows nothing, or only a route of its own such as the default route to a prefix
 * that another speaker originates, who has that and where its announcement gets lost.
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
  const best = explained?.candidates.find(({ route }) => route.best)?.route;
  const sought = soughtElsewhere(net, best, origins);
  const fallsBack = known && sought !== undefined && best?.source !== 'bgp';
  const own = best !== undefined && isKernelsOwn(best.source);
  const told = originsTold(origins, speaker, net, fallsBack);
  return {
    show: 'explain',
    now: view.now,
    speaker,
    running,
    asked: target.asked,
    net: known && net !== undefined ? formatPrefix(net) : undefined,
    insteadOf: fallsBack ? formatPrefix(sought) : undefined,
    candidates: explained === undefined ? [] : candidateRows(view, speaker, explained),
    way: (explained?.way ?? []).map(({ speaker: name, session }) => ({ speaker: name, session })),
    withheld: explained === undefined || !known || own ? [] : withheldFrom(explained),
    contributors:
      explained?.contributors === undefined ? undefined : contributorRows(view, speaker, explained.contributors),
    suppressedBy: explained?.suppressedBy === undefined ? undefined : formatPrefix(explained.suppressedBy),
    ...(own ? { fib: fibRow({ ...best, tunnel: undefined }), missing: undefined } : fibOf(explained)),
    origins: told.map(({ row }) => row),
    lost: sought === undefined ? [] : lostRows(view, speaker, sought, told),
    sessionless: sought === undefined || !running ? [] : sessionless(view, speaker, told),
  };
}

function fibOf(explained: Explanation | undefined): Pick<BgpExplanation, 'fib' | 'missing'> {
  const fib = explained?.fib;
  if (fib === undefined) return { fib: undefined, missing: undefined };
  return 'missing' in fib ? { fib: undefined, missing: fib.missing } : { fib: fibRow(fib), missing: undefined };
}

function candidateRows(view: BgpView, name: string, { candidates }: Explanation): readonly BgpCandidateRow[] {
  const row = routeRows(view, name);
  const neighborOf = neighbors(view, name);
  const best = candidates[0]?.route;
  return candidates.map(({ route, lostBy, merged }) => ({
    route: row(route),
    neighbor: neighborOf(route),
    lostBy,
    compared:
      lostBy === undefined || best === undefined
        ? undefined
        : comparedBy(lostBy, { view, speaker: name, row }, best, route),
    merged,
  }));
}

function contributorRows(view: BgpView, name: string, routes: readonly RibRoute[]): readonly BgpContributorRow[] {
  const neighborOf = neighbors(view, name);
  return routes.map((route) => ({
    net: formatPrefix(route.net),
    neighbor: neighborOf(route),
    protocol: route.protocol,
  }));
}

/** Which speaker has announced a route to this one. */
function neighbors(view: BgpView, name: string): (route: RibRoute) => string | undefined {
  const owners = ownersOf(view);
  const { sessions } = speakerOf(view, name);
  return ({ source, protocol }) => {
    const session = source === 'bgp' ? sessions.find((each) => each.name === protocol) : undefined;
    return session === undefined ? undefined : owners.get(session.neighbor);
  };
}

/** A prefix that some speaker has of its own. */
interface Origin {
  readonly net: Ipv4Prefix;
  readonly row: BgpOriginRow;
  /** It is meant for others: a static route, or what an export filter lets through. */
  readonly announced: boolean;
  /** The address of a pod on this machine: on-link, and alone. */
  readonly pod: boolean;
}

/** Who has the prefix of its own; of an address, who has one that it is in and that is no shorter than the match. */
function originsOf(view: BgpView, target: BgpTarget, net: Ipv4Prefix | undefined): readonly Origin[] {
  const asked = (each: Ipv4Prefix): boolean =>
    'prefix' in target
      ? samePrefix(each, target.prefix)
      : contains(each, target.address) && each.length >= (net?.length ?? 0);
  return view.config.speakers.flatMap((speaker) => [
    ...speaker.interfaces
      .map(({ name, address, prefixLength }) => ({ dev: name, net: prefixOf(address, prefixLength) }))
      .filter((each) => asked(each.net))
      .map((each) => originOf(speaker, { ...each, source: 'device', protocol: 'direct1' })),
    ...speaker.routes
      .filter((route) => asked(route.net))
      .map((route) => {
        const [{ dev, via } = { dev: undefined, via: undefined }] = route.nexthops;
        const pod = route.source === 'kernel' && route.net.length === 32 && dev !== undefined && via === undefined;
        return { ...originOf(speaker, { ...route, dev }), pod };
      }),
    ...(speaker.aggregates ?? [])
      .filter(({ net: each }) => asked(each) && isThere(view, speaker.name, each))
      .map((each) =>
        originOf(speaker, { net: each.net, source: 'aggregate', protocol: 'aggregator1', dev: undefined }),
      ),
  ]);
}

/** An aggregate is, while something is more specific. */
function isThere(view: BgpView, speaker: string, net: Ipv4Prefix): boolean {
  return (
    view.running(speaker) && view.explain(speaker, net).candidates.some(({ route }) => route.source === 'aggregate')
  );
}

function originOf(
  speaker: SpeakerConfig,
  route: Parameters<typeof isOffered>[1] & Pick<BgpOriginRow, 'source'>,
): Origin {
  const { net, source, protocol } = route;
  return {
    net,
    row: { speaker: speaker.name, source, protocol, net: formatPrefix(net) },
    announced: source === 'static' || isOffered(speaker, { net, source, protocol, dev: route.dev }),
    pod: false,
  };
}

/**
 * What should have been announced here: what was asked for where the speaker has no path; where it has one to a shorter
 * prefix, the block that the address is in. A pod's own address stays within its block, so it counts only where the
 * kernel's route is all that there is.
 */
function soughtElsewhere(
  net: Ipv4Prefix | undefined,
  best: RibRoute | undefined,
  origins: readonly Origin[],
): Ipv4Prefix | undefined {
  const shortest = [...origins].sort((a, b) => a.net.length - b.net.length);
  const announced = shortest.filter((origin) => origin.announced);
  if (best === undefined || net === undefined) return (announced[0] ?? shortest[0])?.net ?? net;
  const longer = (origin: Origin): boolean => origin.net.length > net.length;
  const pod = best.source === 'kernel' ? shortest.find((origin) => origin.pod && longer(origin)) : undefined;
  return (announced.find(longer) ?? pod)?.net;
}

/** Everybody's default route is of no use to others: of the prefix itself, what is here and what is announced. */
function originsTold(
  origins: readonly Origin[],
  speaker: string,
  net: Ipv4Prefix | undefined,
  fallsBack: boolean,
): readonly Origin[] {
  return origins.filter((origin) => {
    if (net === undefined || origin.net.length > net.length) return true;
    return !fallsBack && (origin.row.speaker === speaker || origin.announced);
  });
}

const namesOf = (origins: readonly Origin[]): ReadonlySet<string> => new Set(origins.map(({ row }) => row.speaker));

function lostRows(view: BgpView, speaker: string, net: Ipv4Prefix, origins: readonly Origin[]): readonly BgpLostRow[] {
  return view.running(speaker) ? lostOnTheWay(view, speaker, net, namesOf(origins)) : [];
}

function sessionless(view: BgpView, speaker: string, origins: readonly Origin[]): readonly string[] {
  if (origins.length === 0) return [];
  return [...new Set([speaker, ...namesOf(origins)])].filter((name) => speakerOf(view, name).sessions.length === 0);
}
