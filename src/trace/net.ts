import type { Ipv4 } from '../address/index.js';
import type { Chooser, Journal, Netns, NetnsRuntime, Runtime, Skb } from '../linux/index.js';
import type { Arp, Packet } from '../packet/index.js';
import type { Network } from '../topology/index.js';
import type { Branch } from './chance.js';
import type { DropCode } from './reason.js';
import type { EventBody, LegKind, TracedRule } from './trace.js';

/** Families that hooks exist for. */
export type Family = 'ip' | 'bridge';

/** Hooks of all families, in iptables' spelling; the bridge's LOCAL_IN and LOCAL_OUT are INPUT and OUTPUT too. */
export type HookName = 'PREROUTING' | 'INPUT' | 'FORWARD' | 'OUTPUT' | 'POSTROUTING';

/** What goes on with a packet when a hook has let it pass: the closed list of the kernel's `okfn`s. */
export type OkfnName =
  | 'ip_rcv_finish'
  | 'ip_local_deliver_finish'
  | 'ip_forward_finish'
  | 'dst_output'
  | 'ip_finish_output'
  | 'ip_mc_finish_output'
  | 'br_handle_frame_finish'
  | 'br_netif_receive_skb'
  | 'br_forward_finish'
  | 'br_dev_queue_push_xmit'
  | 'br_nf_pre_routing_finish'
  | 'br_nf_pre_routing_finish_bridge'
  | 'br_nf_forward_finish'
  | 'br_nf_dev_queue_xmit';

/** Where a hook is called, and what follows (struct nf_hook_state). */
export interface HookState {
  readonly family: Family;
  readonly hook: HookName;
  /** Devices; empty where the hook has none. */
  readonly in: string;
  readonly out: string;
  readonly okfn: OkfnName;
}

/** What a hook entry says; after `stolen` it has itself continued, queued or dropped the packet. */
export type HookVerdict = 'accept' | 'drop' | 'stolen';

/** One function registered at a hook (struct nf_hook_ops). */
export interface HookEntry {
  readonly name: string;
  /** The kernel's: lower runs first. */
  readonly priority: number;
  run(net: Net, skb: Skb, state: HookState): HookVerdict;
}

/** The kernel of one namespace during a probe (struct net): its state, its runtime, and the walk that it is part of. */
export interface Net {
  readonly walk: Walk;
  readonly ns: Netns;
  readonly runtime: NetnsRuntime;
  readonly journal: Journal;
  readonly choose: Chooser;
  readonly now: number;
}

/** A socket of the probe's own, open for as long as the probe runs. */
export interface ProbeSocket {
  readonly netns: string;
  readonly protocol: 'tcp' | 'udp' | 'icmp' | 'sctp';
  /** 0 for any. */
  readonly localAddress: Ipv4;
  readonly localPort: number;
  /** undefined: takes packets from anybody. */
  readonly remote: { readonly address: Ipv4; readonly port: number } | undefined;
  /** The device that it is bound to (SO_BINDTODEVICE): it hears of nothing that another brought. Empty for none. */
  readonly boundDev: string;
  receive(net: Net, skb: Skb): void;
  /** An ICMP error about a packet of this socket. */
  error(net: Net, skb: Skb): void;
}

/** A timer that can be called off. */
export interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** Packets that wait for a neighbour's answer (struct neighbour.arp_queue). */
export interface ArpQueue {
  readonly skbs: Skb[];
  /** Questions asked so far. */
  probes: number;
  timer: Timer | undefined;
}

/** Fragments of one datagram that wait for the others (struct ipq). */
export interface FragmentQueue {
  readonly skbs: Skb[];
  readonly timer: Timer;
}

/** How an ARP packet went where the model can't follow it. */
export interface UnknownArp {
  readonly code: 'UNSUPPORTED' | 'LEFT_SCOPE';
  readonly detail: DropDetail;
}

/** One probe on its way, as the kernel's functions see it: the clock, what is queued, and who looks on. */
export interface Walk {
  readonly network: Network;
  readonly runtime: Runtime;
  readonly choose: Chooser;
  readonly observer: Observer | undefined;
  readonly functions: KernelFunctions;
  readonly sockets: ProbeSocket[];
  /**
   * How many bytes a TCP client sends before it expects an answer, by its initial sequence number. On the wire nothing
   * says so: client and server know it from their protocol.
   */
  readonly requests: Map<number, number>;
  /**
   * What the kernel holds back until something comes or a timer runs out, by namespace and key. A walk ends when no timer
   * is left, so nothing of it stays behind for the next.
   */
  readonly arpQueues: Map<string, ArpQueue>;
  readonly fragmentQueues: Map<string, FragmentQueue>;
  /** Where an ARP question or answer was lost sight of, by the address asked for: that nobody answers means little. */
  readonly unknownArp: Map<Ipv4, UnknownArp>;
  /** ms of the virtual clock. */
  readonly now: number;
  /** The kernel of a namespace; throws when the network has none of that name. */
  net(name: string): Net;
  /** The namespaces that the walk has reached. */
  reached(): Net[];
  /** A new packet of `net`, with an identity of its own. */
  begin(net: Net, packet: Packet, kind: LegKind, of: Skb | undefined): Skb;
  nextFrame(): number;
  /** The next place in the order of capture time stamps. */
  stamp(): number;
  /** Whether the walk still goes: beyond a limit of crossings it must be a loop. Counts one. */
  countCrossing(): boolean;
  /** netif_rx(): the frame waits until the soft-IRQ gets to it, and is stamped now. */
  enqueue(net: Net, skb: Skb): void;
  /** dev_queue_xmit(): runs down nested; a process's outermost one ends with the backlog drained. */
  transmit(send: () => void): void;
  /** Something that user space does, when the backlog is empty. */
  task(run: () => void): void;
  /** Something that the kernel does `delay` ms from now. */
  timer(delay: number, run: () => void): Timer;
  cancel(timer: Timer | undefined): void;
}

