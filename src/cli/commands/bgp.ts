import type { Command } from 'commander';
import type { BgpTarget } from '../../analyze/index.js';
import type { BgpReport } from '../../output/index.js';
import { InputError } from '../../problem/index.js';
import { type LabBgp, simulationOf, speakerNamed } from '../bgp.js';
import { addChangeOptions, type ChangeOptions } from '../change.js';
import { EXIT, type SetExit, UsageError } from '../exit.js';
import { type Io, wantsColor } from '../io.js';
import { addLanguageOptions, type LanguageOptions } from '../language.js';
import { Values } from '../values.js';

interface BgpOptions extends LanguageOptions, ChangeOptions {
  readonly all?: true;
  readonly from?: string;
  readonly to?: string;
  readonly limit?: number;
  readonly seed?: number;
  readonly json?: true;
}

const SHOWS = ['sessions', 'rib', 'explain', 'messages'] as const;
type Show = (typeof SHOWS)[number];

/** `podpath bgp`. */
export function addBgp(program: Command, io: Io, exit: SetExit): void {
  const values = new Values();
  const command = program
    .command('bgp')
    .description('Show BGP in a lab as birdc does: sessions, tables, why a path was chosen, and the messages.')
    .argument('<lab>', 'a lab file, or the name of a shipped lab')
    .addArgument(values.argument('[what]', 'sessions unless given', SHOWS))
    .argument('[node]', 'of this node or router; rib and explain need it')
    .argument('[prefix]', '10.244.2.0/26; of an address, or what has one, the longest match')
    .option('--all', 'rib: with all attributes, as birdc show route all')
    .option('--from <node>', 'messages: of this sender')
    .option('--to <node>', 'messages: to this receiver')
    .option('--limit <number>', 'messages: the last ones', values.number('--limit', 1, 1_000_000_000))
    .option(
      '--seed <number>',
      'another order of what is sent at the same time',
      values.number('--seed', 0, 999_999_999),
    )
    .option('--json', 'as JSON (podpath-bgp/1)');
  addLanguageOptions(addChangeOptions(command), values)
    .addHelpText('after', EXAMPLES)
    .action(
      async (
        lab: string,
        what: Show | undefined,
        node: string | undefined,
        prefix: string | undefined,
        options: BgpOptions,
      ) => {
        const show = what ?? 'sessions';
        if (values.problems.length > 0) throw new InputError(values.problems);
        checkUse(show, node, prefix, options);
        const bgp = await simulationOf(lab, { change: options, seed: options.seed }, io);
        const report = await reportOf(bgp, show, { node, prefix, options });
        const { bgpOk, formatBgp, formatBgpJson } = await import('../../output/index.js');
        const color = options.color && wantsColor(io);
        const width = Math.max(60, io.columns ?? 100);
        io.out(
          options.json === true
            ? formatBgpJson(report)
            : formatBgp(report, { color, lang: options.lang, width, all: options.all === true }),
        );
        exit(bgpOk(report) ? EXIT.ok : EXIT.failed);
      },
    );
}

/** @throws UsageError where an argument is missing, or one is given that is of no use. */
function checkUse(show: Show, node: string | undefined, prefix: string | undefined, options: BgpOptions): void {
  const needs = { sessions: '', rib: 'NODE', explain: 'NODE PREFIX', messages: '' }[show];
  if ((needs !== '' && node === undefined) || (show === 'explain' && prefix === undefined))
    throw new UsageError(`${show} needs ${needs}: podpath bgp LAB ${show} ${needs}`);
  if (show === 'messages' && node !== undefined)
    throw new UsageError(`messages takes no ${node}: --from ${node} and --to ${node} choose whose`);
  if (show === 'sessions' && prefix !== undefined)
    throw new UsageError(`sessions takes no prefix: podpath bgp LAB rib ${node} ${prefix} shows the routes to it`);
  const useless = (
    [
      ['--all', options.all, 'rib'],
      ['--from', options.from, 'messages'],
      ['--to', options.to, 'messages'],
      ['--limit', options.limit, 'messages'],
    ] as const
  ).find(([, value, of]) => value !== undefined && of !== show);
  if (useless !== undefined) throw new UsageError(`${useless[0]} is for ${useless[2]}, not for ${show}`);
}

interface Asked {
  readonly node: string | undefined;
  readonly prefix: string | undefined;
  readonly options: BgpOptions;
}

async function reportOf(bgp: LabBgp, show: Show, { node, prefix, options }: Asked): Promise<BgpReport> {
  const { describeBgpMessages, describeBgpRib, describeBgpSessions, explainBgp } = await import(
    '../../analyze/index.js'
  );
  const { simulation: view } = bgp;
  const one = node === undefined ? undefined : speakerNamed(bgp, node);
  const target = prefix === undefined ? undefined : await targetOf(bgp, prefix);
  if (show === 'messages') {
    const from = options.from === undefined ? undefined : speakerNamed(bgp, options.from);
    const to = options.to === undefined ? undefined : speakerNamed(bgp, options.to);
    return describeBgpMessages(view, { from, to, limit: options.limit });
  }
  if (one === undefined || show === 'sessions') return describeBgpSessions(view, one === undefined ? undefined : [one]);
  if (show === 'rib' || target === undefined) return describeBgpRib(view, one, target);
  return explainBgp(view, one, target);
}

/**
 * What a prefix, an address, or the name of a pod, Service or host stands for.
 *
 * @throws UsageError
 */
async function targetOf({ network }: LabBgp, asked: string): Promise<BgpTarget & { readonly asked: string }> {
  const { formatIpv4, parseIpv4, parsePrefix } = await import('../../address/index.js');
  const { objectName } = await import('../../topology/index.js');
  const address = parseIpv4(asked);
  if (address !== undefined) return { address, asked };
  const prefix = parsePrefix(asked === 'default' ? '0.0.0.0/0' : asked);
  if (prefix !== undefined) return { prefix, asked };
  const { directory } = network;
  const found = directory.find(asked);
  const [own] = found?.addresses ?? [];
  if (own !== undefined) return { address: own, asked: formatIpv4(own) };
  if (found !== undefined)
    throw new UsageError(
      `${objectName(found)} has no address${found.noAddress === undefined ? '' : `: ${found.noAddress}`}`,
    );
  throw new UsageError(
    /^\d+[./]/.test(asked)
      ? `expected a prefix such as 10.244.2.0/26, an IPv4 address or a name with one, found "${asked}"`
      : directory.explain(asked),
  );
}

const EXAMPLES = `
Times are virtual, since the daemons were started. Each session is listed on both of its sides. Exit code 1: a session that
is configured is not established, a daemon does not run, one of several nodes has no session, or the prefix that was asked for has no usable path.

Examples:
  podpath bgp calico-bgp                                          every session, and why one is down
  podpath bgp calico-route-reflectors sessions node-1             as birdc show protocols on one node
  podpath bgp calico-bgp rib node-1                               as birdc show route: * is best
  podpath bgp calico-tor rib tor-1 10.244.1.0/26 --all            all paths to one block, with their attributes
  podpath bgp calico-bgp explain node-1 web-1                     why packets to this pod go where they go
  podpath bgp calico-bgp explain node-1 10.244.2.0/26 --json      the same for programs
  podpath bgp calico-route-reflectors --fault reflector-down      with one of the lab's faults
  podpath bgp calico-bgp --exec 'node-1: birdc disable all'
  podpath bgp calico-bgp messages --from node-1 --limit 20        the last messages that node-1 has sent`;
