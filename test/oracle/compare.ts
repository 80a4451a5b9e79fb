import { constants } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import { type Frame, normalise } from '../replay/frame.js';
import { ipvsLines } from './ipvs-state.js';
import type { KernelCase, KernelRun } from './kernel-run.js';
import { describeCase, type Plan } from './plan.js';
import { differingCounters, differingHits, isOwnRule, type Reasons } from './reasons.js';
import type { SimulatedCase, SimulatedRun } from './simulate.js';

/** The first disagreement of a plan. */
export interface Disagreement {
  /** The layer: what kind of thing differs. */
  readonly layer:
    | 'refused'
    | 'errno'
    | 'deliveries'
    | 'path'
    | 'arp'
    | 'hits'
    | 'counters'
    | 'conntrack'
    | 'rules'
    | 'ipvs';
  /** Which case; undefined when only the state at the end differs. */
  readonly at: number | undefined;
  /** For a person. */
  readonly text: string;
}

/** What came of comparing a plan. */
export interface Comparison {
  readonly disagreement: Disagreement | undefined;
  /** Cases that agree. */
  readonly agreed: number;
  /** Why the rest was not compared: what is not modelled, or a machine too slow; undefined when all of it was. */
  readonly left: string | undefined;
}

/**
 * Compares layer by layer, first what programs see.
 *
 * What is left out, and why; nothing else may be:
 * - what `normalise()` of test/replay/frame.ts names, for frames;
 * - the order of ARP frames, among themselves and to others: their timers are the kernel's own; and how often a question
 *   was asked that was answered: after 10 ms it is asked again, and a guest that has to wait for this machine is not as fast;
 * - what `normaliseHits()` of test/replay/rules.ts, `reasons.ts` and test/replay/counter-names.ts name, for rules hit and
 *   for counters;
 * - errors after the first: sockets tell only of one at a time, and of which is a race;
 * - of a connection the timeout and the use count; of one to a VXLAN port the source port, which is a hash;
 * - counters of policies, which iptables-nft does not keep, and of the nat table of a VXLAN node: it sees the first
 *   packet of each outer flow, and which packets share one is decided by the hash that is their source port;
 * - IPVS at the end, where a connection's timer is due while its tables are printed: the wheel runs a timer up to an
 *   eighth late (calc_wheel_index(), kernel/time/timer.c), and counts from the packet, not from the case's beginning.
 */
export function compare(plan: Plan, kernel: KernelRun, ours: SimulatedRun): Comparison {
  const left = legacyOnly(plan, kernel, ours);
  if (left !== undefined) return { disagreement: undefined, agreed: 0, left };
  const refused = compareRefusals(plan, kernel, ours);
  if (refused !== undefined) return { disagreement: refused, agreed: 0, left: undefined };
  for (const [i, seen] of kernel.cases.entries()) {
    if (seen.spoilt !== undefined) return { disagreement: undefined, agreed: i, left: seen.spoilt };
    const mine = ours.cases[i];
    if (mine === undefined) throw new Error(`${plan.name}: no case ${i} of ours`);
    if (mine.unsupported !== undefined) return { disagreement: undefined, agreed: i, left: mine.unsupported };
    const found = compareCase(seen, mine);
    if (found === undefined) continue;
    const one = plan.cases[i];
    const text = `case ${i} ${one === undefined ? '' : describeCase(one)}\n${found.text}`;
    return { disagreement: { layer: found.layer, at: i, text }, agreed: i, left: undefined };
  }
  const disagreement = compareAfter(kernel, ours);
  const due = disagreement === undefined && ours.ipvsDue.length > 0;
  const agreed = kernel.cases.length;
  return { disagreement, agreed, left: due ? 'a timer of IPVS that is due while its tables are printed' : undefined };
}

type Found = Pick<Disagreement, 'layer' | 'text'>;

/** What iptables-legacy, with which a plan is traced, does about rules that are refused, and iptables-nft does not. */
function legacyOnly({ traced, fixed, random }: Plan, kernel: KernelRun, ours: SimulatedRun): string | undefined {
  if (traced !== true) return undefined;
  const commands = [...fixed, ...random];
  const tableOf = (line: string | undefined): string =>
    /^ip netns exec (\S+) iptables (?:-t \S+)?/.exec(line ?? '')?.[0] ?? '';
  const differing = [...kernel.refused, ...ours.refused].filter(
    (n) => !(kernel.refused.includes(n) && ours.refused.includes(n)),
  );
  if (differing.length > 0 && differing.every((n) => ours.refused.includes(n) && tableOf(commands[n]) !== ''))
    return 'iptables-legacy checks the hooks of a target only where the rule can be reached (mark_source_chains())';
  const made = new Set(commands.filter((_, n) => !kernel.refused.includes(n)).map(tableOf));
  return kernel.refused.some((n) => !made.has(tableOf(commands[n])))
    ? 'iptables-legacy makes a table for a rule that it then refuses'
    : undefined;
}

