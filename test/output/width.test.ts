import fc from 'fast-check';
import { expect, test } from 'vitest';
import { displayWidth, padEnd, wrap } from '../../src/output/width.js';

test.each([
  { text: 'abc', want: 3, why: 'ASCII' },
  { text: '节点', want: 4, why: 'Han characters take two columns' },
  { text: 'e\u0301', want: 1, why: 'a combining accent takes none' },
  { text: '（a）', want: 5, why: 'fullwidth punctuation' },
  { text: '→ ✓', want: 3, why: 'arrows and ticks are narrow' },
])('$text takes $want: $why', ({ text, want }) => {
  expect(displayWidth(text)).toBe(want);
});

test('columns line up whatever is in them', () => {
  for (const text of ['route', '路由', '下一跳', '']) expect(displayWidth(padEnd(text, 10))).toBe(10);
});

test.each([
  { text: 'one two three', columns: 8, want: ['one two', 'three'], why: 'at words' },
  { text: 'averylongword x', columns: 5, want: ['averylongword', 'x'], why: 'a long word has a line of its own' },
  {
    text: '内核放弃了等待中的包。',
    columns: 8,
    want: ['内核放弃', '了等待中', '的包。'],
    why: 'anywhere, but not before 。',
  },
  { text: '', columns: 8, want: [''], why: 'nothing is a line' },
])('wraps $text: $why', ({ text, columns, want }) => {
  expect(wrap(text, columns)).toEqual(want);
});

test('wrapping loses nothing but spaces', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 40 }), (text, columns) => {
      const squeeze = (each: string): string => each.replace(/\s+/g, '');
      expect(squeeze(wrap(text, columns).join(' '))).toBe(squeeze(text));
    }),
  );
});
