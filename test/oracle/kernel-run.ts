import type { Counters } from '../replay/counter-names.js';
import type { Frame } from '../replay/frame.js';
import type { RuleHit } from '../replay/rules.js';
import { decodeFrame } from './decode.js';
import type { Plan } from './plan.js';
import { type Reasons, readCounters, readHit } from './reasons.js';

/** What a kernel did in a case. */
export interface KernelCase {
  /** ms since the first began. */
  readonly at: number;
  /** In the order of time stamps within each namespace. */
  readonly frames: readonly Frame[];
  /** `NETNS udp|tcp LOCAL < REMOTE`. */
  readonly deliveries: readonly string[];
  /** errno numbers that the sender was told. */
  readonly errors: readonly number[];
  /** Why it did so; undefined of a plan that is not traced. */
  readonly reasons?: Reasons;
  /** Why it can't be judged; undefined when it can. */
  readonly spoilt?: string;
}

/** What a kernel made of a plan. */
export interface KernelRun {
  /** The commands of `fixed` and `random`, by index, that it refused. */
  readonly refused: readonly number[];
  readonly cases: readonly KernelCase[];
  /** By namespace: what `conntrack -L` printed at the end. */
  readonly conntrack: Readonly<Record<string, readonly string[]>>;
  /** By namespace: what `iptables-save -c` printed at the end. */
  readonly rules: Readonly<Record<string, readonly string[]>>;
  /** By namespace: what `ipvsadm -Ln` and then `ipvsadm -Lnc` printed at the end, where the plan runs it. */
  readonly ipvs?: Readonly<Record<string, readonly string[]>>;
  /** When the last of these were printed, ms on the clock of {@link KernelCase.at}; old recordings have none. */
  readonly ipvsAt?: number;
}

/** Reads what the script of a plan printed (see `script.ts`). */
export function readRun(plan: Plan, text: string): KernelRun {
  if (text.includes('\n@failed')) throw new Error(`the agent failed on ${plan.name}`);
  const [head = '', ...sections] = text.split(/^@(?=events|conntrack|rules|ipvs)/m);
  const refused = readRefused(head);
  const of = (kind: string): Record<string, string[]> =>
    Object.fromEntries(
      sections.flatMap((section) => {
        const [title = '', ...lines] = section.trimEnd().split('\n');
        const [what, ns = ''] = title.split(' ');
        return what === kind ? [[ns, lines]] : [];
      }),
    );
  const ipvs = of('ipvs');
  return {
    refused,
    cases: readCases(of('events')[''] ?? [], plan),
    conntrack: of('conntrack'),
    rules: of('rules'),
    ...(Object.keys(ipvs).length > 0 && { ipvs, ipvsAt: listedAt(text) }),
  };
}

/** The agent and /proc/uptime have the same clock: the monotonic one, which nothing suspends here. */
function listedAt(text: string): number {
  const [begun] = /^B \d+$/m.exec(text) ?? [];
  const [uptime] = [...text.matchAll(/^@ipvs \S+ ([\d.]+)$/gm)].map(([, up]) => Number(up)).slice(-1);
  if (begun === undefined || uptime === undefined) throw new Error('the agent or the guest told no time');
  return Math.round(uptime * 1000) - Number(begun.slice(2));
}

/** Commands of a shell are told by number; lines of a batch of ip(8) or bridge(8) by their place in the last batch. */
function readRefused(text: string): number[] {
  const refused = new Set<number>();
  let batch: readonly string[] = [];
  let ended = true;
  for (const line of text.split('\n')) {
    const [, kind, rest = ''] = /^(@refused|@batch|Command failed -:)\s?(.*)$/.exec(line) ?? [];
    if (kind === '@refused') refused.add(Number(rest));
    if (kind === '@batch') {
      if (!ended) break;
      batch = rest.split(' ');
      ended = false;
    }
    if (kind !== 'Command failed -:') continue;
    const failed = batch[Number(rest) - 1];
    if (failed === 'end') ended = true;
    else refused.add(Number(failed));
  }
  if (!ended) throw new Error(`a batch was left before its end, of the commands ${batch.join(' ')}: ${text}`);
  return [...refused];
}

interface Draft {
  readonly at: number;
  readonly frames: { readonly stamp: bigint; readonly frame: Frame }[];
  readonly deliveries: string[];
  readonly errors: number[];
  readonly hits: RuleHit[];
  counters: Counters;
  spoilt?: string;
}

function readCases(lines: readonly string[], { traced, unwatched }: Plan): KernelCase[] {
  const drafts: Draft[] = [];
  for (const line of lines) {
    const [kind, ...w] = line.split(' ');
    if (kind === 'P') drafts.push({ at: Number(w[1]), frames: [], deliveries: [], errors: [], hits: [], counters: {} });
    const draft = drafts.at(-1);
    if (draft === undefined) continue;
    if (kind === 'E') draft.errors.push(Number(w[0]));
    if (kind === 'T') draft.hits.push(...[readHit(w)].filter((hit) => hit !== undefined));
    if (kind === 'S') draft.counters = { ...draft.counters, ...readCounters(w) };
    if (kind === 'X') draft.spoilt = w.join(' ');
    if (kind === 'D') draft.deliveries.push(`${w[0]} ${w[1]} ${w[2]}:${w[3]} < ${w[4]}:${w[5]}`);
    if (kind !== 'C') continue;
    if (unwatched.includes(w[0] ?? '')) continue;
    const [ns = '', dev = '', pkttype, stamp = '0', layer, hex = ''] = w;
    const frame = decodeFrame({ ns, dev, pkttype: Number(pkttype), layer }, Buffer.from(hex, 'hex'));
    if (frame !== undefined) draft.frames.push({ stamp: BigInt(stamp), frame });
  }
  return drafts.map(({ frames, hits, counters, ...rest }) => {
    const ordered = [...frames].sort((a, b) => (a.stamp < b.stamp ? -1 : a.stamp > b.stamp ? 1 : 0));
    const reasons = traced === true ? { reasons: { hits, counters } } : {};
    return { ...rest, frames: ordered.map(({ frame }) => frame), ...reasons };
  });
}
