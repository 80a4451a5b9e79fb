/**
 * Columns that a text takes in a terminal: East Asian wide characters take two, combining ones none (Unicode Annex 11,
 * the ranges that occur in prose).
 */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += widthOf(character.codePointAt(0) ?? 0);
  return width;
}

function widthOf(code: number): number {
  if (code < 0x300) return 1;
  if ((code >= 0x300 && code <= 0x36f) || (code >= 0x200b && code <= 0x200f) || (code >= 0xfe00 && code <= 0xfe0f))
    return 0;
  return WIDE.some(([first, last]) => code >= first && code <= last) ? 2 : 1;
}

const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f900, 0x1f9ff],
  [0x20000, 0x3fffd],
];

/** `text` with spaces behind it up to `columns`; longer text as it is. */
export function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - displayWidth(text)));
}

/**
 * The words of `text` on lines of at most `columns`; a longer word has a line of its own. Between wide characters a line
 * may end anywhere but before closing punctuation.
 */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const piece of text.match(PIECES) ?? []) {
    const next = line + piece;
    if (line !== '' && displayWidth(next.trimEnd()) > columns) {
      lines.push(line.trimEnd());
      line = piece.trimStart();
    } else line = next;
  }
  lines.push(line.trimEnd());
  return lines;
}

/** A wide character with the punctuation that must follow it, or a run of anything else with the spaces behind it. */
const PIECES = /[\u2e80-\uffef][，。；：、！？）”]*|[^\s\u2e80-\uffef]+[，。；：、！？）”]*\s*|\s+/g;
