import { ANY, type Ipv4, LOOPBACK } from '../address/index.js';
import { localPortRange, type Runtime, type Skb, sysctlName, unobeyedRoutes, unobeyedSysctls } from '../linux/index.js';
import { clonePacket } from '../packet/index.js';
import { apply, type Install, type Refusal } from '../plan/index.js';
import type { Network, Unmodelled } from '../topology/index.js';
import {
  checkInjection,
  checkInstalls,
  checkNetwork,
  checkOptions,
  checkTime,
  type Injection,
  type TraceOptions,
} from './arguments.js';
import { assemble } from './assemble.js';
import type { SocketOptions } from './client.js';
import { type Conversation, newConversation } from './conversation.js';
import { devQueueXmit, receiveOn } from './dev.js';
import { explore } from './explore.js';
import { KERNEL } from './kernel.js';
import type { Walk } from './net.js';
import { pinned } from './pin.js';
import { ping } from './ping.js';
import { type Probe, type ResolvedProbe, resolveProbe } from './probe.js';
import { connectionsOf } from './record.js';
import { startAssumptions, startRuntime } from './start.js';
import { connectTcp, type TcpConnection } from './tcp-client.js';
import type { Query, Trace } from './trace.js';
import { sendSctp, sendUdp } from './udp-client.js';
import { ProbeWalk } from './walk.js';

/**
 * Follows the first packet of a probe, and what answers it, on a network where nothing has happened yet, unless `start`
 * says otherwise. All branches are explored unless `branching` does.
 *
 * @throws InputError with everything that is wrong with the probe: names that mean nothing, values out of range.
 */
export function trace(network: Network, probe: Probe, options: TraceOptions = {}): Trace {
  checkNetwork(network);
  checkOptions(options);
  const resolved = resolveProbe(network, probe, 'first packet');
  return follow(network, startRuntime(network, options.start), options, queryOf(resolved), (walk, result) =>
    converse(walk, probe, resolved, result, 'answer'),
  );
}

/**
 * Follows a request of `payload` bytes, and its answer, on a TCP connection that was opened, from a cold start, while the
 * network was as `before`: what it takes for new connections no longer counts, what conntrack has noted does. A connection
 * that could not be opened then is followed no further. All branches are explored unless `branching` does otherwise.
 *
 * @throws InputError with everything that is wrong with the probe on the network before.
 */
export function traceStanding(before: Network, network: Network, probe: Probe, options: TraceOptions = {}): Trace {
  const resolved = resolveProbe(before, probe, 'conversation');
  return follow(network, startRuntime(before, options.start), options, queryOf(resolved), (walk, result) => {
    walk.enter(before);
    const connection = converse(walk, probe, resolved, result, 'connected');
    walk.run();
    walk.enter(network);
    if (result.connected) connection?.request();
  });
}

/** The sysctls and routes of the namespaces that a walk has reached which ask for what is not modelled. */
function unobeyedIn(walk: Walk): Unmodelled[] {
  return walk.reached().flatMap(({ ns }) => {
    const sysctls = unobeyedSysctls(ns.sysctls).map(([path, value]) => `${sysctlName(path)} = ${value}`);
    return [...sysctls, ...unobeyedRoutes(ns)].map((what) => ({ what, where: ns.name }));
  });
}

/** What is assumed of the namespaces that a walk has reached. */
function assumedIn(network: Network, walk: Walk, { start }: TraceOptions): Unmodelled[] {
  return walk.reached().flatMap(({ ns: { name } }) => {
    const assumed = [...network.assumedIn(name), ...startAssumptions(network, name, start)];
    return assumed.map((what) => ({ what, where: name }));
  });
}

function queryOf(resolved: ResolvedProbe): Query {
  return { ...resolved.names, proto: resolved.proto, port: resolved.port === 0 ? null : resolved.port };
}

function follow(
  network: Network,
  runtime: Runtime,
  options: TraceOptions,
  query: Query,
  start: (walk: ProbeWalk, result: Conversation) => void,
): Trace {
  const { seed = 1, branching = { branches: 'all' }, detail = 'hits' } = options;
  const runs = explore(
    runtime,
    ({ chooser, recorder }) => {
      const walk = new ProbeWalk({ network, runtime, choose: chooser, observer: recorder, functions: KERNEL });
      const conversation = newConversation();
      start(walk, conversation);
      walk.run();
      return {
        conversation,
        connections: connectionsOf(walk),
        unmodelled: unobeyedIn(walk),
        assumed: assumedIn(network, walk, options),
      };
    },
    { branching, seed, detail },
    (all, name) => pinned(network, all, name),
  );
  return assemble(query, runs, network);
}

/** Whom a destination of 0.0.0.0 means: the sender itself (ip_route_output_key_hash_rcu()). */
function thisHost(source: Ipv4): Ipv4 {
  return source === ANY ? LOOPBACK : source;
}

