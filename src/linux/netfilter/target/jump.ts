import type { TargetExtension } from '../extension.js';

/** `-j CHAIN` */
export interface JumpTarget {
  readonly target: 'jump';
  readonly chain: string;
}

/** `-g CHAIN`: what returns from it goes back to where this chain was called from. */
export interface GotoTarget {
  readonly target: 'goto';
  readonly chain: string;
}

/** Goes on in another chain. The reader of rules hands it the chain's name; the evaluator carries it out. */
export const jump: TargetExtension<JumpTarget> = {
  name: 'jump',
  options: {},
  parse: (words) => ({ target: 'jump', chain: words.next() }),
  print: ({ chain }) => `-j ${chain}`,
  apply: ({ chain }) => {
    throw new Error(`the jump to ${chain} is the evaluator's`);
  },
};

/** Goes on in another chain for good. */
export const gotoChain: TargetExtension<GotoTarget> = {
  name: 'goto',
  options: {},
  parse: (words) => ({ target: 'goto', chain: words.next() }),
  print: ({ chain }) => `-g ${chain}`,
  apply: ({ chain }) => {
    throw new Error(`the goto ${chain} is the evaluator's`);
  },
};
