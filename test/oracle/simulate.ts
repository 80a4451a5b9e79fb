import { formatIpv4 } from '../../src/address/index.js';
import { type Connection, Runtime, type Tuple } from '../../src/linux/index.js';
import type { Header } from '../../src/packet/index.js';
import { Applier, type Install, parseCommand } from '../../src/plan/index.js';
import { Network } from '../../src/topology/index.js';
import { crossings, Simulation, type Trace, type TraceEvent, type TraceOptions } from '../../src/trace/index.js';
import { ip } from '../must.js';
import { readable } from '../recordings/load.js';
import { countersOf } from '../replay/counters.js';
import { type Frame, frameOf } from '../replay/frame.js';
import { hitsOf } from '../replay/rules.js';
import type { Backend } from './backend.js';
import { isTimerDue, simulatedIpvs } from './ipvs-state.js';
import type { KernelCase, KernelRun } from './kernel-run.js';
import { frameOfCase } from './packet.js';
import { type Case, type FrameCase, isWait, type Listener, type Plan, type SocketCase } from './plan.js';
import type { Reasons } from './reasons.js';

/** What the simulation made of a case, in the form of {@link KernelCase}. */
export interface SimulatedCase {
  readonly frames: readonly Frame[];
  readonly deliveries: readonly string[];
  /** The first error that the sender was told. */
  readonly errno: string | undefined;
  /** Undefined of a plan that is not traced, and of a command. */
  readonly reasons: Reasons | undefined;
  /** What is not modelled and was met: from there on nothing can be compared. */
  readonly unsupported: string | undefined;
}

/** What the simulation made of a plan. */
export interface SimulatedRun {
  readonly refused: readonly number[];
  readonly cases: readonly SimulatedCase[];
  /** By namespace: lines as `conntrack -L` prints them, without timeouts and use counts. */
  readonly conntrack: Readonly<Record<string, readonly string[]>>;
  /** By namespace: packets and bytes by `TABLE CHAIN N`. */
  readonly rules: Readonly<Record<string, ReadonlyMap<string, string>>>;
  /** By namespace: services, servers and connections, in the form of `ipvs-state.ts`. */
  readonly ipvs: Readonly<Record<string, readonly string[]>>;
  /** Namespaces where nobody can say whether a connection was still printed. */
  readonly ipvsDue: readonly string[];
}

/**
 * Runs a plan in the simulation. From the kernel it takes what nobody can foresee: when each case began, and which
 * endpoint of a Service a random rule chose.
 */
export function simulate(plan: Plan, kernel: KernelRun, backend: Backend = 'host'): SimulatedRun {
  const runtime = new Runtime();
  const { network: built, refused } = build(plan, runtime);
  const network = withListeners(hurried(built, runtime), plan.listeners, runtime);
  const simulation = { network, runtime, backend };
  const cases: SimulatedCase[] = [];
  const budget = new ErrorBudget(backend === 'uml' ? Number.POSITIVE_INFINITY : 5);
  for (const [i, one] of plan.cases.entries()) {
    const seen = kernel.cases[i];
    if (seen === undefined) throw new Error(`${plan.name}: the kernel has no case ${i}`);
    runtime.clock = seen.at;
    const result = simulateCase(simulation, one, seen, plan, budget);
    cases.push(result);
    if (result.unsupported !== undefined) break;
  }
  runtime.clock = kernel.cases.at(-1)?.at ?? 0;
  const names = simulation.network.names();
  const conntrack = Object.fromEntries(names.map((ns) => [ns, connectionLines(runtime, ns)]));
  runtime.clock = kernel.ipvsAt ?? runtime.clock;
  return {
    refused,
    cases,
    conntrack,
    rules: Object.fromEntries(names.map((ns) => [ns, ruleCounters(simulation.network, runtime, ns)])),
    ipvs: Object.fromEntries(names.map((ns) => [ns, simulatedIpvs(simulation.network, runtime, ns)])),
    ipvsDue: names.filter((ns) => isTimerDue(runtime, ns)),
  };
}

