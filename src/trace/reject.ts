import { type RejectWith, type Skb, setClosing } from '../linux/index.js';
import {
  ETH_P_IP,
  ICMP_DEST_UNREACH,
  ICMP_HOST_ANO,
  ICMP_HOST_UNREACH,
  ICMP_NET_ANO,
  ICMP_NET_UNREACH,
  ICMP_PKT_FILTERED,
  ICMP_PORT_UNREACH,
  ICMP_PROT_UNREACH,
  IPPROTO_TCP,
  IPPROTO_UDP,
  ipPacket,
  resetOf,
  TCP_RST,
} from '../packet/index.js';
import { devQueueXmit } from './dev.js';
import { attachConnection } from './icmp.js';
import { routeSkbInput } from './ip-input.js';
import { ipRouteMeHarder } from './ip-output.js';
import { replyMark } from './ip-send.js';
import type { Net } from './net.js';

const CODES: Readonly<Record<Exclude<RejectWith, 'tcp-reset'>, number>> = {
  'icmp-net-unreachable': ICMP_NET_UNREACH,
  'icmp-host-unreachable': ICMP_HOST_UNREACH,
  'icmp-proto-unreachable': ICMP_PROT_UNREACH,
  'icmp-port-unreachable': ICMP_PORT_UNREACH,
  'icmp-net-prohibited': ICMP_NET_ANO,
  'icmp-host-prohibited': ICMP_HOST_ANO,
  'icmp-admin-prohibited': ICMP_PKT_FILTERED,
};

/** Answers a packet that a REJECT drops (linux net/ipv4/netfilter/ipt_REJECT.c, nf_reject_ipv4.c). */
export function reject(net: Net, skb: Skb, how: RejectWith): void {
  if (!checksumHolds(skb)) return;
  if (how === 'tcp-reset') {
    sendReset(net, skb);
    return;
  }
  // At PREROUTING there is no route yet, and icmp_send() needs one (nf_reject_fill_skb_dst()).
  if (skb.dst === undefined) fillRoute(net, skb);
  net.walk.functions.icmp_send(net, skb, ICMP_DEST_UNREACH, CODES[how], 0);
}

/**
 * nf_ip_checksum(): the length of the whole is in the sum of TCP and UDP, which therefore never fits a first fragment.
 * That of ICMP does, where what is missing is zeros, as all payloads here are.
 */
function checksumHolds({ ip }: Skb): boolean {
  const first = ip?.mf === true && ip.offset === 0;
  return !first || (ip.protocol !== IPPROTO_TCP && ip.protocol !== IPPROTO_UDP);
}

function fillRoute(net: Net, skb: Skb): void {
  const route = routeSkbInput(net, skb);
  if (route.ok) skb.dst = route.destination;
}

/**
 * nf_send_reset(): a RST from the destination's address, never in answer to a RST. A packet that a bridge brought is
 * answered by the port that it came in by, past OUTPUT and in the name of who it was for.
 */
function sendReset(net: Net, skb: Skb): void {
  const { ip, l4, eth, nfBridge } = skb;
  if (ip === undefined || l4?.l4 !== 'tcp' || l4.flags & TCP_RST || ip.offset > 0) return;
  if (skb.dst === undefined && nfBridge === undefined) fillRoute(net, skb);
  if (skb.dst?.type === 'broadcast' || skb.dst?.type === 'multicast') return;
  const ttl = net.ns.sysctls.number('net/ipv4/ip_default_ttl');
  const packet = ipPacket({ src: ip.dst, dst: ip.src, ttl, id: 0, df: true }, resetOf(l4, skb.payload), 0);
  const reset = net.walk.begin(net, packet, 'reply', skb);
  reset.dst = skb.dst;
  reset.mark = replyMark(net, skb);
  reset.sk = skb.sk;
  if (!ipRouteMeHarder(net, reset, 'nf_send_reset')) return;
  reset.sk = undefined;
  attachConnection(reset, skb);
  if (skb.ct !== undefined) setClosing(net, skb.ct);
  if (nfBridge?.physIn === undefined || eth === undefined) {
    net.walk.functions.ip_local_out(net, reset);
    return;
  }
  reset.eth = { src: eth.dst, dst: eth.src, type: ETH_P_IP };
  reset.dev = nfBridge.physIn;
  devQueueXmit(net, reset);
}
