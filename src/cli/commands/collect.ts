import type { Command } from 'commander';
import { UsageError } from '../exit.js';
import type { Io } from '../io.js';

interface CollectOptions {
  readonly redact?: string;
  readonly write?: string;
  readonly key?: string;
}

/** `podpath collect`. */
export function addCollect(program: Command, io: Io): void {
  program
    .command('collect')
    .description('Print a shell script that writes what a node holds into a folder, for podpath to read.')
    .option('--redact <folder>', 'instead, copy what was collected with other addresses and names')
    .option('-w, --write <folder>', 'where the copy goes; it must not exist')
    .option('--key <text>', 'with the same key the same addresses become the same in another copy')
    .addHelpText('after', EXAMPLES)
    .action(async (options: CollectOptions) => {
      const { redact: from, write: to, key } = options;
      if (from === undefined && (to ?? key) !== undefined)
        throw new UsageError('--write and --key are for --redact: the script takes its folder as an argument');
      if (from !== undefined && to === undefined) throw new UsageError('--redact needs --write, where the copy goes');
      if (from !== undefined && to !== undefined) return copyRedacted(from, to, key, io);
      const { COLLECT_SCRIPT } = await import('../../output/index.js');
      io.out(COLLECT_SCRIPT);
    });
}

/** What a dump folder holds and a copy may have: logs may say anything. */
const COPIED = /(^|\/)(network\.yaml|[\w-]+\.json|[\w-]+\.txt)$/;

async function copyRedacted(from: string, to: string, key: string | undefined, io: Io): Promise<void> {
  const { redact } = await import('../../input/index.js');
  const { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } = await import('node:fs');
  const { randomBytes } = await import('node:crypto');
  const { dirname, join } = await import('node:path');
  if (existsSync(to)) throw new UsageError(`${to} is there already; name a folder that is not`);
  const files: { path: string; text: string }[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(from, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile() && COPIED.test(path)) files.push({ path, text: readFileSync(join(from, path), 'utf8') });
    }
  };
  try {
    walk('');
  } catch (error) {
    throw new UsageError(`can't read ${from}: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (files.length === 0) throw new UsageError(`${from} holds no files of a node dump`);
  for (const { path, text } of redact(files, key ?? randomBytes(16).toString('hex'))) {
    mkdirSync(dirname(join(to, path)), { recursive: true });
    writeFileSync(join(to, path), text);
  }
  io.err(`${to}: ${files.length} files\n`);
}

const EXAMPLES = `
The script needs root, a POSIX shell and whatever of ip, bridge, iptables-save, ipset, ipvsadm, sysctl, conntrack, ss and
nsenter the node has. It reads only, the node's own network namespace and those of pods, and writes only the folder.

--redact is for dumps that others shall see. It runs here, since nodes have no podpath, over what came from one node or
several together: an address, hardware address or name becomes the same everywhere, addresses of one network stay in one
network, private ones stay private, and the last octet stays; so does what tells the two ends of a range apart. Names of pods and nodes, and of Services in comments of
rules, are numbered; logs are left out. What remains are names of devices, sets and chains, ports, and free text in
comments of rules: look through it.

Examples:
  podpath collect > collect.sh
  ssh root@node-1 'sh -s /tmp/node-1' < collect.sh && scp -r root@node-1:/tmp/node-1 .
  podpath collect --redact node-1 -w node-1-to-show`;