/** What the commands of a plan build. */
export function build(plan: Plan, runtime: Runtime): { readonly network: Network; readonly refused: number[] } {
  const applier = new Applier(Network.of([]), runtime);
  const refused: number[] = [];
  for (const [i, line] of [...plan.fixed, ...plan.random].entries()) {
    const installs = readable(parseCommand(line, { netns: undefined, file: plan.name, line: i + 1 }));
    const refusals = installs.map((install) => applier.apply(install)).filter((refusal) => refusal !== undefined);
    if (refusals.length > 0) refused.push(i);
  }
  return { network: applier.network(), refused };
}

function withListeners(network: Network, listeners: readonly Listener[], runtime: Runtime): Network {
  const applier = new Applier(network, runtime);
  for (const { netns, protocol, port, behaviour } of listeners) {
    const bound = { protocol, address: ip('0.0.0.0'), port };
    const socket =
      behaviour === 'sink'
        ? ({ ...bound, behaviour: 'sink' } as const)
        : ({ ...bound, behaviour: 'reply', bytes: undefined } as const);
    const install: Install = { netns, origin: { by: 'command' }, call: { call: 'socket listen', socket } };
    applier.apply(install);
  }
  return applier.network();
}

/** As on the kernel: a neighbour that does not answer has failed soon. */
function hurried(network: Network, runtime: Runtime): Network {
  const applier = new Applier(network, runtime);
  for (const netns of network.names())
    for (const dev of network.netns(netns)?.links.keys() ?? []) {
      const path = `net/ipv4/neigh/${dev}/retrans_time_ms`;
      applier.apply({ netns, origin: { by: 'command' }, call: { call: 'sysctl set', path, value: '10' } });
    }
  return applier.network();
}

/**
 * ip_error() tells one source five times in a burst that there is no way, then once a second. On this kernel only the
 * first network namespace has the sysctl that turns this off (net.ipv4.route.error_cost), and that is ours in user-mode
 * Linux alone.
 */
