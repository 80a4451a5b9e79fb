import type { Outcome, Trace, TracedRule, TraceEvent } from '../../trace/index.js';
import { fill } from '../reason/reason.js';
import { endOf, eventAt, find, type Run, replyOf, unsentBy } from '../run.js';
import { percent, place, routeText, ruleText } from './event-rows.js';
import type { Page, Tone } from './page.js';
import type { Phrases } from './phrases.js';

/** The verdict on one line, then what caused it, then what to do about it. */
export function verdictLines(trace: Trace, runs: readonly Run[], page: Page, p: Phrases): void {
  const { query, verdict } = trace;
  const notes = notesOf(trace, runs, p);
  const head = page.paint(toneOf(trace), `${SYMBOLS[verdict.exit]} ${headOf(trace, runs, p)}`);
  const tail = notes.length === 0 ? '' : `  ${page.paint('quiet', `(${notes.join(', ')})`)}`;
  page.line(`${head}  ${query.from} -> ${query.to} ${query.proto}${tail}`);
  if (verdict.exit === 0) {
    for (const [i, line] of takers(runs, p).entries()) page.paragraph(2, i === 0 ? p.label.why : '', line);
    warnings(trace, page, p);
    return;
  }
  const cause = causeOf(trace, runs);
  if (cause === undefined) return;
  const { event, run, replying } = cause;
  const at = find(run, event.id);
  const hop = at === undefined ? undefined : run.sections[at.section]?.path.hops[at.hop];
  const where = hop === undefined ? '' : `${hop.object ?? hop.netns}: `;
  if (event.k === 'drop') {
    const reason = p.reasons[event.code];
    const end = `${where}${fill(reason.why, event.values)}`;
    // What was missing, and where, before what became of the packet because of it.
    const [first, ...others] = [...verdict.hints.map(({ code, values }) => fill(p.hints[code].why, values)), end];
    page.paragraph(2, p.label.why, `${event.code}, ${replying ? p.answerAt : ''}${first}`);
    for (const line of others) page.paragraph(2, '', line);
    const evidence = evidenceOf(run, event, p);
    if (evidence !== undefined) page.paragraph(2, '', evidence, 'quiet');
    const hint = verdict.hints.at(-1);
    const fix = hint === undefined ? fill(reason.fix, event.values) : fill(p.hints[hint.code].fix, hint.values);
    page.paragraph(2, p.label.try, fix);
    otherCauses(runs, event, page, p);
  } else if (event.k === 'unsupported') {
    const why = fill(p.reasons.UNSUPPORTED.why, { what: event.what });
    page.paragraph(2, p.label.why, `UNSUPPORTED, ${replying ? p.answerAt : ''}${where}${why}`);
    if (event.rule !== null) page.paragraph(2, '', ruleEvidence(event.rule, p), 'quiet');
    page.paragraph(2, p.label.try, p.reasons.UNSUPPORTED.fix);
  }
}

/** What holds by luck. */
function warnings({ verdict }: Trace, page: Page, p: Phrases): void {
  for (const { code, values } of verdict.hints) {
    if (code !== 'ARP_ANSWERED_BY_SEVERAL') continue;
    page.paragraph(2, '', `${code}, ${fill(p.hints[code].why, values)}`);
    page.paragraph(2, p.label.try, fill(p.hints[code].fix, values));
  }
}

/** What went wrong on branches where it was something else: each once, with the chance of its branches. */
function otherCauses(runs: readonly Run[], told: DropEvent, page: Page, p: Phrases): void {
  if (runs.length < 2) return;
  const found = new Map<string, { chance: number | null; readonly event: DropEvent; readonly where: string }>();
  for (const run of runs) {
    const failure = failureOf(run);
    if (failure === undefined || (failure.event.code === told.code && failure.node === told.values['node'])) continue;
    const key = `${failure.event.code} ${failure.node}`;
    const before = found.get(key);
    const chance = before?.chance === null || run.p === null ? null : (before?.chance ?? 0) + run.p;
    found.set(key, { chance, event: failure.event, where: failure.where });
  }
  for (const { chance, event, where } of found.values()) {
    const reason = p.reasons[event.code];
    const why = `${event.code}, ${where}: ${fill(reason.why, event.values)}`;
    page.paragraph(2, p.label.why, `${percent(chance, p)}: ${why}`);
    page.paragraph(2, p.label.try, fill(reason.fix, event.values));
  }
}

type DropEvent = Extract<TraceEvent, { readonly k: 'drop' }>;

/** The drop that ended a run's packet, or its answer. */
function failureOf(run: Run): { readonly event: DropEvent; readonly node: string; readonly where: string } | undefined {
  const first = endOf(run, run.sections[0]);
  const reply = first.path.outcome === 'delivered' ? replyOf(run) : undefined;
  const { path } = reply === undefined ? first : endOf(run, reply);
  if (path.outcome === 'delivered') return undefined;
  for (const hop of path.hops.toReversed()) {
    const event = hop.events.findLast((each): each is DropEvent => each.k === 'drop');
    if (event !== undefined) return { event, node: hop.netns, where: hop.object ?? hop.netns };
  }
  return undefined;
}

