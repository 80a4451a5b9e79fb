import type { Mac } from '../address/index.js';
import { findNeighbour, isNudConnected, type NfBridge, type Skb } from '../linux/index.js';
import { fragment } from './fragment.js';
import { routeReceived } from './ip-input.js';
import { resolveOutput } from './neighbour.js';
import { drop, type HookEntry, type HookState, type Net, tell } from './net.js';
import { hookState, nfHook } from './netfilter.js';

/** NF_BR_PRI_BRNF: what br_nf_hook_thresh() goes on behind. */
const NF_BR_PRI_BRNF = 0;
const NF_BR_PRI_LAST = 2 ** 31 - 1;
const NF_IP_PRI_FIRST = -(2 ** 31);

/** Whether IP packets that cross the bridge go through the IP hooks: the sysctl, or the bridge's own switch. */
function callsIptables(net: Net, dev: string): boolean {
  const master = net.ns.links.get(dev)?.master;
  const bridge = master === undefined ? undefined : net.ns.links.get(master);
  if (bridge?.kind !== 'bridge') return false;
  return net.ns.sysctls.number('net/bridge/bridge-nf-call-iptables') !== 0 || bridge.nfCallIptables;
}

function masterOf(net: Net, dev: string): string {
  return net.ns.links.get(dev)?.master ?? '';
}

/**
 * br_nf_pre_routing(): the packet meets IP's PREROUTING while it is still at the port, with the bridge as its device
 * (linux net/bridge/br_netfilter_hooks.c).
 */
function preRouting(net: Net, skb: Skb, state: HookState): 'accept' | 'stolen' {
  if (skb.ip === undefined || !callsIptables(net, state.in)) return 'accept';
  const nfBridge: NfBridge = {
    physIn: state.in,
    physOut: undefined,
    otherhost: skb.type === 'otherhost',
    inPrerouting: true,
    origDst: skb.ip.dst,
    bridgedDnat: false,
    sabotaged: false,
    fragMaxSize: 0,
    savedSource: 0,
  };
  skb.nfBridge = nfBridge;
  if (nfBridge.otherhost) skb.type = 'host';
  skb.dev = masterOf(net, state.in);
  nfHook(net, skb, hookState('ip', 'PREROUTING', { in: skb.dev, out: '' }, 'br_nf_pre_routing_finish'));
  return 'stolen';
}

/** br_nf_pre_routing_finish(): DNAT decides anew whether the packet is bridged or routed. */
export function brNfPreRoutingFinish(net: Net, skb: Skb): void {
  const { nfBridge, ip } = skb;
  if (nfBridge === undefined || ip === undefined) return;
  const bridge = skb.dev;
  nfBridge.fragMaxSize = skb.fragMaxSize;
  restoreOtherhost(skb, nfBridge);
  nfBridge.inPrerouting = false;
  if (ip.dst !== nfBridge.origDst) {
    const where = afterDnat(net, skb, bridge);
    if (where === 'dropped') return;
    if (where === 'bridged') {
      skb.dev = nfBridge.physIn ?? bridge;
      const state = hookState('bridge', 'PREROUTING', { in: skb.dev, out: '' }, 'br_nf_pre_routing_finish_bridge');
      nfHook(net, skb, state, NF_BR_PRI_BRNF);
      return;
    }
    const link = net.ns.links.get(bridge);
    if (skb.eth !== undefined && link !== undefined) skb.eth.dst = link.address;
    skb.type = 'host';
  }
  skb.dev = nfBridge.physIn ?? bridge;
  const state = hookState('bridge', 'PREROUTING', { in: skb.dev, out: '' }, 'br_handle_frame_finish');
  nfHook(net, skb, state, NF_BR_PRI_BRNF);
}

/**
 * Whether the new destination is on the bridge that the packet came from. A lookup that finds no way out, or meets a
 * host that does not forward, still gives a route (to ip_error()), so that the packet goes up to IP and ends there:
 * bridged and DNATed traffic does need forwarding (seen on Linux 6.18, whatever the comment in the source says).
 */
