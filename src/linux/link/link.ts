import type { Ipv4, Mac } from '../../address/index.js';
import type { Origin } from '../origin.js';
import type { JsonObject } from '../write-json.js';

/** Where the other end of a veth pair or cable is. */
export interface Peer {
  readonly netns: string;
  readonly dev: string;
}

/** What a link of a bridge carries besides (`bridge -d link show`). */
export interface BridgePort {
  /** Port number, 1 … 1023: handed out lowest first when the link is enslaved (find_portno(), linux br_if.c). */
  readonly no: number;
  readonly state: 'disabled' | 'listening' | 'learning' | 'forwarding' | 'blocking';
  /** May a frame leave by the port that it came in on (BR_HAIRPIN_MODE)? */
  readonly hairpin: boolean;
  /** Isolated ports do not forward to each other (BR_ISOLATED). */
  readonly isolated: boolean;
  readonly learning: boolean;
  /** Flood unknown unicast, multicast, broadcast out of this port. */
  readonly flood: boolean;
  readonly mcastFlood: boolean;
  readonly bcastFlood: boolean;
}

/** What `ip link set … master br0` gives a new port (BR_LEARNING | BR_FLOOD | BR_MCAST_FLOOD | BR_BCAST_FLOOD). */
export const NEW_BRIDGE_PORT: Omit<BridgePort, 'no'> = {
  state: 'forwarding',
  hairpin: false,
  isolated: false,
  learning: true,
  flood: true,
  mcastFlood: true,
  bcastFlood: true,
};

/** What each kind of link has of its own; `kind` is the word of `ip link add … type`. */
export type LinkKind =
  /** The loopback device. */
  | { readonly kind: 'loopback' }
  /** A device without a modelled other end: what it sends leaves the modelled network. */
  | { readonly kind: 'physical' }
  | { readonly kind: 'veth'; readonly peer: Peer | undefined }
  | {
      readonly kind: 'bridge';
      readonly stp: boolean;
      readonly vlanFiltering: boolean;
      /** The bridge's own `nf_call_iptables`, besides the sysctl. */
      readonly nfCallIptables: boolean;
      /** The address was set by hand (`ip link set … address`), so it no longer follows the lowest port's. */
      readonly addressSet: boolean;
      /** The MTU was set by hand (`ip link set … mtu`), so it no longer follows the ports' (BROPT_MTU_SET_BY_USER). */
      readonly mtuSet: boolean;
    }
  | {
      readonly kind: 'vxlan';
      /** VXLAN Network Identifier, uint24. */
      readonly vni: number;
      readonly local: Ipv4 | undefined;
      /** Default destination; undefined when only the FDB knows remotes. */
      readonly remote: Ipv4 | undefined;
      /** The underlay link (`dev`), undefined when routing alone decides. */
      readonly lower: string | undefined;
      /** UDP destination port; 8472 is Linux's default, 4789 IANA's. */
      readonly dstport: number;
      readonly learning: boolean;
      /** Outer TTL; 0 means the namespace's default. */
      readonly ttl: number | 'inherit';
      readonly tos: number | 'inherit';
      readonly df: 'unset' | 'set' | 'inherit';
    }
  | IpipKind
  /** A TUN device: what it sends is read by the process that holds it. */
  | { readonly kind: 'tun' }
  /** Any other kind (`gre`, `macvlan` …): kept and printed, not forwarded through. */
  | { readonly kind: 'unmodelled'; readonly type: string; readonly data: Readonly<Record<string, unknown>> };

/** A tunnel that puts IPv4 packets into IPv4 packets (struct ip_tunnel, linux net/ipv4/ipip.c). */
export interface IpipKind {
  readonly kind: 'ipip';
  /** undefined: the route of the outer packet says. */
  readonly local: Ipv4 | undefined;
  /** undefined: the next hop of the inner packet's route is the other end. */
  readonly remote: Ipv4 | undefined;
  /** The device that outer packets leave by (`dev`); undefined when the routes say. */
  readonly lower: string | undefined;
  /** Outer TTL, 1 … 255. */
  readonly ttl: number | 'inherit';
  /** uint8, the ECN bits aside. */
  readonly tos: number | 'inherit';
  /** The outer packet always says DF; otherwise it does if the inner one does. */
  readonly pmtudisc: boolean;
  /** What it was told to carry: `ip link add` says any, `ip tunnel add` IPv4. */
  readonly protocol: 'any' | 'ipip';
  /** The device that the module makes in every namespace, as `tunl0`: it takes what no other one does. */
  readonly fallback: boolean;
}

/** One network device of a namespace. */
export type Link = LinkKind & {
  readonly name: string;
  readonly ifindex: number;
  /** Bytes of the largest IP packet. */
  readonly mtu: number;
  /** Hardware address; 0 where there is none. */
  readonly address: Mac;
  /** Set administratively up (IFF_UP). */
  readonly up: boolean;
  /** Whether the lower layer is up (IFF_LOWER_UP): of a veth, the other end. */
  readonly carrier: boolean;
  /** No ARP on this link (IFF_NOARP). */
  readonly noarp: boolean;
  /** Set promiscuous by hand (`ip link set … promisc on`), not by being a bridge port. */
  readonly promisc: boolean;
  /** The bridge that it is a port of. */
  readonly master: string | undefined;
  readonly port: BridgePort | undefined;
  /** What a dump says of it and the rest does not hold (`altnames`, the device below), as `ip -j -d link` names it. */
  readonly kept?: JsonObject;
  readonly origin: Origin;
};

/** A link of a certain kind. */
export type LinkOf<K extends LinkKind['kind']> = Extract<Link, { readonly kind: K }>;

/** Whether frames on the link have an Ethernet header. */
export function hasEthernet(link: Link): boolean {
  return link.kind !== 'tun' && link.kind !== 'ipip' && !(link.kind === 'unmodelled' && LAYER3.has(link.type));
}

const LAYER3 = new Set(['ipip', 'sit', 'gre', 'ip6tnl', 'wireguard', 'vti', 'xfrm', 'none']);

/** How long addresses that do not expire are valid, seconds (INFINITY_LIFE_TIME). */
export const FOREVER = 0xffffffff;

/** One IPv4 address of a link (struct in_ifaddr), in the kernel's order within the link. */
export interface InetAddress {
  readonly dev: string;
  readonly local: Ipv4;
  readonly prefixLength: number;
  /** The other end of a point-to-point address; the same as `local` otherwise. */
  readonly peer: Ipv4;
  readonly broadcast: Ipv4 | undefined;
  /** RT_SCOPE_…: 0 global, 253 link, 254 host. */
  readonly scope: number;
  /** A further address of a subnet that the link already has (IFA_F_SECONDARY). */
  readonly secondary: boolean;
  readonly label: string;
  /** What a dump says of it and is not modelled (`noprefixroute`, `dynamic`, lifetimes), as `ip -j addr` names it. */
  readonly kept?: JsonObject;
  readonly origin: Origin;
}
