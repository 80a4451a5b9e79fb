import type { Io } from '../../src/cli/io.js';
import { run } from '../../src/cli/run.js';

/** What a command line did. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line of podpath in this process. */
export async function podpath(args: readonly string[], io: Partial<Io> = {}): Promise<Ran> {
  let out = '';
  let err = '';
  const code = await run(args, {
    out: (text) => {
      out += text;
    },
    outBytes: (bytes) => {
      out += new TextDecoder('latin1').decode(bytes);
    },
    err: (text) => {
      err += text;
    },
    outIsTerminal: false,
    errIsTerminal: false,
    columns: undefined,
    env: {},
    ...io,
  });
  return { code, out, err };
}
