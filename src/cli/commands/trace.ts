import { type Command, Option } from 'commander';
import { InputError, type Problem } from '../../problem/index.js';
import type { Branching, Probe } from '../../trace/index.js';
import { addChangeOptions, type ChangeOptions, changedNetwork } from '../change.js';
import type { SetExit } from '../exit.js';
import { type Io, wantsColor } from '../io.js';
import { labSource } from '../lab-argument.js';
import { count, Values } from '../values.js';

interface TraceCommandOptions extends ChangeOptions {
  readonly proto?: NonNullable<Probe['proto']>;
  readonly port?: number;
  readonly sport?: number;
  readonly ttl?: number;
  readonly size?: number;
  readonly df?: true;
  readonly branches: Branching;
  readonly json?: true;
  readonly mermaid?: true;
  readonly verbose: number;
  readonly lang: 'en' | 'zh';
  readonly color: boolean;
}

/** `podpath trace`. */
export function addTrace(program: Command, io: Io, exit: SetExit): void {
  const values = new Values();
  const command = program
    .command('trace')
    .description('Follow one packet, and what answers it, from FROM to TO.')
    .argument('<lab>', 'a lab file, or the name of a shipped lab')
    .argument('<from>', 'who sends: pod/NS/NAME, node/NAME, host/NAME, or just the name')
    .argument('<to>', 'to whom: service/NS/NAME:PORT, pod/NAME:PORT, 10.96.0.10:80')
    .addOption(values.choice('--proto <protocol>', 'protocol; tcp unless TO says otherwise', PROTOCOLS))
    .option('--port <number>', 'destination port, where TO has none', values.number('--port', 1, 65535))
    .option('--sport <number>', 'source port', values.number('--sport', 1, 65535))
    .option('--ttl <number>', 'time to live', values.number('--ttl', 1, 255))
    .option('--size <bytes>', 'bytes of payload', values.number('--size', 0, 1_000_000))
    .option('--df', 'forbid to fragment')
    .addOption(
      new Option(
        '--branches <which>',
        'all | seed:N | pin:NAME: where chance decides, every way, one drawn, or the named one',
      )
        .argParser(parseBranches(values))
        .default({ branches: 'all' } satisfies Branching, 'all'),
    );
  addChangeOptions(command)
    .addOption(new Option('--json', 'print the whole trace as podpath-trace/1').conflicts('mermaid'))
    .option('--mermaid', 'print a Mermaid sequence diagram')
    .option('-v, --verbose', 'each rule that mattered; -vv each rule that was tried, and each capture', count, 0)
    .addOption(values.choice('--lang <language>', 'language of the text', ['en', 'zh']).default('en'))
    .option('--no-color', 'no colours (as NO_COLOR)')
    .addHelpText('after', EXAMPLES)
    .action(async (lab: string, from: string, to: string, options: TraceCommandOptions) => {
      exit(await traceCommand(lab, from, to, options, values.problems, io));
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
  wrong: readonly Problem[],
  io: Io,
): Promise<number> {
  const { openLab } = await import('../../input/index.js');
  const opened = await openLab(labSource(lab));
  const { network, problems } = await changedNetwork(opened, options, io);
  const { checkProbe, trace } = await import('../../trace/index.js');
  const probe = probeOf(from, to, options);
  const all = [...wrong, ...problems, ...checkProbe(network, probe)];
  if (all.length > 0) throw new InputError(all);
  const detail = options.verbose > 1 || options.json === true ? 'all' : 'hits';
  const result = trace(network, probe, { branching: options.branches, detail });
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
  const given: readonly (readonly [string, unknown])[] = Object.entries({ proto, port, sport, ttl, payload: size, df });
  // Of a value that was wrong commander makes an empty one.
  return { from, to, ...Object.fromEntries(given.filter(([, value]) => value !== undefined && value !== '')) };
}

function parseBranches(values: Values): (text: string) => Branching | undefined {
  return (text) => {
    if (text === 'all') return { branches: 'all' };
    const [, kind, rest = ''] = /^(seed|pin):(.+)$/.exec(text) ?? [];
    if (kind === 'pin') return { branches: 'pin', name: rest };
    if (kind === 'seed' && /^\d{1,9}$/.test(rest)) return { branches: 'seed', seed: Number(rest) };
    return values.complain('--branches', `expected all, seed:N or pin:NAME, found "${text}"`);
  };
}
