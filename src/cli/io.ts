/** What the program reads and writes, so that tests can look on. */
export interface Io {
  /** The result. */
  out(text: string): void;
  /** A result that is no text. */
  outBytes(bytes: Uint8Array): void;
  /** Notes, problems, progress. */
  err(text: string): void;
  readonly outIsTerminal: boolean;
  readonly errIsTerminal: boolean;
  /** Columns of the terminal; undefined where there is none. */
  readonly columns: number | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Whether to colour the result: as https://no-color.org and FORCE_COLOR say, else on a terminal only. */
export function wantsColor({ env, outIsTerminal }: Io): boolean {
  const { NO_COLOR: no, FORCE_COLOR: force, TERM: terminal } = env;
  if (no !== undefined && no !== '') return false;
  if (force !== undefined && force !== '') return force !== '0' && force !== 'false';
  return outIsTerminal && terminal !== 'dumb';
}

/** The program's own streams. */
export function processIo(): Io {
  const { stdout, stderr, env } = process;
  return {
    out: (text) => void stdout.write(text),
    outBytes: (bytes) => void stdout.write(bytes),
    err: (text) => void stderr.write(text),
    outIsTerminal: stdout.isTTY === true,
    errIsTerminal: stderr.isTTY === true,
    columns: stdout.isTTY === true ? stdout.columns : undefined,
    env,
  };
}