function compareRefusals(plan: Plan, kernel: KernelRun, ours: SimulatedRun): Disagreement | undefined {
  if (isDeepStrictEqual(kernel.refused, ours.refused)) return undefined;
  const commands = [...plan.fixed, ...plan.random];
  const list = (numbers: readonly number[], others: readonly number[]): string[] =>
    numbers.filter((n) => !others.includes(n)).map((n) => commands[n] ?? '?');
  const text = `only the kernel refuses: ${list(kernel.refused, ours.refused).join('; ')}\nonly we do: ${list(ours.refused, kernel.refused).join('; ')}`;
  return { layer: 'refused', at: undefined, text };
}

function compareCase(kernel: KernelCase, ours: SimulatedCase): Found | undefined {
  const errno = errnoName(kernel.errors[0]);
  if (errno !== ours.errno)
    return { layer: 'errno', text: `errno: kernel ${errno}, ours ${ours.errno}\n${pathText(kernel, ours)}` };
  const [theirs, mine] = [[...kernel.deliveries].sort(), [...ours.deliveries].sort()];
  if (!isDeepStrictEqual(theirs, mine))
    return {
      layer: 'deliveries',
      text: `delivered: kernel ${theirs.join(', ')}; ours ${mine.join(', ')}\n${pathText(kernel, ours)}`,
    };
  const names = new Set([...kernel.frames, ...ours.frames].map(({ ns }) => ns));
  for (const ns of names) {
    if (!isDeepStrictEqual(packets(kernel.frames, ns), packets(ours.frames, ns)))
      return { layer: 'path', text: `the path in ${ns}\n${pathText(kernel, ours)}` };
    if (!isDeepStrictEqual(questions(kernel.frames, ns), questions(ours.frames, ns)))
      return { layer: 'arp', text: `ARP in ${ns}\n${pathText(kernel, ours)}` };
  }
  return kernel.reasons && ours.reasons && compareReasons(kernel.reasons, ours.reasons);
}

function compareReasons(kernel: Reasons, ours: Reasons): Found | undefined {
  const counted = [kernel, ours].flatMap(({ counters }) => Object.keys(counters ?? {}));
  const names = new Set([...[...kernel.hits, ...ours.hits].map(({ ns }) => ns), ...counted]);
  for (const ns of names) {
    const hits = differingHits(kernel, ours, ns);
    if (hits !== undefined) return { layer: 'hits', text: `rules hit in ${ns}\n${hits}` };
  }
  if (kernel.counters === undefined) return undefined;
  for (const ns of names) {
    const counters = differingCounters(kernel, ours, ns);
    if (counters !== undefined) return { layer: 'counters', text: `counted in ${ns}\n${counters}` };
  }
  return undefined;
}

function errnoName(errno: number | undefined): string | undefined {
  return Object.entries(constants.errno).find(([, value]) => value === errno)?.[0];
}

function isArp(frame: Omit<Frame, 'ns' | 'if' | 'dir'>): boolean {
  return frame.arp !== undefined || (frame.inner !== undefined && isArp(frame.inner));
}

function packets(frames: readonly Frame[], ns: string): Frame[] {
  return frames.filter((frame) => frame.ns === ns && !isArp(frame)).map(normalise);
}

function questions(frames: readonly Frame[], ns: string): string[] {
  const arp = frames.filter((frame) => frame.ns === ns && isArp(frame));
  const fields = ({ arp: one = {} }: Frame): { readonly op?: string; readonly spa?: string; readonly tpa?: string } =>
    one;
  const about = (frame: Frame): string => {
    const { op, spa, tpa } = fields(frame);
    return op === 'reply' ? `${tpa} ${spa}` : `${spa} ${tpa}`;
  };
  const answered = new Set(arp.filter((frame) => fields(frame).op === 'reply').map(about));
  const told = (asked: boolean): string[] =>
    arp.filter((frame) => answered.has(about(frame)) === asked).map((frame) => textOf(normalise(frame)));
  return [...told(false), ...new Set(told(true))].sort();
}

/** The frame on one line, its fields in the order of their names. */
function textOf(frame: Frame): string {
  const sorted = (value: unknown): unknown =>
    typeof value === 'object' && value !== null
      ? Object.fromEntries(
          Object.entries(value)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([key, each]) => [key, sorted(each)]),
        )
      : value;
  const { ns, if: dev, dir, ...layers } = frame;
  return `${ns} ${dev} ${dir} ${JSON.stringify(sorted(layers))}`;
}

