import { isGroupMac, MAC_BROADCAST } from '../address/index.js';
import { hasEthernet, type Link, type PacketType, type Skb } from '../linux/index.js';
import { ETH_HLEN, ETH_P_ARP, ETH_P_IP, packetLength } from '../packet/index.js';
import { takenByChild } from './child.js';
import { segment } from './gso.js';
import { drop, type Net } from './net.js';
import { scrub } from './skb.js';

/** Bytes that a received frame may have beyond MTU and Ethernet header: one VLAN tag (is_skb_forwardable()). */
const VLAN_HLEN = 4;

/**
 * dev_queue_xmit(): hands a frame to its device, past the captures (linux net/core/dev.c).
 *
 * A GSO packet is cut up first when the device can't take it (validate_xmit_skb()).
 */
export function devQueueXmit(net: Net, skb: Skb): void {
  const link = net.ns.links.get(skb.dev);
  if (link === undefined) throw new Error(`${net.ns.name} has no device ${skb.dev}`);
  net.walk.transmit(() => {
    if (!link.up) {
      drop(net, skb, 'dev_queue_xmit', 'LINK_DOWN', () => ({ values: { dev: link.name } }));
      return;
    }
    if (link.kind === 'tun' && skb.gsoSize > 0) for (const piece of segment(net, skb)) startXmit(net, link, piece);
    else startXmit(net, link, skb);
  });
}

function startXmit(net: Net, link: Link, skb: Skb): void {
  if (!link.carrier) {
    // Without a carrier the queue is dead (dev_deactivate()): nothing reaches the device, nor a capture on it.
    drop(net, skb, 'noop_enqueue', 'NO_CARRIER', () => ({ values: { dev: link.name } }));
    return;
  }
  if (!crossing(net, skb, 'out')) return;
  const { xmit } = net.walk.functions;
  const send = xmit[link.kind];
  if (send === undefined) throw new Error(`no ndo_start_xmit for a ${link.kind} device`);
  // What another kind of device makes of it nobody is told (vxlan_xmit(), br_dev_xmit() return NETDEV_TX_OK).
  if (link.kind !== 'veth' && link.kind !== 'ipip') skb.call = undefined;
  send(net, skb);
}

/** dev_queue_xmit_nit() and its receiving counterpart: a capture on the device sees the frame. */
function crossing(net: Net, skb: Skb, dir: 'in' | 'out'): boolean {
  const { walk } = net;
  if (!walk.countCrossing()) {
    drop(net, skb, '', 'LOOP', () => ({ values: { dev: skb.dev } }));
    return false;
  }
  const order = dir === 'in' && skb.stamp !== undefined ? skb.stamp : walk.stamp();
  walk.observer?.crossing(net, skb, skb.dev, dir, order);
  return true;
}

/**
 * __netif_receive_skb_core(): past the captures, then to the bridge that the device is a port of, or to the protocol.
 */
export function netifReceiveSkb(net: Net, skb: Skb): void {
  const link = net.ns.links.get(skb.dev);
  if (link === undefined) throw new Error(`${net.ns.name} has no device ${skb.dev}`);
  // packet_rcv() and br_handle_frame() let pass what comes back of a broadcast of this host's own.
  const back = skb.type === 'loopback';
  if (!back && !crossing(net, skb, 'in')) return;
  skb.iif = link.name;
  if (link.master !== undefined && !back) {
    net.walk.functions.br_handle_frame(net, skb);
    return;
  }
  if (!back && takenByChild(net, skb)) return;
  const type = skb.eth?.type ?? ETH_P_IP;
  if (type === ETH_P_IP) net.walk.functions.ip_rcv(net, skb);
  else if (type === ETH_P_ARP) net.walk.functions.arp_rcv(net, skb);
  else drop(net, skb, '__netif_receive_skb_core', 'UNSUPPORTED', () => ({ values: { what: `EtherType ${type}` } }));
}

/** eth_type_trans(): what the frame's destination is to the device. */
export function packetType(skb: Skb, link: Link): PacketType {
  const dst = skb.eth?.dst;
  if (dst === undefined || dst === link.address) return 'host';
  if (dst === MAC_BROADCAST) return 'broadcast';
  return isGroupMac(dst) ? 'multicast' : 'otherhost';
}

/** veth_xmit(): the frame arrives at the other end, which drops what is too long for it or finds it down. */
export function vethXmit(net: Net, skb: Skb): void {
  const link = net.ns.links.get(skb.dev);
  const peer = link && net.walk.network.peerOf(link);
  if (peer === undefined) {
    // With a carrier there is an other end: it is only nobody's who was dumped.
    drop(net, skb, 'veth_xmit', 'LEFT_SCOPE', () => ({ values: { dev: skb.dev } }));
    return;
  }
  const there = net.walk.net(peer.netns.name);
  if (!isForwardable(peer.link, skb)) {
    const values = { dev: peer.link.name, mtu: peer.link.mtu, len: packetLength(skb) - ETH_HLEN };
    if (skb.call !== undefined) skb.call.errno ??= 'ENOBUFS';
    drop(there, skb, '__dev_forward_skb', peer.link.up ? 'MTU_ASYMMETRIC' : 'LINK_DOWN', () => ({ values }));
    return;
  }
  scrub(skb, there === net ? 'same namespace' : 'other namespace');
  receiveOn(there, peer.link, skb);
}

/** The frame has come to `link`: it waits for the soft-IRQ. */
export function receiveOn(net: Net, link: Link, skb: Skb): void {
  skb.dev = link.name;
  skb.call = undefined;
  skb.type = packetType(skb, link);
  net.walk.enqueue(net, skb);
}

/** __is_skb_forwardable(): the device is up, and the frame not longer than it takes; GSO packets are never too long. */
export function isForwardable(link: Link, skb: Skb): boolean {
  if (!link.up) return false;
  const header = hasEthernet(link) ? ETH_HLEN : 0;
  return packetLength(skb) <= link.mtu + header + VLAN_HLEN || skb.gsoSize > 0;
}

/** loopback_xmit(): comes back at once, with route and connection kept. */
export function loopbackXmit(net: Net, skb: Skb): void {
  const link = net.ns.links.get(skb.dev);
  if (link !== undefined) receiveOn(net, link, skb);
}

/** A cable whose other end is not in the model. */
export function physicalXmit(net: Net, skb: Skb): void {
  drop(net, skb, 'ndo_start_xmit', 'LEFT_SCOPE', () => ({ values: { dev: skb.dev } }));
}

/** A kind of link that is kept but not forwarded through. */
export function unmodelledXmit(net: Net, skb: Skb): void {
  const link = net.ns.links.get(skb.dev);
  const type = link?.kind === 'unmodelled' ? link.type : 'unknown';
  drop(net, skb, 'ndo_start_xmit', 'UNSUPPORTED', () => ({ values: { what: `link kind ${type}` } }));
}
