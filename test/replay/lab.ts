import { parseIpv4, parsePrefix } from '../../src/address/index.js';
import {
  connectLinks,
  learn,
  type Netns,
  type NetnsDump,
  type Process,
  parseRuleset,
  Runtime,
  readNetns,
  type Socket,
} from '../../src/linux/index.js';
import { apply, type Install, parseCommand } from '../../src/plan/index.js';
import { Network } from '../../src/topology/index.js';
import { crossings, Simulation, type Trace } from '../../src/trace/index.js';
import { ip } from '../must.js';
import { dumpOf, type LabName, loadLab, type RecordedCommand, readable, roleOf } from '../recordings/load.js';
import { type Frame, frameOf, normalise } from './frame.js';

/** The parts of a recorded lab that a replay reads. */
export interface ReplayLab {
  readonly wires: readonly (readonly [string, string])[];
  readonly listeners: Readonly<Record<string, readonly RecordedListener[]>>;
  readonly processes: readonly RecordedProcess[];
  readonly state: Readonly<Record<string, Parameters<typeof dumpOf>[0] & { readonly iptablesSave: readonly string[] }>>;
  readonly probes: readonly RecordedProbe[];
  /** After the last probe; only of some labs, and some namespaces. */
  readonly stateAfter?: Readonly<Record<string, Learned>>;
}

interface RecordedListener {
  readonly proto: 'tcp' | 'udp';
  readonly addr: string;
  readonly port: number;
  readonly behaviour: string;
  readonly replyBytes?: number;
}

interface RecordedProcess {
  readonly kind: string;
  readonly ns: string;
  readonly device: string;
  readonly listen: { readonly addr: string; readonly port: number };
  readonly table: readonly { readonly dst: string; readonly peer: string; readonly port: number }[];
  readonly noRoute: { readonly other: { readonly src: string } };
}

export interface RecordedProbe {
  readonly title: string;
  readonly before: readonly RecordedCommand[];
  readonly neighBefore: Readonly<Record<string, readonly unknown[]>>;
  readonly fdbBefore: Readonly<
    Record<string, { readonly add?: readonly unknown[]; readonly del?: readonly unknown[] }>
  >;
  readonly routeCacheBefore: Readonly<Record<string, readonly string[]>>;
  readonly sent: {
    readonly kind: 'ping' | 'tcp';
    readonly from: string;
    readonly src: string;
    readonly dst: string;
    readonly dport?: number;
    readonly ttl: number;
    readonly pmtudisc: 'do' | 'dont' | 'default';
    readonly payload: number;
    readonly count?: number;
    readonly intervalMs?: number;
    readonly timeoutMs: number;
    /** Of TCP: what the sender announced. */
    readonly mss?: number;
    readonly segments?: readonly number[];
  };
  readonly omitted: readonly string[];
  readonly delivered: boolean;
  readonly result: {
    /** What ping printed. */
    readonly output?: readonly string[];
    readonly clientLocal?: string;
    readonly clientError?: string;
    readonly clientReceived?: number;
    readonly peerSeenByServer?: string;
    readonly localSeenByServer?: string;
    readonly received?: number;
  };
  readonly events: readonly (Frame & { readonly nudProbe?: boolean })[];
  readonly conntrackAfter?: Readonly<Record<string, readonly string[]>>;
}

const ORIGIN = { by: 'dump' } as const;

/** A recorded lab as a network; `state` is as its set-up commands left it. */
export function networkOf(lab: ReplayLab): Network {
  const namespaces = Object.entries(lab.state).map(([name, state]): Netns => {
    const { ns } = readable(readNetns(dumpOf(state, name), { name, role: roleOf(state.kind) }));
    const iptables = readable(parseRuleset(`${state.iptablesSave.join('\n')}\n`, `${name}/iptables-save`));
    return { ...ns, iptables, processes: processesOf(lab, name), sockets: socketsOf(lab, name) };
  });
  return Network.of(
    connectLinks(
      namespaces,
      lab.wires.map(([a, b]) => [end(a), end(b)] as const),
    ),
  );
}

