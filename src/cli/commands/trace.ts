import { type Command, Option } from 'commander';
import type { Branching, Probe } from '../../trace/index.js';
import { addChangeOptions, type ChangeOptions, changedNetwork } from '../change.js';
import { type SetExit, UsageError } from '../exit.js';
import { type Io, wantsColor } from '../io.js';
import { labSource } from '../lab-argument.js';
import { count, number } from '../values.js';

interface TraceCommandOptions extends ChangeOptions {
  readonly proto?: NonNullable<Probe['proto']>;
  readonly port?: number;
  readonly sport?: number;
  readonly ttl?: number;
  readonly size?: number;
  readonly df?: true;
  readonly branches: string;
  readonly json?: true;
  readonly mermaid?: true;
  readonly verbose: number;
  readonly lang: 'en' | 'zh';
  readonly color: boolean;
}

/** `podpath trace`. */
export function addTrace(program: Command, io: Io, exit: SetExit): void {
  const command = program
    .command('trace')
    .description('Follow one packet, and what answers it, from FROM to TO.')
    .argument('<lab>', 'a lab file, or the name of a shipped lab')
    .argument('<from>', 'who sends: pod/NS/NAME, node/NAME, host/NAME, or just the name')
    .argument('<to>', 'to whom: service/NS/NAME:PORT, pod/NAME:PORT, 10.96.0.10:80')
    .addOption(new Option('--proto <protocol>', 'protocol; tcp unless TO says otherwise').choices(PROTOCOLS))
    .option('--port <number>', 'destination port, where TO has none', number(1, 65535))
    .option('--sport <number>', 'source port', number(1, 65535))
    .option('--ttl <number>', 'time to live', number(0, 255))
    .option('--size <bytes>', 'bytes of payload', number(0, 1_000_000))
    .option('--df', 'forbid to fragment')
    .option(
      '--branches <which>',
      'all | seed:N | pin:NAME: where chance decides, every way, one drawn, or the named one',
      'all',
    );
  addChangeOptions(command)
    .addOption(new Option('--json', 'print the whole trace as podpath-trace/1').conflicts('mermaid'))
    .option('--mermaid', 'print a Mermaid sequence diagram')
    .option('-v, --verbose', 'each rule that mattered; -vv each rule that was tried, and each capture', count, 0)
    .addOption(new Option('--lang <language>', 'language of the text').choices(['en', 'zh']).default('en'))
    .option('--no-color', 'no colours (as NO_COLOR)')
    .addHelpText('after', EXAMPLES)
    .action(async (lab: string, from: string, to: string, options: TraceCommandOptions) => {
      exit(await traceCommand(lab, from, to, options, io));
    });
}

const PROTOCOLS = ['tcp', 'udp', 'icmp', 'sctp'] as const;

const EXAMPLES = `
Examples:
  podpath trace flannel-vxlan client web-1                        TCP to the one port that web-1 listens on
  podpath trace flannel-vxlan client service/web --branches pin:web-1
  podpath trace flannel-vxlan client web-1 --proto icmp --ttl 1
  podpath trace flannel-vxlan internet 192.168.56.13:30080 -v     from outside to a NodePort
  podpath trace flannel-vxlan client web-1 --fault no-route       with one of the lab's faults
  podpath trace flannel-vxlan client web-1 --exec 'node-2: sysctl -w net.ipv4.ip_forward=0'
  podpath trace flannel-vxlan client web-1 --json | jq .verdict`;

async function traceCommand(
  lab: string,
  from: string,
  to: string,
  options: TraceCommandOptions,
  io: Io,
): Promise<number> {
  const branching = parseBranches(options.branches);
  const { openLab } = await import('../../input/index.js');
  const opened = await openLab(labSource(lab));
  const network = await changedNetwork(opened, options, io);
  const { trace } = await import('../../trace/index.js');
  const detail = options.verbose > 1 || options.json === true ? 'all' : 'hits';
  const result = trace(network, probeOf(from, to, options), { branching, detail });
  const { formatTrace } = await import('../../output/index.js');
  const text = formatTrace(result, {
    format: options.json === true ? 'json' : options.mermaid === true ? 'mermaid' : 'text',
    detail: options.verbose > 1 ? 2 : options.verbose === 1 ? 1 : 0,
    color: options.color && wantsColor(io),
    lang: options.lang,
    width: Math.max(60, io.columns ?? 120),
  });
  io.out(text);
  return result.verdict.exit;
}

function probeOf(from: string, to: string, options: TraceCommandOptions): Probe {
  const { proto, port, sport, ttl, size, df } = options;
  return {
    from,
    to,
    ...(proto === undefined ? {} : { proto }),
    ...(port === undefined ? {} : { port }),
    ...(sport === undefined ? {} : { sport }),
    ...(ttl === undefined ? {} : { ttl }),
    ...(size === undefined ? {} : { payload: size }),
    ...(df === undefined ? {} : { df }),
  };
}

function parseBranches(text: string): Branching {
  if (text === 'all') return { branches: 'all' };
  const [, kind, rest = ''] = /^(seed|pin):(.+)$/.exec(text) ?? [];
  if (kind === 'pin') return { branches: 'pin', name: rest };
  if (kind === 'seed' && /^\d{1,9}$/.test(rest)) return { branches: 'seed', seed: Number(rest) };
  throw new UsageError(`--branches takes all, seed:N or pin:NAME; found "${text}"`);
}
