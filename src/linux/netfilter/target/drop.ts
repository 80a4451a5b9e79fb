import { DROP } from '../context.js';
import type { TargetExtension } from '../extension.js';

/** `-j DROP` */
export interface DropTarget {
  readonly target: 'DROP';
}

/** Drops the packet without an answer. */
export const drop: TargetExtension<DropTarget> = {
  name: 'DROP',
  options: {},
  parse: () => ({ target: 'DROP' }),
  print: () => '-j DROP',
  apply: () => DROP,
  checkentry: (_, { table }) => (table === 'nat' ? 'the nat table is not for filtering' : undefined),
};
