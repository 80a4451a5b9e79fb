import { onMachine } from '../machine.js';

/**
 * For how many seconds `npm test` sends random packets, all levels together; 0 for not at all, nor anything to the
 * second kernel. `npm run oracle` goes on for as long as is asked.
 */
export const SECONDS: number = Number(process.env['PODPATH_ORACLE_SECONDS'] ?? 150);

/** Why kernels are not asked, and the name that says so. */
export function asked(name: string, why: () => string | undefined): { readonly name: string; readonly skip: boolean } {
  if (SECONDS === 0) return { name: `${name}: PODPATH_ORACLE_SECONDS is 0`, skip: true };
  const reason = why();
  return { name: onMachine(name, reason), skip: reason !== undefined };
}