function end(text: string): { netns: string; dev: string } {
  const [netns = '', dev = ''] = text.split('/');
  return { netns, dev };
}

function processesOf(lab: ReplayLab, name: string): Process[] {
  return lab.processes
    .filter((p) => p.ns === name && p.kind === 'udp-relay')
    .map((p) => ({
      kind: 'udp-relay',
      dev: p.device,
      address: ip(p.listen.addr),
      port: p.listen.port,
      routes: p.table.map(({ dst, peer, port }) => {
        const prefix = parsePrefix(dst);
        if (prefix === undefined) throw new Error(`not a prefix: ${dst}`);
        return { dst: prefix, peer: ip(peer), port };
      }),
      errorSource: ip(p.noRoute.other.src),
      origin: ORIGIN,
    }));
}

function socketsOf(lab: ReplayLab, name: string): Socket[] {
  return (lab.listeners[name] ?? []).map(({ proto, addr, port, behaviour, replyBytes }): Socket => {
    const bound = { protocol: proto, address: ip(addr), port, origin: ORIGIN };
    if (behaviour === 'reply') return { ...bound, behaviour: 'reply', bytes: replyBytes };
    return { ...bound, behaviour: 'process', process: 0 };
  });
}

/** What `ip -j neigh` and `bridge -j fdb` printed. */
export interface Learned {
  readonly neigh: readonly unknown[];
  readonly fdb: readonly unknown[];
}

/** As it was before a probe, or at the end; nothing where commands have changed it since the last. */
function learnedBefore(lab: ReplayLab, probe: RecordedProbe | undefined): Readonly<Record<string, Learned>> {
  if (probe === undefined) return lab.stateAfter ?? {};
  if (probe.before.length > 0) return {};
  return Object.fromEntries(Object.keys(lab.state).map((name) => [name, learnedOf(lab, probe, name)]));
}

/** `neighBefore` and `fdbBefore` of a namespace over what its state was. */
function learnedOf(lab: ReplayLab, probe: RecordedProbe, name: string): Learned {
  const state = lab.state[name];
  const { add = [], del = [] } = probe.fdbBefore[name] ?? {};
  const gone = new Set(del.map((entry) => JSON.stringify(entry)));
  const fdb = [...(state?.fdb ?? []).filter((entry) => !gone.has(JSON.stringify(entry))), ...add];
  return { neigh: probe.neighBefore[name] ?? state?.neigh ?? [], fdb };
}

/** One probe, replayed. */
export interface Replayed {
  readonly probe: RecordedProbe;
  /** Neighbours and bridge stations by namespace as they were recorded next, where that was done. */
  readonly after: Readonly<Record<string, Learned>>;
  readonly trace: Trace;
  /** As the probe left it. */
  readonly runtime: Runtime;
  /** Frames of ours and of the kernel's, by namespace, without what the recording omits. */
  readonly ours: ReadonlyMap<string, readonly Frame[]>;
  readonly kernel: ReadonlyMap<string, readonly Frame[]>;
}

/** Replays the probes of a lab in order; each begins with the recorded runtime, and the commands before it are run. */
export function* replay(name: LabName): Generator<Replayed> {
  const lab = loadLab(name) as unknown as ReplayLab;
  let network = networkOf(lab);
  for (const [i, probe] of lab.probes.entries()) {
    network = apply(probe.before.flatMap(installsOf), network, new Runtime()).network;
    const runtime = runtimeBefore(lab, probe);
    const simulation = new Simulation(network, {}, runtime);
    const trace = simulation.send(probeOf(probe));
    yield {
      probe,
      after: learnedBefore(lab, lab.probes[i + 1]),
      trace,
      runtime,
      ours: oursOf(lab, probe, trace),
      kernel: kernelOf(probe),
    };
  }
}

function installsOf(command: RecordedCommand): readonly Install[] {
  const netns = command.ns ?? '';
  return readable(parseCommand(command.cmd, { netns, file: 'before' }));
}

