import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { Io } from '../io.js';
import { shippedLab, shippedLabs } from '../lab-argument.js';

/** `podpath labs`. */
export function addLabs(program: Command, io: Io): void {
  program
    .command('labs')
    .description('List the shipped labs, which every command takes by name.')
    .option('--path', 'print where their files are')
    .addHelpText('after', EXAMPLES)
    .action(({ path }: { readonly path?: true }) => {
      const names = shippedLabs();
      const width = Math.max(...names.map((name) => name.length)) + 2;
      for (const name of names)
        io.out(path === true ? `${shippedLab(name)}\n` : `${name.padEnd(width)}${describe(shippedLab(name))}\n`);
    });
}

const EXAMPLES = `
Examples:
  podpath labs
  cp "$(podpath labs --path | head -n 1)" my-lab.yaml       begin with a copy`;

/** The `description:` of a lab; a line of text, so that listing needs no YAML reader. */
function describe(file: string): string {
  return /^description: *(.*)$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? '';
}
