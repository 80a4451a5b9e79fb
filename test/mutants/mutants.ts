/** A mistake that an interpreter of Linux could make: in a file below `src`, one text instead of another. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Too few random networks meet it, fewer than one in twelve. */
  readonly rare?: true;
}

/** Mistakes that somebody could make in good faith. The recordings must find each. */
export const MUTANTS: readonly Mutant[] = [
  { name: 'the TTL does not fall', file: 'trace/ip-forward.ts', from: '  ip.ttl--;\n', to: '' },
  {
    name: 'DF is ignored when forwarding',
    file: 'trace/ip-forward.ts',
    from: 'if (exceedsMtu(skb, mtu)) {',
    to: 'if (false) {',
    rare: true,
  },
  {
    name: 'NAT is decided for each packet',
    file: 'trace/nat-hooks.ts',
    from: "if (skb.ctState !== 'ESTABLISHED' && !done) {",
    to: 'if (true) {',
  },
  {
    name: 'bridged packets never meet iptables',
    file: 'trace/br-netfilter.ts',
    from: "return net.ns.sysctls.number('net/bridge/bridge-nf-call-iptables') !== 0 || bridge.nfCallIptables;",
    to: 'return false;',
  },
  {
    name: 'bridged packets always meet iptables',
    file: 'trace/br-netfilter.ts',
    from: "return net.ns.sysctls.number('net/bridge/bridge-nf-call-iptables') !== 0 || bridge.nfCallIptables;",
    to: 'return true;',
    rare: true,
  },
  {
    name: 'a bridge sends a frame back to where it came from',
    file: 'linux/bridge/forward.ts',
    from: "if (from === port.name && !port.port.hairpin) return 'HAIRPIN_OFF';",
    to: '',
  },
  {
    name: 'a bridge learns nothing',
    file: 'linux/bridge/forward.ts',
    from: '  state.journal.put(state.runtime.stations, key, { dev: port.name, updated: state.now });\n',
    to: '',
  },
  {
    name: 'connections are never confirmed',
    file: 'trace/conntrack-hooks.ts',
    from: '    const result = confirm(net, skb);',
    to: "    const result = 'as before' as ReturnType<typeof confirm>;",
  },
  {
    name: 'an ICMP error belongs to no connection',
    file: 'linux/conntrack/track.ts',
    from: "  if (skb.l4?.l4 === 'icmp' && isIcmpError(skb.l4.type)) {\n    trackError(context, skb);\n",
    to: "  if (skb.l4?.l4 === 'icmp' && isIcmpError(skb.l4.type)) {\n",
  },
  {
    name: 'a host that does not forward says so',
    file: 'trace/ip-input.ts',
    from: "    drop(net, skb, 'ip_error', 'FORWARDING_OFF', () => ({ values }));\n    return;",
    to: '    net.walk.functions.icmp_send(net, skb, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0);\n    return;',
    rare: true,
  },
  {
    name: 'errors come from the address that was asked',
    file: 'trace/icmp.ts',
    from: "src: dst.type === 'local' ? ip.dst : errorSource(net, about),",
    to: 'src: ip.dst,',
  },
  {
    name: 'VXLAN takes the TTL of the inner packet',
    file: 'trace/vxlan.ts',
    from: '      ttl: outerTtl(net, link, inner),',
    to: '      ttl: inner.ip?.ttl ?? 64,',
  },
  {
    name: 'VXLAN takes DF of the inner packet',
    file: 'trace/vxlan.ts',
    from: "      df: link.df === 'set' || (link.df === 'inherit' && inner.ip?.df === true),",
    to: '      df: inner.ip?.df === true,',
  },
  {
    name: 'MASQUERADE takes the route to the sender for the one to the destination',
    file: 'linux/netfilter/target/masquerade.ts',
    from: 'const source = inetSelectAddr(ns, out, gateway ?? ipOf(context).dst, RT_SCOPE_UNIVERSE);',
    to: 'const source = inetSelectAddr(ns, skb.dev, gateway ?? ipOf(context).dst, RT_SCOPE_UNIVERSE);',
  },
  {
    name: 'policy rules are tried from the last to the first',
    file: 'linux/fib/lookup.ts',
    from: '  const { rules } = ns.ipv4;\n  for (let i = 0;',
    to: '  const rules = [...ns.ipv4.rules].reverse();\n  for (let i = 0;',
  },
  {
    name: 'blackhole says something',
    file: 'linux/fib/lookup.ts',
    from: "const ERRNO = { blackhole: 'EINVAL',",
    to: "const ERRNO = { blackhole: 'EHOSTUNREACH',",
    rare: true,
  },
  {
    name: 'rp_filter is ignored',
    file: 'linux/fib/route-input.ts',
    from: "const mode = ns.sysctls.confMax(dev, 'rp_filter');",
    to: 'const mode: number = 0;',
  },
  {
    name: 'after DNAT at OUTPUT the route is not looked up again',
    file: 'trace/nat-hooks.ts',
    from: "const rerouted = state.hook === 'OUTPUT' && needsNewRoute(skb, ct);",
    to: 'const rerouted = false;',
  },
  {
    name: 'the nat table comes before connection tracking',
    file: 'trace/hooks.ts',
    from: 'mangle: -150, nat: -100,',
    to: 'mangle: -150, nat: -250,',
  },
  {
    name: 'a RST acknowledges nothing',
    file: 'packet/tcp.ts',
    from: 'flags: acks ? TCP_RST : TCP_RST | TCP_ACK,',
    to: 'flags: TCP_RST,',
  },
  {
    name: 'FORWARD sees the devices the wrong way round',
    file: 'trace/ip-forward.ts',
    from: "'FORWARD', { in: skb.dev, out: dst.dev }",
    to: "'FORWARD', { in: dst.dev, out: skb.dev }",
  },
  {
    name: 'POSTROUTING does not see the device that a packet came by',
    file: 'trace/ip-output.ts',
    from: '{ in: input, out: dst.dev }',
    to: "{ in: '', out: dst.dev }",
    rare: true,
  },
  {
    name: 'what the kernel answers itself has no mark',
    file: 'trace/ip-send.ts',
    from: "return net.ns.sysctls.number('net/ipv4/fwmark_reflect') === 0 ? 0 : mark;",
    to: 'return mark & 0;',
    rare: true,
  },
  {
    name: 'a server does not accept a mark',
    file: 'trace/tcp.ts',
    from: "const mark = net.ns.sysctls.number('net/ipv4/tcp_fwmark_accept') === 0 ? 0 : syn.mark;",
    to: 'const mark = 0;',
    rare: true,
  },
  {
    name: 'what was put together has the mark of its last fragment',
    file: 'trace/fragment.ts',
    from: '  skb.mark = skbs.find((each) => each.ip?.offset === 0)?.mark ?? skb.mark;\n',
    to: '',
    rare: true,
  },
  {
    name: 'ICMP errors to a group are heard',
    file: 'trace/icmp.ts',
    from: 'if (group && silent) {',
    to: 'if (group && silent && l4.type === ICMP_ECHO) {',
    rare: true,
  },
  {
    name: 'a ping hears errors about every address',
    file: 'trace/ping.ts',
    from: 'localAddress: options.source,',
    to: 'localAddress: 0 as typeof options.source,',
    rare: true,
  },
  {
    name: 'a chain that is gone to comes back',
    file: 'linux/netfilter/evaluate.ts',
    from: "if (target.target === 'goto') return undefined;",
    to: '',
    rare: true,
  },
  {
    name: 'a reply does not make a connection ESTABLISHED',
    file: 'linux/conntrack/track.ts',
    from: "if (skb.ctReply || ct.seenReply) skb.ctState = 'ESTABLISHED';",
    to: 'if (false) {}',
  },
  {
    name: 'what belongs to no connection gets one',
    file: 'linux/conntrack/track.ts',
    from: "    detach(skb);\n    if (verdict === 'invalid') return;",
    to: "    if (verdict === 'invalid') return;\n    detach(skb);",
  },
  {
    name: 'a host forwards whether it may or not',
    file: 'linux/fib/route-input.ts',
    from: 'if (!forwarding) return { ok: true,',
    to: 'if (false) return { ok: true,',
    rare: true,
  },
  {
    name: 'the mangle table does nothing',
    file: 'trace/hooks.ts',
    from: '  if (!BUILT_IN[table].includes(hook)) return;',
    to: "  if (!BUILT_IN[table].includes(hook) || table === 'mangle') return;",
  },
  {
    name: 'packets of the host itself are not NATed',
    file: 'trace/hooks.ts',
    from: "  if (table === 'nat') {\n",
    to: "  if (table === 'nat') {\n    if (hook === 'OUTPUT') return;\n",
  },
  {
    name: 'a connection is confirmed when it is first seen',
    file: 'trace/conntrack-hooks.ts',
    from: '    track(net, skb);\n',
    to: '    track(net, skb);\n    confirm(net, skb);\n',
  },
  {
    name: 'INVALID counts as NEW',
    file: 'linux/netfilter/match/conntrack-state.ts',
    from: "  return skb.untracked ? 'UNTRACKED' : 'INVALID';",
    to: "  return skb.untracked ? 'UNTRACKED' : 'NEW';",
    rare: true,
  },
  {
    name: 'FORWARD comes before routing',
    file: 'trace/ip-forward.ts',
    from: '{ in: skb.dev, out: dst.dev }',
    to: "{ in: skb.dev, out: '' }",
  },
];
