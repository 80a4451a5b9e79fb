import type { Chooser } from '../chooser.js';
import type { Journal } from '../journal.js';
import type { Netns } from '../netns.js';
import type { NetnsRuntime } from '../runtime.js';
import type { Skb } from '../skb.js';
import type { Hook, Rule, TableName } from './rule.js';

/** What a rule is evaluated against: the packet, the place, and the state that matches and targets read and write. */
export interface NfContext {
  readonly skb: Skb;
  readonly table: TableName;
  readonly hook: Hook;
  /** The device that the packet came in by; empty where the hook has none. */
  readonly in: string;
  /** The device that it leaves by; empty where the hook has none. */
  readonly out: string;
  readonly ns: Netns;
  readonly runtime: NetnsRuntime;
  readonly journal: Journal;
  readonly choose: Chooser;
  /** ms of the virtual clock. */
  readonly now: number;
}

/** Where the evaluation is: a rule, and its number in its chain, 1-based. */
export interface RulePosition {
  readonly chain: string;
  readonly n: number;
  readonly rule: Rule;
}

/** What a match or target gets: the context, and the rule that it belongs to. */
export interface RuleContext extends NfContext {
  readonly at: RulePosition;
}

/** How a REJECT refuses a packet: the names that `--reject-with` takes. */
export type RejectWith =
  | 'icmp-net-unreachable'
  | 'icmp-host-unreachable'
  | 'icmp-port-unreachable'
  | 'icmp-proto-unreachable'
  | 'icmp-net-prohibited'
  | 'icmp-host-prohibited'
  | 'icmp-admin-prohibited'
  | 'tcp-reset';

/** What a target says. `jump` and `goto` are the evaluator's own and never reach a target's `apply`. */
export type TargetVerdict =
  /** Go on with the next rule (XT_CONTINUE). */
  | { readonly verdict: 'CONTINUE' }
  | { readonly verdict: 'ACCEPT' }
  | { readonly verdict: 'DROP' }
  | { readonly verdict: 'RETURN' }
  /** Drop, and answer; whether an answer may be sent is for the sender of it to decide. */
  | { readonly verdict: 'REJECT'; readonly with: RejectWith }
  /** Evaluation cannot go on as the kernel would: what is not modelled. */
  | { readonly verdict: 'UNSUPPORTED'; readonly what: string };

export const CONTINUE: TargetVerdict = { verdict: 'CONTINUE' };
export const ACCEPT: TargetVerdict = { verdict: 'ACCEPT' };
export const DROP: TargetVerdict = { verdict: 'DROP' };
export const RETURN: TargetVerdict = { verdict: 'RETURN' };
