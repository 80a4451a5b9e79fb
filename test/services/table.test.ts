import { describe, expect, test } from 'vitest';
import { type Cell, CLIENTS, DETECTORS, expected, KINDS, MODES, POLICIES } from './table-rules.js';
import { observe } from './table-world.js';

/** Every combination, each against the sentences that say what comes of it. */
const CELLS = MODES.flatMap((mode) =>
  DETECTORS.flatMap((detector) =>
    KINDS.flatMap((kind) =>
      POLICIES.flatMap((policy) => CLIENTS.map((client): Cell => ({ mode, detector, kind, policy, client }))),
    ),
  ),
);

describe.each(MODES)('%s', (mode) => {
  describe.each(DETECTORS)('%s', (detector) => {
    for (const cell of CELLS) {
      if (cell.mode !== mode || cell.detector !== detector) continue;
      test(`${cell.kind}, policy ${cell.policy}, from ${cell.client.client}`, () => {
        const { outcome, met, because } = expected(cell);
        expect(because.length).toBeGreaterThan(0);
        expect(observe(cell), because.join('\n')).toEqual({ outcomes: [outcome], met });
      });
    }
  });
});

test('each sentence decides somewhere', () => {
  const used = new Set(CELLS.flatMap((cell) => expected(cell).because));
  expect(used.size).toBe(17);
});
