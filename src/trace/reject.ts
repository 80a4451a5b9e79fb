import { outputFlow, type RejectWith, routeOutput, type Skb } from '../linux/index.js';
import {
  ICMP_DEST_UNREACH,
  ICMP_HOST_ANO,
  ICMP_HOST_UNREACH,
  ICMP_NET_ANO,
  ICMP_NET_UNREACH,
  ICMP_PKT_FILTERED,
  ICMP_PORT_UNREACH,
  ICMP_PROT_UNREACH,
  ipPacket,
  TCP_ACK,
  TCP_FIN,
  TCP_RST,
  TCP_SYN,
  type Tcp,
} from '../packet/index.js';
import { attachConnection } from './icmp.js';
import { routeSkbInput } from './ip-input.js';
import { type HookName, type Net, tell } from './net.js';

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
export function reject(net: Net, skb: Skb, hook: HookName, how: RejectWith): void {
  if (how === 'tcp-reset') {
    sendReset(net, skb, hook);
    return;
  }
  // At PREROUTING there is no route yet, and icmp_send() needs one (nf_reject_fill_skb_dst()).
  if (skb.dst === undefined) fillRoute(net, skb);
  net.walk.functions.icmp_send(net, skb, ICMP_DEST_UNREACH, CODES[how], 0);
}

function fillRoute(net: Net, skb: Skb): void {
  const route = routeSkbInput(net, skb);
  if (route.ok) skb.dst = route.destination;
}

/** nf_send_reset(): a RST from the destination's address, never in answer to a RST. */
function sendReset(net: Net, skb: Skb, hook: HookName): void {
  const { ip, l4 } = skb;
  if (ip === undefined || l4?.l4 !== 'tcp' || l4.flags & TCP_RST || ip.offset > 0) return;
  const acks = (l4.flags & TCP_ACK) !== 0;
  const length = skb.payload + (l4.flags & TCP_SYN ? 1 : 0) + (l4.flags & TCP_FIN ? 1 : 0);
  const header: Tcp = {
    l4: 'tcp',
    sport: l4.dport,
    dport: l4.sport,
    flags: acks ? TCP_RST : TCP_RST | TCP_ACK,
    seq: acks ? l4.ack : 0,
    ack: acks ? 0 : (l4.seq + length) >>> 0,
    options: 0,
    mss: undefined,
  };
  // ip_route_me_harder() with the packet's own source, which need not be this host's.
  const route = routeOutput(net, outputFlow(ip.src), '', 'any');
  if (!route.ok || (hook !== 'OUTPUT' && skb.type !== 'host')) {
    tell(net, skb, () => ({ k: 'note', fn: 'nf_send_reset', note: 'no RST could be sent' }));
    return;
  }
  const ttl = net.ns.sysctls.number('net/ipv4/ip_default_ttl');
  const packet = ipPacket({ src: ip.dst, dst: ip.src, ttl, id: 0, df: true }, header, 0);
  const reset = net.walk.begin(net, packet, 'reply', skb);
  reset.dst = route.destination;
  attachConnection(reset, skb);
  net.walk.functions.ip_local_out(net, reset);
}
