import { didYouMean } from '../../problem/index.js';
import type { Command } from './command.js';
import type { Complaint } from './refusal.js';
import { BUILT_IN, type Chain, type Rule, type Table, type TableName } from './rule.js';
import { sameRule } from './rule-text.js';
import type { GotoTarget, JumpTarget } from './target/jump.js';
import { TARGETS } from './target/registry.js';
import { UNMODELLED_TARGETS, type UnmodelledTarget } from './target/unmodelled.js';

/** A chain while it is changed; `copied` once its list of rules is this draft's own. */
interface DraftChain {
  name: string;
  policy: Chain['policy'];
  counters: Chain['counters'];
  rules: Rule[];
  copied: boolean;
  /** The chain that it came from, while nothing of it has changed. */
  original: Chain | undefined;
}

/** What becomes of a rule whose `-j` names neither target nor chain: iptables refuses it, a dump is taken as it is. */
export type UnknownNames = 'refuse' | 'accept';

/** A table being changed: a chain is copied when it is first written to (libiptc's handle). */
export class TableDraft {
  readonly #name: TableName;
  readonly #chains = new Map<string, DraftChain>();
  readonly #unknown: UnknownNames;

  constructor(name: TableName, table: Table | undefined, unknown: UnknownNames = 'refuse') {
    this.#name = name;
    this.#unknown = unknown;
    for (const hook of BUILT_IN[name]) this.#adopt(hook, table?.chains.get(hook));
    for (const [chain, old] of table?.chains ?? []) if (!this.#chains.has(chain)) this.#adopt(chain, old);
  }

  #adopt(name: string, chain: Chain | undefined): void {
    const { policy = chain === undefined ? 'ACCEPT' : undefined, counters, rules = [] } = chain ?? {};
    this.#chains.set(name, { name, policy, counters, rules: rules as Rule[], copied: false, original: chain });
  }

