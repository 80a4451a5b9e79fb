import { CONTINUE } from '../context.js';
import type { TargetExtension } from '../extension.js';

/** `-j TRACE` */
export interface TraceTarget {
  readonly target: 'TRACE';
}

/** Marks the packet for the kernel's own trace, which changes nothing of its way (linux net/netfilter/xt_TRACE.c). */
export const trace: TargetExtension<TraceTarget> = {
  name: 'TRACE',
  options: {},
  parse: () => ({ target: 'TRACE' }),
  print: () => '-j TRACE',
  apply: () => CONTINUE,
  checkentry: (_, { table }) => (table === 'raw' ? undefined : 'TRACE belongs into the raw table'),
};
