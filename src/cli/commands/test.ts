import type { Command } from 'commander';
import { InputError } from '../../problem/index.js';
import { EXIT, type SetExit, worst } from '../exit.js';
import { type Io, wantsColor } from '../io.js';
import { labSource } from '../lab-argument.js';

/** `podpath test`. */
export function addTest(program: Command, io: Io, exit: SetExit): void {
  program
    .command('test')
    .description('Check the `expect:` lines of labs. Prints TAP, which test runners read.')
    .argument('<lab...>', 'lab files, or names of shipped labs')
    .addHelpText('after', EXAMPLES)
    .action(async (labs: readonly string[]) => {
      exit(await testCommand(labs, io));
    });
}

const EXAMPLES = `
Examples:
  podpath test my-lab.yaml
  podpath test topologies/*.yaml
  podpath test flannel-vxlan flannel-host-gw`;

async function testCommand(labs: readonly string[], io: Io): Promise<number> {
  const sources = labs.map(labSource);
  const { openLab } = await import('../../input/index.js');
  const { checkExpectations, checkLab, formatExpectation } = await import('../../analyze/index.js');
  const opened = [];
  for (const source of sources) opened.push(await openLab(source));
  const wrong = opened.flatMap(({ lab, built }) => checkExpectations(lab, built.network));
  if (wrong.length > 0) throw new InputError(wrong);
  const planned = opened.reduce((sum, { lab }) => sum + lab.expect.length, 0);
  io.out(`TAP version 14\n1..${planned}\n`);
  const { green, red } = (await import('picocolors')).default.createColors(wantsColor(io));
  const codes: number[] = [];
  for (const { lab, built } of opened)
    for (const { expectation, passed, got, trace, problems } of checkLab(lab, built.network)) {
      const undecided = problems.length === 0 && trace.verdict.exit === EXIT.unknown;
      codes.push(passed ? EXIT.ok : undecided ? EXIT.unknown : EXIT.failed);
      const text = `${lab.name}: ${formatExpectation(expectation)}`;
      io.out(`${passed ? green('ok') : red('not ok')} ${codes.length} - ${text}\n`);
      if (!passed)
        io.out(
          `  ---\n  got: ${/[:"]/.test(got) ? JSON.stringify(got) : got}\n  at: ${expectation.file}:${expectation.line}\n  ...\n`,
        );
      if (io.errIsTerminal && !io.outIsTerminal) io.err(`\r${codes.length}/${planned}`);
    }
  if (io.errIsTerminal && !io.outIsTerminal) io.err('\r');
  const failed = codes.filter((code) => code !== EXIT.ok).length;
  io.out(`# ${codes.length - failed} passed, ${failed} failed\n`);
  return worst(codes);
}
