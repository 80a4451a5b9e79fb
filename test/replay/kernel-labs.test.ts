import { describe, expect, test } from 'vitest';
import { LABS } from '../recordings/load.js';
import { comparisonsOfProbe, WAITING_PROBES } from './compare.js';
import { replayDiffs } from './diffs.js';
import { replay } from './lab.js';

describe.each(LABS)('recorded on Linux 6.18: %s', (name) => {
  for (const replayed of replay(name)) {
    const { title } = replayed.probe;
    if (WAITING_PROBES[name]?.test(title)) {
      test.skip(`${title}: macvlan is not modelled`);
      continue;
    }
    test(title, () => {
      for (const { what, ours, kernel } of comparisonsOfProbe(replayed)) expect(ours, what).toEqual(kernel);
      replayDiffs(replayed.trace);
    });
  }
});
