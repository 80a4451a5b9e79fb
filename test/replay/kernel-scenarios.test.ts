import { describe, expect, test } from 'vitest';
import { comparisonsOfCase } from './compare.js';
import { replayDiffs } from './diffs.js';
import { loadScenarios, replayScenario } from './scenario.js';

for (const scenario of loadScenarios())
  describe(`recorded in user-mode Linux 6.1: ${scenario.name}`, () => {
    for (const replayed of replayScenario(scenario))
      test(`${replayed.recorded.id} ${replayed.recorded.note ?? ''}`, () => {
        for (const { what, ours, kernel } of comparisonsOfCase(scenario, replayed)) expect(ours, what).toEqual(kernel);
        replayDiffs(replayed.trace);
      });
  });
