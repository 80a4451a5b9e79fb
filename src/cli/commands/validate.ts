import type { Command } from 'commander';
import type { OpenedLab, Snapshot } from '../../input/index.js';
import { InputError } from '../../problem/index.js';
import { formatCoverage } from '../coverage.js';
import { EXIT, type SetExit, worst } from '../exit.js';
import type { Io } from '../io.js';
import { labSource } from '../lab-argument.js';
import { formatProblemLine } from '../problem-line.js';

/** `podpath validate`. */
export function addValidate(program: Command, io: Io, exit: SetExit): void {
  program
    .command('validate')
    .description('Check labs: every problem with its place, and what is chosen, or not dumped, where nothing is said.')
    .argument('<lab...>', 'lab files, folders of node dumps, or names of shipped labs')
    .addHelpText('after', EXAMPLES)
    .action(async (labs: readonly string[]) => {
      const codes: number[] = [];
      for (const lab of labs) codes.push(await validate(lab, io));
      exit(worst(codes));
    });
}

const EXAMPLES = `
Examples:
  podpath validate my-lab.yaml
  podpath validate topologies/*.yaml
  podpath validate my-dump/                           which files there are of each namespace, and what is inferred

In an editor the same problems show with a first line of
  # yaml-language-server: $schema=node_modules/podpath/docs/schema/lab.schema.json`;

async function validate(argument: string, io: Io): Promise<number> {
  const { openSnapshot, validateLab } = await import('../../input/index.js');
  const source = labSource(argument);
  let opened: OpenedLab;
  try {
    const snapshot = await openSnapshot(source);
    if (snapshot !== undefined) return await tellSnapshot(argument, snapshot, io);
    opened = await validateLab(source);
    const { checkExpectations } = await import('../../analyze/index.js');
    const wrong = checkExpectations(opened.lab, opened.built.network);
    if (wrong.length > 0) throw new InputError(wrong);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    for (const problem of error.problems) io.out(`${formatProblemLine(problem)}\n`);
    io.out(`${argument}: ${counted(error.problems.length, 'problem')}\n`);
    return EXIT.usage;
  }
  const { lab, notes, built } = opened;
  for (const { line, col, message } of notes) io.out(`${argument}:${line}:${col}: note: ${message}\n`);
  for (const { install, errno } of built.refused)
    io.out(
      `${argument}: note: ${install.netns} refuses "${install.call.call}" (${errno}): podpath show ${argument} ${install.netns} refused\n`,
    );
  const counts = [
    counted(lab.nodes.length, 'node'),
    counted(lab.pods.length, 'pod'),
    counted(lab.services.length, 'service'),
    counted(lab.faults.length, 'fault'),
    counted(lab.expect.length, 'expectation'),
  ];
  io.out(`${argument}: ok: ${lab.cni.name}, ${counts.join(', ')}\n`);
  return EXIT.ok;
}

/** What there is of each namespace, and what was inferred from it. */
async function tellSnapshot(argument: string, { network, notes, coverage }: Snapshot, io: Io): Promise<number> {
  const { SNAPSHOT_PARTS } = await import('../../input/index.js');
  const told = [...coverage.values()];
  const files = SNAPSHOT_PARTS.map(({ file }) => file).filter((file) => told.some((parts) => parts.has(file)));
  io.out(formatCoverage(coverage, files));
  for (const note of notes) io.out(`${argument}: note: ${note}\n`);
  io.out(`${argument}: ok: ${counted(network.names().length, 'namespace')}\n`);
  return EXIT.ok;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
