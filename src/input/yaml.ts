import {
  type Alias,
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  Parser,
  visit,
  type YAMLMap,
} from 'yaml';
import type { Problem, Read } from '../problem/index.js';
import { independentErrors, type Parts } from './yaml-errors.js';

/** Where something stands in a file, 1-based. */
export interface Position {
  readonly line: number;
  readonly col: number;
}

/** From a document's root to a value. */
export type Path = readonly (string | number)[];

/** One YAML document as plain data, and where each value of it stands. */
export interface YamlDocument {
  /** null, booleans, numbers, strings, arrays, and objects without a prototype. */
  readonly value: unknown;
  /** Of the value, or of the nearest parent that is there. */
  positionOf(path: Path): Position;
  /** Of the key that the value has in its parent. */
  keyPosition(path: Path): Position;
}

/**
 * What a text may cost. A lab is a few kilobytes; what is above these bounds is no lab, and could keep the reader busy
 * for hours: aliases of aliases double the document with every line.
 */
const LIMITS = { characters: 4_000_000, depth: 64, values: 400_000, documents: 10_000 };

/** Reads all documents of a YAML 1.2 text. Never throws, whatever the text. */
export function readYaml(text: string, file: string): Read<readonly YamlDocument[]> {
  if (text.length > LIMITS.characters) {
    const message = `expected at most ${LIMITS.characters} characters, found ${text.length}`;
    return { problems: [{ code: 'unreadable', message, file, path: [], line: 1, col: 1 }] };
  }
  const lines = new LineCounter();
  const parts = parse(text, lines);
  if (parts === undefined) {
    return { problems: [{ code: 'syntax', message: TOO_DEEP, file, path: [], line: 1, col: 1 }] };
  }
  const { documents, errors } = parts;
  if (errors.length > 0) return { problems: slipsOf(text, parts, file) };
  const converter = new Converter(file, lines);
  const values = documents.map((document) => converter.read(document));
  const [first, ...rest] = converter.problems;
  if (first !== undefined) return { problems: [first, ...rest] };
  return { value: values };
}

const PARSING = {
  // The library looks for duplicate keys by comparing all with all: we do it ourselves, in one pass.
  uniqueKeys: false,
  // Whatever a %YAML directive says: no dates, no `no` for false, no tags that make other types.
  schema: 'core',
  resolveKnownTags: false,
  logLevel: 'silent',
} as const;

const TOO_DEEP = `expected values nested at most ${LIMITS.depth} deep`;

/** A document as the library gives it, and what its aliases stand for. */
interface Parsed {
  readonly document: Document;
  readonly targets: ReadonlyMap<Alias, Node>;
}

/**
 * As the library's parseAllDocuments(). undefined when the nesting is too deep for what follows: the library composes
 * recursively, and V8 ends the process when a regular expression is compiled at the end of the stack.
 */
function parse(text: string, lines: LineCounter): (Parts & { readonly documents: readonly Parsed[] }) | undefined {
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  if (tokens.some((token) => depthOf(token) > LIMITS.depth)) return undefined;
  const documents: Document[] = [...new Composer(PARSING).compose(tokens)];
  return {
    tokens,
    errors: documents.flatMap(({ errors }) => errors),
    documents: documents.map((document) => ({ document, targets: targetsOf(document) })),
  };
}

/** The syntax errors of a text, at least one. */
function slipsOf(text: string, parts: Parts, file: string): [Problem, ...Problem[]] {
  // After a quote that is not closed the parser has seen no more ends of lines.
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines.addNewLine(at + 1);
  const nothing: Parts = { tokens: [], errors: [] };
  const slips = independentErrors(text, parts, (rest) => parse(rest, new LineCounter()) ?? nothing);
  const [first, ...others] = slips.map(({ message, offset }): Problem => {
    return { code: 'syntax', message, file, path: [], ...lines.linePos(offset) };
  });
  if (first === undefined) throw new Error(`${file} has a syntax error that is none`);
  return [first, ...others];
}

/** How deep lists and maps are nested in a token; stops counting just above the limit. */
function depthOf(token: CST.Token): number {
  let depth = 0;
  let level: CST.Token[] = [token];
  while (level.length > 0 && depth <= LIMITS.depth) {
    depth++;
    level = level.flatMap((each) => {
      if (each.type === 'document') return each.value ?? [];
      if (!('items' in each)) return [];
      return each.items.flatMap(({ key, value }) => [...(key ? [key] : []), ...(value ? [value] : [])]);
    });
  }
  return depth;
}

