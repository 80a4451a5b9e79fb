import type { Header } from '../../src/packet/index.js';
import type { Network } from '../../src/topology/index.js';
import type { Trace, TraceEvent } from '../../src/trace/index.js';
import { type PlacedEvent, placedEvents } from './events.js';
import { VXLAN_PORTS } from './frame.js';

/** One line of netfilter's TRACE: a rule that matched, or the end of a chain. */
export interface RuleHit {
  readonly ns: string;
  readonly in?: string;
  readonly out?: string;
  /** `TABLE:CHAIN:rule|return|policy:N`, as the kernel prints it. */
  readonly rule: string;
  readonly mark?: number;
  readonly src: string;
  readonly dst: string;
  readonly proto: string;
  readonly sport?: number;
  readonly dport?: number;
}

type RuleEvent = Extract<TraceEvent, { readonly k: 'rule' }>;

/**
 * What TRACE would print for our trace, in order (trace_packet(), linux net/ipv4/netfilter/ip_tables.c). The trace must
 * have been made with `detail: 'all'`, so that it tells of policies.
 *
 * A trace has no event for a chain that ends, so these lines are worked out: the next rule that is tried is not in it.
 */
export function hitsOf(trace: Trace, network: Network): RuleHit[] {
  const hits: RuleHit[] = [];
  /** The chains that the walk is in, innermost last; empty between two walks. */
  let chains: string[] = [];
  for (const placed of placedEvents(trace)) {
    const { event, netns } = placed;
    if (event.k !== 'rule') continue;
    const { table, chain, n } = event.rule;
    const lengthOf = (name: string): number =>
      network
        .netns(netns)
        ?.iptables.get(table as 'nat')
        ?.chains.get(name)?.rules.length ?? Number.NaN;
    const tell = (comment: string, name: string, at: number): void => {
      hits.push({ ns: netns, ...lineOf(placed, event, `${table}:${name}:${comment}:${at}`) });
    };
    for (let last = chains.at(-1); last !== undefined && last !== chain; last = chains.at(-1)) {
      tell('return', last, lengthOf(last) + 1);
      chains.pop();
    }
    if (chains.length === 0) chains = [chain];
    if (!event.hit) continue;
    if (n === 0) tell('policy', chain, lengthOf(chain) + 1);
    else tell(commentOf(event), chain, n);
    chains = chainsAfter(chains, event);
  }
  return hits;
}

/** The rule of a chain's end and one that looks like it are the same to get_chainname_rulenum(). */
function commentOf({ rule, hook }: RuleEvent): string {
  if (!/^-j (?:ACCEPT|DROP|RETURN)$/.test(rule.text)) return 'rule';
  return rule.chain === hook ? 'policy' : 'return';
}

function chainsAfter(chains: readonly string[], { rule, next, hook }: RuleEvent): string[] {
  const [word = '', to = ''] = next.split(' ');
  if (rule.n === 0) return [];
  if (word === 'jump') return [...chains, to];
  if (word === 'goto') return [...chains.slice(0, -1), to];
  if (next === 'next rule') return [...chains];
  // From a chain of the table's own a packet that returns meets the policy.
  if (word === 'RETURN') return rule.chain === hook ? [...chains] : chains.slice(0, -1);
  return [];
}

function lineOf({ headers }: PlacedEvent, { in: input, out, mark }: RuleEvent, rule: string): Omit<RuleHit, 'ns'> {
  const { ip, l4 } = outermost(headers);
  if (ip === undefined) throw new Error(`a rule met what is no IP packet: ${rule}`);
  return {
    ...(input !== null && { in: input }),
    ...(out !== null && { out }),
    rule,
    ...(mark !== 0 && { mark }),
    src: ip.src,
    dst: ip.dst,
    proto: ip.proto,
    ...(l4 !== undefined && { sport: l4.sport, dport: l4.dport }),
  };
}

interface Outermost {
  readonly ip: Extract<Header, { readonly l: 'ip4' }> | undefined;
  readonly l4: { readonly sport: number; readonly dport: number } | undefined;
}

function outermost(headers: readonly Header[]): Outermost {
  const at = headers.findIndex(({ l }) => l === 'ip4');
  const [ip, l4] = [headers[at], headers[at + 1]];
  if (ip?.l !== 'ip4') return { ip: undefined, l4: undefined };
  return { ip, l4: l4?.l === 'udp' || l4?.l === 'tcp' ? l4 : undefined };
}

/**
 * A line without what a comparison leaves out, and why. Nothing else may be dropped.
 *
 * - the source port of VXLAN: a hash of the flow with a key that the kernel drew at boot.
 */
export function normaliseHits(hits: readonly RuleHit[]): Omit<RuleHit, 'ns'>[] {
  return hits.map(({ ns: _ns, ...hit }) => {
    if (hit.proto !== 'udp' || !VXLAN_PORTS.has(hit.dport ?? 0)) return hit;
    const { sport: _s, ...rest } = hit;
    return rest;
  });
}
