import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { DIFFERENCES } from './differences.js';

const PAGE = readFileSync(new URL('../../docs/services.md', import.meta.url), 'utf8');

describe.each(['iptables', 'ipvs'] as const)('%s', (mode) => {
  test.each(DIFFERENCES)('$what', ({ observe, expected, source }) => {
    expect(observe(mode), source).toEqual(expected[mode]);
  });
});

test.each(DIFFERENCES)('the modes differ: $what', ({ expected }) => {
  expect(expected.iptables).not.toEqual(expected.ipvs);
});

test('the table of docs/services.md says these, and no others', () => {
  const [, section = ''] = PAGE.split('## Where the modes differ\n');
  const rows = (section.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('| '));
  const cells = rows.slice(1).map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')));
  expect(cells).toEqual(DIFFERENCES.map(({ what, says, source }) => [what, says.iptables, says.ipvs, source]));
});
