import { expect, test } from 'vitest';
import { readYaml } from '../../src/input/yaml.js';

/** `line:col message` of each problem. */
function problemsOf(text: string): readonly string[] {
  const read = readYaml(text, 'lab.yaml');
  return 'problems' in read ? read.problems.map(({ line, col, message }) => `${line}:${col} ${message}`) : [];
}

const IN_QUOTES = 'put the whole text in quotes, or on a line of its own below its key, outside { } and [ ]';
const PATCH = `calicoctl patch ippool racks -p '{"spec":{"ipipMode":"Never"}}'`;

test('a command with JSON in a flow map is one slip, told where the text ends', () => {
  const text = `faults:\n  f1: {node-1: ${PATCH}}\n  f2: {node-1: reboot}\n`;
  // The plain text begins in column 16 and ends before the {, 33 characters on.
  expect(PATCH.indexOf('{')).toBe(33);
  expect(problemsOf(text)).toEqual([`2:49 text within { } or [ ] can't go on with {; ${IN_QUOTES}`]);
});

test('the same on a line of its own is no slip', () => {
  expect(problemsOf(`faults:\n  f1:\n    node-1: ${PATCH}\n`)).toEqual([]);
  expect(problemsOf(`faults:\n  f1: {node-1: "${PATCH.replaceAll('"', '\\"')}"}\n`)).toEqual([]);
});

test('slips in different entries are all told, each once', () => {
  const text = [
    'nodes:',
    '  n1: address: 10.0.0.1', // 1st: the second ": "
    '  n2: 10.0.0.2',
    'faults:',
    `  f1: {n1: ${PATCH}}`, // 2nd
    '  f2:',
    '    n1: "birdc disable x" now', // 3rd
    '    n2: reboot',
    'expect: [n1 -> n2', // 4th
    'pods:',
    '  p: n1',
  ].join('\n');
  expect(problemsOf(text)).toEqual([
    '2:7 a second ": " on the line; text that has one needs quotes',
    `5:45 text within { } or [ ] can't go on with {; ${IN_QUOTES}`,
    `7:27 the value ended before now; ${IN_QUOTES}`,
    '9:9 this [ is not closed',
  ]);
});

test.each([
  { text: 'nodes: {n1: 10.0.0.1\npods: {c: n1}\n', want: '1:8 this { is not closed' },
  { text: 'faults:\n  f1: {n: "birdc disable x}\n  f2: a\n', want: '2:11 this " is not closed' },
  { text: "a: [b, {c: d]\ne: 'f'\n", want: '1:8 this { is not closed' },
])('what is left open is told where it was opened: $text', ({ text, want }) => {
  expect(problemsOf(text)).toEqual([want]);
});

test('of a text too long to be read again, the first slip alone is told', () => {
  const long = Array.from({ length: 10_000 }, (_, i) => `# line ${i} of a comment`);
  const slips = ['a: b: c', 'd: e: f'];
  expect(problemsOf([...slips, ...long].join('\n'))).toHaveLength(1);
  expect(problemsOf(slips.join('\n'))).toHaveLength(2);
});
