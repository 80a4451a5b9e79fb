import {
  type ComparisonSign,
  type SelectorProblem,
  type SelectorToken,
  tokenizeSelector,
} from './calico-selector-tokens.js';
import type { Labels } from './objects.js';

/** A selector of Calico's own language, as its API has it in `nodeSelector`, `peerSelector` and policies. */
export type CalicoSelector =
  | { readonly op: 'all()' | 'global()' }
  | { readonly op: 'has'; readonly label: string }
  | { readonly op: ComparisonSign; readonly label: string; readonly value: string }
  /** The values are sorted, each once. */
  | { readonly op: 'in' | 'not in'; readonly label: string; readonly values: readonly string[] }
  | { readonly op: '!'; readonly operand: CalicoSelector }
  /** Two operands or more. */
  | { readonly op: '&&' | '||'; readonly operands: readonly CalicoSelector[] };

/**
 * Reads a selector; an empty one is `all()` (libcalico-go 3.21 lib/selector/parser, Parse()).
 *
 *     or    := and ('||' and)*
 *     and   := term ('&&' term)*
 *     term  := '!'* ( '(' or ')' | 'has(' label ')' | 'all()' | 'global()' | label operator string
 *                   | label ('in' | 'not in') '{' (string ','?)* '}' )
 */
export function parseSelector(text: string): { readonly selector: CalicoSelector } | SelectorProblem {
  const tokens = tokenizeSelector(text);
  if ('message' in tokens) return tokens;
  return new Parser(tokens).parse();
}

/**
 * Whether it selects an object with these labels. Where the label is not there, `!=` and `not in` hold and no other
 * operator does.
 */
export function matchesSelector(selector: CalicoSelector, labels: Labels): boolean {
  switch (selector.op) {
    case 'all()':
    case 'global()':
      return true;
    case 'has':
      return Object.hasOwn(labels, selector.label);
    case '!':
      return !matchesSelector(selector.operand, labels);
    case '&&':
      return selector.operands.every((operand) => matchesSelector(operand, labels));
    case '||':
      return selector.operands.some((operand) => matchesSelector(operand, labels));
    case 'in':
    case 'not in': {
      const value = labelOf(labels, selector.label);
      return (value !== undefined && selector.values.includes(value)) === (selector.op === 'in');
    }
    default:
      return compares(selector.op, labelOf(labels, selector.label), selector.value);
  }
}

function labelOf(labels: Labels, name: string): string | undefined {
  return Object.hasOwn(labels, name) ? labels[name] : undefined;
}

function compares(op: ComparisonSign, found: string | undefined, value: string): boolean {
  switch (op) {
    case '==':
      return found === value;
    case '!=':
      return found !== value;
    case 'contains':
      return found?.includes(value) === true;
    case 'starts with':
      return found?.startsWith(value) === true;
    case 'ends with':
      return found?.endsWith(value) === true;
  }
}

/**
 * The canonical text: strings in double quotes unless one is within, each `&&` and `||` in parentheses. Felix and Typha
 * know equal selectors by it (libcalico-go 3.21 lib/selector/parser/ast.go, collectFragments()).
 */
export function formatSelector(selector: CalicoSelector): string {
  switch (selector.op) {
    case 'all()':
    case 'global()':
      return selector.op;
    case 'has':
      return `has(${selector.label})`;
    case '!':
      return `!${formatSelector(selector.operand)}`;
    case '&&':
    case '||':
      return `(${selector.operands.map(formatSelector).join(` ${selector.op} `)})`;
    case 'in':
    case 'not in':
      return `${selector.label} ${selector.op} {${selector.values.map(quoted).join(', ')}}`;
    default:
      return `${selector.label} ${selector.op} ${quoted(selector.value)}`;
  }
}

function quoted(value: string): string {
  return value.includes('"') ? `'${value}'` : `"${value}"`;
}

