/** What a trace can say of a cause besides the drop's own code: stable, each with a sentence in `output/reason`. */
export const HINT_CODES = [
  /** A host has no route for an address of the lab, and took its default route instead. */
  'POD_ROUTE_MISSING',
  /** The kernel refused a route because its gateway is on none of the host's links. */
  'GATEWAY_OFF_LINK',
  /** The kernel refused the call that would have written the route. */
  'CALL_REFUSED',
  /** A link is down, and its routes went with it. */
  'LINK_DOWN',
  /** A link is gone, and its routes went with it. */
  'LINK_GONE',
  /** A pod's address was asked for from where the nodes' addresses alone are known. */
  'POD_ADDRESS_OUTSIDE',
  /** A packet left the nodes with a pod's address, and nobody there knows the way back. */
  'NOT_MASQUERADED',
  /** An answer did not come by the namespace that translated the request. */
  'REPLY_PAST_TRANSLATION',
  /** An answer crossed the namespace that translated the request on a bridge, past iptables. */
  'REPLY_BRIDGED',
  /** A rule stopped the outer packet of a tunnel. */
  'TUNNEL_PACKET_STOPPED',
  /** An address for Services that no Service has. */
  'SERVICE_ADDRESS_UNUSED',
  /** A packet for a ClusterIP, but for none of its ports. */
  'CLUSTER_IP_NO_PORT',
  /** A packet for a ClusterIP whose port has no endpoints. */
  'CLUSTER_IP_NO_ENDPOINTS',
  /** A packet for a ClusterIP that no rule translated. */
  'CLUSTER_IP_UNTRANSLATED',
  /** A packet for a ClusterIP was never made: the sender's route comes before the rules. */
  'CLUSTER_IP_NO_ROUTE',
  /** A virtual service of IPVS whose address no device of the node has. */
  'VIP_NOT_BOUND',
  /** An address of kube-ipvs0, and none of its virtual services is for this port of the Service. */
  'VIRTUAL_SERVICE_MISSING',
  /** An address of kube-ipvs0, and a port that its Service does not have. */
  'VIP_NO_PORT',
  /** A ping of an address of kube-ipvs0. */
  'VIP_NO_ICMP',
  /** A packet for a load balancer's or external address of a Service, but for none of its ports. */
  'EXTERNAL_IP_NO_PORT',
  /** A load balancer's or external address of a Service, and no route leads to a node. */
  'EXTERNAL_IP_NOT_ROUTED',
  /** An address that nodes leave to the load balancer itself (ipMode Proxy). */
  'BALANCER_ADDRESS',
  /** A known connection translates the packet, as no rule would any longer. */
  'STALE_CONNECTION',
  /** A node port asked for by 127.0.0.1, which IPVS has no virtual service for. */
  'LOCALHOST_NODE_PORT',
  /** A packet left with an address of kube-ipvs0 for its source, which other nodes have too. */
  'SOURCE_IS_SERVICE_ADDRESS',
  /** A client within a load balancer's source ranges, at a node without a local endpoint for it. */
  'IN_RANGES_NO_LOCAL_ENDPOINT',
  /** Several hosts answered ARP for one address; the first is believed. */
  'ARP_ANSWERED_BY_SEVERAL',
  /** A tunnel device lacks a neighbour entry, and floods to nobody who could be asked. */
  'NEIGH_ENTRY_MISSING',
  /** Another took the packet than was asked for. */
  'TAKEN_BY_ANOTHER',
] as const;

/** One of {@link HINT_CODES}. */
export type HintCode = (typeof HINT_CODES)[number];
