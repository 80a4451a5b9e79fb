import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readLab } from '../../src/input/read-lab.js';
import { readYaml } from '../../src/input/yaml.js';

describe('hostile documents are problems, at once', () => {
  const nines = (of: string): string => `[${Array(9).fill(of).join(', ')}]`;
  const bomb = [...'bcdefghijk'].map((name, i) => `${name}: &${name} ${nines(`*${'abcdefghijk'[i]}`)}`);
  const many = Array.from({ length: 50_000 }, (_, i) => `k${i}: ${i}`).join('\n');

  test.each([
    { what: 'aliases of aliases', text: `a: &a ${nines('x')}\n${bomb.join('\n')}`, code: 'syntax' },
    { what: 'an anchor in itself', text: 'a: &a [*a]', code: 'syntax' },
    { what: 'an alias of nothing', text: 'a: *b', code: 'syntax' },
    { what: '100,000 open lists', text: '['.repeat(100_000), code: 'syntax' },
    { what: '100,000 nested lists', text: `${'- '.repeat(100_000)}x`, code: 'syntax' },
    { what: '65 levels', text: `${'['.repeat(65)}${']'.repeat(65)}`, code: 'syntax' },
    { what: 'a key that is a map', text: '? {a: 1}\n: 2', code: 'syntax' },
    { what: 'the prototype', text: '__proto__: {a: 1}', code: 'bad-value' },
    { what: 'a tag', text: 'a: !!binary aGVsbG8=', code: 'syntax' },
    { what: 'five million characters', text: 'x'.repeat(5_000_000), code: 'unreadable' },
    { what: 'a duplicate among 50,000 keys', text: `${many}\nk7: x`, code: 'conflict' },
  ])(
    '$what',
    ({ text, code }) => {
      const read = readYaml(text, 'lab.yaml');
      expect('problems' in read && read.problems[0].code).toBe(code);
    },
    20_000,
  );

  test('YAML 1.1 is read as 1.2: no is no boolean, a date no date', () => {
    const read = readYaml('%YAML 1.1\n---\n{a: no, b: 2001-01-01}\n', 'lab.yaml');
    expect('value' in read && read.value[0]?.value).toEqual({ a: 'no', b: '2001-01-01' });
  });
});

describe('positions', () => {
  const read = readYaml('a:\n  - x\n  - {b: 1}\nc: &c {d: 2}\ne: *c\n', 'lab.yaml');
  const [document] = 'value' in read ? read.value : [];

  test.each([
    { path: ['a', 1, 'b'], want: '3:9', why: 'a value' },
    { path: ['a', 1, 'z', 'y'], want: '3:5', why: 'the nearest parent of what is not there' },
    { path: ['e', 'd'], want: '4:11', why: 'behind an alias: where it is written' },
    { path: [], want: '1:1', why: 'the document' },
  ])('$path: $why', ({ path, want }) => {
    const at = document?.positionOf(path);
    expect(`${at?.line}:${at?.col}`).toBe(want);
  });
});

/** Texts that look like labs: lines of keys and values that mean something, in any order and indentation. */
const WORDS = [
  'nodes',
  'pods',
  'cni',
  'services',
  'faults',
  'expect',
  'manifest',
  'node-1',
  '10.0.0.1',
  'port',
  '80',
  'x',
];
const SIGNS = [
  ':',
  ': ',
  '- ',
  '{',
  '}',
  '[',
  ']',
  '&a ',
  '*a',
  '|',
  '"',
  "'",
  '\n',
  '\n  ',
  '\n    ',
  '#',
  '---\n',
  '!',
  '->',
];
const token = fc.constantFrom(...WORDS, ...SIGNS);

test('no text makes the reader throw', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(token, { maxLength: 60 }).map((all) => all.join('')),
  );
  fc.assert(
    fc.property(text, (each) => {
      const read = readLab(each, 'lab.yaml');
      expect('value' in read || read.problems.length > 0).toBe(true);
    }),
    { numRuns: 2000 },
  );
}, 60_000);

/** Keys that a lab or an object can have, somewhere. */
const KEYS = [
  'nodes',
  'pods',
  'services',
  'hosts',
  'routers',
  'segments',
  'faults',
  'expect',
  'manifest',
  'cni',
  'sysctl',
  'links',
  'kubeProxy',
  'node-1',
  'a',
  'address',
  'node',
  'port',
  'ports',
  'podCIDR',
  'listen',
  'routes',
  'apiVersion',
  'kind',
  'metadata',
];

/** Any value at any key of a lab. */
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(
      null,
      true,
      0,
      80,
      -1,
      1e300,
      Number.NaN,
      '',
      'node-1',
      '10.0.0.1',
      '10.0.0.0/8',
      '80/udp',
      'a -> b',
    ),
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...KEYS), tie('any'), { maxKeys: 3 }),
  ),
})).any;

test('no values make the reader throw', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...KEYS), value, { maxKeys: 5 }), (each) => {
      const read = readLab(JSON.stringify(each), 'lab.yaml');
      expect('value' in read || read.problems.length > 0).toBe(true);
    }),
    { numRuns: 2000 },
  );
}, 60_000);
