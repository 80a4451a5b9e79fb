/** What a trace can say of a cause besides the drop's own code: stable, each with a sentence in `output/reason`. */
export const HINT_CODES = [
  /** A host has no route for an address of the lab, and took its default route instead. */
  'POD_ROUTE_MISSING',
  /** A daemon that should have announced a route, or passed it on, does not run. */
  'BGP_DAEMON_DOWN',
  /** No BGP session is configured that would bring a route. */
  'BGP_NO_SESSION',
  /** The BGP session that would bring a route is disabled. */
  'BGP_SESSION_DISABLED',
  /** The BGP session that would bring a route is not established. */
  'BGP_SESSION_DOWN',
  /** A speaker's export filter keeps a route back. */
  'BGP_FILTERED',
  /** A speaker has a route from iBGP, and passes it on to no other neighbour of its AS. */
  'BGP_NOT_REFLECTED',
  /** A route of BGP's got lost between two neighbours for another reason. */
  'BGP_WITHHELD',
  /** BGP has brought a route, and the forwarding table has no room for it. */
  'BGP_FIB_FULL',
  /** BGP has brought a route, and it is kept out of the forwarding table for another reason. */
  'BGP_NOT_INSTALLED',
  /** BGP has brought a route and written it, and it is gone from the kernel. */
  'BGP_ROUTE_REMOVED',
  /** A route of BGP's leads through a router that does not know it. */
  'ROUTER_WITHOUT_BGP',
  /** A block's blackhole took a packet for a pod of that very node. */
  'BLOCK_POD_ROUTE_MISSING',
  /** A block's blackhole took a packet for an address that no pod of the node has. */
  'BLOCK_WITHOUT_POD',
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
  /** The same, since the IPPool of its address has natOutgoing off. */
  'NAT_OUTGOING_OFF',
  /** A pod sends that the network's IPAM gave no address. */
  'SENDER_WITHOUT_ADDRESS',
  /** An answer did not come by the namespace that translated the request. */
  'REPLY_PAST_TRANSLATION',
  /** An answer crossed the namespace that translated the request on a bridge, past iptables. */
  'REPLY_BRIDGED',
  /** A rule stopped the outer packet of a tunnel. */
  'TUNNEL_PACKET_STOPPED',
  /** A rule stopped the outer packet of a tunnel of IP in IP. */
  'IPIP_PACKET_STOPPED',
  /** Felix drops packets of a tunnel whose sender is none of the nodes that it knows. */
  'TUNNEL_SENDER_UNKNOWN',
  /** The device at the far end of a tunnel is down. */
  'TUNNEL_DEVICE_DOWN',
  /** Felix drops what a workload sends from an address that is not routed back to it. */
  'WORKLOAD_SPOOFED',
  /** Felix drops what comes from or goes to a workload's interface that it does not know. */
  'WORKLOAD_UNKNOWN',
  /** Felix drops what a workload sends to its own node. */
  'WORKLOAD_TO_HOST',
  /** The node does not answer ARP for the gateway of its pod: proxy ARP is off. */
  'PROXY_ARP_OFF',
  /** The node does not answer ARP for the gateway of its pod: the interface does not forward. */
  'PROXY_ARP_NOT_FORWARDING',
  /** The node does not answer ARP for the gateway of its pod: it has no route for it that leads elsewhere. */
  'PROXY_ARP_NO_ROUTE',
  /** An answer came by a host that has not seen the request. */
  'ANSWER_ANOTHER_WAY',
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