/**
 * Functions that callers further down need, and that would close a circle of imports: each is in the file named for
 * the kernel's, and is put into one table in `kernel.ts`.
 */
export interface KernelFunctions {
  netif_receive_skb(net: Net, skb: Skb): void;
  /** ptype_base: the handlers of __netif_receive_skb_core(). */
  ip_rcv(net: Net, skb: Skb): void;
  arp_rcv(net: Net, skb: Skb): void;
  /** The rx_handler of a bridge port. */
  br_handle_frame(net: Net, skb: Skb): void;
  /** icmp_send(): an error about `about`; `info` is the next-hop MTU or the gateway. */
  icmp_send(net: Net, about: Skb, type: number, code: number, info: number): void;
  /** Sends one packet of this host's own: through OUTPUT. */
  ip_local_out(net: Net, skb: Skb): void;
  /** After OUTPUT changed a packet; false, with the packet dropped by `fn`, when there is no route now. */
  ip_route_me_harder(net: Net, skb: Skb, fn: string): boolean;
  /** The hook lists of a namespace, compiled from what is registered in it. */
  hooks(net: Net, family: Family, hook: HookName): readonly HookEntry[];
  okfn: Readonly<Record<OkfnName, (net: Net, skb: Skb, state: HookState) => void>>;
  /** ndo_start_xmit, by kind of link. */
  xmit: Readonly<Record<string, (net: Net, skb: Skb) => void>>;
}

/** An event without its identity and its diff, which the observer finds out by itself. */
export type EventFields = EventBody & { readonly fn?: string };

/** A drop as the place that drops tells it. */
export interface DropFields {
  readonly fn: string;
  readonly code: DropCode;
  readonly rule?: TracedRule;
  /** Values for the placeholders of the reason's text. */
  readonly values?: Readonly<Record<string, string | number>>;
}

/**
 * Watches a walk. All calls come at the time of what they tell, with the live skb, of which copies must be taken.
 *
 * A walk without an observer does the same and allocates nothing for the telling.
 */
export interface Observer {
  /** Whether rules that do not match are told one by one, or counted. */
  readonly detail: 'hits' | 'all';
  /** A new packet begins; `of` is the frame that provoked it. */
  begin(net: Net, skb: Skb, kind: LegKind, of: number | undefined): void;
  event(net: Net, skb: Skb, fields: EventFields): void;
  drop(net: Net, skb: Skb, fields: DropFields): void;
  /** A frame is at a device, where a capture would see it. */
  crossing(net: Net, skb: Skb, dev: string, dir: 'in' | 'out', order: number): void;
  /** `skb` has become several frames. */
  split(net: Net, skb: Skb, pieces: readonly Skb[], why: string): void;
  /** The frames of `pieces` have become `skb`. */
  join(net: Net, skb: Skb, pieces: readonly number[]): void;
  /** `clone` is a copy of `skb` that goes its own way. */
  copy(net: Net, skb: Skb, clone: Skb): void;
  /** The kernel keeps the packet for now. */
  hold(net: Net, skb: Skb, why: string): void;
  fork(about: string, taken: Branch): void;
}

/** Tells the observer of an event, if there is one. `fields` is made only then. */
export function tell(net: Net, skb: Skb, fields: () => EventFields): void {
  const { observer } = net.walk;
  if (observer !== undefined) observer.event(net, skb, fields());
}

/** Ends a packet's way. `detail` explains it further, and is made only when somebody looks. */
export function drop(net: Net, skb: Skb, fn: string, code: DropCode, detail?: () => DropDetail): void {
  const { observer } = net.walk;
  if ((code === 'UNSUPPORTED' || code === 'LEFT_SCOPE') && skb.arp !== undefined)
    noteUnknownArp(net, skb.arp, { code, detail: detail?.() ?? {} });
  if (observer !== undefined) observer.drop(net, skb, { fn, code, ...detail?.() });
}

/** Remembers that nobody can say what became of an ARP packet. */
export function noteUnknownArp({ walk }: Net, { op, spa, tpa }: Arp, unknown: UnknownArp): void {
  walk.unknownArp.set(op === 'request' ? tpa : spa, unknown);
}

/** What else a drop can say of itself. */
export type DropDetail = Omit<DropFields, 'fn' | 'code'>;
