import { describe, expect, test } from 'vitest';
import { parseASNumber, parseCommunity, parseDuration } from '../../src/cluster/index.js';

describe('values that Calico’s objects hold as text', () => {
  test.each([
    { text: '64512', want: 64512, why: 'asplain' },
    { text: '1.10', want: 65546, why: 'asdot+ (RFC 5396): 1 * 65536 + 10' },
    { text: '4294967295', want: 4294967295, why: 'the last of 32 bits' },
    { text: '4294967296', want: undefined, why: 'more than 32 bits' },
    { text: '1.65536', want: undefined, why: 'a half of more than 16 bits' },
    { text: '1.2.3', want: undefined, why: 'no number' },
    { text: '', want: undefined, why: 'nothing' },
  ])('AS number $text: $why', ({ text, want }) => {
    expect(parseASNumber(text)).toBe(want);
  });

  test.each([
    { text: '64512:100', want: 4227858532, why: '64512 * 65536 + 100 (RFC 1997)' },
    { text: '65536:1', want: undefined, why: 'a half of more than 16 bits' },
    { text: '64512:4294967295:0', want: [64512, 4294967295, 0], why: 'three of 32 bits (RFC 8092)' },
    { text: '1:2:4294967296', want: undefined, why: 'more than 32 bits' },
    { text: 'gold', want: undefined, why: 'a name' },
  ])('community $text: $why', ({ text, want }) => {
    expect(parseCommunity(text)).toEqual(want);
  });

  test.each([
    { text: '1h2m3s', want: 3723 },
    { text: '120s', want: 120 },
    { text: '2m', want: 120 },
    { text: '120', want: undefined },
    { text: '', want: undefined },
    { text: 's', want: undefined },
  ])('duration "$text"', ({ text, want }) => {
    expect(parseDuration(text)).toBe(want);
  });
});
