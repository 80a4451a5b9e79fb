import { describe, expect, test } from 'vitest';
import { en } from '../../src/output/reason/en.js';
import { hintsEn } from '../../src/output/reason/hints-en.js';
import { hintsZh } from '../../src/output/reason/hints-zh.js';
import { fill } from '../../src/output/reason/reason.js';
import { zh } from '../../src/output/reason/zh.js';
import { DROP_CODES, HINT_CODES } from '../../src/trace/index.js';

const LANGUAGES = { en, zh };
const codes = Object.keys(DROP_CODES) as (keyof typeof DROP_CODES)[];

/** Names of the values that a template uses. */
function names(template: string): string[] {
  return [...template.matchAll(/\{(\w+)\|/g)].map(([, name = '']) => name).sort();
}

describe.each(codes)('%s', (code) => {
  test.each(['en', 'zh'] as const)('has a sentence and a remedy in %s, with values and without', (lang) => {
    const { why, fix } = LANGUAGES[lang][code];
    for (const template of [why, fix]) {
      const bare = fill(template, {});
      expect(bare).not.toMatch(/[{}|]|undefined/);
      expect(bare.length).toBeGreaterThan(8);
      const values = Object.fromEntries(names(template).map((name) => [name, `<${name}>`]));
      for (const value of Object.values(values)) expect(fill(template, values)).toContain(value);
    }
    expect(fill(why, {})).toMatch(/[.。]$/);
  });

  test('both languages tell the same values', () => {
    expect(names(zh[code].why)).toEqual(names(en[code].why));
  });
});

test.each(HINT_CODES)('%s: both languages tell the same values, and say something without them', (code) => {
  for (const part of ['why', 'fix'] as const) {
    expect(names(hintsZh[code][part])).toEqual(names(hintsEn[code][part]));
    for (const { [code]: reason } of [hintsEn, hintsZh]) expect(fill(reason[part], {})).not.toMatch(/[{}]|undefined/);
  }
});

test('an empty value is none', () => {
  expect(fill('{dev|the device} is down', { dev: '' })).toBe('the device is down');
  expect(fill('{n|no} rule', { n: 0 })).toBe('0 rule');
});