  /** The table as it is now. Chains that nothing was written to are the old objects. */
  finish(): Table {
    const chains = new Map<string, Chain>();
    for (const { name, policy, counters, rules, original } of this.#chains.values())
      chains.set(name, original ?? { name, policy, counters, rules });
    for (const chain of this.#chains.values()) chain.copied = false;
    return { name: this.#name, chains };
  }

  has(chain: string): boolean {
    return this.#chains.has(chain);
  }

  /** Empties all chains and deletes those of users: `iptables-restore` without `--noflush`. Policies stay. */
  clear(): void {
    for (const chain of this.#chains.values()) this.#setRules(chain, []);
    for (const name of this.#userChains()) this.#chains.delete(name);
  }

  /**
   * `:CHAIN POLICY [packets:bytes]` of a restore text. A user's chain is created; with `noflush` one that exists is
   * emptied. A built-in one keeps its rules, and its policy where the line says `-`.
   */
  declare(name: string, policy: string, counters: Chain['counters'], mode: 'flush' | 'noflush'): Complaint | undefined {
    const chain = this.#chains.get(name);
    if (chain !== undefined && this.#isBuiltIn(name))
      return policy === '-' ? undefined : this.#setPolicy(name, policy, counters);
    if (policy !== '-') return { errno: 'ENOENT', message: `${name} is no built-in chain and can't have a policy` };
    if (chain === undefined) this.#adopt(name, { name, policy: undefined, counters, rules: [] });
    else if (mode === 'flush') return { errno: 'EEXIST', message: `there is a chain ${name} already` };
    else this.#setRules(chain, []);
    return undefined;
  }

  /** Carries out one command; what is refused has changed nothing. */
  run(command: Command): Complaint | undefined {
    switch (command.command) {
      case 'nothing':
        return undefined;
      case 'append':
      case 'insert':
      case 'replace':
        return this.#put(command);
      case 'delete':
      case 'delete number':
        return this.#delete(command);
      case 'check':
        return this.#check(command.chain, command.rules);
      case 'flush':
        return this.#flush(command.chain);
      case 'new':
        return this.#new(command.chain);
      case 'delete chain':
        return this.#deleteChains(command.chain);
      case 'policy':
        return this.#setPolicy(command.chain, command.policy, command.counters);
      case 'rename':
        return this.#rename(command.chain, command.to);
    }
  }

  #put(command: Extract<Command, { command: 'append' | 'insert' | 'replace' }>): Complaint | undefined {
    const chain = this.#chains.get(command.chain);
    if (chain === undefined) return noChain(command.chain, this.#chains);
    for (const rule of command.rules) {
      const complaint = this.#checkTarget(rule);
      if (complaint !== undefined) return complaint;
    }
    const { length } = chain.rules;
    switch (command.command) {
      case 'append':
        this.#own(chain).push(...command.rules);
        return undefined;
      case 'insert':
        if (command.n > length + 1) return tooBig(command.n, chain);
        // Each goes to the same place, so that a list of addresses comes out backwards, as iptables does it.
        for (const rule of command.rules) this.#own(chain).splice(command.n - 1, 0, rule);
        return undefined;
      case 'replace':
        if (command.n > length) return tooBig(command.n, chain);
        this.#own(chain).splice(command.n - 1, 1, ...command.rules);
        return undefined;
    }
  }

  /** A jump needs its chain when the rule is made, not only when it is committed. */
  #checkTarget({ target }: Rule): Complaint | undefined {
    if (target === undefined || this.#unknown === 'accept') return undefined;
    if (target.target === 'unmodelled') {
      const { name } = target as UnmodelledTarget;
      // One of its name may be modelled for IPv4 alone.
      return UNMODELLED_TARGETS.has(name) || TARGETS.has(name) ? undefined : noTarget(name);
    }
    if (target.target !== 'jump' && target.target !== 'goto') return undefined;
    const { chain } = target as JumpTarget | GotoTarget;
    if (!this.#chains.has(chain)) return noTarget(chain);
    return this.#isBuiltIn(chain)
      ? { errno: 'EINVAL', message: `no rule can jump to ${chain}, it is built in` }
      : undefined;
  }

  #delete(command: Extract<Command, { command: 'delete' | 'delete number' }>): Complaint | undefined {
    const chain = this.#chains.get(command.chain);
    if (chain === undefined) return noChain(command.chain, this.#chains);
    if (command.command === 'delete number') {
      if (command.n > chain.rules.length) return tooBig(command.n, chain);
      this.#own(chain).splice(command.n - 1, 1);
      return undefined;
    }
    const rest = [...chain.rules];
    for (const rule of command.rules) {
      const at = rest.findIndex((old) => sameRule(old, rule));
      if (at < 0) return noRule(command.chain);
      rest.splice(at, 1);
    }
    this.#setRules(chain, rest);
    return undefined;
  }

  #check(name: string, rules: readonly Rule[]): Complaint | undefined {
    const chain = this.#chains.get(name);
    if (chain === undefined) return noChain(name, this.#chains);
    return rules.every((rule) => chain.rules.some((old) => sameRule(old, rule))) ? undefined : noRule(name);
  }

  #flush(name: string | undefined): Complaint | undefined {
    const chain = name === undefined ? undefined : this.#chains.get(name);
    if (name !== undefined && chain === undefined) return noChain(name, this.#chains);
    for (const one of chain === undefined ? this.#chains.values() : [chain]) this.#setRules(one, []);
    return undefined;
  }

  #new(name: string): Complaint | undefined {
    if (TARGETS.has(name) || UNMODELLED_TARGETS.has(name))
      return { errno: 'EINVAL', message: `a chain can't be called ${name}, there is a target of that name` };
    if (this.#chains.has(name)) return { errno: 'EEXIST', message: `there is a chain ${name} already` };
    this.#adopt(name, { name, policy: undefined, counters: undefined, rules: [] });
    return undefined;
  }

  #deleteChains(name: string | undefined): Complaint | undefined {
    const names = name === undefined ? this.#userChains() : [name];
    const deleted = new Set<string>();
    for (const one of names) {
      const chain = this.#chains.get(one);
      if (chain === undefined) return noChain(one, this.#chains);
      if (this.#isBuiltIn(one)) return { errno: 'EINVAL', message: `${one} is built in and can't be deleted` };
      const user = this.#userOf(one, deleted);
      if (user !== undefined) return { errno: 'EMLINK', message: `chain ${one} is still jumped to from ${user}` };
      if (chain.rules.length > 0) return { errno: 'ENOTEMPTY', message: `chain ${one} still has rules` };
      deleted.add(one);
    }
    for (const one of deleted) this.#chains.delete(one);
    return undefined;
  }

  #userOf(name: string, deleted: ReadonlySet<string>): string | undefined {
    for (const chain of this.#chains.values())
      if (!deleted.has(chain.name) && chain.rules.some((rule) => chainOf(rule) === name)) return chain.name;
    return undefined;
  }

  #setPolicy(name: string, policy: string, counters: Chain['counters']): Complaint | undefined {
    const chain = this.#chains.get(name);
    if (chain === undefined || !this.#isBuiltIn(name))
      return { errno: 'ENOENT', message: `${name} is no built-in chain of ${this.#name}` };
    if (policy !== 'ACCEPT' && policy !== 'DROP')
      return { errno: 'EINVAL', message: `a policy is ACCEPT or DROP, not ${policy}` };
    chain.policy = policy;
    chain.counters = counters;
    chain.original = undefined;
    return undefined;
  }

  #rename(name: string, to: string): Complaint | undefined {
    const chain = this.#chains.get(name);
    if (chain === undefined || this.#isBuiltIn(name)) return noChain(name, this.#chains);
    if (this.#chains.has(to)) return { errno: 'EEXIST', message: `there is a chain ${to} already` };
    const all = [...this.#chains];
    this.#chains.clear();
    for (const [key, old] of all) this.#chains.set(key === name ? to : key, old);
    chain.name = to;
    chain.original = undefined;
    for (const user of this.#chains.values())
      if (user.rules.some((rule) => chainOf(rule) === name))
        this.#setRules(
          user,
          user.rules.map((rule) => (chainOf(rule) === name ? withChain(rule, to) : rule)),
        );
    return undefined;
  }

  #own(chain: DraftChain): Rule[] {
    if (!chain.copied) this.#setRules(chain, [...chain.rules]);
    return chain.rules;
  }

  #setRules(chain: DraftChain, rules: Rule[]): void {
    chain.rules = rules;
    chain.copied = true;
    chain.original = undefined;
  }

  #userChains(): string[] {
    return [...this.#chains.keys()].filter((name) => !this.#isBuiltIn(name));
  }

  #isBuiltIn(name: string): boolean {
    return BUILT_IN[this.#name].some((hook) => hook === name);
  }
}

/** The chain that a rule goes on in, if it does. */
export function chainOf({ target }: Rule): string | undefined {
  return target?.target === 'jump' || target?.target === 'goto' ? (target as JumpTarget | GotoTarget).chain : undefined;
}

function withChain(rule: Rule, chain: string): Rule {
  const target: JumpTarget | GotoTarget = { target: rule.target?.target === 'goto' ? 'goto' : 'jump', chain };
  return { ...rule, target };
}

function noChain(name: string, chains: ReadonlyMap<string, unknown>): Complaint {
  return { errno: 'ENOENT', message: `there is no chain ${name}${didYouMean(name, chains.keys())}` };
}

function noTarget(name: string): Complaint {
  return { errno: 'ENOENT', message: `there is neither a target nor a chain ${name}` };
}

function noRule(chain: string): Complaint {
  return { errno: 'ENOENT', message: `chain ${chain} has no such rule` };
}

function tooBig(n: number, { name, rules }: DraftChain): Complaint {
  return { errno: 'E2BIG', message: `no place ${n} in chain ${name}, it has ${rules.length} rules` };
}
