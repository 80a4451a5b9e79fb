import { ACCEPT } from '../context.js';
import type { TargetExtension } from '../extension.js';

/** `-j ACCEPT` */
export interface AcceptTarget {
  readonly target: 'ACCEPT';
}

/** Lets the packet pass the table. */
export const accept: TargetExtension<AcceptTarget> = {
  name: 'ACCEPT',
  options: {},
  parse: () => ({ target: 'ACCEPT' }),
  print: () => '-j ACCEPT',
  apply: () => ACCEPT,
};
