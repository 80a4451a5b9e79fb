/**
 * The name of tests, with what this machine lacks for them: `.ci/run` looks for these words, and fails on a machine that
 * was set up as README says.
 */
export function onMachine(name: string, why: string | undefined): string {
  return why === undefined ? name : `${name}: ${notHere(why)}`;
}

/** Why a test can't be had here, in the same words. */
export function notHere(why: string): string {
  return `not on this machine: ${why}`;
}
