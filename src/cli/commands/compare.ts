import { type Command, Option } from 'commander';
import type { OpenedNetwork } from '../../input/index.js';
import type { Lab } from '../../lab/index.js';
import type { ModeRow } from '../../output/index.js';
import { didYouMean, InputError, type Problem } from '../../problem/index.js';
import type { Probe } from '../../trace/index.js';
import { changedNetwork } from '../change.js';
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
      const asked = await describeTarget(opened, probe);
      const rows: ModeRow[] = [];
      const refused: Problem[] = [];
      for (const mode of modes) {
        const tried = await rowOf(mode, { opened, probe, asked, options, io: rows.length === 0 ? io : quiet(io) });
        rows.push(tried.row);
        refused.push(...tried.problems);
      }
      // What no mode takes is wrong input; what one does not take says something of that mode.
      if (rows.every(({ problem }) => problem !== undefined)) throw new InputError(distinct(refused));
      const { formatComparison, formatComparisonJson } = await import('../../output/index.js');
      const comparison = { ...asked.query, service: asked.name, wrongPort: asked.wrongPort, modes: rows };
      const color = options.color && wantsColor(io);
      const width = Math.max(60, io.columns ?? 100);
      io.out(
        options.json === true
          ? formatComparisonJson(comparison)
          : formatComparison(comparison, { color, lang: options.lang, width }),
      );
      exit(worst(rows.map((row) => row.exit)));
    });
}

async function openedLab(lab: string): Promise<OpenedAsLab> {
  const { openNetwork } = await import('../../input/index.js');
  const opened = await openNetwork(labSource(lab));
  if (opened.kind === 'lab') return opened;
  throw new UsageError(`${lab} is a folder of dumps: of these nothing can be built anew with another kube-proxy`);
}

function modesOf(words: readonly string[]): readonly Mode[] {
  return [...new Set(words)].map((word) => {
    const mode = MODES.find((each) => each === word);
    if (mode !== undefined) return mode;
    throw new UsageError(`--proxy: expected ${MODES.join(', ')}, found "${word}"${didYouMean(word, MODES)}`);
  });
}

/** What the probe asks for, and what is asked besides. */
interface Asked {
  readonly query: { readonly from: string; readonly to: string; readonly proto: string };
  readonly name: string | undefined;
  readonly wrongPort: number | undefined;
  readonly wrong: Probe | undefined;
  /** The lab without the Service's endpoints. */
  readonly empty: ((lab: Lab) => Lab) | undefined;
}

async function describeTarget(opened: OpenedAsLab, probe: Probe): Promise<Asked> {
  const { portOfNone, serviceOf, withoutEndpoints } = await import('../../analyze/index.js');
  const { trace } = await import('../../trace/index.js');
  const { cluster, network } = opened.opened.built;
  const { query } = trace(network, probe, { branching: { branches: 'seed', seed: 1 } });
  const { from, to, proto } = query;
  const service = serviceOf(query, cluster, network);
  if (service === undefined || query.port === null)
    return { query: { from, to, proto }, name: undefined, wrongPort: undefined, wrong: undefined, empty: undefined };
  const wrongPort = portOfNone(cluster, query.port);
  return {
    query: { from, to, proto },
    name: `service/${service.namespace}/${service.name}`,
    wrongPort,
    wrong: { ...probe, to: to.replace(/:\d+$/, ''), port: wrongPort, proto: proto as NonNullable<Probe['proto']> },
    empty: (lab) => withoutEndpoints(lab, service),
  };
}

interface Trial {
  readonly opened: OpenedAsLab;
  readonly probe: Probe;
  readonly asked: Asked;
  readonly options: CompareOptions;
  readonly io: Io;
}

/** What a mode comes to, with the problems that keep it from being followed. */
async function rowOf(
  mode: Mode,
  { opened, probe, asked, options, io }: Trial,
): Promise<{ readonly row: ModeRow; readonly problems: readonly Problem[] }> {
  const { compareMode, withProxyMode } = await import('../../analyze/index.js');
  const lab = withProxyMode(opened.opened.lab, mode);
  const { network, problems } = await builtAnew(lab, opened, options, io);
  const [problem] = problems;
  if (problem !== undefined) return { row: { mode, problem: problem.message, exit: 3 }, problems };
  const empty = asked.empty === undefined ? undefined : await builtAnew(asked.empty(lab), opened, options, quiet(io));
  const { branches: branching, start } = options;
  // A command about a chain of the Service's is not carried out where the Service has no endpoints and no such chain.
  const trial = { mode, network, wrong: asked.wrong, empty: empty?.problems.length === 0 ? empty.network : undefined };
  return { row: compareMode(trial, probe, { branching, ...(start === undefined ? {} : { start }) }), problems };
}

async function builtAnew(lab: Lab, opened: OpenedAsLab, options: CompareOptions, io: Io) {
  const { buildNetwork } = await import('../../lab/index.js');
  const built = buildNetwork(lab);
  return changedNetwork({ ...opened, network: built.network, opened: { ...opened.opened, lab, built } }, options, io);
}

/** Notes are the same in every mode: once is enough. */
function quiet(io: Io): Io {
  return { ...io, err: () => undefined };
}

function distinct(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}

const EXAMPLES = `
Per mode: what becomes of the packet, how many rules of iptables and IP sets it is compared with (of the first packet, and
of its answer), where its addresses are translated, which source the server sees; then what a port that the Service does
not have answers, and what the Service answers once it has no endpoints. A mode that can't be followed is unknown, with the
reason. In IPVS mode the scheduler is that of a node on which no connection was scheduled before.

Exit code 0: delivered and answered in every mode; 1: not, in some; 3: the input does not decide, in some.

Examples:
  podpath compare flannel-vxlan client service/web:80
  podpath compare flannel-vxlan internet node-3:30080 --proxy iptables,ipvs
  podpath compare flannel-vxlan web-0 service/web:80 --fault hairpin-off --json | jq '.modes[].probe'`;
