/** Why a packet's way ended: stable codes, each with a sentence and a remedy in `output/reason`. */
export type DropCode =
  | 'LINK_DOWN'
  | 'NO_CARRIER'
  | 'GROUP_DESTINATION'
  | 'NEIGH_FAILED'
  | 'WRONG_MAC'
  | 'ARP_NOT_MINE'
  | 'FDB_MISS'
  | 'HAIRPIN_OFF'
  | 'PORT_ISOLATED'
  | 'PORT_NOT_FORWARDING'
  | 'PORT_NOT_IN_BRIDGE'
  | 'NO_ROUTE'
  | 'ROUTE_BLACKHOLE'
  | 'ROUTE_UNREACHABLE'
  | 'ROUTE_PROHIBIT'
  | 'FORWARDING_OFF'
  | 'RP_FILTER'
  | 'MARTIAN'
  | 'L2_BROADCAST'
  | 'LOCALNET'
  | 'TTL'
  | 'LOOP'
  | 'MTU_DF'
  | 'MTU_ASYMMETRIC'
  | 'FRAG_TIMEOUT'
  | 'VXLAN_NO_VNI'
  | 'VXLAN_OWN_MAC'
  | 'VXLAN_SNOOP_CONFLICT'
  | 'TUNNEL_PORT_CLOSED'
  | 'TUNNEL_LOOP'
  | 'TUNNEL_NO_ROUTE'
  | 'TUNNEL_ECN'
  | 'NO_TUNNEL'
  | 'RELAY_NO_ROUTE'
  | 'RELAY_TTL'
  | 'TUN_NO_READER'
  | 'NF_DROP'
  | 'NF_REJECT'
  | 'NF_POLICY_DROP'
  | 'NAT_NO_TUPLE'
  | 'NAT_OIF_CHANGED'
  | 'NAT_REDIRECT'
  | 'CT_CLASH'
  | 'CT_INVALID'
  | 'REPLY_NOT_TRANSLATED'
  | 'IPVS_NO_SERVER'
  | 'IPVS_SERVER_GONE'
  | 'IPVS_OLD_CONNECTION'
  | 'IPVS_NO_CONNECTION'
  | 'NO_ENDPOINTS'
  | 'NO_LOCAL_ENDPOINT'
  | 'LB_SOURCE_RANGES'
  | 'NO_SOCKET'
  | 'NO_PROTOCOL'
  | 'ICMP_IGNORED'
  | 'ERROR_IGNORED'
  | 'LEFT_SCOPE'
  | 'UNSUPPORTED';

/**
 * The kernel's own drop reason for each code (include/net/dropreason-core.h), where it has one. Those are coarser: three
 * route types share NOT_SPECIFIED, and REJECT is a drop like any other.
 */
export const DROP_CODES: Readonly<Record<DropCode, { readonly kernel: string | undefined }>> = {
  LINK_DOWN: { kernel: undefined },
  NO_CARRIER: { kernel: undefined },
  GROUP_DESTINATION: { kernel: undefined },
  NEIGH_FAILED: { kernel: 'NEIGH_FAILED' },
  WRONG_MAC: { kernel: 'OTHERHOST' },
  ARP_NOT_MINE: { kernel: undefined },
  FDB_MISS: { kernel: 'NO_TX_TARGET' },
  HAIRPIN_OFF: { kernel: undefined },
  PORT_ISOLATED: { kernel: undefined },
  PORT_NOT_FORWARDING: { kernel: 'BRIDGE_INGRESS_STP_STATE' },
  PORT_NOT_IN_BRIDGE: { kernel: undefined },
  NO_ROUTE: { kernel: 'IP_INNOROUTES' },
  ROUTE_BLACKHOLE: { kernel: 'NOT_SPECIFIED' },
  ROUTE_UNREACHABLE: { kernel: 'NOT_SPECIFIED' },
  ROUTE_PROHIBIT: { kernel: 'NOT_SPECIFIED' },
  FORWARDING_OFF: { kernel: 'IP_INADDRERRORS' },
  RP_FILTER: { kernel: 'IP_RPFILTER' },
  MARTIAN: { kernel: 'IP_INVALID_SOURCE' },
  L2_BROADCAST: { kernel: 'UNICAST_IN_L2_MULTICAST' },
  LOCALNET: { kernel: 'IP_LOCALNET' },
  TTL: { kernel: 'IP_INHDR' },
  LOOP: { kernel: undefined },
  MTU_DF: { kernel: 'PKT_TOO_BIG' },
  MTU_ASYMMETRIC: { kernel: 'PKT_TOO_BIG' },
  FRAG_TIMEOUT: { kernel: 'FRAG_REASM_TIMEOUT' },
  VXLAN_NO_VNI: { kernel: 'VXLAN_VNI_NOT_FOUND' },
  VXLAN_OWN_MAC: { kernel: 'LOCAL_MAC' },
  VXLAN_SNOOP_CONFLICT: { kernel: 'VXLAN_ENTRY_EXISTS' },
  TUNNEL_PORT_CLOSED: { kernel: 'NO_SOCKET' },
  TUNNEL_LOOP: { kernel: undefined },
  TUNNEL_NO_ROUTE: { kernel: undefined },
  TUNNEL_ECN: { kernel: undefined },
  NO_TUNNEL: { kernel: undefined },
  RELAY_NO_ROUTE: { kernel: undefined },
  RELAY_TTL: { kernel: undefined },
  TUN_NO_READER: { kernel: 'TAP_TXFILTER' },
  NF_DROP: { kernel: 'NETFILTER_DROP' },
  NF_REJECT: { kernel: 'NETFILTER_DROP' },
  NF_POLICY_DROP: { kernel: 'NETFILTER_DROP' },
  NAT_NO_TUPLE: { kernel: 'NETFILTER_DROP' },
  NAT_OIF_CHANGED: { kernel: 'NETFILTER_DROP' },
  NAT_REDIRECT: { kernel: 'NETFILTER_DROP' },
  CT_CLASH: { kernel: 'NETFILTER_DROP' },
  CT_INVALID: { kernel: 'NETFILTER_DROP' },
  REPLY_NOT_TRANSLATED: { kernel: 'NO_SOCKET' },
  IPVS_NO_SERVER: { kernel: 'NETFILTER_DROP' },
  IPVS_SERVER_GONE: { kernel: 'NETFILTER_DROP' },
  IPVS_OLD_CONNECTION: { kernel: 'NETFILTER_DROP' },
  IPVS_NO_CONNECTION: { kernel: 'NETFILTER_DROP' },
  NO_ENDPOINTS: { kernel: 'NETFILTER_DROP' },
  NO_LOCAL_ENDPOINT: { kernel: 'NETFILTER_DROP' },
  LB_SOURCE_RANGES: { kernel: 'NETFILTER_DROP' },
  NO_SOCKET: { kernel: 'NO_SOCKET' },
  NO_PROTOCOL: { kernel: 'IP_NOPROTO' },
  ICMP_IGNORED: { kernel: undefined },
  ERROR_IGNORED: { kernel: undefined },
  LEFT_SCOPE: { kernel: undefined },
  UNSUPPORTED: { kernel: undefined },
};
