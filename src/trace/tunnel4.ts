import { type Skb, tunnelOfProtocol } from '../linux/index.js';
import {
  ICMP_DEST_UNREACH,
  ICMP_PORT_UNREACH,
  ICMP_PROT_UNREACH,
  IPPROTO_IPIP,
  protocolName,
} from '../packet/index.js';
import { ipipRcv, noTunnel } from './ipip.js';
import { drop, type Net } from './net.js';

/** tunnel4_rcv(): to the device that takes it, else "port unreachable" (linux net/ipv4/tunnel4.c). */
export function tunnel4Rcv(net: Net, skb: Skb): void {
  const unmodelled = tunnelOfProtocol(net.ns, IPPROTO_IPIP);
  if (unmodelled !== undefined) {
    const what = `link kind ${unmodelled.type}`;
    drop(net, skb, 'tunnel4_rcv', 'UNSUPPORTED', () => ({ values: { what } }));
    return;
  }
  if (!isLoaded(net)) {
    // Without the module nobody has registered for the protocol (ip_protocol_deliver_rcu()).
    net.walk.functions.icmp_send(net, skb, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, 0);
    const proto = protocolName(IPPROTO_IPIP);
    drop(net, skb, 'ip_protocol_deliver_rcu', 'NO_PROTOCOL', () => ({ values: { proto } }));
    return;
  }
  if (ipipRcv(net, skb)) return;
  net.walk.functions.icmp_send(net, skb, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);
  drop(net, skb, 'tunnel4_rcv', 'NO_TUNNEL', () => noTunnel(net, skb));
}

/** Whether the kernel has the module: it makes a device in every namespace, and one in any of them needs it. */
function isLoaded({ ns, walk }: Net): boolean {
  return walk.network.names().some((name) => {
    const other = walk.network.netns(name);
    return other?.host === ns.host && [...other.links.values()].some(({ kind }) => kind === 'ipip');
  });
}
