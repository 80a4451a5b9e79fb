import { CONTINUE } from '../context.js';
import type { TargetExtension } from '../extension.js';
import { VALUE } from '../option.js';

/** `-j AUDIT` */
export interface AuditTarget {
  readonly target: 'AUDIT';
  readonly type: 'accept' | 'drop' | 'reject';
}

const OPTIONS = { '--type': VALUE } as const;
const TYPES = ['accept', 'drop', 'reject'] as const;

/** A record for the audit subsystem, and on with the next rule (audit_tg(), linux net/netfilter/xt_AUDIT.c). */
export const audit: TargetExtension<AuditTarget> = {
  name: 'AUDIT',
  options: OPTIONS,
  parse(words) {
    let type: AuditTarget['type'] | undefined;
    for (const _ of words.options(OPTIONS)) {
      const word = words.next().toLowerCase();
      type = TYPES.find((known) => known === word);
      if (type === undefined) words.fail(`expected accept, drop or reject, found "${word}"`);
      type ??= 'accept';
    }
    if (type === undefined) words.fail('-j AUDIT needs --type', 'missing');
    return { target: 'AUDIT', type: type ?? 'accept' };
  },
  print: ({ type }) => `-j AUDIT --type ${type}`,
  apply: () => CONTINUE,
};
