import { type Command, Option } from 'commander';
import type { OpenedNetwork } from '../../input/index.js';
import type { Lab } from '../../lab/index.js';
import { didYouMean, InputError, type Read } from '../../problem/index.js';
import { changer } from '../change.js';
import { type SetExit, UsageError, worst } from '../exit.js';
import { type Io, wantsColor } from '../io.js';
import { labSource } from '../lab-argument.js';
import { addLanguageOptions, type LanguageOptions } from '../language.js';
import { addProbe, type ProbeOptions, probeOf } from '../probe.js';
import { collectList, Values } from '../values.js';

interface CompareOptions extends ProbeOptions, LanguageOptions {
  readonly proxy?: readonly string[];
  readonly json?: true;
}

const MODES = ['iptables', 'ipvs', 'none'] as const;
type Mode = (typeof MODES)[number];

type OpenedAsLab = Extract<OpenedNetwork, { readonly kind: 'lab' }>;

/** `podpath compare`. */
export function addCompare(program: Command, io: Io, exit: SetExit): void {
  const values = new Values();
  const command = program
    .command('compare')
    .description('Compare the modes of kube-proxy: one packet to a Service, in the same lab built with each.');
  addLanguageOptions(addProbe(command, values, 'all'), values)
    .option('--proxy <modes>', `modes of kube-proxy: ${MODES.join(', ')} (default: iptables,ipvs)`, collectList)
    .addOption(new Option('--json', 'as JSON (podpath-compare/1)'))
    .addHelpText('after', EXAMPLES)
    .action(async (lab: string, from: string, to: string, options: CompareOptions) => {
      const opened = await openedLab(lab);
      const modes = modesOf(options.proxy ?? ['iptables', 'ipvs']);
      const probe = probeOf(from, to, options);
      const { checkProbe } = await import('../../trace/index.js');
      const problems = [...values.problems, ...checkProbe(opened.network, probe)];
      if (problems.length > 0) throw new InputError(problems);
      const { compareModes } = await import('../../analyze/index.js');
      const { branches: branching, start } = options;
      const build = await builder(opened, options, io);
      const comparison = compareModes(opened.opened.lab, probe, {
        modes,
        build,
        branching,
        ...(start === undefined ? {} : { start }),
      });
      const { formatComparison, formatComparisonJson } = await import('../../output/index.js');
      const color = options.color && wantsColor(io);
      const width = Math.max(60, io.columns ?? 100);
      io.out(
        options.json === true
          ? formatComparisonJson(comparison)
          : formatComparison(comparison, { color, lang: options.lang, width }),
      );
      exit(worst(comparison.modes.map((row) => row.exit)));
    });
}

async function openedLab(lab: string): Promise<OpenedAsLab> {
  const { openNetwork } = await import('../../input/index.js');
  const opened = await openNetwork(labSource(lab));
  if (opened.kind === 'lab') return opened;
  throw new UsageError(`${lab} is a folder of dumps: of these nothing can be built anew with another kube-proxy`);
}

function modesOf(words: readonly string[]): readonly Mode[] {
  if (words.length === 0) throw new UsageError(`--proxy: expected ${MODES.join(', ')}, found nothing`);
  return [...new Set(words)].map((word) => {
    const mode = MODES.find((each) => each === word);
    if (mode !== undefined) return mode;
    throw new UsageError(`--proxy: expected ${MODES.join(', ')}, found "${word}"${didYouMean(word, MODES)}`);
  });
}

/** Makes the networks that are compared, with what was asked to be changed; notes, alike for all, come once. */
async function builder(
  opened: OpenedAsLab,
  options: CompareOptions,
  io: Io,
): Promise<(lab: Lab) => Read<OpenedAsLab['network']>> {
  const { buildNetwork } = await import('../../lab/index.js');
  const { readResult } = await import('../../problem/index.js');
  const change = await changer(options);
  let first = true;
  return (lab) => {
    const built = buildNetwork(lab);
    const own = { ...opened, network: built.network, opened: { ...opened.opened, lab, built } };
    const { network, problems } = change(own, first ? io : quiet(io));
    first = false;
    return readResult(network, problems);
  };
}

function quiet(io: Io): Io {
  return { ...io, err: () => undefined };
}

const EXAMPLES = `
Per mode: what becomes of the packet, how many rules of iptables and IP sets it is compared with (of the first packet, and
of its answer), where its addresses are translated, which source the server sees; then what a port that the Service does
not have answers, and what the Service answers once it has no endpoints. A mode that can't be followed is unknown, with the
reason. In IPVS mode connections are made one after the other until each server has got one: of several ways, by chance or
by turns, the table tells the first that fails, and how many arrive.

Exit code 0: delivered and answered in every mode; 1: not, in some; 3: the input does not decide, in some.

Examples:
  podpath compare flannel-vxlan client service/web:80
  podpath compare flannel-vxlan internet node-3:30080 --proxy iptables,ipvs
  podpath compare flannel-vxlan web-0 service/web:80 --fault hairpin-off --json | jq '.modes[].probe'`;
