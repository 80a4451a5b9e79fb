import type { ProblemCode } from '../problem/index.js';

/** Keys and indices from an object's `spec` to a value in it. */
export type SpecPath = readonly (string | number)[];

/** What is wrong with a value of an object, or not modelled of it. */
export type Issue = { readonly path: SpecPath } & (
  | {
      readonly code: ProblemCode;
      readonly message: string;
      /** A name that means nothing, and those of which one may have been meant. */
      readonly near?: { readonly word: string; readonly known: readonly string[] };
    }
  | { readonly unmodelled: string }
);

/** Takes what a reader finds. */
export type Tell = (issue: Issue) => void;
