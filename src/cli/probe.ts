import { type Command, Option } from 'commander';
import { InputError, type Problem } from '../problem/index.js';
import type { Branching, Probe, Trace, TraceOptions } from '../trace/index.js';
import { addChangeOptions, type ChangeOptions, changedNetwork } from './change.js';
import type { Io } from './io.js';
import { labSource } from './lab-argument.js';
import type { Values } from './values.js';

/** What a command asks for that follows a packet. */
export interface ProbeOptions extends ChangeOptions {
  readonly proto?: NonNullable<Probe['proto']>;
  readonly port?: number;
  readonly sport?: number;
  readonly ttl?: number;
  readonly size?: number;
  readonly df?: true;
  readonly branches: Branching;
  readonly start?: 'cold' | 'learned';
}

const PROTOCOLS = ['tcp', 'udp', 'icmp', 'sctp'] as const;

/** Adds LAB FROM TO, and what the packet is like. `branches` is what --branches is unless given. */
export function addProbe(command: Command, values: Values, branches: 'all' | 'seed:1'): Command {
  const reads = parseBranches(values);
  const withProbe = command
    .argument('<lab>', 'a lab file, a folder of node dumps, or the name of a shipped lab')
    .argument('<from>', 'who sends: pod/NS/NAME, node/NAME, host/NAME, or just the name')
    .argument('<to>', 'to whom: service/NS/NAME:PORT, pod/NAME:PORT, 10.96.0.10:80')
    .addOption(values.choice('--proto <protocol>', 'protocol; tcp unless TO says otherwise', PROTOCOLS))
    .option('--port <number>', 'destination port, where TO has none', values.number('--port', 1, 65535))
    .option('--sport <number>', 'source port', values.number('--sport', 1, 65535))
    .option('--ttl <number>', 'time to live', values.number('--ttl', 1, 255))
    .option('--size <bytes>', 'bytes of payload, of udp, icmp and sctp', values.number('--size', 0, 65_535))
    .option('--df', 'forbid to fragment')
    .addOption(values.choice('--start <how>', 'with what a dump has learned, or cold (default)', ['cold', 'learned']))
    .addOption(
      new Option(
        '--branches <which>',
        'all | seed:N | pin:NAME: where chance decides, every way, one drawn, or the named one',
      )
        .argParser(reads)
        .default(reads(branches), branches),
    );
  return addChangeOptions(withProbe);
}

/**
 * Follows the packet that a command line asks for.
 *
 * @param wrong what is wrong with the options, told with all else that is.
 */
export async function followProbe(
  [lab, from, to]: readonly [lab: string, from: string, to: string],
  options: ProbeOptions,
  wrong: readonly Problem[],
  detail: NonNullable<TraceOptions['detail']>,
  io: Io,
): Promise<Trace> {
  const { openNetwork } = await import('../input/index.js');
  const opened = await openNetwork(labSource(lab));
  const { network, problems } = await changedNetwork(opened, options, io);
  const { checkProbe, trace } = await import('../trace/index.js');
  const probe = probeOf(from, to, options);
  const all = [...wrong, ...portOfPing(to, options), ...problems, ...checkProbe(network, probe)];
  if (all.length > 0) throw new InputError(all);
  const { branches: branching, start } = options;
  return trace(network, probe, { branching, detail, ...(start === undefined ? {} : { start }) });
}

/** A port that would be ignored. */
function portOfPing(to: string, { proto, port }: ProbeOptions): readonly Problem[] {
  if (proto !== 'icmp') return [];
  const at = { code: 'bad-value', file: 'options', line: 0, col: 0 } as const;
  const given = typeof port === 'number' ? [{ ...at, path: ['--port'], message: 'icmp has no ports' }] : [];
  const [, tail] = /:(\w+)$/.exec(to) ?? [];
  return tail === undefined
    ? given
    : [...given, { ...at, path: ['TO'], message: `icmp has no ports, found ":${tail}"` }];
}

/** The probe that a command line asks for. */
export function probeOf(from: string, to: string, options: ProbeOptions): Probe {
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
