/** A token of a Calico selector; `offset` is where it begins, in characters from 0. */
export type SelectorToken = { readonly offset: number } & (
  | { readonly kind: SelectorSign }
  /** `has(label)` is one token. */
  | { readonly kind: 'label' | 'string' | 'has'; readonly value: string }
);

/** A token that stands for itself. */
type SelectorSign =
  | '('
  | ')'
  | '{'
  | '}'
  | ','
  | '!'
  | '&&'
  | '||'
  | 'in'
  | 'not in'
  | 'all()'
  | 'global()'
  | 'end'
  | ComparisonSign;

/** An operator between a label and a string. */
export type ComparisonSign = '==' | '!=' | 'contains' | 'starts with' | 'ends with';

/** Why a selector can't be read, and at which character of it. */
export interface SelectorProblem {
  readonly message: string;
  readonly offset: number;
}

const LABEL = '[a-zA-Z0-9_./-]{1,512}';
/** Go's \s, which is less than JavaScript's. */
const SPACE = '[\\t\\n\\f\\r ]*';

const HAS = new RegExp(`has\\(${SPACE}(${LABEL})${SPACE}\\)`, 'y');
const IDENTIFIER = new RegExp(LABEL, 'y');

/** In the order in which they are tried; only what is between two tokens is a blank or a tab. */
const SIGNS: readonly (readonly [RegExp, SelectorSign])[] = [
  [/\(/y, '('],
  [/\)/y, ')'],
  [/\{/y, '{'],
  [/\}/y, '}'],
  [/,/y, ','],
  [/==/y, '=='],
  [/!=/y, '!='],
  [/!/y, '!'],
  [/&&/y, '&&'],
  [/\|\|/y, '||'],
];

/** What may follow a label: none of these is a word of its own there. */
const OPERATORS: readonly (readonly [RegExp, SelectorSign])[] = [
  [/contains/y, 'contains'],
  [new RegExp(`starts${SPACE}with`, 'y'), 'starts with'],
  [new RegExp(`ends${SPACE}with`, 'y'), 'ends with'],
  [new RegExp(`not${SPACE}in\\b`, 'y'), 'not in'],
  [/in\b/y, 'in'],
];

const CALLS: readonly (readonly [RegExp, SelectorSign])[] = [
  [new RegExp(`all\\(${SPACE}\\)`, 'y'), 'all()'],
  [new RegExp(`global\\(${SPACE}\\)`, 'y'), 'global()'],
];

/**
 * The tokens of a selector, the last one `end` (libcalico-go 3.21 lib/selector/tokenizer, Tokenize()).
 *
 * Strings have no escapes: one in single quotes holds double ones, and the other way round.
 */
export function tokenizeSelector(text: string): readonly SelectorToken[] | SelectorProblem {
  const tokens: SelectorToken[] = [];
  let offset = skipBlanks(text, 0);
  while (offset < text.length) {
    const token = nextToken(text, offset, tokens.at(-1));
    if ('message' in token) return token;
    tokens.push(token.token);
    offset = skipBlanks(text, token.end);
  }
  return [...tokens, { kind: 'end', offset }];
}

function skipBlanks(text: string, from: number): number {
  let offset = from;
  while (text[offset] === ' ' || text[offset] === '\t') offset++;
  return offset;
}

type Next = { readonly token: SelectorToken; readonly end: number } | SelectorProblem;

function nextToken(text: string, offset: number, last: SelectorToken | undefined): Next {
  const first = text[offset];
  if (first === '"' || first === "'") {
    const end = text.indexOf(first, offset + 1);
    if (end < 0) return { message: 'unterminated string', offset };
    return { token: { kind: 'string', value: text.slice(offset + 1, end), offset }, end: end + 1 };
  }
  const sign = firstOf(SIGNS, text, offset);
  if (sign !== undefined) return sign;
  if (first === '=' || first === '&' || first === '|') return { message: `expected ${first}${first}`, offset };
  if (last?.kind === 'label')
    return firstOf(OPERATORS, text, offset) ?? { message: `expected an operator after ${last.value}`, offset };
  const has = matchAt(HAS, text, offset);
  if (has !== null) return { token: { kind: 'has', value: has[1] ?? '', offset }, end: offset + has[0].length };
  const call = firstOf(CALLS, text, offset);
  if (call !== undefined) return call;
  const label = matchAt(IDENTIFIER, text, offset);
  if (label === null) return { message: 'unexpected characters', offset };
  return { token: { kind: 'label', value: label[0], offset }, end: offset + label[0].length };
}

function firstOf(
  signs: readonly (readonly [RegExp, SelectorSign])[],
  text: string,
  offset: number,
): { readonly token: SelectorToken; readonly end: number } | undefined {
  for (const [pattern, kind] of signs) {
    const found = matchAt(pattern, text, offset);
    if (found !== null) return { token: { kind, offset }, end: offset + found[0].length };
  }
  return undefined;
}

function matchAt(pattern: RegExp, text: string, offset: number): RegExpExecArray | null {
  pattern.lastIndex = offset;
  return pattern.exec(text);
}
