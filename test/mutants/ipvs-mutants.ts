import type { Mutant } from './mutants.js';

/** Mistakes about IPVS, which the recordings of it must find: no other packet meets them. */
export const IPVS_MUTANTS: readonly Mutant[] = [
  {
    name: 'round robin begins with the first that was added',
    file: 'linux/ipvs/scheduler/rr.ts',
    from: 'for (let step = 1; step <= servers.length; step++) {',
    to: 'for (let step = 0; step < servers.length; step++) {',
  },
  {
    name: 'round robin forgets where it was when its server goes',
    file: 'linux/ipvs/scheduler/rr.ts',
    from: 'return { at: previous && endText(previous), weight: 0 };',
    to: 'return { at: undefined, weight: 0 };',
  },
  {
    name: 'round robin chooses servers of weight 0',
    file: 'linux/ipvs/scheduler/rr.ts',
    from: 'if (server === undefined || server.weight <= 0) continue;',
    to: 'if (server === undefined) continue;',
  },
  {
    name: 'an active connection is as much as one that is not',
    file: 'linux/ipvs/scheduler/least.ts',
    from: 'return active * 256 + inactive;',
    to: 'return active + inactive;',
  },
  {
    name: 'weights do not count for the shortest delay',
    file: 'linux/ipvs/scheduler/least.ts',
    from: '} else if (load(counts(least)) * server.weight > load(counts(server)) * least.weight) least = server;',
    to: '} else if (load(counts(least)) > load(counts(server))) least = server;',
  },
  {
    name: 'source hashing takes no account of weights',
    file: 'linux/ipvs/scheduler/sh.ts',
    from: 'Array<RealServer>(Math.min(Math.max(server.weight, 1), IP_VS_SH_TAB_SIZE)).fill(server),',
    to: '[server],',
  },
  {
    name: 'maglev hashing with half of the hash',
    file: 'linux/ipvs/scheduler/hash.ts',
    from: 'return Number((v0 ^ v1 ^ v2 ^ v3) & 0xffff_ffffn);',
    to: 'return Number((v0 ^ v1) & 0xffff_ffffn);',
  },
  {
    name: 'IPVS keeps the TTL',
    file: 'trace/ip-vs-xmit.ts',
    from: '  ip.ttl--;\n',
    to: '',
  },
  {
    name: 'IPVS does not look at the TTL',
    file: 'trace/ip-vs-xmit.ts',
    from: 'if (ip.ttl <= 1) {',
    to: 'if (false) {',
  },
  {
    name: 'what is balanced does not pass OUTPUT',
    file: 'trace/ip-vs-xmit.ts',
    from: "nfHook(net, skb, hookState('ip', 'OUTPUT', { in: '', out: route.dev }, 'dst_output'));",
    to: "nfHook(net, skb, hookState('ip', 'POSTROUTING', { in: '', out: route.dev }, 'ip_finish_output'));",
  },
  {
    name: 'IPVS comes before the filter of INPUT',
    file: 'trace/ip-vs-core.ts',
    from: "['INPUT', { name: 'ip_vs_in_hook', priority: 99, run: ipVsIn }],",
    to: "['INPUT', { name: 'ip_vs_in_hook', priority: -99, run: ipVsIn }],",
  },
  {
    name: 'a host does not balance what it sends itself',
    file: 'trace/ip-vs-core.ts',
    from: "  ['OUTPUT', { name: 'ip_vs_in_hook', priority: -98, run: ipVsIn }],\n",
    to: '',
  },
  {
    name: 'answers that are forwarded keep the address of the server',
    file: 'trace/ip-vs-core.ts',
    from: "  ['FORWARD', { name: 'ip_vs_out_hook', priority: 100, run: ipVsOut }],\n",
    to: '',
  },
  {
    name: 'answers are translated before FORWARD filters them',
    file: 'trace/ip-vs-core.ts',
    from: "['FORWARD', { name: 'ip_vs_out_hook', priority: 100, run: ipVsOut }],",
    to: "['FORWARD', { name: 'ip_vs_out_hook', priority: -200, run: ipVsOut }],",
  },
  {
    name: 'a client does not stay with its server',
    file: 'trace/ip-vs-core.ts',
    from: 'const kept = found && templateServer(net, found);',
    to: 'const kept = undefined;',
  },
  {
    name: 'persistence ignores the netmask',
    file: 'trace/ip-vs-core.ts',
    from: "(parseIpv4(service.netmask ?? '') ?? 0xffffffff)",
    to: "(parseIpv4('') ?? 0xffffffff)",
  },
  {
    name: 'a service without servers is silent',
    file: 'trace/ip-vs-core.ts',
    from: "  net.walk.functions.icmp_send(net, skb, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);\n  if (skb.call !== undefined) skb.call.errno ??= 'EPERM';\n  const values",
    to: '  const values',
  },
  {
    name: 'errors from the server are not translated',
    file: 'trace/ip-vs-core.ts',
    from: '  if (relatedError(skb) !== undefined) return ipVsOutIcmp(net, skb, state);\n',
    to: '',
  },
  {
    name: 'connection tracking sees what is balanced without net.ipv4.vs.conntrack',
    file: 'trace/ip-vs-nfct.ts',
    from: 'if (!cp.nfct) {',
    to: 'if (false) {',
  },
  {
    name: 'connection tracking does not learn where the answers come from',
    file: 'trace/ip-vs-nfct.ts',
    from: "  net.journal.set(ct, 'reply', changed);\n",
    to: '',
  },
  {
    name: 'every segment begins a connection',
    file: 'trace/ip-vs-proto.ts',
    from: "return !(l4.flags & TCP_RST) && ((l4.flags & TCP_SYN) !== 0 || sysctls.number('net/ipv4/vs/sloppy_tcp') !== 0);",
    to: 'return true;',
  },
  {
    name: 'a SYN of an old port always begins anew',
    file: 'trace/ip-vs-core.ts',
    from: 'if (begins && (weightless || (mode !== 0 && isNewConnExpected(cp, mode)))) return dismiss(net, skb, cp);',
    to: 'if (begins) return dismiss(net, skb, cp);',
  },
  {
    name: 'a flow whose server is gone gets another one at once',
    file: 'trace/ip-vs-core.ts',
    from: 'if (expireNodest) return dismiss(net, skb, cp);',
    to: 'return dismiss(net, skb, cp);',
  },
  {
    name: 'single packets leave a connection behind',
    file: 'trace/ip-vs-conn.ts',
    from: 'if (connection.onePacket) connections.delete(connection, net.journal);\n  else net',
    to: 'net',
  },
];
