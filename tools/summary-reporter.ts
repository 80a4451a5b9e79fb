import { appendFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

/**
 * Appends to a file: a line `PASSED FAILED SKIPPED`, and one for each skipped test with its
 * reason, which is in its name or in its note.
 */
export class SummaryReporter implements Reporter {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    let passed = 0;
    let failed = errors.length;
    const skipped: string[] = [];
    for (const module of modules) {
      // A file that does not even load has no tests to count.
      if (module.errors().length > 0) failed++;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === 'passed') passed++;
        else if (result.state === 'failed') failed++;
        else {
          const why = result.state === 'skipped' ? result.note : undefined;
          skipped.push(`skipped: ${module.relativeModuleId}: ${test.fullName}${why === undefined ? '' : `: ${why}`}`);
        }
      }
    }
    appendFileSync(this.#file, `${[`${passed} ${failed} ${skipped.length}`, ...skipped].join('\n')}\n`);
  }
}
