import type { DropCode } from '../../src/trace/index.js';

/**
 * What the kernel counts where we drop: names as /proc/net/snmp, /proc/net/netstat and /proc/net/dev have them, `dev` for
 * the device. A list by the kernel function that drops, where that makes a difference; nothing where it is silent.
 */
type Counted = readonly string[] | { readonly [fn: string]: readonly string[] };

const SILENT: Counted = [];
const REFUSED: Counted = {
  'ip_queue_xmit tcp': ['Ip.OutNoRoutes'],
  vxlan_xmit_one: ['dev.tx_errors', 'dev.tx_carrier'],
};

/** Linux 6.1 and 6.18 alike; where a code is counted nowhere, the comment says what the kernel does. */
const DROP_COUNTERS: Readonly<Record<DropCode, Counted>> = {
  // __dev_queue_xmit(), ____dev_forward_skb(): the sender's device, and its peer.
  LINK_DOWN: { dev_queue_xmit: ['dev.tx_dropped'], __dev_forward_skb: ['dev.rx_dropped', 'peer.tx_dropped'] },
  // noop_enqueue(): __qdisc_drop(); since when tx_dropped counts it, see counters.ts.
  NO_CARRIER: SILENT,
  // udp_sendmsg(), tcp_v4_connect(): an errno for the program.
  GROUP_DESTINATION: SILENT,
  // neigh_invalidate(): only /proc/net/stat/arp_cache.
  NEIGH_FAILED: SILENT,
  // ip_rcv_core(): dev_core_stats_rx_otherhost_dropped_inc(), which /proc/net/dev does not show.
  WRONG_MAC: SILENT,
  ARP_NOT_MINE: SILENT,
  // vxlan_xmit(): dev_core_stats_tx_dropped_inc(). br_flood() drops without a word.
  FDB_MISS: { vxlan_xmit: ['dev.tx_dropped'] },
  HAIRPIN_OFF: SILENT,
  PORT_ISOLATED: SILENT,
  PORT_NOT_FORWARDING: SILENT,
  PORT_NOT_IN_BRIDGE: SILENT,
  // ip_error(). udp_sendmsg(), ip4_datagram_connect(), tcp_v4_connect() and ip_queue_xmit() count what has no way out;
  // raw_sendmsg(), icmp_route_lookup() and, for a RST, ip_send_unicast_reply() do not. vxlan_xmit_one(): tx_carrier_errors, and with them tx_errors.
  NO_ROUTE: {
    ip_error: ['IpExt.InNoRoutes'],
    'ip_route_output_flow udp': ['Ip.OutNoRoutes'],
    'ip_route_output_flow tcp': ['Ip.OutNoRoutes'],
    'ip_queue_xmit tcp': ['Ip.OutNoRoutes'],
    vxlan_xmit_one: ['dev.tx_errors', 'dev.tx_carrier'],
  },
  // ip_error(): none of these three has a counter; on the way out they are errnos, but for a connection's segments
  // (ip_queue_xmit(), inet_csk_route_req()).
  ROUTE_BLACKHOLE: REFUSED,
  ROUTE_UNREACHABLE: REFUSED,
  ROUTE_PROHIBIT: REFUSED,
  // ip_error(), where the device does not forward.
  FORWARDING_OFF: ['Ip.InAddrErrors'],
  // ip_rcv_finish_core()
  RP_FILTER: ['TcpExt.IPReversePathFilter'],
  // ip_route_input_slow(): only in_martian_src and in_martian_dst of /proc/net/stat/rt_cache.
  MARTIAN: SILENT,
  L2_BROADCAST: SILENT,
  LOCALNET: SILENT,
  // ip_forward(), too_many_hops
  TTL: ['Ip.InHdrErrors'],
  LOOP: ['Ip.InHdrErrors'],
  // ip_forward(), ip_fragment(). Before there is a packet, __ip_append_data() only gives an errno.
  MTU_DF: { ip_forward: ['Ip.FragFails'], ip_fragment: ['Ip.FragFails'] },
  // A frame that the other end of a veth does not take: both ends count.
  MTU_ASYMMETRIC: {
    __dev_forward_skb: ['dev.rx_dropped', 'peer.tx_dropped'],
    br_nf_ip_fragment: ['Ip.FragFails'],
  },
  // ip_expire()
  FRAG_TIMEOUT: ['Ip.ReasmFails', 'Ip.ReasmTimeout'],
  // vxlan_rcv(): rx_dropped of nobody, as there is no device.
  VXLAN_NO_VNI: SILENT,
  VXLAN_OWN_MAC: SILENT,
  VXLAN_SNOOP_CONFLICT: SILENT,
  TUNNEL_PORT_CLOSED: ['Udp.NoPorts'],
  // vxlan_xmit_one(): collisions, and with them tx_errors.
  TUNNEL_LOOP: ['dev.tx_errors', 'dev.tx_collisions'],
  // ip_tunnel_xmit(): a device without a far end, given a packet without a route.
  TUNNEL_NO_ROUTE: ['dev.tx_errors', 'dev.tx_fifo_errors'],
  // ip_tunnel_rcv()
  TUNNEL_ECN: ['dev.rx_errors', 'dev.rx_frame_errors'],
  // tunnel4_rcv() sends an error and counts nothing.
  NO_TUNNEL: SILENT,
  // What a program does with a packet no kernel counts.
  RELAY_NO_ROUTE: SILENT,
  RELAY_TTL: SILENT,
  // tun_net_xmit()
  TUN_NO_READER: ['dev.tx_dropped'],
  // nf_hook_slow() counts nothing; a sender of this host's own counts the errno (see `Ip.OutDiscards` below).
  NF_DROP: SILENT,
  NF_REJECT: SILENT,
  NF_POLICY_DROP: SILENT,
  NAT_NO_TUPLE: SILENT,
  NAT_OIF_CHANGED: SILENT,
  NAT_REDIRECT: SILENT,
  CT_CLASH: SILENT,
  CT_INVALID: SILENT,
  IPVS_NO_SERVER: SILENT,
  IPVS_SERVER_GONE: SILENT,
  IPVS_OLD_CONNECTION: SILENT,
  IPVS_NO_CONNECTION: SILENT,
  NO_ENDPOINTS: SILENT,
  NO_LOCAL_ENDPOINT: SILENT,
  LB_SOURCE_RANGES: SILENT,
  // __udp4_lib_rcv(). A TCP segment without a socket is answered, and counted as nothing but a segment.
  NO_SOCKET: { '__udp4_lib_rcv udp': ['Udp.NoPorts'], '__udp4_lib_rcv udp to a group': ['Udp.IgnoredMulti'] },
  REPLY_NOT_TRANSLATED: SILENT,
  // ip_protocol_deliver_rcu()
  NO_PROTOCOL: ['Ip.InUnknownProtos'],
  // icmp_rcv() counts what is sent to a group; icmp_echo() and ping_rcv() count nothing.
  ICMP_IGNORED: { icmp_rcv: ['Icmp.InErrors'] },
  // udp_err() and tcp_v4_err() count an error about nobody's packet.
  ERROR_IGNORED: { 'icmp_unreach udp': ['Icmp.InErrors'], 'icmp_unreach tcp': ['Icmp.InErrors'] },
  LEFT_SCOPE: SILENT,
  UNSUPPORTED: SILENT,
};

/** The counters of one drop. `protocol` is that of the packet, or of the one that an ICMP error quotes. */
export function countersOfDrop(code: DropCode, fn: string, protocol: string): readonly string[] {
  const counted = DROP_COUNTERS[code];
  if (Array.isArray(counted)) return counted;
  const by = new Map(Object.entries(counted));
  return by.get(`${fn} ${protocol}`) ?? by.get(fn) ?? [];
}
