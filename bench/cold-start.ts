import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../dist/bin/podpath.js', import.meta.url));
const RUNS = 9;

/** Each does what the one before does, and more: the differences are what a cold trace is made of. */
const STEPS: readonly (readonly [name: string, args: readonly string[]])[] = [
  ['node itself', ['-e', '0']],
  ['+ command line', [PROGRAM, '--version']],
  ['+ reading and checking a lab', [PROGRAM, 'validate', 'flannel-vxlan']],
  ['+ building it, tracing, printing', [PROGRAM, 'trace', 'flannel-vxlan', 'client', 'service/web:80']],
];

/** How long a newcomer waits for a trace, from the shell: medians, ms. */
export function benchColdStart(): void {
  if (!existsSync(PROGRAM)) throw new Error('dist/bin/podpath.js is missing: npm run build makes it');
  console.log(`Cold start: podpath trace flannel-vxlan client service/web:80, median of ${RUNS}`);
  for (const [name, args] of STEPS) console.log(`  ${name.padEnd(34)}${median(args).toFixed(0).padStart(6)} ms`);
}

function median(args: readonly string[]): number {
  const times = Array.from({ length: RUNS }, () => {
    const start = performance.now();
    execFileSync(process.execPath, args, { stdio: 'ignore' });
    return performance.now() - start;
  });
  return times.sort((a, b) => a - b)[Math.floor(RUNS / 2)] ?? 0;
}
