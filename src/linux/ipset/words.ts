/** One word of a line of ipset. */
interface IpsetWord {
  readonly text: string;
  /** It stood in double quotes: no option, whatever it looks like. */
  readonly quoted: boolean;
  /** 1-based. */
  readonly col: number;
}

const WORD = /([^\s"]*)"([^"]*)"|[^\s"]+/g;

/**
 * Splits a line as `ipset restore` does: at blanks; double quotes hold a word together, which the closing one ends.
 * Nothing is escaped: a backslash is one, and no comment has a double quote (build_argv(), ipset 7.17 lib/ipset.c).
 *
 * @returns the words, and the column of a quote that is never closed.
 */
export function splitIpsetLine(line: string): { readonly words: IpsetWord[]; readonly unclosed: number | undefined } {
  const words = [...line.matchAll(WORD)].map((match): IpsetWord => {
    const [text, before, inner] = match;
    const col = match.index + 1;
    return inner === undefined ? { text, quoted: false, col } : { text: `${before}${inner}`, quoted: true, col };
  });
  const isOdd = line.split('"').length % 2 === 0;
  return { words, unclosed: isOdd ? line.lastIndexOf('"') + 1 : undefined };
}
