/** One way that a fork can go. */
export interface Option {
  /** What is chosen, in words: a target, a next hop, `matches`. */
  readonly label: string;
  /** Its probability, 0 … 1; undefined when it depends on a state that nobody knows. */
  readonly probability: number | undefined;
}

/**
 * Where chance comes from: rules and routes ask, the caller of the simulation answers.
 *
 * All three answer at once. A fork is explored by running the conversation again with another answer.
 */
export interface Chooser {
  /**
   * The index of the option taken. `about` names the rule or route that asks, the same text each time; with a `key`
   * the answer is the same for the same key throughout a run, as a hash's would be.
   */
  fork(about: string, options: readonly [Option, ...Option[]], key?: string): number;
  /** A value in 0 … `range`−1 that nobody forks on: a port, an ISN, an id. */
  value(about: string, range: number): number;
  /** A value in 0 … 2^32−1 that is the same for the same `key` in the same namespace: a flow hash. */
  hash(netns: string, about: string, key: string): number;
}