/** Both paths, `-` what only the kernel has, `+` what only we have. */
function pathText(kernel: KernelCase, ours: SimulatedCase): string {
  const [theirs, mine] = [kernel.frames, ours.frames].map((frames) => frames.map((f) => textOf(normalise(f)))) as [
    string[],
    string[],
  ];
  const rest = [...mine];
  const lines = theirs.map((line) => {
    const at = rest.indexOf(line);
    if (at >= 0) rest.splice(at, 1);
    return `${at >= 0 ? ' ' : '-'} ${line}`;
  });
  const same = rest.length === 0 && lines.every((line) => line.startsWith(' '));
  return same
    ? [...around(theirs, 0), 'in another order:', ...around(mine, 0)].join('\n')
    : around([...lines, ...rest.map((line) => `+ ${line}`)]).join('\n');
}

/** The first line that differs and its neighbours: a loop has thousands. */
function around(lines: readonly string[], at = lines.findIndex((line) => !line.startsWith(' '))): string[] {
  const from = Math.max(0, at - 20);
  const shown = lines.slice(from, at + 20);
  const more = (count: number): string[] => (count > 0 ? [`  … ${count} more`] : []);
  return [...more(from), ...shown, ...more(lines.length - from - shown.length)];
}

function compareAfter(kernel: KernelRun, ours: SimulatedRun): Disagreement | undefined {
  for (const [ns, lines] of Object.entries(kernel.conntrack)) {
    const theirs = connections(lines.map(connectionOf));
    const mine = connections(ours.conntrack[ns] ?? []);
    const text = differences(theirs, mine);
    if (text !== undefined) return { layer: 'conntrack', at: undefined, text: `conntrack of ${ns}\n${text}` };
  }
  for (const [ns, lines] of Object.entries(kernel.ipvs ?? {})) {
    if (ours.ipvsDue.includes(ns)) continue;
    const text = differences(ipvsLines(lines), ours.ipvs[ns] ?? []);
    if (text !== undefined) return { layer: 'ipvs', at: undefined, text: `IPVS of ${ns}\n${text}` };
  }
  for (const [ns, lines] of Object.entries(kernel.rules)) {
    const mine = ours.rules[ns] ?? new Map<string, string>();
    const hashed = kernel.conntrack[ns]?.some((line) => VXLAN_PORT.test(line)) === true;
    const rules = ruleLines(lines).filter(({ at }) => !hashed || !at.startsWith('nat '));
    const theirs = rules.map(({ at, count, rule }) => `${at} ${rule} ${count}`);
    const text = differences(
      theirs,
      rules.map(({ at, rule }) => `${at} ${rule} ${mine.get(at) ?? 'none'}`),
    );
    if (text !== undefined) return { layer: 'rules', at: undefined, text: `counters of ${ns}\n${text}` };
  }
  return undefined;
}

function differences(theirs: readonly string[], mine: readonly string[]): string | undefined {
  if (isDeepStrictEqual(theirs, mine)) return undefined;
  const only = (a: readonly string[], b: readonly string[]): string[] => a.filter((line) => !b.includes(line));
  return [...only(theirs, mine).map((l) => `- ${l}`), ...only(mine, theirs).map((l) => `+ ${l}`)].join('\n');
}

/** `udp 17 29 src=… [UNREPLIED] src=… mark=0 use=1` without what time and other packets change. */
function connectionOf(line: string): string {
  return line
    .replace(/^(tcp|udp|icmp)\s+\d+\s+\d+\s/, '$1 ')
    .replace(/^unknown\s+(\d+)\s+\d+\s/, 'unknown $1 ')
    .replace(/ use=\d+$/, '')
    .replace(/ zone=\d+/g, '')
    .trim();
}

/** flannel's and Calico's. */
const VXLAN_PORT = /dport=(?:8472|4789)\b/;

function connections(lines: readonly string[]): string[] {
  const all = lines.map((line) =>
    VXLAN_PORT.test(line)
      ? line
          .replace(/sport=\d+ dport=(8472|4789)\b/, 'sport=* dport=$1')
          .replace(/sport=(8472|4789) dport=\d+/, 'sport=$1 dport=*')
      : line,
  );
  return [...new Set(all)].sort();
}

function ruleLines(lines: readonly string[]): { readonly at: string; readonly count: string; readonly rule: string }[] {
  const found: { at: string; count: string; rule: string }[] = [];
  const seen = new Map<string, number>();
  let table = '';
  for (const line of lines) {
    if (line.startsWith('*')) table = line.slice(1);
    if (isOwnRule(line)) continue;
    const [, count = '', rule = '', chain = ''] = /^\[(\d+:\d+)\] (-A (\S+).*)$/.exec(line) ?? [];
    if (chain === '') continue;
    const n = (seen.get(`${table} ${chain}`) ?? 0) + 1;
    seen.set(`${table} ${chain}`, n);
    found.push({ at: `${table} ${chain} ${n}`, count, rule });
  }
  return found;
}
