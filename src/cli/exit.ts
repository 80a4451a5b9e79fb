/** How the program ends; among branches and labs 1 outweighs 3 outweighs 0. */
export const EXIT = { ok: 0, failed: 1, usage: 2, unknown: 3, bug: 70 } as const;

/** Tells the program with which code to end. */
export type SetExit = (code: number) => void;

/** Thrown where the user has to change something; told without a stack. */
export class UsageError extends Error {}

/** The exit code of several results together. */
export function worst(codes: Iterable<number>): number {
  const all = new Set(codes);
  for (const code of [EXIT.bug, EXIT.usage, EXIT.failed, EXIT.unknown]) if (all.has(code)) return code;
  return EXIT.ok;
}