/** `neighBefore`, `fdbBefore` and `routeCacheBefore` over what the state was. */
function runtimeBefore(lab: ReplayLab, probe: RecordedProbe): Runtime {
  const runtime = new Runtime();
  for (const [name, state] of Object.entries(lab.state)) {
    const { neigh, fdb } = learnedOf(lab, probe, name);
    const dump: NetnsDump = dumpOf({ ...state, fdb, neigh }, name);
    const { learned } = readable(readNetns(dump, { name, role: roleOf(state.kind) }));
    learn(runtime.of(name), learned, runtime.journal);
    for (const line of probe.routeCacheBefore[name] ?? []) learnException(runtime, name, line);
  }
  return runtime;
}

/** `10.244.2.2 via 10.244.1.1 dev eth0 cache mtu 1450`. */
function learnException(runtime: Runtime, netns: string, line: string): void {
  const dst = parseIpv4(line.split(' ')[0] ?? '');
  const mtu = Number(/\bmtu (?:lock )?(\d+)/.exec(line)?.[1] ?? Number.NaN);
  if (dst === undefined || Number.isNaN(mtu)) throw new Error(`can't read the route exception "${line}"`);
  runtime.of(netns).exceptions.set(dst, { mtu, mtuLock: false, gateway: undefined, expires: 600_000 });
}

function probeOf({ sent, result, events }: RecordedProbe): Parameters<Simulation['send']>[0] {
  const frames = events.map((event) => event as unknown as Record<string, Record<string, number> | undefined>);
  const id = frames.find((f) => f['icmp']?.['id'] !== undefined)?.['icmp']?.['id'];
  const firstPort = frames.find((f) => f['tcp'] !== undefined)?.['tcp']?.['sport'];
  const clientPort = Number(result.clientLocal?.split(':')[1] ?? firstPort ?? 40000);
  return {
    from: sent.from,
    to: sent.dst,
    proto: sent.kind === 'ping' ? 'icmp' : 'tcp',
    ttl: sent.ttl,
    payload: sent.payload,
    timeout: sent.timeoutMs,
    ...(sent.dport !== undefined && { port: sent.dport, sport: clientPort }),
    ...(sent.pmtudisc !== 'default' && { df: sent.pmtudisc === 'do' }),
    ...(sent.count !== undefined && { count: sent.count }),
    ...(sent.intervalMs !== undefined && { interval: sent.intervalMs }),
    ...(sent.segments !== undefined && { segments: sent.segments }),
    ...(sent.src !== 'auto' && { source: sent.src }),
    ...(id !== undefined && { id }),
  };
}

function oursOf(lab: ReplayLab, probe: RecordedProbe, trace: Trace): Map<string, Frame[]> {
  const frames = crossings(trace)
    .map(frameOf)
    .filter((frame) => lab.state[frame.ns]?.kind !== 'switch' && !isOmitted(probe, frame));
  return byNamespace(frames.map(normalise));
}

function kernelOf(probe: RecordedProbe): Map<string, Frame[]> {
  return byNamespace(probe.events.filter((event) => event.nudProbe !== true).map(normalise));
}

/** What the recorder left out of this probe: `arp`, and TCP segments without payload, SYN or RST. */
function isOmitted(probe: RecordedProbe, frame: Frame): boolean {
  let inner: Omit<Frame, 'ns' | 'if' | 'dir'> = frame;
  while (inner.inner !== undefined) inner = inner.inner;
  if (inner.arp !== undefined) return probe.omitted.includes('arp');
  return inner.tcp !== undefined && !/[SR]/.test(String(inner.tcp['flags'])) && inner.tcp['payload'] === 0;
}

function byNamespace(frames: readonly Frame[]): Map<string, Frame[]> {
  const map = new Map<string, Frame[]>();
  for (const frame of frames) map.set(frame.ns, [...(map.get(frame.ns) ?? []), frame]);
  return map;
}
