import { formatMac, isGroupMac, MAC_BROADCAST, type Mac } from '../address/index.js';
import {
  type Bridge,
  bridgeOf,
  confirm,
  findStation,
  learnStation,
  type Port,
  portRefusal,
  portsOf,
  type Skb,
  type Station,
} from '../linux/index.js';
import { brNfDevXmit } from './br-netfilter.js';
import { devQueueXmit, isForwardable } from './dev.js';
import { drop, type Net, tell } from './net.js';
import { hookState, nfHook } from './netfilter.js';
import { cloneSkb, resetConnection } from './skb.js';

/** br_handle_frame(): a frame has come in by a port (linux net/bridge/br_input.c). */
export function brHandleFrame(net: Net, skb: Skb): void {
  const found = bridgeOf(net.ns, skb.dev);
  if (found === undefined || skb.eth === undefined) return;
  const { bridge, port } = found;
  if (!isModelled(net, skb, bridge, 'br_handle_frame')) return;
  if (port.port.state !== 'forwarding' && port.port.state !== 'learning') {
    drop(net, skb, 'br_handle_frame', 'PORT_NOT_FORWARDING', () => ({
      values: { dev: port.name, bridge: bridge.name },
    }));
    return;
  }
  if (skb.eth.dst === bridge.address) skb.type = 'host';
  nfHook(net, skb, hookState('bridge', 'PREROUTING', { in: skb.dev, out: '' }, 'br_handle_frame_finish'));
}

/** br_handle_frame_finish(): learns the sender, then up, out of one port, or out of all. */
export function brHandleFrameFinish(net: Net, skb: Skb): void {
  const found = bridgeOf(net.ns, skb.dev);
  if (found === undefined || skb.eth === undefined) return;
  const { bridge, port } = found;
  const { src, dst } = skb.eth;
  if (port.port.learning) learnStation(net, port, src);
  if (port.port.state === 'learning') {
    drop(net, skb, 'br_handle_frame_finish', 'PORT_NOT_FORWARDING', () => ({
      values: { dev: port.name, bridge: bridge.name },
    }));
    return;
  }
  if (isGroupMac(dst)) {
    flood(net, skb, bridge, dst === MAC_BROADCAST ? 'broadcast' : 'multicast', 'and up');
    passUp(net, skb, bridge, bridge.promisc);
    return;
  }
  const to = findStation(net, bridge, dst);
  if (to?.local === true) {
    tellDecision(net, skb, bridge, 'local', [], to.entry);
    passUp(net, skb, bridge, false);
    return;
  }
  const up = bridge.promisc ? 'and up' : 'only';
  if (to !== undefined) forward(net, skb, bridge, to, up);
  else flood(net, skb, bridge, 'unicast', up);
  if (up === 'and up') passUp(net, skb, bridge, true);
}

/**
 * Whether frames go through the bridge as modelled; otherwise they end here. The VLANs of ports are not kept. Of the
 * spanning tree a dump tells the outcome, the states of the ports; nobody works them out for a bridge that commands made.
 */
function isModelled(net: Net, skb: Skb, bridge: Bridge, fn: string): boolean {
  const stp = bridge.stp && bridge.origin.by !== 'dump';
  if (!bridge.vlanFiltering && !stp) return true;
  const what = `${bridge.vlanFiltering ? 'vlan_filtering' : 'stp_state'} 1 on bridge ${bridge.name}`;
  drop(net, skb, fn, 'UNSUPPORTED', () => ({ values: { what } }));
  return false;
}

/** br_pass_frame_up(): the bridge itself receives the frame. */
function passUp(net: Net, skb: Skb, bridge: Bridge, promiscuous: boolean): void {
  const from = skb.dev;
  skb.dev = bridge.name;
  const state = hookState('bridge', 'INPUT', { in: from, out: '' }, 'br_netif_receive_skb');
  // br_nf_local_in(): a copy that only a promiscuous bridge takes starts without a connection; a flooded one has
  // made its connection before it meets INPUT.
  if (promiscuous) resetConnection(skb);
  else if (skb.type !== 'host') confirm(net, skb);
  nfHook(net, skb, state);
}

/** br_dev_xmit(): the host sends out of the bridge (linux net/bridge/br_device.c). */
export function brDevXmit(net: Net, skb: Skb): void {
  if (brNfDevXmit(net, skb)) return;
  const bridge = net.ns.links.get(skb.dev);
  if (bridge?.kind !== 'bridge' || skb.eth === undefined || !isModelled(net, skb, bridge, 'br_dev_xmit')) return;
  const { dst } = skb.eth;
  if (isGroupMac(dst)) {
    flood(net, skb, bridge, dst === MAC_BROADCAST ? 'broadcast' : 'multicast', 'only');
    return;
  }
  const to = findStation(net, bridge, dst);
  if (to === undefined) flood(net, skb, bridge, 'unicast', 'only');
  else forward(net, skb, bridge, to, 'only');
}

