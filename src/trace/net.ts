import type { Chooser, Journal, Netns, NetnsRuntime, Skb } from '../linux/index.js';
import type { DropFields, EventFields } from './observer.js';
import type { DropCode } from './reason.js';
import type { Walk } from './walk.js';

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
  /** After OUTPUT changed a packet: the errno for the sender when there is no route now. */
  ip_route_me_harder(net: Net, skb: Skb): string | undefined;
  /** The hook lists of a namespace, compiled from what is registered in it. */
  hooks(net: Net, family: Family, hook: HookName): readonly HookEntry[];
  okfn: Readonly<Record<OkfnName, (net: Net, skb: Skb, state: HookState) => void>>;
  /** ndo_start_xmit, by kind of link. */
  xmit: Readonly<Record<string, (net: Net, skb: Skb) => void>>;
}

/** Tells the observer of an event, if there is one. `fields` is made only then. */
export function tell(net: Net, skb: Skb, fields: () => EventFields): void {
  const { observer } = net.walk;
  if (observer !== undefined) observer.event(net, skb, fields());
}

/** Ends a packet's way. `detail` explains it further, and is made only when somebody looks. */
export function drop(net: Net, skb: Skb, fn: string, code: DropCode, detail?: () => DropDetail): void {
  const { observer } = net.walk;
  if (observer !== undefined) observer.drop(net, skb, { fn, code, ...detail?.() });
}

/** What else a drop can say of itself. */
export type DropDetail = Omit<DropFields, 'fn' | 'code'>;
