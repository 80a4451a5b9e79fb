import { MAC_BROADCAST } from '../address/index.js';
import { hasEthernet } from '../linux/index.js';
import type { Packet } from '../packet/index.js';
import type { Install } from '../plan/index.js';
import {
  argumentProblem,
  checkShape,
  didYouMean,
  type Expected,
  flag,
  InputError,
  type Problem,
  type Shape,
  showValue,
  textOf,
  wholeNumber,
  wordOf,
} from '../problem/index.js';
import type { Network } from '../topology/index.js';
import type { Branching } from './chance.js';
import type { Start } from './start.js';
import type { Trace } from './trace.js';

/** How a probe is followed. */
export interface TraceOptions {
  /** Seeds ports, ids and hashes; and the branch, where one is drawn. */
  readonly seed?: number;
  readonly branching?: Branching;
  /** `all`: rules that do not match are told one by one. */
  readonly detail?: 'hits' | 'all';
  /** `learned`: with the neighbours, stations and connections of the dump; `cold`, without them, when left out. */
  readonly start?: Start;
}

/** A frame that is put onto a device. */
export interface Injection {
  /** The namespace, or an object's name. */
  readonly namespace: string;
  readonly device: string;
  /** `in`: as if it had come from the wire. `out`: as if a program had sent it (AF_PACKET). */
  readonly direction: 'in' | 'out';
  readonly frame: Packet;
}

/** That it is a network, as `loadLab` gives one. */
export function checkNetwork(network: Network): void {
  if (typeof network?.netns === 'function' && typeof network.directory?.find === 'function') return;
  const message = `expected a network, as loadLab() gives one (await it), found ${showValue(network)}`;
  throw new InputError([argumentProblem('network', [], 'bad-type', message)]);
}

const OPTIONS: Shape = {
  keys: {
    seed: wholeNumber(0, Number.MAX_SAFE_INTEGER),
    branching: branchingOf,
    detail: wordOf(['hits', 'all']),
    start: wordOf(['cold', 'learned']),
  } satisfies Record<keyof TraceOptions, Expected>,
  required: [],
  meant: { branches: 'branching' },
};

function branchingOf(value: unknown): string | undefined {
  const { branches, seed, name } =
    typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  if (branches === 'all') return undefined;
  if (branches === 'seed' && wholeNumber(0, Number.MAX_SAFE_INTEGER)(seed) === undefined) return undefined;
  if (branches === 'pin' && typeof name === 'string') return undefined;
  return "{ branches: 'all' }, { branches: 'seed', seed: NUMBER } or { branches: 'pin', name: TEXT }";
}

/** How a probe is followed. */
export function checkOptions(options: TraceOptions): void {
  throwAny(checkShape(options, OPTIONS, 'options'));
}

/** Virtual time that passes, ms: it never goes back. */
export function checkTime(ms: number): void {
  if (typeof ms === 'number' && Number.isFinite(ms) && ms >= 0) return;
  const message = `expected a number of milliseconds, 0 or more, found ${showValue(ms)}`;
  throw new InputError([argumentProblem('ms', [], 'bad-value', message)]);
}

/** Calls that are made between packets, as a list. */
export function checkInstalls(installs: Iterable<Install>): readonly Install[] {
  if (typeof installs?.[Symbol.iterator] !== 'function') {
    const message = `expected a list of calls, as parseCommand() gives one, found ${showValue(installs)}`;
    throw new InputError([argumentProblem('installs', [], 'bad-type', message)]);
  }
  const all = [...installs];
  const object: Expected = (value) => (typeof value === 'object' && value !== null ? undefined : 'an object');
  const shape: Shape = {
    keys: {
      netns: textOf('the name of a network namespace'),
      origin: object,
      call: (value) =>
        object(value) === undefined && typeof (value as Record<string, unknown>)['call'] === 'string'
          ? undefined
          : 'a call, as parseCommand() gives it',
    },
    required: ['netns', 'origin', 'call'],
  };
  throwAny(all.flatMap((install, i) => checkShape(install, shape, 'installs', [i])));
  return all;
}

const INJECTION: Shape = {
  keys: {
    namespace: textOf('a network namespace, or the name of an object'),
    device: textOf('the name of a device'),
    direction: wordOf(['in', 'out']),
    frame: (value) => (typeof value === 'object' && value !== null ? undefined : 'a frame, as ipPacket() makes one'),
  } satisfies Record<keyof Injection, Expected>,
  required: ['namespace', 'device', 'direction', 'frame'],
};

/** A frame and where it is put. Returns the network namespace. */
export function checkInjection(network: Network, injection: Injection): string {
  const problems = checkShape(injection, INJECTION, 'injection');
  throwAny(problems);
  const { namespace, device, frame } = injection;
  problems.push(...checkFrame(frame, ['frame']));
  const netns = network.directory.find(namespace)?.netns ?? (network.has(namespace) ? namespace : undefined);
  if (netns === undefined) {
    const message = network.directory.explain(namespace, network.names());
    throw new InputError([...problems, argumentProblem('injection', ['namespace'], 'unknown-name', message)]);
  }
  const links = network.netns(netns)?.links;
  const link = links?.get(device);
  if (link === undefined) {
    const message = `${netns} has no device "${device}"${didYouMean(device, links?.keys() ?? [])}`;
    problems.push(argumentProblem('injection', ['device'], 'unknown-name', message));
  } else if (hasEthernet(link) !== (frame.eth !== undefined)) {
    const message = hasEthernet(link)
      ? `expected an Ethernet header, as ${device} has one, found nothing`
      : `expected nothing, as frames on ${device} have no Ethernet header, found one`;
    problems.push(argumentProblem('injection', ['frame', 'eth'], 'bad-value', message));
  }
  throwAny(problems);
  return netns;
}

