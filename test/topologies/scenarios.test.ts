import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Checked, checkLab, formatExpectation } from '../../src/analyze/index.js';
import { openLab } from '../../src/input/index.js';
import { formatTrace } from '../../src/output/index.js';
import { CALICO_LABS, SERVICE_LABS, SHIPPED, type Shipped, shippedFile } from '../shipped.js';

const ROOT = new URL('../../', import.meta.url);
const PAGE = readFileSync(new URL('docs/failure-scenarios.md', ROOT), 'utf8');
const CALICO_PAGE = readFileSync(new URL('docs/calico.md', ROOT), 'utf8');

/** A line of the table. */
interface Scenario {
  readonly id: string;
  readonly lab: Shipped;
  /** As formatExpectation() writes it. */
  readonly expectation: string;
  readonly codes: readonly string[];
  /** What is in code marks in the advice. */
  readonly words: readonly string[];
}

const marked = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, words = '']) => words);

/** The commands that an advice may name, which no trace does. */
const COMMANDS = new Set(['podpath services', 'podpath compare']);

const SCENARIOS: readonly Scenario[] = `${PAGE}\n${CALICO_PAGE}`
  .split('\n')
  .filter((line) => /^\| (KP-\d+ )?\| (?!What is seen)/.test(line))
  .map((line) => {
    const [, id = '', , expected = '', codes = '', advice = ''] = line.split('|').map((cell) => cell.trim());
    const [, lab = '', expectation = ''] = /^`(\S+): (.*)`$/.exec(expected) ?? [];
    const words = marked(advice).filter((word) => !COMMANDS.has(word));
    return { id, lab: shippedName(lab), expectation, codes: marked(codes), words };
  });

function shippedName(name: string): Shipped {
  const found = SHIPPED.find((each) => each === name);
  if (found === undefined) throw new Error(`no shipped lab is called "${name}"`);
  return found;
}

const CHECKED = new Map<Shipped, ReadonlyMap<string, Checked>>();
for (const name of new Set([...SERVICE_LABS, ...CALICO_LABS, ...SCENARIOS.map(({ lab }) => lab)])) {
  const { lab, built } = await openLab(shippedFile(name));
  CHECKED.set(
    name,
    new Map([...checkLab(lab, built.network)].map((each) => [formatExpectation(each.expectation), each])),
  );
}

test.each(SCENARIOS)('$lab: $expectation', ({ lab, expectation, codes, words }) => {
  const checked = CHECKED.get(lab)?.get(expectation);
  expect(checked?.got).toBeDefined();
  if (checked === undefined) return;
  expect(checked.passed, checked.got).toBe(true);
  const { verdict } = checked.trace;
  expect([...(verdict.code === null ? [] : [verdict.code]), ...verdict.hints.map(({ code }) => code)]).toEqual(codes);
  const cause = formatTrace(checked.trace, { width: 400 }).split('\n\n')[0];
  for (const word of words) expect(cause).toContain(word);
});

test.each(SERVICE_LABS)('%s: every fault has its line', (lab) => {
  const named = new Set(SCENARIOS.filter((each) => each.lab === lab).map(({ expectation }) => expectation));
  const lacking = [...(CHECKED.get(lab) ?? [])].filter(([text, { expectation }]) => {
    return expectation.faults.length > 0 && !named.has(text);
  });
  expect(lacking.map(([text]) => text)).toEqual([]);
});

test.each(CALICO_LABS)('%s: every fault is in a line', (lab) => {
  const named = SCENARIOS.filter((each) => each.lab === lab).flatMap(({ expectation }) => [...withFaults(expectation)]);
  const faults = [...(CHECKED.get(lab)?.values() ?? [])].flatMap(({ expectation }) => expectation.faults);
  expect([...new Set(faults)].filter((fault) => !named.includes(fault))).toEqual([]);
});

function withFaults(expectation: string): readonly string[] {
  const [, names = ''] = / with (.*?): /.exec(expectation) ?? [];
  return names.split(', ');
}

describe('what no lab shows', () => {
  const [, section = ''] = PAGE.split('## What no lab shows');
  const entries = [...section.matchAll(/^- \*\*(KP-[\s\S]*?)\*\*([\s\S]*?)(?=^- |(?![\s\S]))/gm)];

  test('each scenario is in one of the two places', () => {
    const ids = [...SCENARIOS.map(({ id }) => id), ...entries.flatMap(([, bold = '']) => bold.match(/KP-\d+/g) ?? [])];
    const known = Array.from({ length: 31 }, (_, i) => `KP-${String(i + 1).padStart(2, '0')}`);
    expect(ids.filter((id) => id !== '').sort()).toEqual(known);
  });

  test('a test that is named is one', () => {
    const named = [...section.replace(/\s+/g, ' ').matchAll(/`(test\/\S+)`: "([^"]+)"/g)];
    expect(named.length).toBeGreaterThan(0);
    for (const [, file = '', title = ''] of named) {
      const text = readFileSync(new URL(file, ROOT), 'utf8');
      expect(text.includes(`test('${title}'`), `${file}: ${title}`).toBe(true);
    }
  });
});
