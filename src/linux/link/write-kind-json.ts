import { formatIpv4, type Ipv4 } from '../../address/index.js';
import { formatTos } from '../fib/write-routes.js';
import type { Netns } from '../netns.js';
import type { JsonObject } from '../write-json.js';
import { pathCost } from './details.js';
import type { BridgePort, Link, LinkOf } from './link.js';
import { bridgeId } from './write-kind.js';

/** `linkinfo` of `ip -j -d link`; undefined for a device that has none. */
export function linkinfoOf(ns: Netns, link: Link): JsonObject | undefined {
  // The port of a bond, VRF or team: the whole is kept as it was read.
  if (link.kind === 'unmodelled' && link.type.endsWith('_slave')) return link.data;
  const kind = kindOf(ns, link);
  const bridge = ns.links.get(link.master ?? '');
  if (link.port === undefined || bridge?.kind !== 'bridge') return kind;
  return { ...kind, info_slave_kind: 'bridge', info_slave_data: portData(ns, link, link.port, bridge) };
}

function kindOf(ns: Netns, link: Link): JsonObject | undefined {
  switch (link.kind) {
    case 'loopback':
    case 'physical':
      return undefined;
    case 'veth':
      return { info_kind: 'veth' };
    case 'tun': {
      // Without a reader it is there because it is persistent.
      const data = { type: 'tun', pi: false, vnet_hdr: false, multi_queue: false, persist: !link.carrier };
      return { info_kind: 'tun', info_data: data };
    }
    case 'bridge':
      return { info_kind: 'bridge', info_data: bridgeData(ns, link) };
    case 'vxlan':
      return { info_kind: 'vxlan', info_data: vxlanData(link) };
    case 'ipip':
      return { info_kind: 'ipip', info_data: ipipData(link) };
    case 'unmodelled':
      return { info_kind: link.type, ...(Object.keys(link.data).length === 0 ? {} : { info_data: link.data }) };
  }
}

function bridgeData(ns: Netns, bridge: LinkOf<'bridge'>): JsonObject {
  const { stp, vlanFiltering, nfCallIptables } = bridge;
  const id = bridgeId(ns, bridge);
  return {
    forward_delay: 1500,
    hello_time: 200,
    max_age: 2000,
    ageing_time: 30000,
    stp_state: Number(stp),
    priority: 32768,
    vlan_filtering: Number(vlanFiltering),
    bridge_id: id,
    root_id: id,
    root_port: 0,
    root_path_cost: 0,
    topology_change: 0,
    topology_change_detected: 0,
    hello_timer: 0,
    tcn_timer: 0,
    topology_change_timer: 0,
    gc_timer: 0,
    group_fwd_mask: '0',
    group_addr: '01:80:c2:00:00:00',
    mcast_snooping: 1,
    no_linklocal_learn: 0,
    mcast_vlan_snooping: 0,
    mcast_router: 1,
    mcast_query_use_ifaddr: 0,
    mcast_querier: 0,
    mcast_hash_elasticity: 16,
    mcast_hash_max: 4096,
    mcast_last_member_cnt: 2,
    mcast_startup_query_cnt: 2,
    mcast_last_member_intvl: 100,
    mcast_membership_intvl: 26000,
    mcast_querier_intvl: 25500,
    mcast_query_intvl: 12500,
    mcast_query_response_intvl: 1000,
    mcast_startup_query_intvl: 3124,
    mcast_stats_enabled: 0,
    mcast_igmp_version: 2,
    mcast_mld_version: 1,
    nf_call_iptables: Number(nfCallIptables),
    nf_call_ip6tables: 0,
    nf_call_arptables: 0,
  };
}

/** An inherited TTL is left out, and TOS 1 stands for an inherited one (vxlan_print_opt(), iproute2 ip/iplink_vxlan.c). */
function vxlanData(link: LinkOf<'vxlan'>): JsonObject {
  const { vni, remote, local, lower, dstport, learning, tos, ttl, df } = link;
  return {
    id: vni,
    remote: remote === undefined ? undefined : formatIpv4(remote),
    local: local === undefined ? undefined : formatIpv4(local),
    link: lower,
    port_range: { low: 0, high: 0 },
    port: dstport,
    learning,
    tos: tos === 'inherit' ? '0x1' : tos === 0 ? undefined : formatTos(tos),
    ttl: ttl === 'inherit' ? undefined : ttl,
    df,
    ageing: 300,
    udp_csum: true,
    udp_zero_csum6_tx: false,
    udp_zero_csum6_rx: false,
  };
}

/** iptunnel_print_opt(), iproute2 ip/link_iptnl.c. */
function ipipData({ protocol, remote, local, lower, ttl, tos, pmtudisc }: LinkOf<'ipip'>): JsonObject {
  const end = (address: Ipv4 | undefined): string => (address === undefined ? 'any' : formatIpv4(address));
  return {
    proto: protocol,
    remote: end(remote),
    local: end(local),
    link: lower,
    ttl: ttl === 'inherit' ? 0 : ttl,
    tos: tos === 'inherit' ? '0x1' : tos === 0 ? undefined : formatTos(tos),
    pmtudisc,
  };
}

function portData(ns: Netns, link: Link, port: BridgePort, bridge: LinkOf<'bridge'>): JsonObject {
  const id = bridgeId(ns, bridge);
  // The priority and the number (br_make_port_id()).
  const portId = 0x8000 | port.no;
  return {
    state: port.state,
    priority: 32,
    cost: pathCost(ns, link),
    hairpin: port.hairpin,
    guard: false,
    root_block: false,
    fastleave: false,
    learning: port.learning,
    flood: port.flood,
    id: `0x${portId.toString(16)}`,
    no: `0x${port.no.toString(16)}`,
    designated_port: portId,
    designated_cost: 0,
    bridge_id: id,
    root_id: id,
    hold_timer: 0,
    message_age_timer: 0,
    forward_delay_timer: 0,
    topology_change_ack: 0,
    config_pending: 0,
    proxy_arp: false,
    proxy_arp_wifi: false,
    multicast_router: 1,
    mcast_flood: port.mcastFlood,
    bcast_flood: port.bcastFlood,
    mcast_to_unicast: false,
    neigh_suppress: false,
    group_fwd_mask: '0',
    group_fwd_mask_str: '0x0',
    vlan_tunnel: false,
    isolated: port.isolated,
    locked: false,
  };
}
