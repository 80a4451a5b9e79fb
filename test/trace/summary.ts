import type { Trace } from '../../src/trace/index.js';

/** What became of the packet and of its answer, the code, and the errno that the program gets; `-` for none. */
export function summary({ verdict }: Trace): string {
  const { forward, reply, code, errno } = verdict;
  return [forward, reply ?? '-', code ?? '-', errno ?? '-'].join(' ');
}
