import { formatIpv4, formatMac, MAC_ZERO } from '../../address/index.js';
import { formatTos } from '../fib/write-routes.js';
import type { Netns } from '../netns.js';
import { pathCost, portsOf } from './details.js';
import type { BridgePort, IpipKind, Link, LinkKind, LinkOf } from './link.js';

/** The lines of `ip -d link` that tell of a device's kind and of its being a bridge port. Each ends with a blank. */
export function formatKind(ns: Netns, link: Link): string[] {
  const lines = kindWords(ns, link);
  const bridge = ns.links.get(link.master ?? '');
  return link.port === undefined || bridge === undefined ? lines : [...lines, portWords(ns, link, link.port, bridge)];
}

function kindWords(ns: Netns, link: Link): string[] {
  switch (link.kind) {
    case 'loopback':
    case 'physical':
      return [];
    case 'veth':
      return ['veth '];
    case 'tun':
      // Without a reader it is there because it is persistent.
      return [`tun type tun pi off vnet_hdr off persist ${link.carrier ? 'off' : 'on'} `];
    case 'bridge':
      return [`${bridgeWords(ns, link)} `];
    case 'vxlan':
      return [`${vxlanDetails(link)} ageing 300 udpcsum noudp6zerocsumtx noudp6zerocsumrx `];
    case 'ipip':
      return [`ipip ${link.protocol} ${ipipEnds(link, 'any')} ${ipipWords(link)} `];
    case 'unmodelled':
      return [`${link.type} `];
  }
}

function bridgeWords(ns: Netns, bridge: LinkOf<'bridge'>): string {
  const { stp, vlanFiltering, nfCallIptables } = bridge;
  const bit = (set: boolean): number => (set ? 1 : 0);
  const id = bridgeId(ns, bridge);
  return [
    'bridge forward_delay 1500 hello_time 200 max_age 2000 ageing_time 30000',
    `stp_state ${bit(stp)} priority 32768 vlan_filtering ${bit(vlanFiltering)}`,
    `bridge_id ${id} designated_root ${id}`,
    'root_port 0 root_path_cost 0 topology_change 0 topology_change_detected 0',
    timers('hello_timer', 'tcn_timer', 'topology_change_timer', 'gc_timer'),
    'group_fwd_mask 0 group_address 01:80:c2:00:00:00 mcast_snooping 1 no_linklocal_learn 0 mcast_vlan_snooping 0',
    'mcast_router 1 mcast_query_use_ifaddr 0 mcast_querier 0 mcast_hash_elasticity 16 mcast_hash_max 4096',
    'mcast_last_member_count 2 mcast_startup_query_count 2 mcast_last_member_interval 100',
    'mcast_membership_interval 26000 mcast_querier_interval 25500 mcast_query_interval 12500',
    'mcast_query_response_interval 1000 mcast_startup_query_interval 3124',
    'mcast_stats_enabled 0 mcast_igmp_version 2 mcast_mld_version 1',
    `nf_call_iptables ${bit(nfCallIptables)} nf_call_ip6tables 0 nf_call_arptables 0`,
  ].join(' ');
}

/**
 * The bridge's identifier, which is that of the root as well where no other bridge is heard: its address, once it has
 * been set by hand or by a port (br_stp_change_bridge_id(), linux net/bridge/br_stp_if.c).
 */
export function bridgeId(ns: Netns, bridge: LinkOf<'bridge'>): string {
  const unset = !bridge.addressSet && portsOf(ns, bridge).length === 0;
  const bytes = formatMac(unset ? MAC_ZERO : bridge.address).split(':');
  // ether_ntoa(3): without leading zeros.
  return `8000.${bytes.map((byte) => byte.replace(/^0/, '')).join(':')}`;
}

function timers(...names: readonly string[]): string {
  return names.map((name) => `${name}    0.00`).join(' ');
}

/** The words of a VXLAN device as `ip -d link` prints them. */
function vxlanDetails(link: VxlanKind): string {
  return vxlanWords(link).replace(' dstport', ' srcport 0 0 dstport');
}

type VxlanKind = Extract<LinkKind, { readonly kind: 'vxlan' }>;

/** The words of a VXLAN device behind `type`, as `ip link add` takes them. */
export function vxlanWords(link: VxlanKind): string {
  const words = ['vxlan', 'id', String(link.vni)];
  if (link.remote !== undefined) words.push('remote', formatIpv4(link.remote));
  if (link.local !== undefined) words.push('local', formatIpv4(link.local));
  if (link.lower !== undefined) words.push('dev', link.lower);
  words.push('dstport', String(link.dstport));
  if (!link.learning) words.push('nolearning');
  if (link.tos === 'inherit') words.push('tos', 'inherit');
  else if (link.tos !== 0) words.push('tos', formatTos(link.tos));
  words.push('ttl', link.ttl === 0 ? 'auto' : String(link.ttl));
  if (link.df !== 'unset') words.push('df', link.df);
  return words.join(' ');
}

/** `remote 10.0.0.2 local 10.0.0.1 dev eth0`. `any`: how an end is spelled that is anybody; undefined leaves it out. */
export function ipipEnds({ remote, local, lower }: Omit<IpipKind, 'fallback'>, any: 'any' | undefined): string {
  const words: string[] = [];
  for (const [name, end] of Object.entries({ remote, local })) {
    const text = end === undefined ? any : formatIpv4(end);
    if (text !== undefined) words.push(name, text);
  }
  if (lower !== undefined) words.push('dev', lower);
  return words.join(' ');
}

/** The words of an ipip device behind its ends, as `ip link add` and `ip tunnel add` take them. */
export function ipipWords({ ttl, tos, pmtudisc }: Omit<IpipKind, 'fallback'>): string {
  const words = ['ttl', String(ttl)];
  if (tos !== 0) words.push('tos', tos === 'inherit' ? tos : formatTos(tos));
  words.push(pmtudisc ? 'pmtudisc' : 'nopmtudisc');
  return words.join(' ');
}

function portWords(ns: Netns, link: Link, port: BridgePort, bridge: Link): string {
  if (bridge.kind !== 'bridge') throw new Error(`${bridge.name} has a port and is no bridge`);
  const on = (set: boolean): string => (set ? 'on' : 'off');
  const no = port.no.toString(16);
  const id = bridgeId(ns, bridge);
  return [
    `bridge_slave state ${port.state} priority 32 cost ${pathCost(ns, link)} hairpin ${on(port.hairpin)}`,
    `guard off root_block off fastleave off learning ${on(port.learning)} flood ${on(port.flood)}`,
    // The priority and the number (br_make_port_id()).
    `port_id 0x${(0x8000 | port.no).toString(16)} port_no 0x${no} designated_port ${0x8000 | port.no} designated_cost 0`,
    `designated_bridge ${id} designated_root ${id}`,
    timers('hold_timer', 'message_age_timer', 'forward_delay_timer'),
    'topology_change_ack 0 config_pending 0 proxy_arp off proxy_arp_wifi off mcast_router 1 mcast_fast_leave off',
    `mcast_flood ${on(port.mcastFlood)} bcast_flood ${on(port.bcastFlood)} mcast_to_unicast off neigh_suppress off`,
    `group_fwd_mask 0 group_fwd_mask_str 0x0 vlan_tunnel off isolated ${on(port.isolated)} locked off `,
  ].join(' ');
}
