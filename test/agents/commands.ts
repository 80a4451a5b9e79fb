import { formatCommand, type Install } from '../../src/plan/index.js';

/** The calls of one program as commands in the namespace that they are for; of a restore text, its first line only. */
export function commandsOf(installs: readonly Install[], by: string): string[] {
  return installs
    .filter(({ origin }) => origin.by === by)
    .map((install) => {
      const [line = ''] = formatCommand(install).split('\n');
      return line.replace(/^ip netns exec \S+ /, '').replace(/^(ip|bridge) -n \S+ /, '$1 ');
    });
}

/** All lines of the restore texts of one program. */
export function restoreLines(installs: readonly Install[], by: string): string[] {
  return installs.flatMap(({ origin, call }) =>
    origin.by === by && call.call === 'iptables-restore' ? call.chunks.flatMap(({ lines }) => lines) : [],
  );
}