function afterDnat(net: Net, skb: Skb, bridge: string): 'bridged' | 'routed' | 'dropped' {
  skb.dst = undefined;
  const destination = routeReceived(net, skb);
  if (destination === undefined) return 'dropped';
  const bridged = destination.type === 'unicast' && destination.dev === bridge;
  tell(net, skb, () => ({
    k: 'check',
    fn: 'br_nf_pre_routing_finish',
    what: 'DNAT on the bridge',
    result: bridged
      ? 'the new destination is on the same bridge: still bridged'
      : 'the new destination is elsewhere: routed',
  }));
  return bridged ? 'bridged' : 'routed';
}

/**
 * br_nf_pre_routing_finish_bridge(): the new destination's hardware address, from the cache if it is fresh and used,
 * else through the neighbour code, which sends the frame out of the bridge device, where it is caught.
 */
export function brNfPreRoutingFinishBridge(net: Net, skb: Skb): void {
  const { nfBridge, ip, eth } = skb;
  const bridge = masterOf(net, skb.dev);
  const link = net.ns.links.get(bridge);
  if (nfBridge === undefined || ip === undefined || eth === undefined || link === undefined) return;
  const nexthop = skb.dst?.type === 'unicast' ? (skb.dst.gateway ?? ip.dst) : ip.dst;
  const known = findNeighbour(net, bridge, nexthop);
  if (known?.used && isNudConnected(known.state)) {
    eth.dst = known.mac;
    skb.dev = nfBridge.physIn ?? skb.dev;
    net.walk.functions.okfn.br_handle_frame_finish(
      net,
      skb,
      hookState('bridge', 'PREROUTING', { in: skb.dev, out: '' }, 'br_handle_frame_finish'),
    );
    return;
  }
  nfBridge.savedSource = eth.src;
  nfBridge.bridgedDnat = true;
  skb.dev = bridge;
  resolveOutput(net, skb, nexthop, link);
}

/** br_nf_dev_xmit(): a frame that came from above through the neighbour code is put back to its port. */
export function brNfDevXmit(net: Net, skb: Skb): boolean {
  const { nfBridge } = skb;
  if (nfBridge === undefined || !nfBridge.bridgedDnat) return false;
  nfBridge.bridgedDnat = false;
  if (skb.eth !== undefined) skb.eth.src = nfBridge.savedSource as Mac;
  skb.dev = nfBridge.physIn ?? skb.dev;
  net.walk.functions.okfn.br_handle_frame_finish(
    net,
    skb,
    hookState('bridge', 'PREROUTING', { in: skb.dev, out: '' }, 'br_handle_frame_finish'),
  );
  return true;
}

/** br_nf_forward(): IP's FORWARD, between bridge and bridge. */
function forward(net: Net, skb: Skb, state: HookState): 'accept' | 'stolen' {
  const { nfBridge } = skb;
  if (nfBridge === undefined || skb.ip === undefined || !callsIptables(net, state.out)) return 'accept';
  // nf_bridge_unshare(): copies of a flooded frame leave by different ports.
  skb.nfBridge = { ...nfBridge, physOut: state.out, otherhost: nfBridge.otherhost || skb.type === 'otherhost' };
  if (skb.type === 'otherhost') skb.type = 'host';
  const devices = { in: masterOf(net, state.in), out: masterOf(net, state.out) };
  nfHook(net, skb, hookState('ip', 'FORWARD', devices, 'br_nf_forward_finish'));
  return 'stolen';
}

/** br_nf_forward_finish() */
export function brNfForwardFinish(net: Net, skb: Skb): void {
  const { nfBridge } = skb;
  if (nfBridge === undefined) return;
  nfBridge.fragMaxSize = Math.max(nfBridge.fragMaxSize, skb.fragMaxSize);
  restoreOtherhost(skb, nfBridge);
  const state = hookState('bridge', 'FORWARD', { in: nfBridge.physIn ?? '', out: skb.dev }, 'br_forward_finish');
  nfHook(net, skb, state, NF_BR_PRI_BRNF);
}

