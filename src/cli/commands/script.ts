import { type Command, Option } from 'commander';
import { InputError } from '../../problem/index.js';
import type { Io } from '../io.js';
import { labSource } from '../lab-argument.js';
import { collectList, Values } from '../values.js';

interface ScriptCommandOptions {
  readonly teardown?: true;
  readonly prefix: string;
  readonly fault?: readonly string[];
}

/** `podpath script`. */
export function addScript(program: Command, io: Io): void {
  const values = new Values();
  program
    .command('script')
    .description('Print a shell script that builds a lab from network namespaces on a Linux machine.')
    .argument('<lab>', 'a lab file, or the name of a shipped lab')
    .option('--teardown', 'the script that removes it again')
    .addOption(
      new Option('--prefix <text>', 'what the names of the namespaces begin with')
        .argParser((text: string) => {
          if (/^[A-Za-z0-9][\w.-]{0,31}$/.test(text)) return text;
          return values.complain('--prefix', `expected letters, digits, ., _ and -, found "${text}"`);
        })
        .default('podpath-'),
    )
    .option('--fault <name>', 'with a fault of the lab (again for more)', collectList)
    .addHelpText('after', EXAMPLES)
    .action(async (argument: string, options: ScriptCommandOptions) => {
      const { openLab } = await import('../../input/index.js');
      const { checkFaults, readCommands } = await import('../../lab/index.js');
      const { formatScript, formatTeardown } = await import('../../plan/index.js');
      const { lab, built } = await openLab(labSource(argument));
      const { fault = [], prefix } = options;
      const problems = [...values.problems, ...checkFaults(lab, fault)];
      const faults = fault.flatMap((name) => lab.faults.filter((each) => each.name === name));
      const broken = faults.flatMap(({ commands }) => {
        const read = readCommands(commands, built.network.directory);
        if ('value' in read) return [...read.value.keys()];
        problems.push(...read.problems);
        return [];
      });
      if (problems.length > 0) throw new InputError(problems);
      const installs = [...built.script, ...broken];
      const title = `lab ${lab.name}${fault.length === 0 ? '' : ` with ${fault.join(', ')}`}`;
      if (options.teardown === true) io.out(formatTeardown(installs, { title, prefix }));
      else io.out(formatScript(installs, { title, prefix, refused: built.refused }));
    });
}

const EXAMPLES = `
The script makes namespaces that are called podpath-NAME, and nothing else. Pods listen where socat or python3 is there.
Flannel's UDP backend is a program of its own, which no script can run: the script says so where it would.

Examples, as root:
  podpath script flannel-vxlan | sh
  ip netns exec podpath-client ping 10.244.2.2
  podpath script flannel-vxlan --teardown | sh
  podpath script my-lab.yaml --fault no-route --prefix mine- > build.sh`;