const SYMBOLS = { 0: '✓', 1: '✗', 3: '?' } as const;

function toneOf({ verdict }: Trace): Tone {
  return verdict.exit === 0 ? 'good' : verdict.exit === 1 ? 'bad' : 'unsure';
}

/** What became of the packet; where that is well, what became of its answer. */
function headOf({ verdict }: Trace, runs: readonly Run[], p: Phrases): string {
  const { forward, reply } = verdict;
  if (failedCall(runs, verdict.errno) !== undefined) return p.notSent;
  return answerIsLost(forward, reply) ? p.answerLost(p.outcome[reply]) : p.outcome[forward];
}

/** The call that failed before a packet was made; undefined where one was sent. */
function failedCall(runs: readonly Run[], errno: string | null): string | undefined {
  for (const run of runs) {
    const unsent = unsentBy(run.sections[0]);
    if (unsent !== undefined && unsent.errno === errno) return unsent.call;
  }
  return undefined;
}

function answerIsLost(forward: Outcome, reply: Outcome | null): reply is Outcome {
  return forward === 'delivered' && reply !== null && reply !== 'delivered';
}

function notesOf({ verdict }: Trace, runs: readonly Run[], p: Phrases): readonly string[] {
  const { forward, reply, branches, pDelivered, notExplored, errno, exit } = verdict;
  const notes: string[] = [];
  const arrives = runs.every((run) => endOf(run, run.sections[0]).path.outcome === 'delivered');
  if (answerIsLost(forward, reply)) notes.push(...(arrives ? [p.arrived] : []));
  else if (reply === 'delivered') notes.push(p.answered);
  else if (reply !== null) notes.push(p.answerLost(p.outcome[reply]));
  else if (forward === 'delivered') notes.push(p.unanswered);
  const call = failedCall(runs, errno);
  if (errno !== null) notes.push(call === undefined ? p.callFails(errno) : p.callGives(call, errno));
  for (const { code, values } of verdict.hints)
    if (code === 'TAKEN_BY_ANOTHER') notes.unshift(fill(p.hints[code].why, values));
  if (branches > 1) notes.push(p.branches(branches));
  if (branches > 1 || (exit === 1 && pDelivered !== 0))
    notes.push(pDelivered === null ? p.unknownChance : p.arrive(percent(pDelivered, p)));
  if (notExplored !== 0) notes.push(p.notExplored(percent(notExplored, p)));
  return notes;
}

/** Who took the packet, with what chance where there are several. */
function takers(runs: readonly Run[], p: Phrases): readonly string[] {
  const found = new Map<string, number | null>();
  for (const run of runs) {
    const { path } = endOf(run, run.sections[0]);
    const deliver = path.hops.flatMap((hop) => hop.events).findLast((event) => event.k === 'deliver');
    const who = p.took(path.endpoint ?? '?', deliver?.k === 'deliver' ? deliver.to : '?');
    const before = found.get(who);
    found.set(who, before === null || run.p === null ? null : (before ?? 0) + run.p);
  }
  if (found.size === 1) return [...found.keys()];
  return [...found].map(([who, chance]) => `${percent(chance, p)}: ${who}`);
}

interface Cause {
  readonly event: TraceEvent;
  readonly run: Run;
  readonly replying: boolean;
}

/** The event that the verdict names; where it names none, the last one that says why. */
function causeOf({ verdict }: Trace, runs: readonly Run[]): Cause | undefined {
  for (const run of runs) {
    const reply = replyOf(run);
    const named = verdict.event === null ? undefined : find(run, verdict.event);
    const event = named === undefined ? undefined : eventAt(run, named);
    if (named !== undefined && event !== undefined)
      return { event, run, replying: run.sections[named.section] === reply };
  }
  for (const run of runs) {
    const events = run.sections.flatMap(({ path }) => path.hops.flatMap((hop) => hop.events));
    const event = events.findLast((each) => each.k === 'unsupported');
    if (event !== undefined) return { event, run, replying: false };
  }
  return undefined;
}

/** The rule that dropped it, or the route that it was to take. */
function evidenceOf(run: Run, event: Extract<TraceEvent, { readonly k: 'drop' }>, p: Phrases): string | undefined {
  if (event.rule !== null) return ruleEvidence(event.rule, p);
  const at = find(run, event.id);
  const events = at === undefined ? [] : (run.sections[at.section]?.path.hops[at.hop]?.events.slice(0, at.event) ?? []);
  const route = events.findLast((each) => each.k === 'route');
  if (route?.k !== 'route' || route.got.route === null || route.got.type === 'local') return undefined;
  const origin = route.got.origin === null ? '' : `  [${route.got.origin}]`;
  return `${p.label.route} ${routeText(route.got, 1)}${origin}`;
}

function ruleEvidence(rule: TracedRule, p: Phrases): string {
  const origin = rule.origin === '' ? '' : `  [${rule.origin}]`;
  return `${place(rule, p)}: ${ruleText(rule, 0)}${origin}`;
}