const UINT8 = wholeNumber(0, 0xff);
const UINT16 = wholeNumber(0, 0xffff);
const UINT32 = wholeNumber(0, 0xffffffff);
/** Of a GSO packet, or of what a fragment is cut from; the headers say what is on the wire. */
const BYTES = wholeNumber(0, 1_000_000);
const ADDRESS: Expected = (value) => (UINT32(value) === undefined ? undefined : 'an address, as parseIpv4() gives it');
const MAC: Expected = (value) =>
  wholeNumber(0, MAC_BROADCAST)(value) === undefined ? undefined : 'a MAC address, as parseMac() gives it';

/** The headers of a frame, but for `l4` and `inner`, which have their own. */
const HEADERS: Readonly<Record<'eth' | 'arp' | 'ip' | 'vxlan', Readonly<Record<string, Expected>>>> = {
  eth: { src: MAC, dst: MAC, type: UINT16 },
  arp: { op: wordOf(['request', 'reply']), sha: MAC, spa: ADDRESS, tha: MAC, tpa: ADDRESS },
  ip: {
    src: ADDRESS,
    dst: ADDRESS,
    protocol: UINT8,
    ttl: UINT8,
    tos: UINT8,
    id: UINT16,
    df: flag,
    mf: flag,
    offset: UINT16,
    length: wholeNumber(20, 1_000_000),
  },
  vxlan: { vni: wholeNumber(0, 0xffffff) },
};

const PORTS = { sport: UINT16, dport: UINT16 };
const TRANSPORT: Readonly<Record<NonNullable<Packet['l4']>['l4'], Readonly<Record<string, Expected>>>> = {
  tcp: { ...PORTS, flags: UINT8, seq: UINT32, ack: UINT32, options: wholeNumber(0, 40) },
  udp: { ...PORTS, length: UINT16 },
  sctp: { ...PORTS, chunk: wordOf(['INIT', 'INIT-ACK', 'ABORT', 'DATA']) },
  icmp: { type: UINT8, code: UINT8, id: UINT16, seq: UINT16, mtu: UINT16, gateway: UINT32 },
};

function checkFrame(frame: unknown, path: readonly string[]): Problem[] {
  const any: Expected = () => undefined;
  const keys = { eth: any, arp: any, ip: any, l4: any, vxlan: any, payload: BYTES, inner: any } satisfies Record<
    keyof Packet,
    Expected
  >;
  const problems = checkShape(frame, { keys, required: ['payload'] }, 'injection', path);
  if (typeof frame !== 'object' || frame === null) return problems;
  const { eth, arp, ip, l4, vxlan, inner } = frame as Record<string, unknown>;
  for (const [name, value] of Object.entries({ eth, arp, ip, vxlan }))
    if (value !== undefined) {
      const header = HEADERS[name as keyof typeof HEADERS];
      const shape = { keys: header, required: Object.keys(header) };
      problems.push(...checkShape(value, shape, 'injection', [...path, name]));
    }
  if (arp === undefined && ip === undefined && inner === undefined && eth === undefined)
    problems.push(argumentProblem('injection', path, 'missing', 'expected a header (eth, arp, ip), found none'));
  if (l4 !== undefined) problems.push(...checkTransport(l4, [...path, 'l4']));
  return inner === undefined ? problems : [...problems, ...checkFrame(inner, [...path, 'inner'])];
}

function checkTransport(value: unknown, path: readonly string[]): Problem[] {
  const { l4 } = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  const kind = wordOf(Object.keys(TRANSPORT));
  const keys = typeof l4 === 'string' && Object.hasOwn(TRANSPORT, l4) ? TRANSPORT[l4 as keyof typeof TRANSPORT] : {};
  const all = { l4: kind, ...keys, ...(l4 === 'tcp' ? { mss: UINT16 } : {}) };
  if (Object.keys(keys).length > 0)
    return checkShape(value, { keys: all, required: ['l4', ...Object.keys(keys)] }, 'injection', path);
  const message = `expected ${kind(undefined)}, found ${showValue(l4)}`;
  return [argumentProblem('injection', [...path, 'l4'], 'bad-value', message)];
}

/** That it is a trace, as `trace` and `send` return it. */
export function checkTrace(trace: Trace): void {
  if (trace?.format === 'podpath-trace/1' && Array.isArray(trace.legs) && typeof trace.verdict === 'object') return;
  const message = `expected a trace, as trace() and send() return it, found ${showValue(trace)}`;
  throw new InputError([argumentProblem('trace', [], 'bad-type', message)]);
}

function throwAny(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new InputError(problems);
}