/** Starts the program that the probe stands for. */
function converse(
  walk: Walk,
  probe: Probe,
  resolved: ResolvedProbe,
  result: Conversation,
  until: 'answer' | 'connected' | 'end',
): TcpConnection | undefined {
  const net = walk.net(resolved.netns);
  const socket: SocketOptions = {
    destination: resolved.destination === ANY ? thisHost(resolved.source) : resolved.destination,
    source: resolved.source,
    oif: probe.oif ?? '',
    ttl: probe.ttl,
    tos: probe.tos ?? 0,
    mark: probe.mark ?? 0,
    pmtuDiscovery: resolved.pmtuDiscovery,
  };
  if (resolved.proto === 'icmp') {
    const id = probe.id ?? 1 + walk.choose.value(`${net.ns.name} ICMP id`, 65535);
    const { payload = 56, count = 1, interval = 1000 } = probe;
    ping(net, { ...socket, id, count, interval, payload }, result);
    return undefined;
  }
  const [first, last] = localPortRange(net.ns);
  const sport = resolved.sport ?? first + walk.choose.value(`${net.ns.name} port`, last - first + 1);
  const ports = { sport, dport: resolved.port };
  if (resolved.proto === 'tcp') {
    const { payload = 0, segments, timeout = 10_000 } = probe;
    return connectTcp(net, { ...socket, ...ports, payload, segments, timeout, until }, result);
  }
  const { connected = true, recverr = false } = probe;
  const options = { ...socket, ...ports, payload: probe.payload ?? 20, connected, recverr };
  if (resolved.proto === 'udp') sendUdp(net, options, result);
  else sendSctp(net, options, result);
  return undefined;
}

/**
 * A network that remembers: connections, neighbours, what bridges have learned, and the time stay from packet to
 * packet.
 */
export class Simulation {
  #network: Network;
  readonly #runtime: Runtime;
  readonly #options: TraceOptions;
  #probes = 0;

  /** @param runtime to go on with; a new one, as `start` says, when left out. */
  constructor(network: Network, options: TraceOptions = {}, runtime?: Runtime) {
    checkNetwork(network);
    checkOptions(options);
    this.#network = network;
    this.#runtime = runtime ?? startRuntime(network, options.start);
    this.#options = options;
  }

  get network(): Network {
    return this.#network;
  }

  /** What packets and time have changed. */
  get runtime(): Runtime {
    return this.#runtime;
  }

  /**
   * Sends as a socket would, and follows the whole conversation: of TCP the handshake, the request and the answer.
   *
   * @throws InputError with everything that is wrong with the probe.
   */
  send(probe: Probe): Trace {
    const resolved = resolveProbe(this.#network, probe, 'conversation');
    return this.#follow(queryOf(resolved), (walk, result) => converse(walk, probe, resolved, result, 'end'));
  }

  /**
   * Puts a copy of a frame onto a device.
   *
   * @throws InputError when there is no such device, or the frame is none.
   */
  inject(injection: Injection): Trace {
    const netns = checkInjection(this.#network, injection);
    const { namespace, device, direction, frame } = injection;
    const query: Query = { from: `${namespace}/${device}`, to: direction, proto: 'frame', port: null };
    return this.#follow(query, (walk) => {
      const net = walk.net(netns);
      const link = net.ns.links.get(device);
      if (link === undefined) throw new Error(`${netns} has no device ${device}`);
      const skb: Skb = walk.begin(net, clonePacket(frame), 'forward', undefined);
      skb.dev = device;
      if (direction === 'in') receiveOn(net, link, skb);
      else walk.task(() => devQueueXmit(net, skb));
    });
  }

  #follow(query: Query, start: (walk: Walk, result: Conversation) => void): Trace {
    // Without a seed of its own each probe draws other ports and ids than the one before.
    const seed = (this.#options.seed ?? 1) + this.#probes++;
    const branching = this.#options.branching ?? { branches: 'seed', seed };
    return follow(this.#network, this.#runtime, { ...this.#options, seed, branching }, query, start);
  }

  /**
   * Lets `ms` of virtual time pass.
   *
   * @throws InputError when that is less than none.
   */
  advance(ms: number): void {
    checkTime(ms);
    this.#runtime.clock += ms;
  }

  /**
   * Makes calls between packets. Returns those that the kernel refused.
   *
   * @throws InputError before any is made, when one is no call.
   */
  apply(installs: Iterable<Install>): readonly Refusal[] {
    const all = checkInstalls(installs);
    const { network, refused } = apply(all, this.#network, this.#runtime);
    this.#network = network;
    return refused;
  }
}

/** A {@link Simulation} of a network. */
export function createSimulation(network: Network, options: TraceOptions = {}): Simulation {
  return new Simulation(network, options);
}
