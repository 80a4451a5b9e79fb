import fc from 'fast-check';
import type { Case, FrameCase, Listener, PacketSpec, Plan, SocketCase } from './plan.js';

/**
 * Level 2: two hosts and a router, a 10.0.0.1 – 10.0.0.2 r 10.0.1.2 – 10.0.1.1 b, with anything that may be configured
 * on a router.
 *
 * Left out: several next hops, `statistic` and `--random` (their picks are the kernel's own), redirects (their rate is
 * counted in ticks), fragments that stay incomplete (they wait for 30 s), segments that carry data (acknowledged by the
 * clock), raw sockets with headers of their own (no probe of ours does that).
 */
const FIXED = [
  'ip netns add a',
  'ip netns add r',
  'ip netns add b',
  'ip link add eth0 address 02:00:00:00:00:01 netns a type veth peer name eth0 address 02:00:00:00:00:02 netns r',
  'ip link add eth1 address 02:00:00:00:01:02 netns r type veth peer name eth0 address 02:00:00:00:01:01 netns b',
  ...['a lo', 'r lo', 'b lo', 'a eth0', 'r eth0', 'r eth1', 'b eth0'].map((words) => {
    const [ns, dev] = words.split(' ');
    return `ip -n ${ns} link set ${dev} up`;
  }),
  'ip -n a addr add 10.0.0.1/24 dev eth0',
  'ip -n a addr add 10.0.0.3/24 dev eth0',
  'ip -n r addr add 10.0.0.2/24 dev eth0',
  'ip -n r addr add 10.0.1.2/24 dev eth1',
  'ip -n b addr add 10.0.1.1/24 dev eth0',
  'ip -n b addr add 10.2.0.1/32 dev lo',
  'ip -n a route add default via 10.0.0.2',
  'ip -n b route add default via 10.0.1.2',
  'ip netns exec r sysctl -qw net.ipv4.ip_forward=1',
  'ip netns exec r sysctl -qw net.ipv4.conf.all.send_redirects=0',
  'ip netns exec r sysctl -qw net.ipv4.conf.eth0.send_redirects=0',
  'ip netns exec r sysctl -qw net.ipv4.conf.eth1.send_redirects=0',
];

const LISTENERS: readonly Listener[] = ['a', 'r', 'b'].flatMap((netns): Listener[] => [
  { netns, protocol: 'udp', port: 53, behaviour: 'echo' },
  { netns, protocol: 'udp', port: 5000, behaviour: 'sink' },
  { netns, protocol: 'tcp', port: 80, behaviour: 'sink' },
]);

