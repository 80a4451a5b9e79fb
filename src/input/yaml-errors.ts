import { CST, type YAMLParseError } from 'yaml';

/** A syntax error, and the offset that it is told of. */
export interface Slip {
  readonly message: string;
  readonly offset: number;
}

/** The tokens that a text consists of, and the errors of all its documents in the order of the parser. */
export interface Parts {
  readonly tokens: readonly CST.Token[];
  readonly errors: readonly YAMLParseError[];
}

/** How many slips are looked for, and in texts of which size: reading on costs as much as reading it the first time. */
const AGAIN = { rounds: 20, characters: 200_000 };

/**
 * What is wrong in each entry. After one slip the parser complains of most that follows in the same list or map, so of
 * these only the first is kept: the entry is taken out, with all that is indented below it, and the rest read again.
 */
export function independentErrors(text: string, parts: Parts, parse: (text: string) => Parts): readonly Slip[] {
  const found: Slip[] = [];
  let rest = text;
  let { tokens, errors } = parts;
  for (let round = 0; round < AGAIN.rounds; round++) {
    const [first] = errors;
    if (first === undefined) break;
    const around = tokensAround(tokens, first.pos[0]);
    found.push(plainly(rest, first, around));
    const without = withoutEntry(rest, Math.min(first.pos[0], around[0]?.start ?? rest.length));
    if (without === undefined || text.length > AGAIN.characters) break;
    rest = without;
    ({ tokens, errors } = parse(rest));
  }
  return found;
}

/** A flow collection or a quoted text. */
interface Around {
  readonly start: number;
  /** What it opens with. */
  readonly opening: '{' | '[' | '"' | "'";
  readonly closed: boolean;
}

/** The flow collections and quoted texts that hold an offset or end at it, the outermost first. */
function tokensAround(tokens: readonly CST.Token[], offset: number): readonly Around[] {
  const around: Around[] = [];
  let level: readonly CST.Token[] = tokens;
  while (level.length > 0) {
    // One that begins at the offset may follow the one that ends there.
    const begun = level.filter((token) => 'offset' in token && token.offset <= offset).slice(-2);
    const holding = begun.filter((token) => endOf(token) >= offset);
    for (const token of holding) {
      const one = aroundOf(token);
      if (one !== undefined) around.push(one);
    }
    level = holding.flatMap(childrenOf);
  }
  return around;
}

function aroundOf(token: CST.Token): Around | undefined {
  if (token.type === 'flow-collection') {
    const isMap = token.start.type === 'flow-map-start';
    const closed = token.end.some(({ type }) => type === (isMap ? 'flow-map-end' : 'flow-seq-end'));
    return { start: token.start.offset, opening: isMap ? '{' : '[', closed };
  }
  if (token.type !== 'double-quoted-scalar' && token.type !== 'single-quoted-scalar') return undefined;
  const opening = token.type === 'double-quoted-scalar' ? '"' : "'";
  return { start: token.offset, opening, closed: token.source.length > 1 && token.source.endsWith(opening) };
}

function endOf(token: CST.Token): number {
  return ('offset' in token ? token.offset : 0) + CST.stringify(token).length;
}

function childrenOf(token: CST.Token): readonly CST.Token[] {
  if (token.type === 'document') return token.value === undefined ? [] : [token.value];
  if (!('items' in token)) return [];
  return token.items.flatMap(({ key, value }) => [...(key ? [key] : []), ...(value ? [value] : [])]);
}

const IN_QUOTES = 'put the whole text in quotes, or on a line of its own below its key, outside { } and [ ]';

/** What the library says in the words of YAML's grammar, said plainly. */
const PLAINER = new Map<string, string>([
  ['BLOCK_AS_IMPLICIT_KEY', 'a second ": " on the line; text that has one needs quotes'],
  ['TAB_AS_INDENT', 'a tab; YAML is indented with spaces'],
  ['BLOCK_IN_FLOW', `a ": " in text within { } or [ ]; ${IN_QUOTES}`],
]);

function plainly(text: string, { code, pos, message }: YAMLParseError, around: readonly Around[]): Slip {
  const [offset] = pos;
  const open = around.findLast(({ closed }) => !closed);
  if (open !== undefined) return { message: `this ${open.opening} is not closed`, offset: open.start };
  const plain = PLAINER.get(code);
  if (plain !== undefined) return { message: plain, offset };
  if (code !== 'UNEXPECTED_TOKEN') return { message, offset };
  const rest = text.slice(offset);
  if (around.some(({ opening }) => opening === '{' || opening === '[')) {
    const found = rest.charAt(0);
    return { message: `text within { } or [ ] can't go on with ${found}; ${IN_QUOTES}`, offset };
  }
  const [found = ''] = rest.split('\n', 1);
  const shown = found.length > 40 ? `${found.slice(0, 40)}…` : found;
  return { message: `the value ended before ${shown}; ${IN_QUOTES}`, offset };
}

/**
 * The text with blanks for the line of an offset and all lines below that are indented deeper, or close what it opened.
 * undefined when there is nothing left of it.
 */
function withoutEntry(text: string, offset: number): string | undefined {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const indent = /^ */.exec(text.slice(start))?.[0].length ?? 0;
  let end = lineEnd(text, start);
  while (end < text.length) {
    const next = lineEnd(text, end + 1);
    const line = text.slice(end + 1, next);
    const deeper = /^ */.exec(line)?.[0].length ?? 0;
    if (line.trim() !== '' && deeper <= indent && !/^ *[}\]]/.test(line)) break;
    end = next;
  }
  const entry = text.slice(start, end);
  if (entry.trim() === '') return undefined;
  return text.slice(0, start) + entry.replace(/[^\n]/g, ' ') + text.slice(end);
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}
