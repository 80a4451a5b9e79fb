import type { Origin } from '../origin.js';

/** The five IPv4 hooks, in the order of `enum nf_inet_hooks`. */
export type Hook = 'PREROUTING' | 'INPUT' | 'FORWARD' | 'OUTPUT' | 'POSTROUTING';

/** iptables' tables, in the order in which they see a packet at PREROUTING. */
export type TableName = 'raw' | 'mangle' | 'nat' | 'filter' | 'security';

/**
 * One match of a rule, as one extension has read it. `match` names the extension; the rest is the extension's own
 * and known to it alone (see `extension.ts`).
 */
export interface Match {
  readonly match: string;
}

/** What a rule does with a packet that passes all its matches; `target` names the extension. */
export interface Target {
  readonly target: string;
}

/** One rule. */
export interface Rule {
  readonly matches: readonly Match[];
  /** undefined for a rule without `-j`: it only counts. */
  readonly target: Target | undefined;
  /** Counters of the dump, where it has some (`iptables-save -c`). */
  readonly counters: { readonly packets: number; readonly bytes: number } | undefined;
  readonly origin: Origin;
}

/** A chain; only a built-in one has a policy. */
export interface Chain {
  readonly name: string;
  readonly policy: 'ACCEPT' | 'DROP' | undefined;
  readonly counters: { readonly packets: number; readonly bytes: number } | undefined;
  readonly rules: readonly Rule[];
}

/** The chains of a table, built-in ones first, in the order in which iptables-save prints them. */
export interface Table {
  readonly name: TableName;
  readonly chains: ReadonlyMap<string, Chain>;
}

/** The tables that exist: one that nobody has touched is not registered at any hook. */
export type Ruleset = ReadonlyMap<TableName, Table>;

/** The built-in chains of each table, which are also its hooks. */
export const BUILT_IN: Readonly<Record<TableName, readonly Hook[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  security: ['INPUT', 'FORWARD', 'OUTPUT'],
};
