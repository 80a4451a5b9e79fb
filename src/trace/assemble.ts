import { ICMP_REDIRECT } from '../packet/index.js';
import type { Network, Unmodelled } from '../topology/index.js';
import { MAX_BRANCHES, type Run } from './explore.js';
import { hintsOf } from './hints.js';
import { ownersOf } from './owners.js';
import type { LegDraft } from './record.js';
import type { Hop, Leg, Outcome, Path, Query, Trace, TraceEvent } from './trace.js';
import { forkEvents } from './undecided.js';
import { judge } from './verdict.js';

/** Makes one trace of all runs: the first packet is one leg with a path for each run, every other leg stands alone. */
export function assemble(query: Query, runs: readonly Run[], network: Network): Trace {
  const legs: Leg[] = [];
  const roots: Path[] = [];
  for (const [index, run] of runs.entries()) {
    const names = new Names(index);
    const [root, ...others] = run.recorder.legs;
    if (root === undefined) continue;
    roots.push(pathOf(root, run, names, forkOf(runs, index)));
    if (index === 0) legs.push({ id: names.leg(root), kind: root.kind, of: null, packet: root.packet, paths: roots });
    for (const leg of others) {
      const of = leg.of === undefined ? null : names.path(leg.of);
      legs.push({ id: names.leg(leg), kind: leg.kind, of, packet: leg.packet, paths: [pathOf(leg, run, names, null)] });
    }
  }
  const verdict = judge(runs, legs);
  return {
    format: 'podpath-trace/1',
    query,
    verdict: { ...verdict, hints: hintsOf(network, query, verdict.event, legs) },
    legs,
    owners: ownersOf(network, legs),
    assumptions: [
      ...assumptionsOf(runs, legs),
      ...together([...network.unmodelled, ...runs.flatMap((r) => r.unmodelled)]).map((text) => `Not modelled: ${text}`),
      ...together(runs.flatMap((r) => r.assumed)),
    ],
    conntrack: runs.at(-1)?.connections ?? [],
  };
}

/** Names within the document: those of the first run are plain, others carry the run's number. */
class Names {
  readonly #run: number;

  constructor(run: number) {
    this.#run = run;
  }

  #prefix(name: string): string {
    return this.#run === 0 ? name : `b${this.#run}.${name}`;
  }

  leg(leg: LegDraft): string {
    return this.#prefix(leg.id);
  }

  /** The first leg is shared: its path of run n is `l1.pn`. */
  path(leg: LegDraft): string {
    return leg.id === 'l1' ? `l1.p${this.#run}` : `${this.leg(leg)}.p0`;
  }

  event(event: TraceEvent): TraceEvent {
    const id = this.#prefix(event.id);
    if (event.k === 'copy') return { ...event, id, leg: this.#prefix(event.leg) };
    return { ...event, id };
  }
}

function pathOf(leg: LegDraft, run: Run, names: Names, forkOf: Path['forkOf']): Path {
  const { outcome, code, endpoint } = endOf(leg, run.recorder.legs);
  const hops: Hop[] = leg.hops
    .filter((hop) => hop.events.length > 0)
    .map((hop) => ({ ...hop, events: hop.events.map((event) => names.event(event)) }));
  return {
    id: names.path(leg),
    p: run.probability ?? null,
    choices: run.recorder.choices,
    forkOf,
    outcome,
    code,
    endpoint,
    hops,
  };
}

/** The order in which several frames of one packet speak for it. */
const RANK: readonly Outcome[] = ['delivered', 'relayed', 'looped', 'unknown', 'dropped', 'left-scope', 'held'];

/** How a leg ended: by the frame that got furthest. What was dropped, and its sender heard of it, has been rejected. */
function endOf(leg: LegDraft, legs: readonly LegDraft[]): Pick<Path, 'outcome' | 'code' | 'endpoint'> {
  const ends = [...leg.ends.values()].sort((a, b) => RANK.indexOf(a.outcome) - RANK.indexOf(b.outcome));
  const [best] = ends;
  if (best === undefined) return { outcome: 'unknown', code: null, endpoint: null };
  const { outcome, code, endpoint } = best;
  if (outcome !== 'dropped') return { outcome, code, endpoint };
  const told = legs.some((other) => other.of === leg && isRefusal(other) && arrives(other, legs));
  return { outcome: told ? 'rejected' : 'dropped', code, endpoint };
}

function arrives(leg: LegDraft, legs: readonly LegDraft[]): boolean {
  const { outcome } = endOf(leg, legs);
  if (outcome !== 'relayed') return outcome === 'delivered';
  return legs.some((next) => next.of === leg && next.kind === 'proxied' && arrives(next, legs));
}

/** An ICMP error or RST; not a redirect, which is sent for packets that are forwarded all the same. */
function isRefusal({ kind, packet }: LegDraft): boolean {
  if (kind !== 'icmp-error') return kind === 'reply';
  return packet.find((header) => header.l === 'icmp')?.type !== ICMP_REDIRECT;
}

/** Where a run first answers otherwise than the earlier run that it shares most with. */
function forkOf(runs: readonly Run[], index: number): Path['forkOf'] {
  let best: { readonly run: number; readonly common: number } | undefined;
  const taken = takenBy(runs[index]);
  for (let i = 0; i < index; i++) {
    const other = takenBy(runs[i]);
    let common = 0;
    while (common < taken.length && taken[common] === other[common]) common++;
    if (best === undefined || common > best.common) best = { run: i, common };
  }
  if (best === undefined) return null;
  const event = forkEvents(runs[best.run])[best.common];
  if (event === undefined) return null;
  const id = best.run === 0 ? event.id : `b${best.run}.${event.id}`;
  return { path: `l1.p${best.run}`, event: id };
}

function takenBy(run: Run | undefined): readonly number[] {
  return run?.answered.map(({ taken }) => taken) ?? [];
}

function assumptionsOf(runs: readonly Run[], legs: readonly Leg[]): string[] {
  const list: string[] = [];
  if (legs.some((leg) => leg.kind === 'icmp-error'))
    list.push('ICMP rate limits are not applied, but for redirects: every other error that may be sent is.');
  if (runs.length === MAX_BRANCHES) list.push(`Only ${MAX_BRANCHES} branches were explored.`);
  return list;
}

/** Names told of each thing that is left out. */
const MOST_NAMES = 5;

/** What is left out, each thing once with those that have it. */
function together(all: readonly Unmodelled[]): string[] {
  const byWhat = new Map<string, Set<string>>();
  for (const { what, where } of all) byWhat.set(what, (byWhat.get(what) ?? new Set()).add(where));
  return [...byWhat].map(([what, where]) => {
    const names = [...where].slice(0, MOST_NAMES).join(', ');
    const more = where.size > MOST_NAMES ? ` and ${where.size - MOST_NAMES} more` : '';
    return `${what} (${names}${more}).`;
  });
}
