import { defineConfig, type ViteUserConfig } from 'vitest/config';
import { SummaryReporter } from './tools/summary-reporter.js';

const { PODPATH_SUMMARY: summary } = process.env;

const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Two busy cores and a cold start take longer than the tests themselves.
    testTimeout: 20_000,
    // Vitest would leave a core to itself, which of two is half.
    maxWorkers: '100%',
    // .ci/run adds up several runs, and tells what was skipped.
    reporters: summary === undefined ? ['default'] : ['default', new SummaryReporter(summary)],
  },
});
export default config;
