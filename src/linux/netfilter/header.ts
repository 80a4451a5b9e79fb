import type { IpHeader } from '../../packet/index.js';
import type { NfContext } from './context.js';

/** The IPv4 header that rules look at; throws for a packet without one, which iptables never sees. */
export function ipOf({ skb, table, hook }: NfContext): IpHeader {
  if (skb.ip === undefined) throw new Error(`a packet without an IPv4 header in ${table} ${hook}`);
  return skb.ip;
}

/** The ports of the packet; undefined for a later fragment and for protocols without ports. */
export function portsOf({ skb }: NfContext): { readonly sport: number; readonly dport: number } | undefined {
  const { l4 } = skb;
  return l4 === undefined || l4.l4 === 'icmp' ? undefined : l4;
}
