import type { AnswerRow, BranchRow, TranslationRow } from '../../output/index.js';
import { endOf, type Run, replyOf, runsOf } from '../../output/index.js';
import { ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, ICMP_REDIRECT } from '../../packet/index.js';
import type { Network } from '../../topology/index.js';
import type { Hop, Trace, TraceEvent } from '../../trace/index.js';
import { lookedAt } from './looked-at.js';

/** How a trace ended, in short. */
export function answerRow(trace: Trace): AnswerRow {
  const { forward, reply, code, errno, event: id } = trace.verdict;
  const paths = trace.legs.flatMap((leg) => leg.paths);
  const hop = paths.flatMap(({ hops }) => hops).find(({ events }) => events.some((event) => event.id === id));
  const event = hop?.events.find((each) => each.id === id);
  const forwards = trace.legs.filter(({ kind }) => kind === 'forward').flatMap((leg) => leg.paths);
  const icmp = errorOf(forwards.flatMap(({ hops }) => hops.flatMap(({ events }) => events)));
  const arrived = trace.verdict.exit === 0;
  return {
    outcome: forward,
    reply,
    code,
    errno,
    at: arrived || hop === undefined ? undefined : nameOf(hop),
    by: arrived || event === undefined ? undefined : causeOf(event),
    icmp,
    unknown: event === undefined ? undefined : unknownOf(event),
  };
}

/** The error that the sender is told: a redirect is none, and the packet goes on after it. */
function errorOf(events: readonly TraceEvent[]): string | undefined {
  const sent = events
    .filter((event) => event.k === 'icmp')
    .filter(({ leg, type }) => leg !== null && type !== ICMP_REDIRECT);
  // Nor does "fragmentation needed" end a connection: what is sent is made smaller.
  const ends = sent.find(({ type, code }) => type !== ICMP_DEST_UNREACH || code !== ICMP_FRAG_NEEDED);
  return (ends ?? sent[0])?.name;
}

function nameOf({ object, netns }: Hop): string {
  return object ?? netns;
}

function causeOf(event: TraceEvent): string | undefined {
  if (event.k !== 'drop') return undefined;
  if (event.rule !== null) return placeOf(event.rule);
  const { service } = event.values;
  return typeof service === 'string' ? `IPVS ${service}` : undefined;
}

function placeOf({ table, chain, n }: { readonly table: string; readonly chain: string; readonly n: number }): string {
  return n === 0 ? `${table} ${chain} policy` : `${table} ${chain} rule ${n}`;
}

function unknownOf(event: TraceEvent): string | undefined {
  if (event.k === 'unsupported') return event.what;
  if (event.k !== 'drop' || event.code !== 'UNSUPPORTED') return undefined;
  const { what } = event.values;
  return String(what ?? event.code);
}

/** Each way that chance may go. */
export function branchRows(trace: Trace, network: Network): readonly BranchRow[] {
  return runsOf(trace).map((run) => branchRow(run, network));
}

function branchRow(run: Run, network: Network): BranchRow {
  const [first] = run.sections;
  const { path } = endOf(run, first);
  const reply = replyOf(run);
  const delivered = path.hops.flatMap(({ events }) => events).find((event) => event.k === 'deliver');
  const back = reply?.path.hops ?? [];
  return {
    p: run.p,
    outcome: path.outcome,
    code: path.code,
    endpoint: path.endpoint,
    there: lookedAt(first.path.hops, network),
    back: lookedAt(back, network),
    translations: first.path.hops.flatMap(translations),
    seen: delivered?.k === 'deliver' ? delivered.remote : undefined,
    replyPath: [...new Set(back.map(nameOf))],
  };
}

/** The changes of addresses in one hop, each with the hook whose rules were looked at last. */
function translations({ netns, events }: Hop): TranslationRow[] {
  const rows: TranslationRow[] = [];
  let hook: string | undefined;
  for (const event of events) {
    if (event.k === 'rule') hook = event.hook;
    if (event.k !== 'nat' && event.k !== 'ipvs') continue;
    const by = event.k === 'ipvs' ? `IPVS, ${event.because}` : event.rule === null ? '' : placeOf(event.rule);
    for (const manip of ['src', 'dst'] as const) {
      const change = changeOf(event, manip);
      if (change !== undefined) rows.push({ netns, hook, manip, ...change, by });
    }
  }
  return rows;
}

function changeOf(
  { diff }: TraceEvent,
  manip: 'src' | 'dst',
): { readonly from: string; readonly to: string } | undefined {
  const [address, port] = manip === 'src' ? ['src', 'sport'] : ['dst', 'dport'];
  const ends = [address, port].flatMap((field) => {
    const found = diff.find(
      (each) => each.op === 'set' && /^\/\d+\//.test(each.path) && each.path.endsWith(`/${field}`),
    );
    return found?.op === 'set' ? [found] : [];
  });
  // Of a frame that goes on at once the MAC addresses change too, which are called src and dst as well.
  if (!ends.some(({ path }) => path.endsWith('port')) && !ends.some(({ from }) => isAddress(from))) return undefined;
  return { from: ends.map(({ from }) => String(from)).join(':'), to: ends.map(({ to }) => String(to)).join(':') };
}

function isAddress(value: unknown): boolean {
  return typeof value === 'string' && !value.includes(':');
}
