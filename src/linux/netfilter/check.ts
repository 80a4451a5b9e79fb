import { chainOf } from './draft.js';
import { extensionOf } from './match/registry.js';
import type { Complaint } from './refusal.js';
import { BUILT_IN, type Chain, type Hook, type Rule, type Table, type TableName } from './rule.js';
import { targetExtensionOf } from './target/registry.js';

/** What the kernel refuses of a table, and the rule that it is about. */
export interface TableComplaint extends Complaint {
  readonly chain: string;
  readonly rule: Rule;
}

/** The IP sets that exist, by name; undefined when that is not known. */
export type KnownIpsets = ReadonlyMap<string, unknown> | undefined;

/**
 * What the kernel checks when a table is committed: no way from a hook leads in a circle, and each match and target
 * may stand where it stands (translate_table(), linux net/ipv4/netfilter/ip_tables.c).
 */
export function checkTable(table: Table, ipsets: KnownIpsets): TableComplaint | undefined {
  const hooks = new Map<string, Set<Hook>>();
  for (const hook of BUILT_IN[table.name]) {
    const loop = markHook(table, hook, hooks);
    if (loop !== undefined) return loop;
  }
  for (const chain of table.chains.values()) {
    const complaint = checkChain(chain, table.name, hooks.get(chain.name) ?? new Set(), ipsets);
    if (complaint !== undefined) return complaint;
  }
  return undefined;
}

/** One chain on the way from a hook, and how far its jumps have been followed. */
interface Visit {
  readonly chain: Chain;
  readonly jumps: readonly Rule[];
  next: number;
}

/** Notes for each chain that the hook leads to it (mark_source_chains()). */
function markHook(table: Table, hook: Hook, hooks: Map<string, Set<Hook>>): TableComplaint | undefined {
  const start = table.chains.get(hook);
  if (start === undefined) return undefined;
  const path = new Set<string>([hook]);
  const visits: Visit[] = [{ chain: start, jumps: jumpsOf(start), next: 0 }];
  addHook(hooks, hook, hook);
  for (let visit = visits.at(-1); visit !== undefined; visit = visits.at(-1)) {
    const rule = visit.jumps[visit.next++];
    if (rule === undefined) {
      path.delete(visit.chain.name);
      visits.pop();
      continue;
    }
    const name = chainOf(rule);
    const next = name === undefined ? undefined : table.chains.get(name);
    if (next === undefined) continue;
    if (path.has(next.name))
      return { errno: 'ELOOP', message: `the jump to ${next.name} leads in a circle`, chain: visit.chain.name, rule };
    if (hooks.get(next.name)?.has(hook) === true) continue;
    addHook(hooks, next.name, hook);
    path.add(next.name);
    visits.push({ chain: next, jumps: jumpsOf(next), next: 0 });
  }
  return undefined;
}

function addHook(hooks: Map<string, Set<Hook>>, chain: string, hook: Hook): void {
  const found = hooks.get(chain);
  if (found === undefined) hooks.set(chain, new Set([hook]));
  else found.add(hook);
}

const JUMPS = new WeakMap<Chain, readonly Rule[]>();

function jumpsOf(chain: Chain): readonly Rule[] {
  let jumps = JUMPS.get(chain);
  if (jumps === undefined) {
    jumps = chain.rules.filter((rule) => chainOf(rule) !== undefined);
    JUMPS.set(chain, jumps);
  }
  return jumps;
}

/** The last answer for a chain, and to what question: most chains are the same from one commit to the next. */
interface Checked {
  readonly question: string;
  readonly ipsets: KnownIpsets;
  readonly complaint: TableComplaint | undefined;
}

const CHECKED = new WeakMap<Chain, Checked>();

function checkChain(
  chain: Chain,
  table: TableName,
  hooks: ReadonlySet<Hook>,
  ipsets: KnownIpsets,
): TableComplaint | undefined {
  const question = `${table} ${[...hooks].join(' ')}`;
  const known = CHECKED.get(chain);
  if (known !== undefined && known.question === question && known.ipsets === ipsets) return known.complaint;
  let complaint: TableComplaint | undefined;
  for (const rule of chain.rules) {
    const message = checkRule(rule, table, hooks, ipsets);
    if (message === undefined) continue;
    complaint = { errno: 'EINVAL', message, chain: chain.name, rule };
    break;
  }
  CHECKED.set(chain, { question, ipsets, complaint });
  return complaint;
}

/** find_check_entry(): all matches, then the target. */
function checkRule(rule: Rule, table: TableName, hooks: ReadonlySet<Hook>, ipsets: KnownIpsets): string | undefined {
  const place = { rule, table, hooks, ipsets };
  for (const match of rule.matches) {
    const message = extensionOf(match).checkentry?.(match, place);
    if (message !== undefined) return message;
  }
  return rule.target && targetExtensionOf(rule.target).checkentry?.(rule.target, place);
}
