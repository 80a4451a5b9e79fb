/** How long each measurement runs at least, ms, after a tenth of that to warm up. */
const LONG_ENOUGH = 1000;

/** Runs `once` again and again. `operations` is how many of what is counted one run does. Gives them per second. */
export function perSecond(operations: number, once: () => void): number {
  run(LONG_ENOUGH / 10, once);
  const { runs, ms } = run(LONG_ENOUGH, once);
  return (runs * operations * 1000) / ms;
}

function run(least: number, once: () => void): { readonly runs: number; readonly ms: number } {
  const start = performance.now();
  let runs = 0;
  let ms = 0;
  while (ms < least) {
    once();
    runs++;
    ms = performance.now() - start;
  }
  return { runs, ms };
}

/** A line for each result: the rate, and how many times that of the first one. */
export function printRates(unit: string, rates: readonly (readonly [name: string, rate: number])[]): void {
  const [, base = 1] = rates[0] ?? [];
  const width = Math.max(...rates.map(([name]) => name.length)) + 2;
  for (const [name, rate] of rates) {
    const figure = Math.round(rate).toLocaleString('en').padStart(12);
    console.log(`  ${name.padEnd(width)}${figure} ${unit}   ${(rate / base).toPrecision(3)} x`);
  }
}