/** br_forward(): out of one port, if it may. With `and up` the frame itself is still needed. */
function forward(net: Net, skb: Skb, bridge: Bridge, to: Station, up: 'only' | 'and up'): void {
  const port = portNamed(net, bridge, to.dev);
  tellDecision(net, skb, bridge, 'forward', [to.dev], to.entry);
  const why = port === undefined ? 'PORT_NOT_IN_BRIDGE' : portRefusal(net.ns, port, skb.dev);
  if (port === undefined || why !== undefined) {
    const values = { port: to.dev, dev: to.dev, bridge: bridge.name };
    if (up === 'only') drop(net, skb, 'br_forward', why ?? 'PORT_NOT_IN_BRIDGE', () => ({ values }));
    return;
  }
  transmit(net, up === 'only' ? skb : cloneSkb(net, skb), bridge, port);
}

/** br_flood(): out of every port that may, newest first; the last one gets the frame itself unless it also goes up. */
function flood(
  net: Net,
  skb: Skb,
  bridge: Bridge,
  what: 'unicast' | 'multicast' | 'broadcast',
  up: 'only' | 'and up',
): void {
  const own = skb.dev === bridge.name;
  const ports = portsOf(net.ns, bridge).filter((port) => {
    const { flood: unicast, mcastFlood, bcastFlood } = port.port;
    const floods = what === 'unicast' ? unicast : own || (what === 'multicast' ? mcastFlood : bcastFlood);
    return floods && portRefusal(net.ns, port, skb.dev) === undefined;
  });
  tellDecision(
    net,
    skb,
    bridge,
    'flood',
    ports.map((p) => p.name),
    null,
  );
  const last = ports.at(-1);
  if (last === undefined && up === 'only') {
    const hairpin = skb.dev !== bridge.name && portsOf(net.ns, bridge).length === 1;
    drop(net, skb, 'br_flood', hairpin ? 'HAIRPIN_OFF' : 'FDB_MISS', () => ({
      values: { mac: formatMac(skb.eth?.dst ?? (0 as Mac)), dev: bridge.name, port: skb.dev },
    }));
    return;
  }
  for (const port of ports) transmit(net, port === last && up === 'only' ? skb : cloneSkb(net, skb), bridge, port);
}

function portNamed(net: Net, bridge: Bridge, dev: string): Port | undefined {
  const link = net.ns.links.get(dev);
  return link?.master === bridge.name && link.port !== undefined ? (link as Port) : undefined;
}

/** __br_forward(): FORWARD for what came in by a port, OUTPUT for what the host sends. */
function transmit(net: Net, skb: Skb, bridge: Bridge, port: Port): void {
  const from = skb.dev;
  const own = from === bridge.name;
  skb.dev = port.name;
  const devices = { in: own ? '' : from, out: port.name };
  nfHook(net, skb, hookState('bridge', own ? 'OUTPUT' : 'FORWARD', devices, 'br_forward_finish'));
}

/** br_forward_finish() */
export function brForwardFinish(net: Net, skb: Skb): void {
  skb.stamp = undefined;
  nfHook(net, skb, hookState('bridge', 'POSTROUTING', { in: '', out: skb.dev }, 'br_dev_queue_push_xmit'));
}

/** br_dev_queue_push_xmit() */
export function brDevQueuePushXmit(net: Net, skb: Skb): void {
  const link = net.ns.links.get(skb.dev);
  if (link === undefined || !isForwardable(link, skb)) {
    const values = { dev: skb.dev, mtu: link?.mtu ?? 0, len: skb.ip?.length ?? 0 };
    drop(net, skb, 'br_dev_queue_push_xmit', 'MTU_ASYMMETRIC', () => ({ values }));
    return;
  }
  devQueueXmit(net, skb);
}

function tellDecision(
  net: Net,
  skb: Skb,
  bridge: Bridge,
  decision: 'local' | 'forward' | 'flood',
  ports: readonly string[],
  fdb: string | null,
): void {
  tell(net, skb, () => ({
    k: 'bridge',
    fn: decision === 'flood' ? 'br_flood' : decision === 'forward' ? 'br_forward' : 'br_pass_frame_up',
    bridge: bridge.name,
    decision,
    mac: formatMac(skb.eth?.dst ?? (0 as Mac)),
    ports,
    fdb,
  }));
}