/** All aliases in one pass: the library's own `resolve` searches the whole document for each. */
function targetsOf(document: Document): ReadonlyMap<Alias, Node> {
  const targets = new Map<Alias, Node>();
  const anchors = new Map<string, Node>();
  visit(document, {
    Alias(_key, alias) {
      const target = anchors.get(alias.source);
      if (target !== undefined) targets.set(alias, target);
    },
    Value(_key, node) {
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return targets;
}

class Converter {
  readonly problems: Problem[] = [];
  readonly #file: string;
  readonly #lines: LineCounter;
  #values = 0;

  constructor(file: string, lines: LineCounter) {
    this.#file = file;
    this.#lines = lines;
  }

  read({ document, targets }: Parsed): YamlDocument {
    for (const { message, pos } of document.warnings) this.#complain('syntax', message, pos[0], []);
    const value = this.#convert(targets, document.contents, [], []);
    const at = (offset: number): Position => {
      const { line, col } = this.#lines.linePos(offset);
      return { line: Math.max(1, line), col: Math.max(1, col) };
    };
    return {
      value,
      positionOf: (path) => at(locate(document.contents, targets, path).value),
      keyPosition: (path) => at(locate(document.contents, targets, path).key),
    };
  }

  /** `open` holds the nodes that are being converted, to see an alias of one of them. */
  #convert(targets: Parsed['targets'], node: Node | null, path: Path, open: readonly Node[]): unknown {
    if (node === null) return null;
    if (isAlias(node)) {
      const target = targets.get(node);
      if (target === undefined || open.includes(target)) {
        const what = target === undefined ? `nothing before is called &${node.source}` : `&${node.source} holds itself`;
        return this.#complain('syntax', what, startOf(node), path);
      }
      return this.#convert(targets, target, path, open);
    }
    this.#values++;
    if (this.#values === LIMITS.values + 1)
      this.#complain('syntax', `expected at most ${LIMITS.values} values, aliases included`, startOf(node), path);
    if (this.#values > LIMITS.values) return undefined;
    if (open.length >= LIMITS.depth) return this.#complain('syntax', TOO_DEEP, startOf(node), path);
    const inside = [...open, node];
    if (isSeq<Node>(node)) return node.items.map((item, i) => this.#convert(targets, item, [...path, i], inside));
    if (!isMap<Node, Node | null>(node)) return isScalar(node) ? node.value : undefined;
    const object: Record<string, unknown> = Object.create(null);
    for (const pair of node.items) {
      const key = this.#key(pair.key, path);
      if (key === undefined) continue;
      if (Object.hasOwn(object, key)) this.#complain('conflict', `"${key}" is given twice`, startOf(pair.key), path);
      else object[key] = this.#convert(targets, pair.value, [...path, key], inside);
    }
    return object;
  }

  #key(node: Node, path: Path): string | undefined {
    const key = keyText(node);
    if (key === undefined) return this.#complain('syntax', 'expected a name as key', startOf(node), path);
    if (key === '__proto__') return this.#complain('bad-value', '"__proto__" can\'t be a name', startOf(node), path);
    return key;
  }

  #complain(code: Problem['code'], message: string, offset: number, path: Path): undefined {
    this.problems.push({ code, message, file: this.#file, path, ...this.#lines.linePos(offset) });
    return undefined;
  }
}

/** A key as text: `8080` is a name like any other, though YAML reads a number. */
function keyText(node: Node): string | undefined {
  if (!isScalar(node)) return undefined;
  return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
}

function startOf(node: Node): number {
  return node.range?.[0] ?? 0;
}

/**
 * Follows a path as far as it leads, and gives the offsets of what is there. Looked up when there is something to
 * tell, so that a good file pays nothing.
 */
function locate(
  root: Node | null,
  targets: Parsed['targets'],
  path: Path,
): { readonly key: number; readonly value: number } {
  let node = root;
  let found = { key: root === null ? 0 : startOf(root), value: root === null ? 0 : startOf(root) };
  for (const step of path) {
    if (isAlias(node)) node = targets.get(node) ?? null;
    if (isSeq<Node>(node)) {
      const item = node.items[Number(step)];
      if (item === undefined) break;
      found = { key: startOf(item), value: startOf(item) };
      node = item;
    } else if (isMap<Node, Node | null>(node)) {
      const pair = pairsOf(node).get(String(step));
      if (pair === undefined) break;
      found = { key: startOf(pair.key), value: startOf(pair.value ?? pair.key) };
      node = pair.value;
    } else break;
  }
  return found;
}

const known = new WeakMap<YAMLMap<Node, Node | null>, ReadonlyMap<string, Pair<Node, Node | null>>>();

/** The pairs of a map by key; made once, since there may be thousands of problems in one map. */
function pairsOf(map: YAMLMap<Node, Node | null>): ReadonlyMap<string, Pair<Node, Node | null>> {
  let pairs = known.get(map);
  if (pairs === undefined) {
    pairs = new Map(
      map.items.toReversed().flatMap((pair) => {
        const key = keyText(pair.key);
        return key === undefined ? [] : [[key, pair]];
      }),
    );
    known.set(map, pairs);
  }
  return pairs;
}
