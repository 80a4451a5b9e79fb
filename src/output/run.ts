import type { Leg, Path, Trace, TraceEvent } from '../trace/index.js';

/** A leg with the one path of it that belongs to a run. */
export interface Section {
  readonly leg: Leg;
  readonly path: Path;
}

/** One run of the conversation: one answer to every question of chance, with all packets that belong to it. */
export interface Run {
  readonly index: number;
  readonly p: number | null;
  /** In the order in which the packets began; the first is the one that was asked for. */
  readonly sections: readonly [Section, ...Section[]];
}

/** Where something stands in a run: section, hop, event. */
export interface Position {
  readonly section: number;
  readonly hop: number;
  readonly event: number;
}

/** The beginning of a run. */
export const START: Position = { section: 0, hop: 0, event: 0 };

/** The runs of a trace. The first leg is shared, with a path for each; ids of the others carry the run's number. */
export function runsOf(trace: Trace): readonly Run[] {
  const [first, ...rest] = trace.legs;
  if (first === undefined) return [];
  const byPrefix = new Map<string, Section[]>();
  for (const leg of rest) {
    const [path] = leg.paths;
    if (path === undefined) continue;
    const prefix = /^(b\d+\.)?/.exec(leg.id)?.[0] ?? '';
    byPrefix.set(prefix, [...(byPrefix.get(prefix) ?? []), { leg, path }]);
  }
  return first.paths.map((path, index) => {
    const others = byPrefix.get(index === 0 ? '' : `b${index}.`) ?? [];
    return { index, p: path.p, sections: [{ leg: first, path }, ...others] };
  });
}

/** Where the event of that id stands; undefined when it is not part of the run. */
export function find(run: Run, id: string): Position | undefined {
  for (const [section, { path }] of run.sections.entries())
    for (const [hop, { events }] of path.hops.entries()) {
      const event = events.findIndex((each) => each.id === id);
      if (event >= 0) return { section, hop, event };
    }
  return undefined;
}

/** The event at a position; undefined when nothing is there. */
export function eventAt(run: Run, at: Position): TraceEvent | undefined {
  return run.sections[at.section]?.path.hops[at.hop]?.events[at.event];
}

/** The runs that part from `run`, by the event where they do. */
export function forksOf(run: Run, runs: readonly Run[]): ReadonlyMap<string, readonly Run[]> {
  const own = run.sections[0].path.id;
  const forks = new Map<string, Run[]>();
  for (const other of runs) {
    const { forkOf } = other.sections[0].path;
    if (forkOf?.path === own) forks.set(forkOf.event, [...(forks.get(forkOf.event) ?? []), other]);
  }
  return forks;
}

/** The runs that go on from a position of `run`: itself, and those that part from it later, or from them. */
export function runsFrom(run: Run, at: Position, runs: readonly Run[]): readonly Run[] {
  const later = [...forksOf(run, runs)].flatMap(([event, others]) => {
    const fork = find(run, event);
    return fork !== undefined && isAfter(fork, at) ? others : [];
  });
  return [run, ...later.flatMap((other) => runsFrom(other, START, runs))];
}

function isAfter(a: Position, b: Position): boolean {
  return (a.section - b.section || a.hop - b.hop || a.event - b.event) > 0;
}

/** Where a packet ended: through the programs that relay it, and of a flooded one the copy that arrived. */
export function endOf(run: Run, section: Section): Section {
  const { path } = section;
  const following = run.sections.filter(({ leg }) => leg.of === path.id);
  if (path.outcome === 'relayed') {
    const next = following.find(({ leg }) => leg.kind === 'proxied');
    return next === undefined ? section : endOf(run, next);
  }
  if (path.outcome === 'delivered') return section;
  for (const copy of following)
    if (copy.leg.kind === 'copy') {
      const end = endOf(run, copy);
      if (end.path.outcome === 'delivered') return end;
    }
  return section;
}

/** The call that failed, so that the packet was never made; undefined for one that was. */
export function unsentBy({ path }: Section): Extract<TraceEvent, { readonly k: 'errno' }> | undefined {
  if (path.hops.length !== 1) return undefined;
  const events = path.hops.flatMap((hop) => hop.events);
  return events.some(({ k }) => k === 'tx') ? undefined : events.find((event) => event.k === 'errno');
}

/** Where a run's destination is translated to first, from a position on: `10.244.2.2:8080`. */
export function translationFrom({ sections }: Run, at: Position): string | undefined {
  for (const [s, { path }] of sections.entries())
    for (const [h, { events }] of path.hops.entries())
      for (const [e, event] of events.entries()) {
        const here = { section: s, hop: h, event: e };
        if (isAfter(at, here) || !translates(event)) continue;
        const [address] = changed(event, 'dst');
        const [port] = changed(event, 'dport');
        if (address !== undefined) return port === undefined ? address : `${address}:${port}`;
      }
  return undefined;
}

/** A rule has changed the destination, or IPVS has. */
function translates(event: TraceEvent): boolean {
  if (event.k === 'ipvs') return event.way === 'in';
  return event.k === 'nat' && event.manip === 'dst' && event.rule !== null;
}

function changed({ diff }: TraceEvent, field: string): readonly string[] {
  return diff.flatMap((each) => (each.op === 'set' && each.path.endsWith(`/${field}`) ? [String(each.to)] : []));
}

/** The answer to a run's packet; undefined where there was none. */
export function replyOf(run: Run): Section | undefined {
  const passed = new Set<string>();
  const [first] = run.sections;
  for (let at: Section | undefined = first; at !== undefined && !passed.has(at.path.id); ) {
    const id: string = at.path.id;
    passed.add(id);
    at = run.sections.find(({ leg }) => leg.of === id && (leg.kind === 'proxied' || leg.kind === 'copy'));
  }
  passed.add(endOf(run, first).path.id);
  return run.sections.find(({ leg }) => leg.kind === 'reply' && leg.of !== null && passed.has(leg.of));
}
