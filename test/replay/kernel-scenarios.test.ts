import { describe, expect, test } from 'vitest';
import { comparisonsOfCase, WAITING_SCENARIOS } from './compare.js';
import { replayDiffs } from './diffs.js';
import { loadScenarios, replayScenario } from './scenario.js';

for (const scenario of loadScenarios()) {
  const waiting = WAITING_SCENARIOS.get(scenario.name);
  if (waiting !== undefined) {
    test.skip(`recorded in user-mode Linux 6.1: ${scenario.name}: ${waiting}`);
    continue;
  }
  describe(`recorded in user-mode Linux 6.1: ${scenario.name}`, () => {
    for (const replayed of replayScenario(scenario))
      test(`${replayed.recorded.id} ${replayed.recorded.note ?? ''}`, () => {
        for (const { what, ours, kernel } of comparisonsOfCase(scenario, replayed)) expect(ours, what).toEqual(kernel);
        replayDiffs(replayed.trace);
      });
  });
}
