import { sha224 } from '@noble/hashes/sha2.js';
import { base64Url } from '../../digest.js';

/** A rule of Felix before it knows its own hash. */
export interface FelixRule {
  /** Fragments of the match, in Felix's order and spelling. */
  readonly match?: readonly string[];
  /** `--jump ACCEPT`. */
  readonly action: string;
  readonly comment?: string;
}

/** A chain as Felix wants it. */
export interface FelixChain {
  readonly name: string;
  readonly rules: readonly FelixRule[];
}

/** RuleHashPrefix. */
const HASH_PREFIX = 'cali:';
/** HashLength: 96 bits. */
const HASH_LENGTH = 16;

/** What the comments of Felix's rules say, by which it tells its own. */
export const HASH_COMMENT: RegExp = /^cali:([a-zA-Z0-9_-]+)$/;

/** A rule that always jumps: the most frequent one. */
export function jump(target: string): FelixRule {
  return { action: `--jump ${target}` };
}

/** Goto instead of jump: RETURN then leaves the calling chain too. */
export function goto(target: string): string {
  return `--goto ${target}`;
}

/**
 * The hashes of a chain's rules: each covers the chain's name, all rules before it and itself (felix 3.21
 * iptables/rules.go RuleHashes()), so equal hashes mean that whole beginnings of chains are equal.
 */
export function ruleHashes({ name, rules }: FelixChain): string[] {
  let hash = sha224(bytes(name));
  return rules.map((rule) => {
    const text = bytes(renderRule('-A', name, rule, 'HASH'));
    const joined = new Uint8Array(hash.length + text.length);
    joined.set(hash);
    joined.set(text, hash.length);
    hash = sha224(joined);
    return base64Url(hash).slice(0, HASH_LENGTH);
  });
}

/** The rules of a chain as lines of a restore text, with their hashes. */
export function chainLines(chain: FelixChain): string[] {
  return linesOf('-A', chain.name, chain);
}

/** Rules for a chain of somebody else, hashed under a name of their own. */
export function linesOf(command: '-A' | '-I', to: string, hashed: FelixChain): string[] {
  const hashes = ruleHashes(hashed);
  return hashed.rules.map((rule, i) =>
    renderRule(command, to, rule, `-m comment --comment "${HASH_PREFIX}${hashes[i] ?? ''}"`),
  );
}

/** renderInner(): the hash, then the rule's own comment, matches, action. */
function renderRule(command: '-A' | '-I', chain: string, rule: FelixRule, hash: string): string {
  const comment = rule.comment === undefined ? [] : [`-m comment --comment "${safe(rule.comment)}"`];
  return [command, chain, hash, ...comment, ...(rule.match ?? []), rule.action].join(' ');
}

/** escapeComment(), truncateComment(). */
function safe(comment: string): string {
  return comment.replace(/[^\w @%+=:,./-]/g, '_').slice(0, 256);
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
