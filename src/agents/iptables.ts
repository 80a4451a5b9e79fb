import { applyIptablesCommand, type Netns, type Origin, type TableName } from '../linux/index.js';
import type { Install } from '../plan/index.js';
import type { Steps, View } from './agent.js';

/** Who runs iptables, where, and for what. */
export interface IptablesUser {
  readonly view: View;
  readonly netns: string;
  readonly origin: Origin;
}

/** A rule, without the command and the chain: what both kubelet and the CNI plug-ins hand to iptables. */
export type RuleSpec = readonly string[];

/** One command line of iptables. */
function iptables({ netns, origin }: Pick<IptablesUser, 'netns' | 'origin'>, args: readonly string[]): Install {
  return { netns, origin, call: { call: 'iptables', family: 'ip', args } };
}

/**
 * Creates a chain that is not there yet: `-N`. Returns whether there is one then.
 *
 * The real ones try `-N`, or list the chains, and take "exists" for an answer. As neither changes anything then, no
 * call is yielded.
 */
export function* ensureChain(user: IptablesUser, table: TableName, chain: string): Steps<boolean> {
  if (here(user).iptables.get(table)?.chains.has(chain) === true) return true;
  return (yield iptables(user, ['-t', table, '-N', chain])) === undefined;
}

/**
 * Adds a rule unless the chain has it (`-C`): at its end with `-A`, or as its first with `-I`. Returns whether it is
 * there then (k8s pkg/util/iptables, EnsureRule(); containernetworking/plugins pkg/utils/iptables.go, InsertUnique()).
 */
export function* ensureRule(
  user: IptablesUser,
  where: 'append' | 'prepend',
  table: TableName,
  chain: string,
  spec: RuleSpec,
): Steps<boolean> {
  if (hasRule(user, table, chain, spec)) return true;
  const command = where === 'append' ? ['-A', chain] : ['-I', chain, '1'];
  return (yield iptables(user, ['-t', table, ...command, ...spec])) === undefined;
}

/**
 * An empty chain in each table: when one is gone, somebody has flushed the rules, and its owner writes them again
 * (k8s pkg/util/iptables, Monitor()).
 */
export function* canary(user: IptablesUser, chain: string): Steps {
  for (const table of ['mangle', 'nat', 'filter'] as const) yield* ensureChain(user, table, chain);
}

/** What `iptables -t TABLE -C CHAIN …` answers: a question, so it is put to the state and not yielded. */
function hasRule(user: IptablesUser, table: TableName, chain: string, spec: RuleSpec): boolean {
  const rules = here(user).iptables;
  if (rules.get(table)?.chains.has(chain) !== true) return false;
  return 'ruleset' in applyIptablesCommand(rules, ['-t', table, '-C', chain, ...spec], user.origin);
}

function here({ view, netns }: IptablesUser): Netns {
  const ns = view.netns(netns);
  if (ns === undefined) throw new Error(`iptables: no namespace ${netns}`);
  return ns;
}
