import { findVirtualService, formatOrigin, ipvsServiceText, type Skb } from '../linux/index.js';
import { drop, type HookEntry, type HookName } from './net.js';

/** NF_IP_PRI_NAT_SRC - 1 and NF_IP_PRI_NAT_DST + 2 (ip_vs_ops4[], linux net/netfilter/ipvs/ip_vs_core.c). */
const PRIORITY = { INPUT: 99, OUTPUT: -98 } as const;

/**
 * ip_vs_in_hook(): where IPVS would choose a server for a packet to a virtual service. The choice is not modelled, and
 * so the packet ends there. There are no connections of IPVS, and so nothing else meets it.
 */
function ipVsIn(hook: keyof typeof PRIORITY): HookEntry {
  return {
    name: 'ip_vs_in_hook',
    priority: PRIORITY[hook],
    run(net, skb) {
      if (skb.type !== 'host' && hook !== 'OUTPUT') return 'accept';
      const asked = askedOf(skb);
      const service = asked === undefined ? undefined : findVirtualService(net.ns.ipvs, asked);
      if (service === undefined) return 'accept';
      const what = `IPVS: ${ipvsServiceText(service)} (${formatOrigin(service.origin)})`;
      drop(net, skb, 'ip_vs_in_hook', 'UNSUPPORTED', () => ({ values: { what } }));
      return 'drop';
    },
  };
}

function askedOf({ ip, l4, mark }: Skb): Parameters<typeof findVirtualService>[1] | undefined {
  if (ip === undefined || l4 === undefined || l4.l4 === 'icmp') return undefined;
  return { protocol: l4.l4, dst: ip.dst, dport: l4.dport, mark };
}

/** What IPVS registers in a namespace with a virtual service, by hook. */
export const IP_VS_IN: ReadonlyMap<HookName, HookEntry> = new Map([
  ['INPUT', ipVsIn('INPUT')],
  ['OUTPUT', ipVsIn('OUTPUT')],
]);
