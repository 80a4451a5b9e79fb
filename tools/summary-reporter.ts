import { appendFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

/**
 * Appends to a file: a line `PASSED FAILED SKIPPED`; one for each skipped test with its reason, which is in its name or
 * in its note; and one for each failed test with the first line of what it says.
 */
export class SummaryReporter implements Reporter {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    let passed = 0;
    const skipped: string[] = [];
    const failed = errors.map((error) => `failed: outside of tests: ${firstLine(error)}`);
    for (const module of modules) {
      const { relativeModuleId: file } = module;
      // A file that does not even load has no tests to count.
      const [broken] = module.errors();
      if (broken !== undefined) failed.push(`failed: ${file}: ${firstLine(broken)}`);
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === 'passed') passed++;
        else if (result.state === 'failed')
          failed.push(`failed: ${file}: ${test.fullName}: ${firstLine(result.errors[0])}`);
        else {
          const why = result.state === 'skipped' ? result.note : undefined;
          skipped.push(`skipped: ${file}: ${test.fullName}${why === undefined ? '' : `: ${why}`}`);
        }
      }
    }
    const lines = [`${passed} ${failed.length} ${skipped.length}`, ...skipped, ...failed];
    appendFileSync(this.#file, `${lines.join('\n')}\n`);
  }
}

function firstLine(error: unknown): string {
  const message = typeof error === 'object' && error !== null && 'message' in error ? error.message : error;
  return String(message).split('\n', 1)[0] ?? '';
}
