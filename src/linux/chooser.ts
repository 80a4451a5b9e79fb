/** One way that a fork can go. */
export interface Option {
  /** What is chosen, in words: a target, a next hop, `matches`. */
  readonly label: string;
  /** Its probability, 0 … 1. */
  readonly probability: number;
}

/**
 * Where chance comes from: rules and routes ask, the caller of the simulation answers.
 *
 * All of them answer at once. A fork is explored by running the conversation again with another answer.
 */
export interface Chooser {
  /**
   * The index of the option taken. `about` names the rule or route that asks, the same text each time; with a `key`
   * the answer is the same for the same key throughout a run, as a hash's would be.
   */
  fork(about: string, options: readonly [Option, ...Option[]], key?: string): number;
  /**
   * Whether something holds that is not modelled. Where all branches are explored it holds on one and not on another;
   * undefined where one branch alone is followed: then there is no telling, and the packet's way ends as unknown.
   */
  guess(about: string): boolean | undefined;
  /** A value in 0 … `range`−1 that nobody forks on: a port, an ISN, an id. */
  value(about: string, range: number): number;
  /** A value in 0 … 2^32−1 that is the same for the same `key` in the same namespace: a flow hash. */
  hash(netns: string, about: string, key: string): number;
}
