import type { Runtime } from '../linux/index.js';
import type { Network } from '../topology/index.js';
import { Applier, type ApplyOptions } from './apply/applier.js';
import type { Install, Refusal } from './install.js';

/** Calls, one at a time. A generator gets the refusal of each back as the value of its `yield`. */
export type Installs = Iterable<Install> | Generator<Install, void, Refusal | undefined>;

/** What calls have made. */
export interface Applied {
  readonly network: Network;
  /** The runtime that was handed in, changed through its journal. */
  readonly runtime: Runtime;
  /** The calls that the kernel refused, in order. */
  readonly refused: readonly Refusal[];
}

/**
 * Carries out calls on a network, each as the kernel would. The only writer of configured state; a refused call
 * changes nothing, and the next one is carried out all the same.
 */
export function apply(installs: Installs, network: Network, runtime: Runtime, options: ApplyOptions = {}): Applied {
  const applier = new Applier(network, runtime, options);
  const refused = applyTo(applier, installs);
  return { network: applier.network(), runtime, refused };
}

/** The same on an applier that goes on to be used. Returns the refusals. */
export function applyTo(applier: Applier, installs: Installs): Refusal[] {
  const refused: Refusal[] = [];
  const iterator = installs[Symbol.iterator]() as Iterator<Install, unknown, Refusal | undefined>;
  let step = iterator.next(undefined);
  while (step.done !== true) {
    const refusal = applier.apply(step.value);
    if (refusal !== undefined) refused.push(refusal);
    step = iterator.next(refusal);
  }
  return refused;
}
