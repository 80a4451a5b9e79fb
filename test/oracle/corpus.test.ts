import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { KernelRun } from './backend.js';
import { judge } from './differential.js';
import type { Plan } from './plan.js';

/**
 * Counterexamples that were found at random and shrunk, with what the kernel did: Linux 6.18, iptables-nft 1.8.9. Each
 * is named for what was wrong. They need neither root nor a kernel.
 */
const CORPUS = new URL('corpus/', import.meta.url);

for (const name of readdirSync(CORPUS).filter((file) => file.endsWith('.json')))
  test(`the kernel did so: ${name.replace(/\.json$/, '')}`, () => {
    const { plan, kernel } = JSON.parse(readFileSync(new URL(name, CORPUS), 'utf8')) as {
      plan: Plan;
      kernel: KernelRun;
    };
    const { disagreement, left, agreed } = judge(plan, kernel);
    expect(disagreement?.text).toBeUndefined();
    expect(left).toBeUndefined();
    expect(agreed).toBe(plan.cases.length);
  });
