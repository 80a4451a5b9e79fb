import type { Ipv4 } from '../address/index.js';
import { type Chooser, type Journal, type Netns, type NetnsRuntime, type Runtime, Skb } from '../linux/index.js';
import type { Packet } from '../packet/index.js';
import type { Network } from '../topology/index.js';
import type {
  ArpQueue,
  FragmentQueue,
  KernelFunctions,
  Net,
  Observer,
  ProbeSocket,
  Timer,
  UnknownArp,
  Walk,
} from './net.js';
import type { LegKind } from './trace.js';

/** Frames at devices before a walk is cut off: more than any recorded conversation, less than a storm. */
const MAX_CROSSINGS = 20_000;

/**
 * One probe on its way: the clock, what is queued, and who looks on.
 *
 * Transmit nests, receive queues: a veth or lo hands a frame to one backlog. The backlog is drained when the outermost
 * transmit of a process returns (local_bh_enable() runs the soft-IRQ), or by the loop; never from inside a soft-IRQ.
 * What user space does in reaction is a task, run when the backlog is empty.
 */
export class ProbeWalk implements Walk {
  network: Network;
  readonly runtime: Runtime;
  readonly choose: Chooser;
  readonly observer: Observer | undefined;
  readonly functions: KernelFunctions;
  readonly sockets: ProbeSocket[] = [];
  readonly requests: Map<number, number> = new Map();
  readonly arpQueues: Map<string, ArpQueue> = new Map();
  readonly fragmentQueues: Map<string, FragmentQueue> = new Map();
  readonly unknownArp: Map<Ipv4, UnknownArp> = new Map();
  readonly #nets = new Map<string, Net>();
  readonly #backlog: { readonly net: Net; readonly skb: Skb }[] = [];
  readonly #tasks: (() => void)[] = [];
  readonly #timers: Timer[] = [];
  #context: 'process' | 'soft-IRQ' = 'soft-IRQ';
  #depth = 0;
  #order = 0;
  #frames = 0;
  #crossings = 0;

  constructor(init: {
    readonly network: Network;
    readonly runtime: Runtime;
    readonly choose: Chooser;
    readonly observer: Observer | undefined;
    readonly functions: KernelFunctions;
  }) {
    this.network = init.network;
    this.runtime = init.runtime;
    this.choose = init.choose;
    this.observer = init.observer;
    this.functions = init.functions;
  }

  get now(): number {
    return this.runtime.clock;
  }

  /** The kernel of a namespace; throws when the network has none of that name. */
  net(name: string): Net {
    let net = this.#nets.get(name);
    if (net === undefined) {
      const ns = this.network.netns(name);
      if (ns === undefined) throw new Error(`no namespace ${name} in the network`);
      net = new NamespaceKernel(this, ns);
      this.#nets.set(name, net);
    }
    return net;
  }

  /** From now on packets meet another network: sockets, and what the runtime has learned, stay. */
  enter(network: Network): void {
    this.network = network;
    this.#nets.clear();
  }

  /** The namespaces that the walk has reached. */
  reached(): Net[] {
    return [...this.#nets.values()];
  }

  /** A new packet of `net`, with an identity of its own. */
  begin(net: Net, packet: Packet, kind: LegKind, of: Skb | undefined): Skb {
    const skb = new Skb(packet);
    skb.frame = this.nextFrame();
    this.observer?.begin(net, skb, kind, of?.frame);
    return skb;
  }

  nextFrame(): number {
    return ++this.#frames;
  }

  /** The next place in the order of capture time stamps. */
  stamp(): number {
    return ++this.#order;
  }

  /** Whether the walk still goes: beyond a limit of crossings it must be a loop. Counts one. */
  countCrossing(): boolean {
    return ++this.#crossings <= MAX_CROSSINGS;
  }

  /** netif_rx(): the frame waits until the soft-IRQ gets to it, and is stamped now. */
  enqueue(net: Net, skb: Skb): void {
    skb.stamp ??= this.stamp();
    this.#backlog.push({ net, skb });
  }

  /** dev_queue_xmit(): runs down nested; a process's outermost one ends with the backlog drained. */
  transmit(send: () => void): void {
    this.#depth++;
    send();
    this.#depth--;
    if (this.#depth === 0 && this.#context === 'process') this.#drain();
  }

  /** Something that user space does, when the backlog is empty. */
  task(run: () => void): void {
    this.#tasks.push(run);
  }

  /** Something that the kernel does `delay` ms from now. */
  timer(delay: number, run: () => void): Timer {
    const timer = { at: this.now + delay, run };
    const behind = this.#timers.findIndex((t) => t.at > timer.at);
    this.#timers.splice(behind < 0 ? this.#timers.length : behind, 0, timer);
    return timer;
  }

  cancel(timer: Timer | undefined): void {
    const at = timer === undefined ? -1 : this.#timers.indexOf(timer);
    if (at >= 0) this.#timers.splice(at, 1);
  }

  /** Goes on until nothing is queued and no timer holds a packet. */
  run(): void {
    for (;;) {
      this.#drain();
      const task = this.#tasks.shift();
      if (task !== undefined) {
        this.#context = 'process';
        task();
        this.#context = 'soft-IRQ';
        continue;
      }
      const timer = this.#timers.shift();
      if (timer === undefined) return;
      if (timer.at > this.now) this.runtime.journal.set(this.runtime, 'clock', timer.at);
      timer.run();
    }
  }

  #drain(): void {
    const context = this.#context;
    this.#context = 'soft-IRQ';
    for (let next = this.#backlog.shift(); next !== undefined; next = this.#backlog.shift())
      this.functions.netif_receive_skb(next.net, next.skb);
    this.#context = context;
  }
}

/** The kernel of one namespace. */
class NamespaceKernel implements Net {
  readonly walk: Walk;
  readonly ns: Netns;
  readonly runtime: NetnsRuntime;

  constructor(walk: Walk, ns: Netns) {
    this.walk = walk;
    this.ns = ns;
    this.runtime = walk.runtime.of(ns.name);
  }

  get journal(): Journal {
    return this.walk.runtime.journal;
  }

  get choose(): Chooser {
    return this.walk.choose;
  }

  get now(): number {
    return this.walk.now;
  }
}
