import { describe, expect, test } from 'vitest';
import { tokenizeSelector } from '../../src/cluster/calico-selector-tokens.js';
import {
  type CalicoSelector,
  formatSelector,
  matchesSelector,
  parseSelector,
  prefixLabels,
} from '../../src/cluster/index.js';
import { readShared } from '../shared.js';

function selector(text: string): CalicoSelector {
  const read = parseSelector(text);
  if ('message' in read) throw new Error(`${text}: ${read.message} at ${read.offset}`);
  return read.selector;
}

// Expected values by the language's definition: docs.projectcalico.org/v3.21/reference/resources/networkpolicy#selectors.
describe('evaluation', () => {
  test.each([
    { text: '', labels: {}, want: true, why: 'an empty selector is all()' },
    { text: 'all()', labels: {}, want: true, why: 'all' },
    { text: 'global()', labels: {}, want: true, why: 'global() holds wherever it is evaluated' },
    { text: "rack == 'a'", labels: { rack: 'a' }, want: true, why: 'equal' },
    { text: "rack == 'a'", labels: {}, want: false, why: 'no such label' },
    { text: "rack != 'a'", labels: {}, want: true, why: 'no such label is not equal' },
    { text: "rack not in {'a'}", labels: {}, want: true, why: 'no such label is in no set' },
    { text: "rack in {'a', 'b'}", labels: { rack: 'b' }, want: true, why: 'one of the set' },
    { text: 'rack in {}', labels: { rack: 'b' }, want: false, why: 'nothing is in an empty set' },
    { text: 'has(rack)', labels: { rack: '' }, want: true, why: 'an empty value is a value' },
    { text: '!has(rack)', labels: { rack: '' }, want: false, why: 'negated' },
    { text: '!!has(rack)', labels: { rack: '' }, want: true, why: 'negated twice' },
    { text: "rack contains 'ac'", labels: { rack: 'rack-1' }, want: true, why: 'contains' },
    { text: "rack starts with 'ra'", labels: { rack: 'rack-1' }, want: true, why: 'starts with' },
    { text: "rack ends with 'ra'", labels: { rack: 'rack-1' }, want: false, why: 'ends otherwise' },
    { text: "a == '1' || b == '1' && c == '1'", labels: { a: '1' }, want: true, why: '&& binds closer than ||' },
    { text: "(a == '1' || b == '1') && c == '1'", labels: { a: '1' }, want: false, why: 'unless in parentheses' },
    { text: 'has(constructor)', labels: {}, want: false, why: 'a word that every JavaScript object knows' },
    { text: 'has(kubernetes.io/hostname)', labels: { 'kubernetes.io/hostname': 'x' }, want: true, why: 'dots, slash' },
  ])('$text of $labels is $want: $why', ({ text, labels, want }) => {
    const read = selector(text);
    expect(matchesSelector(read, labels)).toBe(want);
    expect(matchesSelector(selector(formatSelector(read)), labels)).toBe(want);
  });
});

test.each([
  { text: 'rack', offset: 4, why: 'a label alone' },
  { text: 'rack = "a"', offset: 5, why: 'one = only' },
  { text: 'rack == a', offset: 8, why: 'a value without quotes' },
  { text: 'rack == "a', offset: 8, why: 'a string without end' },
  { text: 'rack in "a"', offset: 8, why: 'no set' },
  { text: 'rack in {"a"', offset: 12, why: 'a set without end' },
  { text: '(has(a)', offset: 7, why: 'a parenthesis without end' },
  { text: 'has(a) has(b)', offset: 7, why: 'no operator between' },
  { text: 'has(a) &&', offset: 9, why: 'nothing after &&' },
  { text: 'has(a) & has(b)', offset: 7, why: 'one & only' },
  { text: 'a is "b"', offset: 2, why: 'an unknown operator' },
  { text: '%', offset: 0, why: 'no token at all' },
])('$text is no selector at character $offset: $why', ({ text, offset }) => {
  const read = parseSelector(text);
  expect('message' in read ? read.offset : read).toBe(offset);
});

