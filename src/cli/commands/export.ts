import type { Command } from 'commander';
import { addChangeOptions, type ChangeOptions, changedOrThrow } from '../change.js';
import { UsageError } from '../exit.js';
import type { Io } from '../io.js';
import { labSource } from '../lab-argument.js';

/** `podpath export`. */
export function addExport(program: Command, io: Io): void {
  const command = program
    .command('export')
    .description('Write what all namespaces hold as node dumps: what `ip -j`, `bridge -j`, `iptables-save` … print.')
    .argument('<lab>', 'a lab file, a folder of node dumps, or the name of a shipped lab')
    .argument('<dir>', 'the folder to write; a new one, or an empty one');
  addChangeOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (lab: string, dir: string, options: ChangeOptions) => {
      const { openNetwork, snapshotFiles } = await import('../../input/index.js');
      const network = await changedOrThrow(await openNetwork(labSource(lab)), options, io);
      await writeFolder(dir, snapshotFiles(network));
    });
}

const EXAMPLES = `
The folder can be given wherever a lab can: DIR/network.yaml says what no dump can tell, DIR/NAMESPACE/ has the dumps.

Examples:
  podpath export flannel-vxlan healthy/
  podpath trace healthy/ client web-1
  podpath validate healthy/
  podpath export flannel-vxlan broken/ --fault no-fdb`;

/**
 * All of the files, or none: they are written beside the folder, which then takes its name.
 *
 * @throws UsageError
 */
async function writeFolder(dir: string, files: ReadonlyMap<string, string>): Promise<void> {
  const { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } = await import('node:fs');
  const { dirname, join, resolve } = await import('node:path');
  const target = resolve(dir);
  if (existsSync(target) && (!statSync(target).isDirectory() || readdirSync(target).length > 0))
    throw new UsageError(`${dir} is there already, and is not an empty folder: nothing is written`);
  let made: string | undefined;
  try {
    mkdirSync(dirname(target), { recursive: true });
    const beside = `${target}.podpath-${process.pid}`;
    mkdirSync(beside);
    made = beside;
    for (const [path, text] of files) {
      mkdirSync(dirname(join(made, path)), { recursive: true });
      writeFileSync(join(made, path), text);
    }
    // rename(2) takes the place of an empty folder.
    renameSync(made, target);
  } catch (error) {
    if (made !== undefined) rmSync(made, { recursive: true, force: true });
    throw new UsageError(`can't write ${dir}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
