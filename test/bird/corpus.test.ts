import { describe, expect, test } from 'vitest';
import { formatDisagreement, judge } from './compare.js';
import { loadCorpus } from './corpus.js';

const CORPUS = loadCorpus();

test('there are plans of each shape, with each kind of event', () => {
  expect(CORPUS.length).toBeGreaterThan(30);
  const types = new Set(CORPUS.flatMap(({ plan }) => plan.events.map(({ type }) => type)));
  for (const type of ['kill', 'shutdown', 'start', 'disable', 'enable', 'reconfigure', 'wait', 'cut'] as const) {
    expect(types).toContain(type);
  }
});

describe('the simulation ends where BIRD 2.0.12 has ended', () => {
  test.each(CORPUS.map((runs) => [runs.plan.name, runs] as const))('%s', (_, runs) => {
    const { disagreements, compared } = judge(runs);
    expect(disagreements.map(formatDisagreement).join('\n')).toBe('');
    expect(compared).toBeGreaterThan(10);
  });

  test('what hangs on the order of messages is little', () => {
    const judged = CORPUS.map(judge);
    const sum = (what: 'compared' | 'timed' | 'ordered'): number => judged.reduce((n, one) => n + one[what], 0);
    expect(sum('compared')).toBeGreaterThan(3000);
    expect(sum('timed') + sum('ordered')).toBeLessThan(sum('compared') / 100);
  });
});