/** br_nf_post_routing(): IP's POSTROUTING, for what FORWARD has seen on the bridge. */
function postRouting(net: Net, skb: Skb, state: HookState): 'accept' | 'stolen' {
  const { nfBridge } = skb;
  if (nfBridge?.physOut === undefined || skb.ip === undefined) return 'accept';
  if (skb.type === 'otherhost') {
    skb.type = 'host';
    nfBridge.otherhost = true;
  }
  nfHook(net, skb, hookState('ip', 'POSTROUTING', { in: '', out: masterOf(net, state.out) }, 'br_nf_dev_queue_xmit'));
  return 'stolen';
}

/** br_nf_dev_queue_xmit(): what was reassembled on the way in is cut again. */
export function brNfDevQueueXmit(net: Net, skb: Skb): void {
  const { nfBridge, ip } = skb;
  const link = net.ns.links.get(skb.dev);
  if (nfBridge === undefined || ip === undefined || link === undefined) return;
  restoreOtherhost(skb, nfBridge);
  const largest = nfBridge.fragMaxSize;
  const fits = ip.length <= (largest > 0 ? Math.min(largest, link.mtu) : link.mtu);
  const pieces = skb.gsoSize > 0 || fits ? [skb] : bridgeFragments(net, skb, largest);
  for (const piece of pieces) {
    piece.nfBridge = undefined;
    const state = hookState('bridge', 'POSTROUTING', { in: '', out: skb.dev }, 'br_dev_queue_push_xmit');
    net.walk.functions.okfn.br_dev_queue_push_xmit(net, piece, state);
  }
}

/**
 * br_nf_ip_fragment(): the MTU is that of the packet's route, which for a bridged one is the bridge's own
 * (fake_rtable). With DF, or where a fragment that it came in was longer, it is dropped, and a bridge tells nobody.
 */
function bridgeFragments(net: Net, skb: Skb, largest: number): readonly Skb[] {
  const { ip, dev } = skb;
  const mtu = net.ns.links.get(masterOf(net, dev))?.mtu ?? 0;
  if (ip === undefined) return [];
  if ((ip.df && !skb.ignoreDf) || largest > mtu) {
    const values = { dev, mtu, len: largest > mtu ? largest : ip.length };
    drop(net, skb, 'br_nf_ip_fragment', 'MTU_ASYMMETRIC', () => ({ values }));
    return [];
  }
  return fragment(net, skb, largest > 0 ? Math.min(largest, mtu) : mtu);
}

function restoreOtherhost(skb: Skb, nfBridge: NfBridge): void {
  if (!nfBridge.otherhost) return;
  skb.type = 'otherhost';
  nfBridge.otherhost = false;
}

/**
 * ip_sabotage_in(): a packet that met PREROUTING at its port and was passed up does not meet it again.
 */
function sabotageIn(net: Net, skb: Skb, state: HookState): 'accept' | 'stolen' {
  const { nfBridge } = skb;
  if (nfBridge === undefined || nfBridge.sabotaged || nfBridge.inPrerouting) return 'accept';
  nfBridge.sabotaged = true;
  tell(net, skb, () => ({
    k: 'hook',
    fn: 'ip_sabotage_in',
    hook: 'PREROUTING',
    via: 'ip',
    verdict: 'skipped',
    because: 'br_netfilter has run it at the bridge port',
  }));
  net.walk.functions.okfn[state.okfn](net, skb, state);
  return 'stolen';
}

/** What br_netfilter registers at the bridge's hooks (br_nf_ops[]). */
export const BR_NF_BRIDGE: Readonly<Record<'PREROUTING' | 'FORWARD' | 'POSTROUTING', HookEntry>> = {
  PREROUTING: { name: 'br_nf_pre_routing', priority: NF_BR_PRI_BRNF, run: preRouting },
  FORWARD: { name: 'br_nf_forward', priority: NF_BR_PRI_BRNF, run: forward },
  POSTROUTING: { name: 'br_nf_post_routing', priority: NF_BR_PRI_LAST, run: postRouting },
};

/** What it registers at IP's PREROUTING. */
export const BR_NF_SABOTAGE: HookEntry = { name: 'ip_sabotage_in', priority: NF_IP_PRI_FIRST, run: sabotageIn };