class ErrorBudget {
  readonly #most: number;
  readonly #spent = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Why the kernel may be silent from here on; undefined when it is not. */
  spend(trace: Trace): string | undefined {
    for (const { source, netns } of routeErrors(trace)) {
      const key = `${netns} ${source}`;
      const spent = (this.#spent.get(key) ?? 0) + 1;
      this.#spent.set(key, spent);
      if (spent > this.#most) return 'ip_error() limits how often it tells one source';
    }
    return undefined;
  }
}

/** What depends on what no frame shows. */
function unforeseen(plan: Plan, trace: Trace, options: TraceOptions, frames: readonly Frame[]): string | undefined {
  if (options.branching === undefined && eventsOf(trace).some((event) => event.k === 'fork'))
    return 'a random choice that shows in no frame';
  const bridged = plan.fixed.some((line) => line.includes('type bridge'));
  // ip_do_fragment() keeps the sizes of fragments that were put together, unless a tap still holds a clone of them.
  return bridged && frames.some(isCut) ? 'fragments that meet a bridge: their sizes depend on who looks on' : undefined;
}

/**
 * An echo reply that is rejected on its way out: who sends one holds the lock that the error would need, but user-mode
 * Linux has one CPU, and no locks (icmp_xmit_lock(), net/ipv4/icmp.c; include/linux/spinlock_api_up.h).
 */
function unlocked({ backend }: State, { legs }: Trace): string | undefined {
  const rejected = legs.some(
    ({ kind, packet, paths }) =>
      kind === 'reply' &&
      packet.some((header) => header.l === 'icmp') &&
      paths.some(({ hops }) => hops[0]?.events.some((event) => event.k === 'drop' && event.code === 'NF_REJECT')),
  );
  return backend === 'uml' && rejected ? 'a kernel of one CPU rejects an echo reply that is on its way out' : undefined;
}

function isCut({ ip: header, inner }: Omit<Frame, 'ns' | 'if' | 'dir'>): boolean {
  if (header?.['mf'] === true || header?.['fragOff'] !== undefined) return true;
  return inner !== undefined && isCut(inner);
}

/** No rule of ours names a source port: where one was changed, it was drawn, and the kernel drew another. */
function drawnPort(trace: Trace): string | undefined {
  const drawn = eventsOf(trace).some(
    (event) => event.k === 'ct' && senderPort(event.original) !== receiverPort(event.reply),
  );
  return drawn ? 'a port that NAT draws because another connection has the wanted one' : undefined;
}

/** Of `tcp 10.0.0.1:20001 > 10.0.1.1:80` the first port, and the last; of `icmp … id 7` the identifier. */
function senderPort(tuple: string | null): number {
  return Number(
    / id (\d+)$|:(\d+) > /
      .exec(tuple ?? '')
      ?.slice(1)
      .find(Boolean) ?? 0,
  );
}

function receiverPort(tuple: string | null): number {
  return Number(/(?: id |:)(\d+)$/.exec(tuple ?? '')?.[1] ?? 0);
}

const ROUTE_ERRORS = new Set(['NO_ROUTE', 'ROUTE_UNREACHABLE', 'ROUTE_PROHIBIT']);

function routeErrors(trace: Trace): { readonly netns: string; readonly source: string }[] {
  const found: { netns: string; source: string }[] = [];
  for (const { packet, paths } of trace.legs)
    for (const { hops } of paths) {
      // NAT may have changed the source on the way: what was seen at a device last is what the router read.
      let source = sourceOf(packet);
      for (const { netns, events } of hops)
        for (const event of events) {
          if (event.k === 'rx' || event.k === 'tx') source = sourceOf(event.headers);
          if (event.k === 'drop' && event.fn === 'ip_error' && ROUTE_ERRORS.has(event.code))
            found.push({ netns, source });
        }
    }
  return found;
}

function sourceOf(headers: readonly Header[]): string {
  const ip4 = headers.find((header) => header.l === 'ip4');
  return ip4?.l === 'ip4' ? ip4.src : '';
}

const NOTHING: SimulatedCase = {
  frames: [],
  deliveries: [],
  errno: undefined,
  reasons: undefined,
  unsupported: undefined,
};

interface State {
  network: Network;
  readonly runtime: Runtime;
  readonly backend: Backend;
}

function simulateCase(state: State, one: Case, seen: KernelCase, plan: Plan, budget: ErrorBudget): SimulatedCase {
  if (one.send === 'command') {
    if (isWait(one.command)) return NOTHING;
    const applier = new Applier(state.network, state.runtime);
    for (const install of readable(parseCommand(one.command, { netns: undefined, file: plan.name })))
      applier.apply(install);
    state.network = applier.network();
    return NOTHING;
  }
  const options = { ...optionsFor(plan, one, seen), ...(plan.traced === true && { detail: 'all' as const }) };
  const simulation = new Simulation(state.network, options, state.runtime);
  const trace = one.send === 'frame' ? inject(simulation, one) : send(simulation, one);
  const { errno } = trace.verdict;
  const frames = crossings(trace)
    .map(frameOf)
    .filter(({ ns }) => !plan.unwatched.includes(ns));
  return {
    frames,
    deliveries: deliveriesOf(trace),
    // The kernel's socket was closed before it would have given up.
    errno: one.send === 'frame' || errno === null || errno === 'ETIMEDOUT' ? undefined : errno,
    reasons: plan.traced === true ? reasonsOf(trace, state.network, plan.unwatched) : undefined,
    unsupported:
      unsupportedIn(trace) ??
      budget.spend(trace) ??
      drawnPort(trace) ??
      unforeseen(plan, trace, options, frames) ??
      unlocked(state, trace),
  };
}

function reasonsOf(trace: Trace, network: Network, unwatched: readonly string[]): Reasons {
  const counters = Object.entries(countersOf(trace, network, '6.18')).filter(([ns]) => !unwatched.includes(ns));
  return { hits: hitsOf(trace, network), counters: Object.fromEntries(counters) };
}

/** The endpoint that the kernel's random rule chose is seen in the frames of the flow: only DNAT leads there. */
function optionsFor(plan: Plan, one: SocketCase | FrameCase, { frames }: KernelCase): TraceOptions {
  const text = plan.fixed.join('\n');
  if (one.send === 'frame' || !text.includes('--mode random')) return {};
  const chosen = frames.flatMap(({ ip: header, tcp, udp }) => {
    const { sport, dport } = { ...tcp, ...udp };
    const dst = String(header?.['dst']);
    const there = sport === one.sport && dst !== one.to && text.includes(`--to-destination ${dst}:${dport}\n`);
    return there ? [dst] : [];
  })[0];
  return chosen === undefined ? {} : { branching: { branches: 'pin', name: chosen } };
}

function inject(simulation: Simulation, one: FrameCase): Trace {
  return simulation.inject({ namespace: one.from, device: one.dev, direction: 'out', frame: frameOfCase(one) });
}

function send(simulation: Simulation, one: SocketCase): Trace {
  const { send: proto, from, to, port, sport, source, oif, ttl, df, tos, mark, payload } = one;
  return simulation.send({
    from,
    to,
    proto: proto === 'ping' ? 'icmp' : proto,
    ...(proto === 'ping' ? { id: sport } : { port, sport }),
    ...(proto !== 'tcp' && { payload }),
    ...(source !== undefined && { source }),
    ...(oif !== undefined && { oif }),
    ...(ttl !== undefined && { ttl }),
    ...(df !== undefined && { df }),
    ...(tos !== undefined && { tos }),
    ...(mark !== undefined && { mark }),
    connected: one.connected === true,
    recverr: one.recverr === true,
    // The agent closes its sockets before a SYN would be sent again.
    timeout: 500,
  });
}

/** What listeners got: of TCP the connections that accept(2) returns, whose handshake has come to its end. */
function deliveriesOf(trace: Trace): string[] {
  const all = trace.legs.flatMap(({ packet, paths }) =>
    paths.flatMap(({ hops }) =>
      hops.flatMap(({ netns, events }) =>
        events.flatMap((event) => {
          if (event.k !== 'deliver') return [];
          const acknowledges = packet.some((header) => header.l === 'tcp' && /^A$/.test(header.flags));
          return [{ netns, to: event.to, local: event.local, remote: event.remote, acknowledges }];
        }),
      ),
    ),
  );
  return all.flatMap(({ netns, to, local, remote }) => {
    const proto = /^(udp(?= \d)|tcp LISTEN)/.exec(to)?.[1]?.slice(0, 3);
    const acknowledged = all.some(
      (one) =>
        one.to === 'tcp connection' &&
        one.acknowledges &&
        one.netns === netns &&
        one.local === local &&
        one.remote === remote,
    );
    return proto === 'udp' || (proto === 'tcp' && acknowledged) ? [`${netns} ${proto} ${local} < ${remote}`] : [];
  });
}

function unsupportedIn(trace: Trace): string | undefined {
  const met = eventsOf(trace).find(
    (event) => event.k === 'unsupported' || (event.k === 'drop' && event.code === 'UNSUPPORTED'),
  );
  return met && JSON.stringify(met);
}

function eventsOf({ legs }: Trace): TraceEvent[] {
  return legs.flatMap(({ paths }) => paths.flatMap(({ hops }) => hops.flatMap(({ events }) => events)));
}

function connectionLines(runtime: Runtime, ns: string): string[] {
  return runtime.of(ns).conntrack.list(runtime.clock).map(connectionLine);
}

const PROTOCOLS = new Map([
  [1, 'icmp'],
  [6, 'tcp'],
  [17, 'udp'],
]);

function connectionLine(ct: Connection): string {
  const { protocol } = ct.original;
  return [
    PROTOCOLS.get(protocol) ?? `unknown ${protocol}`,
    ...(protocol === 6 ? [ct.tcp] : []),
    tupleText(ct.original),
    ...(ct.seenReply ? [] : ['[UNREPLIED]']),
    tupleText(ct.reply),
    ...(ct.assured ? ['[ASSURED]'] : []),
    `mark=${ct.mark}`,
  ].join(' ');
}

function tupleText({ src, dst, protocol, sport, dport }: Tuple): string {
  const ends = `src=${formatIpv4(src)} dst=${formatIpv4(dst)}`;
  if (protocol === 1) return `${ends} type=${dport >> 8} code=${dport & 255} id=${sport}`;
  return protocol === 6 || protocol === 17 ? `${ends} sport=${sport} dport=${dport}` : ends;
}

function ruleCounters(network: Network, runtime: Runtime, ns: string): Map<string, string> {
  const found = new Map<string, string>();
  const { counters } = runtime.of(ns);
  for (const table of network.netns(ns)?.iptables.values() ?? [])
    for (const chain of table.chains.values())
      for (const [i, rule] of chain.rules.entries()) {
        const { packets, bytes } = counters.get(rule) ?? { packets: 0, bytes: 0 };
        found.set(`${table.name} ${chain.name} ${i + 1}`, `${packets}:${bytes}`);
      }
  return found;
}
