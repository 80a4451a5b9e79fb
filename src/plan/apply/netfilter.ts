import { applyIptablesCommand, type Ruleset, restoreIpsets, restoreRuleset, usedIpsets } from '../../linux/index.js';
import type { Call, RestoreChunk } from '../install.js';
import { type ApplyContext, runtimeOf } from './context.js';
import { type Refused, refuse } from './refuse.js';

/** `iptables-restore`: tables that were committed before a line that is refused stay changed. */
export function iptablesRestore(
  { draft }: ApplyContext,
  call: Extract<Call, { readonly call: 'iptables-restore' }>,
): Refused | undefined {
  const { family } = call;
  const options = { family, ipsets: draft.ns.ipsets };
  const { ruleset, refusal } = restoreRuleset(rulesetOf(draft.ns, family), call.chunks, call.flush, options);
  draft.setRuleset(family, ruleset);
  return refusal === undefined ? undefined : refuse(refusal.errno, `line ${refusal.line ?? 0}: ${refusal.message}`);
}

/** One command of `iptables` or `ip6tables`. */
export function iptables(
  { draft, origin }: ApplyContext,
  { family, args }: Extract<Call, { readonly call: 'iptables' }>,
): Refused | undefined {
  const options = { family, ipsets: draft.ns.ipsets };
  const applied = applyIptablesCommand(rulesetOf(draft.ns, family), args, origin, options);
  if ('refusal' in applied) return refuse(applied.refusal.errno, applied.refusal.message);
  draft.setRuleset(family, applied.ruleset);
  return undefined;
}

function rulesetOf(ns: { readonly iptables: Ruleset; readonly ip6tables: Ruleset }, family: 'ip' | 'ip6'): Ruleset {
  return family === 'ip' ? ns.iptables : ns.ip6tables;
}

/** `ipset restore`: what the lines before a refused one did stays done. */
export function ipsetRestore(
  context: ApplyContext,
  { chunks }: { readonly chunks: readonly RestoreChunk[] },
): Refused | undefined {
  const { draft } = context;
  const used = new Set([...usedIpsets(draft.ns.iptables), ...usedIpsets(draft.ns.ip6tables)]);
  const { ipsets, refusal } = restoreIpsets(draft.ns.ipsets, chunks, { used });
  draft.ipsets = ipsets;
  forgetMembers(context, chunks);
  return refusal === undefined ? undefined : refuse(refusal.errno, `line ${refusal.line}: ${refusal.message}`);
}

/** Members that packets added or deleted go with their set, and with a flush of it. */
function forgetMembers(context: ApplyContext, chunks: readonly RestoreChunk[]): void {
  const { setMembers } = runtimeOf(context);
  if (setMembers.size === 0) return;
  const { journal } = context.drafts.runtime;
  const flushed = chunks.flatMap((chunk) =>
    chunk.lines.flatMap((line) => /^\s*(?:-F|flush)\b\s*(\S*)/.exec(line)?.[1] ?? []),
  );
  for (const name of [...setMembers.keys()])
    if (!context.draft.ns.ipsets.has(name) || flushed.includes(name) || flushed.includes(''))
      journal.put(setMembers, name, undefined);
}
