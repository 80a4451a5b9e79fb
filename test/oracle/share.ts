import { onMachine } from '../machine.js';

/**
 * How many random plans of the first level `npm test` sends through a kernel, the other levels in proportion to their
 * share; 0 for none, nor anything to the second kernel or to BIRD. It is a number, not a time, and seeds are given: a
 * run can be repeated, on a slow machine too. `npm run oracle` goes on from a seed of its own for as long as is asked.
 */
export const PLANS: number = Number(process.env['PODPATH_ORACLE_PLANS'] ?? 240);

/** Of the first plan. */
export const SEED: number = Number(process.env['PODPATH_ORACLE_SEED'] ?? 1);

/** Why kernels are not asked, and the name that says so. */
export function asked(name: string, why: () => string | undefined): { readonly name: string; readonly skip: boolean } {
  if (PLANS === 0) return { name: `${name}: PODPATH_ORACLE_PLANS is 0`, skip: true };
  const reason = why();
  return { name: onMachine(name, reason), skip: reason !== undefined };
}
