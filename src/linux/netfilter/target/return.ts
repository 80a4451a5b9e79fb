import { RETURN } from '../context.js';
import type { TargetExtension } from '../extension.js';

/** `-j RETURN` */
export interface ReturnTarget {
  readonly target: 'RETURN';
}

/** Goes back to the chain that jumped here; from a built-in chain to its policy. */
export const returnTarget: TargetExtension<ReturnTarget> = {
  name: 'RETURN',
  options: {},
  parse: () => ({ target: 'RETURN' }),
  print: () => '-j RETURN',
  apply: () => RETURN,
};