/** One of several, each as often as the others. */
export const oneOf = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
/** One of several, the first more often than all others. */
export const mostly = <T>(first: T, ...others: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof(
    { weight: others.length * 2 + 2, arbitrary: fc.constant(first) },
    { weight: others.length, arbitrary: oneOf(...others) },
  );

const ADDRESS = oneOf('10.0.0.1', '10.0.0.3', '10.0.0.2', '10.0.1.2', '10.0.1.1', '10.2.0.1', '10.9.0.9', '10.0.1.77');
const PREFIX = oneOf(
  '10.0.0.0/24',
  '10.0.1.0/24',
  '10.0.1.1',
  '10.2.0.1',
  '10.2.0.0/16',
  '10.9.0.0/16',
  '0.0.0.0/1',
  '10.0.0.3',
);
const PORT = oneOf(53, 53, 5000, 80, 80, 9);

/** Words with arbitraries between them. */
export function words(
  parts: TemplateStringsArray,
  ...values: readonly fc.Arbitrary<string | number>[]
): fc.Arbitrary<string> {
  return fc.tuple(...values).map((drawn) =>
    parts
      .map((part, i) => part + String(drawn[i] ?? ''))
      .join('')
      .replace(/\s+/g, ' ')
      .trim(),
  );
}

const TABLE = mostly('', 'table 100', 'table 100');
const METRIC = mostly('', 'metric 5');
const ROUTE = fc.oneof(
  words`ip -n r route add ${PREFIX} via ${oneOf('10.0.1.1', '10.0.0.1', '10.0.1.77')} ${TABLE} ${METRIC} ${mostly('', 'mtu 1000', 'mtu lock 900')}`,
  words`ip -n r route add ${PREFIX} dev ${oneOf('eth0', 'eth1')} ${TABLE} ${METRIC} ${mostly('', 'src 10.0.0.2')}`,
  words`ip -n r route add ${oneOf('blackhole', 'unreachable', 'prohibit', 'throw')} ${PREFIX} ${TABLE} ${METRIC}`,
  words`ip -n r route add local ${PREFIX} dev lo ${TABLE}`,
  words`ip -n ${oneOf('a', 'b')} route add ${oneOf('', 'unreachable', 'blackhole', 'prohibit')} ${oneOf('10.9.0.9', '10.0.0.3')}`,
  words`ip -n b route add ${PREFIX} via 10.0.1.2 ${oneOf('', 'src 10.2.0.1')} mtu ${oneOf(900, 1200)}`,
);
const RULE = words`ip -n r rule add pref ${oneOf(100, 101, 102, 40000)} ${mostly('', 'not')} ${oneOf('from 10.0.0.1', 'from 10.0.0.0/24', 'to 10.2.0.0/16', 'to 10.0.1.1', 'fwmark 1', 'fwmark 2/2', 'iif eth0', 'iif eth1', 'oif eth1', 'ipproto udp', 'dport 53', 'from all')} ${oneOf('lookup 100', 'lookup 100', 'lookup main', 'unreachable', 'prohibit', 'blackhole')}`;
/** A setting of the router, or of a host. */
export const SYSCTL: fc.Arbitrary<string> = fc.oneof(
  words`ip netns exec r sysctl -qw net.ipv4.conf.${oneOf('all', 'eth0', 'eth1')}.${oneOf('rp_filter')}=${oneOf(0, 1, 2)}`,
  words`ip netns exec r sysctl -qw net.ipv4.conf.${oneOf('all', 'eth0', 'eth1')}.${oneOf('forwarding', 'accept_local', 'route_localnet', 'src_valid_mark', 'proxy_arp', 'arp_ignore', 'arp_filter', 'arp_announce', 'drop_gratuitous_arp', 'accept_source_route')}=${oneOf(0, 1)}`,
  words`ip netns exec ${oneOf('a', 'r', 'b')} sysctl -qw net.ipv4.${oneOf('icmp_errors_use_inbound_ifaddr=1', 'icmp_errors_use_inbound_ifaddr=0', 'ip_default_ttl=2', 'ip_forward=0', 'ip_forward=1', 'icmp_echo_ignore_all=1', 'ip_no_pmtu_disc=1', 'fwmark_reflect=1', 'ip_forward_use_pmtu=1', 'tcp_fwmark_accept=1')}`,
  words`ip netns exec r sysctl -qw net.netfilter.${oneOf('nf_conntrack_tcp_loose=0', 'nf_conntrack_tcp_be_liberal=1')}`,
);
const DEVICE = fc.oneof(
  words`ip -n ${oneOf('r', 'b')} link set ${oneOf('eth1', 'eth0')} mtu ${oneOf(1000, 1400)}`,
  words`ip -n r neigh add 10.0.1.${oneOf(1, 77)} lladdr 02:00:00:00:${oneOf('01:01', '01:99')} dev eth1 nud permanent`,
  words`ip -n r neigh add proxy 10.9.0.9 dev ${oneOf('eth0', 'eth1')}`,
  words`ip -n r addr add ${oneOf('10.9.0.9/32', '10.0.1.77/24', '10.2.0.1/32')} dev ${oneOf('lo', 'eth1', 'eth0')}`,
);

const NEGATION = mostly('', '!');
const STATES = oneOf(
  'NEW',
  'ESTABLISHED',
  'RELATED,ESTABLISHED',
  'INVALID',
  'RELATED',
  'NEW,INVALID',
  'UNTRACKED',
  'DNAT',
  'SNAT',
);
const MATCH = fc.oneof(
  words`${NEGATION} -s ${PREFIX}`,
  words`${NEGATION} -d ${PREFIX}`,
  words`${NEGATION} -p ${oneOf('udp', 'tcp', 'icmp')}`,
  words`-p ${oneOf('udp', 'tcp')} ${NEGATION} --${oneOf('dport', 'sport')} ${oneOf('53', '80', '20001', '1:100')}`,
  words`-p icmp --icmp-type ${oneOf('echo-request', 'echo-reply', 'destination-unreachable', 'time-exceeded')}`,
  words`-p tcp ${oneOf('--syn', '--tcp-flags RST RST', '--tcp-flags SYN,ACK SYN,ACK')}`,
  words`-m conntrack ${NEGATION} --ctstate ${STATES}`,
  words`-m conntrack --ctdir ${oneOf('ORIGINAL', 'REPLY')}`,
  words`-m conntrack --ctstatus ${oneOf('ASSURED', 'SEEN_REPLY', 'CONFIRMED', 'NONE')}`,
  words`-m conntrack --ctorigdst ${oneOf('10.0.1.1', '10.2.0.1')}`,
  words`-m mark ${NEGATION} --mark ${oneOf('1', '2/2', '0')}`,
  words`-m connmark --mark ${oneOf('1', '2/2')}`,
  words`-m addrtype ${NEGATION} --${oneOf('dst', 'src')}-type ${oneOf('LOCAL', 'UNICAST', 'BROADCAST')}`,
  words`-p ${oneOf('udp', 'tcp')} -m multiport --dports 53,80:90`,
  words`-m ttl --ttl-${oneOf('eq 64', 'lt 3', 'gt 63')}`,
  words`-m length --length ${oneOf('0:100', '1000:2000')}`,
  words`${oneOf('-f', '! -f')}`,
);
/** At most one `-p`, since iptables takes one. */
const MATCHES = fc.array(MATCH, { maxLength: 2 }).map((all) => {
  const protocols = all.filter((match) => match.includes('-p '));
  const fragments = all.filter((match) => match.endsWith('-f'));
  return all
    .filter(
      (match) =>
        (!match.includes('-p ') || match === protocols[0]) && (!match.endsWith('-f') || match === fragments[0]),
    )
    .filter((match, i, kept) => kept.indexOf(match) === i)
    .join(' ');
});
const FILTER_TARGET = fc.oneof(
  oneOf('-j ACCEPT', '-j DROP', '-j RETURN', '-j C1', '-g C1', ''),
  words`-j REJECT ${mostly('', ...['net-unreachable', 'host-unreachable', 'port-unreachable', 'admin-prohibited', 'host-prohibited', 'net-prohibited', 'proto-unreachable'].map((type) => `--reject-with icmp-${type}`))}`,
  oneOf('-p tcp -j REJECT --reject-with tcp-reset'),
);
const MANGLE_TARGET = oneOf(
  '-j MARK --set-mark 1',
  '-j MARK --set-xmark 2/2',
  '-j CONNMARK --set-mark 1',
  '-j CONNMARK --save-mark',
  '-j CONNMARK --restore-mark',
  '-j ACCEPT',
  '-j DROP',
  '-j RETURN',
  '-j C2',
  '-g C2',
);
const DNAT_TARGET = fc.oneof(
  words`-j DNAT --to-destination ${oneOf('10.0.1.1', '10.2.0.1', '10.0.0.1', '10.0.1.2', '127.0.0.1')}`,
  words`-p ${oneOf('udp', 'tcp')} -j DNAT --to-destination ${oneOf('10.0.1.1', '10.2.0.1', '10.0.0.1', '10.0.0.2')}:${oneOf(53, 80)}`,
  words`-p ${oneOf('udp', 'tcp')} -j REDIRECT --to-ports ${oneOf(53, 80)}`,
  oneOf('-j ACCEPT', '-j RETURN'),
);
const SNAT_TARGET = fc.oneof(
  oneOf('-j MASQUERADE', '-j MASQUERADE', '-j ACCEPT', '-j RETURN'),
  words`-j SNAT --to-source ${oneOf('10.0.1.2', '10.9.0.9', '10.0.0.2')}`,
);
const NS = mostly('r', 'a', 'b');
/** A rule of iptables, mostly of the router. */
export const IPTABLES: fc.Arbitrary<string> = fc
  .oneof(
    {
      weight: 4,
      arbitrary: words`ip netns exec ${NS} iptables -t filter -A ${oneOf('FORWARD', 'FORWARD', 'INPUT', 'OUTPUT', 'C1')} ${MATCHES} ${FILTER_TARGET}`,
    },
    {
      weight: 2,
      arbitrary: words`ip netns exec ${NS} iptables -t filter -A FORWARD -${oneOf('i', 'o')} eth${oneOf(0, 1)} ${MATCHES} ${FILTER_TARGET}`,
    },
    {
      weight: 3,
      arbitrary: words`ip netns exec ${NS} iptables -t mangle -A ${oneOf('PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING', 'C2')} ${MATCHES} ${MANGLE_TARGET}`,
    },
    {
      weight: 4,
      arbitrary: words`ip netns exec ${NS} iptables -t nat -A ${oneOf('PREROUTING', 'PREROUTING', 'OUTPUT')} ${MATCHES} ${DNAT_TARGET}`,
    },
    {
      weight: 3,
      arbitrary: words`ip netns exec ${NS} iptables -t nat -A ${oneOf('POSTROUTING', 'POSTROUTING', 'INPUT')} ${MATCHES} ${SNAT_TARGET}`,
    },
    { weight: 1, arbitrary: words`ip netns exec r iptables -t filter -P ${oneOf('FORWARD', 'INPUT', 'OUTPUT')} DROP` },
    {
      weight: 1,
      arbitrary: words`ip netns exec ${NS} iptables -t raw -A ${oneOf('PREROUTING', 'OUTPUT')} ${MATCHES} -j ${oneOf('CT --notrack', 'ACCEPT', 'DROP')}`,
    },
  )

  .map((line) => line.replace(/(-p \w+)(.*) -p \w+/, '$1$2'))
  .filter((line) => !/ -s .* -s | -d .* -d /.test(line));
/** Chains to jump to; a rule that names one where it is not is refused by both. */
const CHAINS = ['a', 'r', 'b'].flatMap((ns) => [
  `ip netns exec ${ns} iptables -t filter -N C1`,
  `ip netns exec ${ns} iptables -t mangle -N C2`,
]);

/** Runs of a flow: the same few ports come again, so that connections are met anew. */
const SOCKET: fc.Arbitrary<SocketCase> = fc
  .record({
    send: oneOf('udp' as const, 'udp' as const, 'tcp' as const, 'ping' as const),
    from: oneOf('a', 'a', 'b', 'r'),
    to: ADDRESS,
    port: PORT,
    sport: oneOf(20001, 20002, 20003),
    ttl: mostly(undefined, 1, 2, 64),
    df: mostly(undefined, true, false),
    tos: mostly(undefined, 0x10),
    mark: mostly(undefined, 1),
    payload: mostly(20, 0, 1200, 1472, 1600, 3000),
    source: mostly(undefined, 'own'),
    oif: mostly(undefined, 'eth0'),
    connected: fc.boolean(),
    recverr: fc.boolean(),
  })
  .map(({ ttl, df, tos, mark, source, oif, ...rest }) => ({
    ...rest,
    port: rest.send === 'ping' ? 0 : rest.port,
    payload: rest.send === 'tcp' ? 0 : rest.payload,
    ...(ttl !== undefined && { ttl }),
    ...(df !== undefined && { df }),
    ...(tos !== undefined && { tos }),
    ...(mark !== undefined && { mark }),
    ...(oif !== undefined && { oif }),
    ...(source !== undefined && { source: OTHER_SOURCE[rest.from] ?? '10.0.0.2' }),
  }));
const OTHER_SOURCE: Readonly<Record<string, string>> = { a: '10.0.0.3', b: '10.2.0.1', r: '10.0.0.2' };

/** Segments of connections that no socket takes part in, numbered so that a window would take them. */
const SEGMENTS = oneOf(
  { flags: 'S', seq: 1000, ack: 0 },
  { flags: 'SA', seq: 5000, ack: 1001 },
  { flags: 'A', seq: 1001, ack: 5001 },
  { flags: 'R', seq: 1001, ack: 0 },
  { flags: 'RA', seq: 5001, ack: 1001 },
  { flags: 'FA', seq: 1001, ack: 5001 },
);
const STRAY_PORTS = oneOf(
  { sport: 30001, dport: 80 },
  { sport: 80, dport: 30001 },
  { sport: 30002, dport: 53 },
  { sport: 53, dport: 30002 },
  { sport: 20001, dport: 53 },
  { sport: 53, dport: 20001 },
);
const SPOOFED = fc.oneof(
  { weight: 6, arbitrary: ADDRESS },
  { weight: 1, arbitrary: oneOf('127.0.0.1', '224.0.0.1', '0.0.0.0', '10.0.0.255', '240.0.0.1') },
);
const STRAY_TARGET = fc.oneof(
  { weight: 12, arbitrary: ADDRESS },
  { weight: 1, arbitrary: oneOf('127.0.0.1', '10.0.0.255', '255.255.255.255') },
);
const HEADER: fc.Arbitrary<PacketSpec> = fc
  .record({
    src: SPOOFED,
    dst: STRAY_TARGET,
    ttl: mostly(64, 0, 1, 2),
    // AF_PACKET takes nothing longer than its device, of which the shortest has 1000 bytes.
    payload: mostly(20, 500, 800),
    df: mostly(false, true),
    ports: STRAY_PORTS,
    kind: oneOf('udp' as const, 'tcp' as const, 'icmp' as const),
    segment: SEGMENTS,
  })
  .map(({ ports, kind, segment, payload, ...ip }) => {
    if (kind === 'udp') return { ...ip, payload, l4: { l4: 'udp', ...ports } };
    if (kind === 'icmp') return { ...ip, payload, l4: { l4: 'icmp', type: 8, code: 0, id: ports.sport } };
    return {
      ...ip,
      payload: 0,
      l4: {
        l4: 'tcp',
        sport: ports.sport === 20001 ? 30001 : ports.sport,
        dport: ports.dport === 20001 ? 30001 : ports.dport,
        ...segment,
      },
    };
  });
/** ICMP errors and answers, about what may have passed. */
const ERROR: fc.Arbitrary<PacketSpec> = fc
  .record({
    src: ADDRESS,
    ttl: mostly(64, 1),
    about: HEADER,
    kind: oneOf(
      { type: 3, code: 1 },
      { type: 3, code: 3 },
      { type: 11, code: 0 },
      { type: 3, code: 4, mtu: 1300 },
      { type: 3, code: 13 },
      { type: 5, code: 1, gateway: '10.0.0.3' },
      { type: 5, code: 0, gateway: '10.0.1.77' },
      { type: 5, code: 1, gateway: '10.0.1.1' },
    ),
  })
  .filter(({ about }) => !/^(224|0|127|240|255)\./.test(about.src) && about.l4.l4 !== 'icmp')
  .map(({ src, ttl, about, kind }) => ({ src, dst: about.src, ttl, payload: 0, l4: { l4: 'icmp', ...kind, about } }));
const FRAME: fc.Arbitrary<FrameCase> = fc
  .record({
    from: oneOf('a', 'a', 'b'),
    packet: fc.oneof({ weight: 4, arbitrary: HEADER }, { weight: 1, arbitrary: ERROR }),
    ethDst: mostly('router', '02:00:00:00:00:99', 'ff:ff:ff:ff:ff:ff'),
  })
  .map(({ from, packet, ethDst }) => ({
    send: 'frame',
    from,
    dev: 'eth0',
    ethSrc: from === 'a' ? '02:00:00:00:00:01' : '02:00:00:00:01:01',
    ethDst: ethDst !== 'router' ? ethDst : from === 'a' ? '02:00:00:00:00:02' : '02:00:00:00:01:02',
    packet,
  }));
const CASE: fc.Arbitrary<Case> = fc.oneof({ weight: 3, arbitrary: SOCKET }, { weight: 2, arbitrary: FRAME });
/** A case and what is likely to come after it: the same again. */
const CASES = fc
  .array(fc.tuple(CASE, mostly(1, 2, 3)), { minLength: 12, maxLength: 28 })
  .map((all) => all.flatMap(([one, times]) => Array.from({ length: times }, () => one)));

const SOME = { maxLength: 5 };
/** The routing of a router alone: what lookups read. */
export const ROUTING_PLAN: fc.Arbitrary<Plan> = fc
  .record({
    routes: fc.array(ROUTE, { maxLength: 8 }),
    rules: fc.array(RULE, { maxLength: 4 }),
    sysctls: fc.array(SYSCTL, SOME),
    devices: fc.array(DEVICE, SOME),
  })
  .map(({ routes, rules, sysctls, devices }) => ({
    name: 'routing',
    fixed: FIXED,
    random: [...devices, ...routes, ...rules, ...sysctls],
    listeners: [],
    cases: [],
    unwatched: [],
  }));

/** A router and a sequence of packets. */
export const ROUTER_PLAN: fc.Arbitrary<Plan> = fc
  .record({
    routes: fc.array(ROUTE, SOME),
    rules: fc.array(RULE, { maxLength: 2 }),
    sysctls: fc.array(SYSCTL, SOME),
    devices: fc.array(DEVICE, { maxLength: 2 }),
    iptables: fc.array(IPTABLES, { maxLength: 12 }),
    cases: CASES,
  })
  .map(({ routes, rules, sysctls, devices, iptables, cases }) =>
    routerPlan([...devices, ...routes, ...rules, ...sysctls, ...iptables], cases),
  );

/** The router with more commands, and what is sent. */
export function routerPlan(random: readonly string[], cases: readonly Case[]): Plan {
  const fixed = random.some((line) => / C[12]\b/.test(line)) ? [...FIXED, ...CHAINS] : FIXED;
  return { name: 'router', fixed, random, listeners: LISTENERS, cases, unwatched: [] };
}