/** The same with `prefix` before each label, as namespaces' labels have one in those of their endpoints (PrefixVisitor). */
export function prefixLabels(selector: CalicoSelector, prefix: string): CalicoSelector {
  if ('label' in selector) return { ...selector, label: `${prefix}${selector.label}` };
  if ('operand' in selector) return { ...selector, operand: prefixLabels(selector.operand, prefix) };
  if ('operands' in selector)
    return { ...selector, operands: selector.operands.map((operand) => prefixLabels(operand, prefix)) };
  return selector;
}

/** Recursive descent; the first problem ends it. */
class Parser {
  readonly #tokens: readonly SelectorToken[];
  #at = 0;
  #problem: SelectorProblem | undefined;

  constructor(tokens: readonly SelectorToken[]) {
    this.#tokens = tokens;
  }

  parse(): { readonly selector: CalicoSelector } | SelectorProblem {
    if (this.#peek().kind === 'end') return { selector: { op: 'all()' } };
    const selector = this.#list('||', () => this.#list('&&', () => this.#term()));
    if (selector !== undefined && this.#peek().kind !== 'end') this.#fail('expected && or ||');
    return this.#problem ?? { selector: selector ?? { op: 'all()' } };
  }

  #peek(): SelectorToken {
    return this.#tokens[Math.min(this.#at, this.#tokens.length - 1)] ?? { kind: 'end', offset: 0 };
  }

  #fail(message: string): undefined {
    const { kind, offset } = this.#peek();
    const found = kind === 'end' ? ', found the end' : '';
    this.#problem ??= { message: `${message}${found}`, offset };
    return undefined;
  }

  #list(op: '&&' | '||', one: () => CalicoSelector | undefined): CalicoSelector | undefined {
    const operands: CalicoSelector[] = [];
    for (;;) {
      const operand = one();
      if (operand === undefined) return undefined;
      operands.push(operand);
      if (this.#peek().kind !== op) return operands.length === 1 ? operand : { op, operands };
      this.#at++;
    }
  }

  #term(): CalicoSelector | undefined {
    let negated = false;
    for (; this.#peek().kind === '!'; this.#at++) negated = !negated;
    const operand = this.#operand();
    return negated && operand !== undefined ? { op: '!', operand } : operand;
  }

  #operand(): CalicoSelector | undefined {
    const token = this.#peek();
    switch (token.kind) {
      case 'has':
        this.#at++;
        return { op: 'has', label: token.value };
      case 'all()':
      case 'global()':
        this.#at++;
        return { op: token.kind };
      case 'label':
        this.#at++;
        return this.#operation(token.value);
      case '(': {
        this.#at++;
        const inner = this.#list('||', () => this.#list('&&', () => this.#term()));
        if (inner === undefined) return undefined;
        if (this.#peek().kind !== ')') return this.#fail('expected )');
        this.#at++;
        return inner;
      }
      default:
        return this.#fail('expected a label, has(label), all() or (');
    }
  }

  #operation(label: string): CalicoSelector | undefined {
    const { kind: op } = this.#peek();
    switch (op) {
      case '==':
      case '!=':
      case 'contains':
      case 'starts with':
      case 'ends with': {
        this.#at++;
        const value = this.#peek();
        if (value.kind !== 'string') return this.#fail('expected a string in quotes');
        this.#at++;
        return { op, label, value: value.value };
      }
      case 'in':
      case 'not in': {
        this.#at++;
        const values = this.#set();
        return values === undefined ? undefined : { op, label, values };
      }
      default:
        return this.#fail(`expected an operator after ${label}`);
    }
  }

  /** A comma may stand after the last one too. */
  #set(): readonly string[] | undefined {
    if (this.#peek().kind !== '{') return this.#fail('expected {');
    this.#at++;
    const values = new Set<string>();
    for (;;) {
      const token = this.#peek();
      if (token.kind !== 'string') break;
      values.add(token.value);
      this.#at++;
      if (this.#peek().kind !== ',') break;
      this.#at++;
    }
    if (this.#peek().kind !== '}') return this.#fail('expected }');
    this.#at++;
    return [...values].sort();
  }
}
