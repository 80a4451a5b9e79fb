import { readFileSync } from 'node:fs';
import type { NetnsDump, Role, Source } from '../../src/linux/index.js';
import { formatProblem, type Read } from '../../src/problem/index.js';

/** The labs recorded on Linux 6.18 with iproute2 6.1 that are copied here; their format is told in `kernel-labs/README.md`. */
export const LABS = [
  'vxlan-basic',
  'vxlan-ttl-mtu',
  'hostgw',
  'udp-backend',
  'portmap',
  'clusterip-bridge-nf',
  'cni-plugins',
] as const;
export type LabName = (typeof LABS)[number];

/** The parts of a recorded lab that the state is made of. */
export interface RecordedLab {
  readonly wires: readonly (readonly [string, string])[];
  readonly commands: readonly RecordedCommand[];
  readonly setupCommands: number;
  readonly state: Readonly<Record<string, RecordedNetns>>;
}

export interface RecordedCommand {
  readonly ns: string | null;
  readonly cmd: string;
  readonly exit?: number;
  readonly stderr?: string;
}

/** One namespace: what the tools printed with `-j`, as parsed values. */
export interface RecordedNetns {
  readonly kind: string;
  readonly link: readonly unknown[];
  readonly addr: readonly unknown[];
  readonly route: readonly unknown[];
  readonly rule: readonly unknown[];
  readonly neigh?: readonly unknown[];
  readonly fdb?: readonly unknown[];
  readonly bridgeLink?: readonly unknown[];
  readonly proxy?: readonly unknown[];
  readonly sysctl: Readonly<Record<string, string>>;
}

const here = new URL('.', import.meta.url);

/** A file of this folder as text. */
export function recording(name: string): Source {
  return { file: name, text: readFileSync(new URL(name, here), 'utf8') };
}

export function loadLab(name: LabName): RecordedLab {
  return JSON.parse(recording(`lab-${name}.json`).text) as RecordedLab;
}

/** The dump of a namespace that was recorded as values. */
export function dumpOf(state: RecordedNetns, ns: string): NetnsDump {
  const json = (part: string, value: unknown): Source => ({
    file: `${ns}/${part}.json`,
    text: JSON.stringify(value ?? []),
  });
  const sysctl = Object.entries(state.sysctl).map(([name, value]) => `${name} = ${value}\n`);
  return {
    link: json('link', state.link),
    bridgeLink: json('bridgeLink', state.bridgeLink),
    addr: json('addr', state.addr),
    route: json('route', state.route),
    rule: json('rule', state.rule),
    neigh: json('neigh', state.neigh),
    proxy: json('proxy', state.proxy ?? []),
    fdb: json('fdb', state.fdb),
    sysctl: { file: `${ns}/sysctl`, text: sysctl.join('') },
  };
}

/** What a recorded namespace stands for. */
export function roleOf(kind: string): Role {
  return kind === 'node' || kind === 'pod' || kind === 'router' || kind === 'switch' ? kind : 'host';
}

/** What a reader gives; throws its problems. */
export function readable<T>(read: Read<T>): T {
  if ('problems' in read) throw new Error(read.problems.map(formatProblem).join('\n'));
  return read.value;
}
