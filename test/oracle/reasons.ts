import { isDeepStrictEqual } from 'node:util';
import { type Counters, comparedCounters } from '../replay/counter-names.js';
import { normaliseHits, type RuleHit } from '../replay/rules.js';
import { decodePacket } from './decode.js';

/**
 * Why a kernel did what it did: the layers of a plan that is traced. They are read with iptables-legacy, whose TRACE
 * names rules by their place.
 */
export interface Reasons {
  /** In order within each namespace. */
  readonly hits: readonly RuleHit[];
  /** Undefined of a kernel that counts otherwise than Linux 6.18. */
  readonly counters?: Counters;
}

/** Commands that make a namespace tell of each rule hit, run in it when all else has been set up. */
export const TRACE_EVERYTHING: string = [
  'echo nfnetlink_log > /proc/sys/net/netfilter/nf_log/2',
  'iptables -t raw -I PREROUTING -j TRACE; iptables -t raw -I OUTPUT -j TRACE',
].join('; ');

/** The oracle's own rules, as iptables-save prints them: they are no part of a plan. */
export function isOwnRule(line: string): boolean {
  return /^\[\d+:\d+\] -A (?:PREROUTING|OUTPUT) -j TRACE$/.test(line);
}

/** A line of the agent, `T …`; undefined for what only the oracle's own rules made. */
export function readHit([ns = '', input = '-', out = '-', mark = '0', rule = '', hex = '']: readonly string[]):
  | RuleHit
  | undefined {
  const theirs = withoutOwnRules(rule);
  if (theirs === undefined) return undefined;
  return {
    ns,
    ...(input !== '-' && { in: input }),
    ...(out !== '-' && { out }),
    rule: theirs,
    ...(mark !== '0' && { mark: Number(mark) }),
    ...decodePacket(Buffer.from(hex, 'hex')),
  };
}

/** In two chains of `raw` the oracle's own rule is the first. */
function withoutOwnRules(rule: string): string | undefined {
  const [, chain = '', what = '', n = ''] = /^raw:(PREROUTING|OUTPUT):(\w+):(\d+)$/.exec(rule) ?? [];
  if (chain === '') return rule;
  return n === '1' ? undefined : `raw:${chain}:${what}:${Number(n) - 1}`;
}

/** A line of the agent, `S …`. */
export function readCounters([ns = '', ...words]: readonly string[]): Counters {
  return { [ns]: Object.fromEntries(words.map((word) => [word.split('=')[0] ?? '', Number(word.split('=')[1])])) };
}

/** What differs in a namespace, as lines for a person; undefined for nothing. */
export function differingHits(kernel: Reasons, ours: Reasons, ns: string): string | undefined {
  const [theirs, mine] = [kernel, ours].map(({ hits }) => linesOf(hits.filter((hit) => hit.ns === ns))) as [
    string[],
    string[],
  ];
  if (isDeepStrictEqual(theirs, mine)) return undefined;
  const at = theirs.findIndex((line, i) => line !== mine[i]);
  const first = at < 0 ? theirs.length : at;
  const part = (lines: readonly string[]): string[] => lines.slice(first, first + 6);
  return [
    `the first ${first} are the same`,
    ...part(theirs).map((line) => `- ${line}`),
    ...part(mine).map((line) => `+ ${line}`),
  ].join('\n');
}

/** Flannel's and Calico's. */
const VXLAN_PORTS: ReadonlySet<number | undefined> = new Set([8472, 4789]);

/**
 * Besides what `normaliseHits()` leaves out, and why; nothing else may be:
 * - policies of `raw`: the oracle's own rules have made the table, which is not there without.
 * - `nat` for packets to a VXLAN port: which of them begin a connection is decided by the hash that is their source port.
 */
function linesOf(hits: readonly RuleHit[]): string[] {
  return normaliseHits(hits)
    .filter(({ rule }) => !/^raw:\w+:policy:/.test(rule))
    .filter(({ rule, proto, dport }) => !(rule.startsWith('nat:') && proto === 'udp' && VXLAN_PORTS.has(dport)))
    .map(({ in: input = '-', out = '-', mark = 0, rule, src, dst, proto, sport, dport }) =>
      [rule, `in ${input} out ${out} mark ${mark}`, proto, `${src}:${sport ?? ''} > ${dst}:${dport ?? ''}`].join(' '),
    );
}

/** What was counted otherwise in a namespace; undefined for nothing. */
export function differingCounters(kernel: Reasons, ours: Reasons, ns: string): string | undefined {
  const [theirs, mine] = [kernel, ours].map(
    ({ counters }) => new Map(Object.entries(comparedCounters(counters?.[ns] ?? {}))),
  ) as [Map<string, number>, Map<string, number>];
  const different = [...new Set([...theirs.keys(), ...mine.keys()])].filter(
    (name) => theirs.get(name) !== mine.get(name),
  );
  if (different.length === 0) return undefined;
  return different.map((name) => `${name}: kernel ${theirs.get(name) ?? 0}, ours ${mine.get(name) ?? 0}`).join('\n');
}