test.each([
  ['  ', 'all()'],
  ["a=='b'", 'a == "b"'],
  [`a == '"'`, `a == '"'`],
  ["b in {'y','x','y',}", 'b in {"x", "y"}'],
  ["a == 'b'&&c != 'd' ||has( e )", '((a == "b" && c != "d") || has(e))'],
  ['!!!has(a)', '!has(a)'],
  ["a notin {'b'}", 'a not in {"b"}'],
  ["a startswith 'b'", 'a starts with "b"'],
])('%s is written %s', (text, canonical) => {
  expect(formatSelector(selector(text))).toBe(canonical);
});

interface PolicyCases {
  readonly selectorEval: readonly {
    readonly selector: string;
    readonly matches: readonly Record<string, string>[];
    readonly nonMatches: readonly Record<string, string>[];
  }[];
  readonly selectorReject: readonly string[];
  readonly selectorCanonical: readonly { readonly input: string; readonly canonical: string }[];
  readonly selectorPrefixVisitor: readonly {
    readonly prefix: string;
    readonly input: string;
    readonly output: string;
  }[];
  readonly selectorTokens: readonly { readonly input: string; readonly tokens?: readonly (readonly string[])[] }[];
}

describe('cases of libcalico-go', () => {
  test('evaluation, before and after it is written anew', (context) => {
    const { selectorEval } = casesOf(context);
    expect(selectorEval).toHaveLength(58);
    let evaluations = 0;
    for (const { selector: text, matches, nonMatches } of selectorEval)
      for (const read of [selector(text), selector(formatSelector(selector(text)))]) {
        for (const labels of matches)
          expect([text, labels, matchesSelector(read, labels)]).toEqual([text, labels, true]);
        for (const labels of nonMatches)
          expect([text, labels, matchesSelector(read, labels)]).toEqual([text, labels, false]);
        evaluations += matches.length + nonMatches.length;
      }
    // 98 of each.
    expect(evaluations).toBe(2 * 98);
  });

  test('what is no selector', (context) => {
    const { selectorReject } = casesOf(context);
    expect(selectorReject).toHaveLength(26);
    for (const text of selectorReject) expect([text, 'message' in parseSelector(text)]).toEqual([text, true]);
  });

  test('canonical form', (context) => {
    const { selectorCanonical } = casesOf(context);
    expect(selectorCanonical).toHaveLength(17);
    for (const { input, canonical } of selectorCanonical) expect(formatSelector(selector(input))).toBe(canonical);
  });

  test('prefixed labels', (context) => {
    const { selectorPrefixVisitor } = casesOf(context);
    expect(selectorPrefixVisitor).toHaveLength(11);
    for (const { prefix, input, output } of selectorPrefixVisitor)
      expect(formatSelector(prefixLabels(selector(input), prefix))).toBe(output);
  });

  test('tokens', (context) => {
    const { selectorTokens } = casesOf(context);
    expect(selectorTokens).toHaveLength(30);
    for (const { input, tokens } of selectorTokens) {
      const read = tokenizeSelector(input);
      const found =
        'message' in read ? undefined : read.map((token) => [token.kind, ...('value' in token ? [token.value] : [])]);
      const want = tokens?.map(([kind = '', ...value]) => [TOKENS[kind] ?? kind, ...value]);
      expect([input, found]).toEqual([input, want]);
    }
  });
});

/** Ours for the names of tokens in libcalico-go. */
const TOKENS: Readonly<Record<string, string>> = {
  Label: 'label',
  StringLiteral: 'string',
  LBrace: '{',
  RBrace: '}',
  Comma: ',',
  Eq: '==',
  Ne: '!=',
  In: 'in',
  NotIn: 'not in',
  Contains: 'contains',
  StartsWith: 'starts with',
  EndsWith: 'ends with',
  All: 'all()',
  Global: 'global()',
  Has: 'has',
  LParen: '(',
  RParen: ')',
  And: '&&',
  Or: '||',
  Not: '!',
  EOF: 'end',
};

function casesOf(context: Parameters<typeof readShared>[0]): PolicyCases {
  return JSON.parse(readShared(context, 'reference/calico/policy-cases.json')) as PolicyCases;
}
