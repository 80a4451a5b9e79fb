import type { Mutant } from './mutants.js';

/** Mistakes about IP in IP, proxy ARP and what leads nowhere; random networks of every kernel meet none of IP in IP. */
export const TUNNEL_MUTANTS: readonly Mutant[] = [
  {
    name: 'IP in IP has a TTL of its own',
    file: 'trace/ip-tunnel.ts',
    from: "link.ttl === 'inherit' ? ip.ttl : link.ttl,",
    to: "link.ttl === 'inherit' ? 64 : link.ttl,",
    rare: true,
  },
  {
    name: 'tunl0 always says DF',
    file: 'trace/ip-tunnel.ts',
    from: 'const df = link.pmtudisc || ip.df;',
    to: 'const df = true;',
    rare: true,
  },
  {
    name: 'a device of its own copies DF',
    file: 'trace/ip-tunnel.ts',
    from: 'const df = link.pmtudisc || ip.df;',
    to: 'const df = ip.df;',
    rare: true,
  },
  {
    name: 'where the far end is anybody, it is who the packet is for',
    file: 'trace/ip-tunnel.ts',
    from: "return (dst.type === 'unicast' ? dst.gateway : undefined) ?? ip.dst;",
    to: 'return ip.dst;',
    rare: true,
  },
  {
    name: 'congestion within is congestion without',
    file: 'trace/ip-tunnel-core.ts',
    from: '(ecn === ECN_CE ? ECN_ECT_0 : ecn)',
    to: 'ecn',
    rare: true,
  },
  {
    name: 'a tunnel forgets errors about its far end',
    file: 'trace/ip-tunnel.ts',
    from: '  reportErrors(net, skb, link);\n',
    to: '',
    rare: true,
  },
  {
    name: 'the device with the near end goes before the one with the far end',
    file: 'linux/link/ip-tunnel.ts',
    from: 'return bothEnds.at(-1) ?? farEnd[0] ?? nearEnd[0]',
    to: 'return bothEnds.at(-1) ?? nearEnd[0] ?? farEnd[0]',
    rare: true,
  },
  {
    name: 'a device that is bound to where a packet came by is one as any other',
    file: 'linux/link/ip-tunnel.ts',
    from: '    if (bound !== undefined) return bound;\n',
    to: '',
    rare: true,
  },
  {
    name: 'IP in IP that nobody takes is of a protocol that nobody has',
    file: 'trace/tunnel4.ts',
    from: 'ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);',
    to: 'ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, 0);',
    rare: true,
  },
  {
    name: 'a locked MTU of the underlay leaves DF',
    file: 'trace/ip-tunnel-core.ts',
    from: 'df: outer.df && !isMtuLocked(net, destination, dst),',
    to: 'df: outer.df,',
    rare: true,
  },
];
