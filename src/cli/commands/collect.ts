import type { Command } from 'commander';
import type { Io } from '../io.js';

/** `podpath collect`. */
export function addCollect(program: Command, io: Io): void {
  program
    .command('collect')
    .description('Print a shell script that writes what a node holds into a folder, for podpath to read.')
    .addHelpText('after', EXAMPLES)
    .action(async () => {
      const { COLLECT_SCRIPT } = await import('../../output/index.js');
      io.out(COLLECT_SCRIPT);
    });
}

const EXAMPLES = `
The script needs root, a POSIX shell and whatever of ip, bridge, iptables-save, ipset, ipvsadm, sysctl, conntrack, ss and
nsenter the node has. It reads only, the node's own network namespace and those of pods, and writes only the folder.

Examples:
  podpath collect > collect.sh
  ssh root@node-1 'sh -s /tmp/node-1' < collect.sh && scp -r root@node-1:/tmp/node-1 .`;
