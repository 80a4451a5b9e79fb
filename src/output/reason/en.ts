import type { Reasons } from './reason.js';

/** The reasons in English. */
export const en: Reasons = {
  LINK_DOWN: {
    why: 'Device {dev|of the route} is down, and what is handed to it is lost.',
    fix: 'Run `ip link set {dev|DEV} up` and find out who took it down; the routes that went with it have to be written again.',
  },
  NO_CARRIER: {
    why: '{dev|The device} is up, but its other end is down or gone, so nobody is at the far end of the cable.',
    fix: 'Bring the other end up in its namespace; if that is gone, delete {dev|the device}.',
  },
  GROUP_DESTINATION: {
    why: '{dst|The destination} stands for many hosts: TCP can not connect to it, and a datagram needs SO_BROADCAST.',
    fix: 'Ask for the address of one host. `ping -b`, or a program that sets SO_BROADCAST, may send to all.',
  },
  NEIGH_FAILED: {
    why: 'Nobody on {dev|the link} answers ARP for {ip|the next hop}; after three requests the kernel gives up the packets that wait for it.',
    fix: 'See that {ip|the next hop} is up and really on this link; behind a router, the route to it is wrong.',
  },
  ARP_NOT_MINE: {
    why: 'The ARP request on {dev|this device} asks for {ip|an address} that this namespace neither has nor answers for.',
    fix: 'This is as it should be for everyone but the owner of {ip|the address}; if nobody answers, look for the owner.',
  },
  WRONG_MAC: {
    why: "The frame is for {mac|another MAC address}, which is not that of {dev|the device}: somebody else's frame, dropped without a trace.",
    fix: 'Compare `ip link show {dev|DEV}` with the neighbour or FDB entry that the sender used.',
  },
  FDB_MISS: {
    why: '{dev|The device} has no FDB entry for {mac|the destination} and nowhere to flood to, so the frame has no way out.',
    fix: 'Look at `bridge fdb show dev {dev|DEV}`. On flannel.1 it is flanneld that writes one entry per lease.',
  },
  HAIRPIN_OFF: {
    why: 'The frame would leave by the bridge port that it came in by ({port|the same one}), and hairpin is off there.',
    fix: 'Set hairpinMode in the CNI configuration, or for this port `bridge link set dev {port|PORT} hairpin on`.',
  },
  PORT_ISOLATED: {
    why: 'Both bridge ports are isolated, and isolated ports do not talk to each other; {port|the port} is one of them.',
    fix: 'If they should, run `bridge link set dev {port|PORT} isolated off`.',
  },
  PORT_NOT_FORWARDING: {
    why: 'Bridge port {dev|of the frame} is not in state forwarding, so {bridge|the bridge} neither takes nor sends frames there.',
    fix: 'Look at `bridge link show dev {dev|DEV}`: spanning tree may have blocked the port, or it is down.',
  },
  PORT_NOT_IN_BRIDGE: {
    why: '{bridge|The bridge} would send the frame out of {port|a device} that is no port of it any more.',
    fix: 'Run `ip link set {port|DEV} master {bridge|BRIDGE}`.',
  },
  NO_ROUTE: {
    why: '{node|This host} has no route to {dst|the destination}, not even a default one.',
    fix: 'Find the component that should have written the route, and whether it runs there and knows the peer: `ip route get {dst|DST}`.',
  },
  ROUTE_BLACKHOLE: {
    why: 'The longest matching route on {node|this host} is a blackhole: the packet is dropped and nobody is told.',
    fix: 'See who wrote the route; a more specific one for {dst|the destination} is missing, or the address is out of date.',
  },
  ROUTE_UNREACHABLE: {
    why: 'The longest matching route on {node|this host} is of type unreachable: the sender is told "host unreachable".',
    fix: 'Remove the route, or add a more specific one for {dst|the destination}.',
  },
  ROUTE_PROHIBIT: {
    why: 'A prohibit route or rule on {node|this host} matches: the sender is told "administratively prohibited".',
    fix: 'See `ip rule` and `ip route` for who forbids it.',
  },
  FORWARDING_OFF: {
    why: '{node|This host} would have to forward the packet, but forwarding is off on {dev|the device that it came in by}: it is no router.',
    fix: 'If {node|it} is to be a router, run `sysctl -w net.ipv4.ip_forward=1` there, and write it to /etc/sysctl.d; if not, find the route that led the packet to it.',
  },
  RP_FILTER: {
    why: 'Reverse path filter: a packet from {src|this source} came in by {dev|one device}, but the way back to it is by {other|another one}.',
    fix: 'Make both directions take one device, or set rp_filter to 2 or 0: the larger of `all` and {dev|the device} counts.',
  },
  MARTIAN: {
    why: "No packet from {src|this source} can rightly come from outside: the address is this host's own, loopback, multicast or zero.",
    fix: 'Find who rewrote the source; an address of the host itself usually means NAT, and then a way back in.',
  },
  L2_BROADCAST: {
    why: 'The frame was sent to a broadcast or multicast MAC address, but the packet in it is for one host, so the kernel does not go on with it.',
    fix: 'Find the sender with the wrong neighbour entry.',
  },
  LOCALNET: {
    why: 'A packet from or to 127.0.0.0/8 would cross a real device, and route_localnet is 0 there.',
    fix: "Use the node's own address instead of 127.0.0.1, or set route_localnet for that device.",
  },
  TTL: {
    why: 'The TTL ran out at {node|this host}, which tells the sender "time exceeded".',
    fix: 'If the same host comes again and again, it is a loop; otherwise send with a larger TTL. Pod to pod across nodes costs 2.',
  },
  LOOP: {
    why: 'The packet keeps coming back to {dev|a device} of {node|this host} as it was: it goes in circles.',
    fix: 'Find the route within the circle that points back.',
  },
  MTU_DF: {
    why: 'The packet has {len|too many} bytes, {dev|the way on} carries {mtu|fewer}, and DF forbids to cut it: its sender is told how much fits.',
    fix: 'Set the MTU of pods to what the whole way carries: that of the underlay, minus what a tunnel adds. A sender that hears the ICMP error shrinks by itself.',
  },
  MTU_ASYMMETRIC: {
    why: '{dev|The receiving device} got a frame of {len|more} bytes, more than its MTU of {mtu|fewer}, and drops it without a word.',
    fix: 'Give both ends of the link the same MTU.',
  },
  FRAG_TIMEOUT: {
    why: 'Fragments of a packet from {src|the sender} are missing: the others waited for 30 s and were dropped.',
    fix: 'Find where the missing fragment was lost; its own path in this trace shows it.',
  },
  VXLAN_NO_VNI: {
    why: 'The outer packet reached UDP port {port|of VXLAN} on {node|the far end}, where no device that is up has VNI {vni|of the packet}.',
    fix: 'Compare VNI and dstport of both ends: `ip -d link show type vxlan`.',
  },
  VXLAN_OWN_MAC: {
    why: 'The inner frame comes from the MAC address of {dev|the VXLAN device} itself, so the kernel drops it as its own.',
    fix: 'Two nodes have the same VTEP address, or the frame was sent back: compare the addresses of the VXLAN devices.',
  },
  VXLAN_SNOOP_CONFLICT: {
    why: 'The inner frame comes from {mac|an address} by way of {remote|one far end}, but the FDB of {dev|the VXLAN device} has a configured entry that puts it behind another: the kernel drops the frame rather than move the entry.',
    fix: 'Correct the entry (`bridge fdb replace … dst …`), or take it away and let the device learn.',
  },
  TUNNEL_PORT_CLOSED: {
    why: 'Nothing on {pod|the far end} listens on UDP port {port|of the tunnel}: its tunnel device is down or missing. The error goes to the node, not to the pod.',
    fix: 'Bring the tunnel device up there; flanneld writes its routes again when it is restarted.',
  },
  TUNNEL_LOOP: {
    why: 'The outer packet would leave by {dev|the tunnel device} itself.',
    fix: 'The route to the remote node must not lead into the tunnel: look at `ip route get` for the remote.',
  },
  TUNNEL_NO_ROUTE: {
    why: '{dev|The tunnel device} has no far end of its own, and the packet came to it without a route whose next hop could be one.',
    fix: 'Send by a route (`ip route … via NODE dev … onlink`), not straight onto the device.',
  },
  TUNNEL_ECN: {
    why: 'The outer packet tells of congestion, and the inner one is of a sender that knows nothing of ECN: {dev|the tunnel device} drops it, which such a sender understands (RFC 6040).',
    fix: 'A router on the way marks packets instead of dropping them: that is as it should be.',
  },
  NO_TUNNEL: {
    why: 'IP in IP from {src|the sender} reached {node|the far end}, where no ipip device that is up takes what comes to {dst|this address}; the sending node is told, the pod is not.',
    fix: 'Look at `ip -d link show type ipip` there: tunl0 takes everything once it is up, another device what is for its `local` and from its `remote`.',
  },
  RELAY_NO_ROUTE: {
    why: "flanneld's UDP relay knows no subnet with {dst|the destination}. Its ICMP error has a source that the kernel takes for its own and drops: the pod sees a timeout.",
    fix: 'See whether the peer has a lease: the subnet is in no lease that this node knows.',
  },
  RELAY_TTL: {
    why: "flanneld's UDP relay takes one TTL as well, and it was the last: dropped without a word.",
    fix: 'Send with a larger TTL: across nodes the UDP backend costs 4.',
  },
  TUN_NO_READER: {
    why: 'No program reads {dev|the TUN device}, so what is sent into it is lost.',
    fix: 'Start flanneld on this node again.',
  },
  NF_DROP: {
    why: 'Rule {n|of the list} of {table|iptables}/{chain|chain} dropped it ({owner|of unknown origin}); the sender hears nothing.',
    fix: "Read the rule's conditions, and who wrote it; its counter in `iptables -t {table|filter} -L {chain|CHAIN} -v` grows.",
  },
  NF_REJECT: {
    why: 'Rule {n|of the list} of {table|iptables}/{chain|chain} refused it with {icmp|an error} ({owner|of unknown origin}), which goes to its sender.',
    fix: "Somebody said no: read the rule's conditions, and who wrote it.",
  },
  NF_POLICY_DROP: {
    why: 'No rule of {table|iptables}/{chain|the chain} took it, and the policy of the chain is DROP.',
    fix: "Add a rule to {chain|the chain} that accepts it (for pods in FORWARD, flanneld's FLANNEL-FWD does), or `iptables -P {chain|CHAIN} ACCEPT`.",
  },
  NAT_NO_TUPLE: {
    why: 'NAT found no free source port or address for the connection, so its first packet is dropped.',
    fix: 'Add addresses to leave with, or let idle connections end sooner.',
  },
  NAT_OIF_CHANGED: {
    why: 'The connection was masqueraded out of {was|another device} as {src|its address}, and the route now leaves by {dev|this one}: {node|the host} forgets it and drops this packet.',
    fix: 'Send again: the next packet gets a new source. A TCP connection has to be opened anew; find out what moved the route.',
  },
  NAT_REDIRECT: {
    why: 'An ICMP redirect about a translated connection names addresses that its receiver does not know: NAT drops it.',
    fix: 'Nothing is lost but advice: the packet that the redirect is about goes on.',
  },
  CT_CLASH: {
    why: 'While the packet was on its way, another one entered the same connection into the table; only one of the two may.',
    fix: 'Nothing: the connection is there, and what is sent again will pass.',
  },
  CT_INVALID: {
    why: 'Connection tracking calls the packet INVALID: it belongs to no connection that this host has seen.',
    fix: 'Make both directions pass the same host.',
  },
  REPLY_NOT_TRANSLATED: {
    why: 'The answer comes from {remote|the backend} and not from {vip|the address that was asked}: it went past the connection tracking that did the DNAT, so the client refuses it.',
    fix: 'Find out why the answer did not pass the host that translated the request: the request was not masqueraded, or bridged packets do not pass iptables.',
  },
  IPVS_NO_SERVER: {
    why: 'IPVS has no server for a new connection to {service|the service}: {because|it has none} (of {n|0}). The sender is told "port unreachable".',
    fix: 'Run `ipvsadm -Ln` on {node|the host}. With kube-proxy: no endpoint is ready, or all of them end: see `kubectl get endpointslices`, and compare the selector, if it has one, with the pods.',
  },
  IPVS_SERVER_GONE: {
    why: 'The connection belongs to server {server|of IPVS} of {service|a service}, which has been removed: IPVS drops what comes for it and tells nobody.',
    fix: 'The client has to open a new connection. With `sysctl -w net.ipv4.vs.expire_nodest_conn=1`, which kube-proxy sets, the next packet gets another server.',
  },
  IPVS_OLD_CONNECTION: {
    why: 'The packet begins a new connection to {service|the service} with the ports of an old one that netfilter still tracks to {server|its server}: IPVS forgets the old one and drops this packet.',
    fix: 'Send again: what comes next gets a server. `sysctl -w net.ipv4.vs.conn_reuse_mode=0` would keep the old server instead.',
  },
  IPVS_NO_CONNECTION: {
    why: 'Server {server|of IPVS} sends from the port of a service, but IPVS has no connection that this would answer; net.ipv4.vs.nat_icmp_send is set, so the server is told "port unreachable".',
    fix: 'The connection has timed out (`ipvsadm -Lnc`), or the server speaks first. `sysctl -w net.ipv4.vs.nat_icmp_send=0` lets such packets pass as they are.',
  },
  NO_ENDPOINTS: {
    why: 'The Service has no endpoint that is ready, so kube-proxy refuses connections to it ({owner|its rule}).',
    fix: 'See `kubectl get endpointslices`: a Service without a selector needs one made by hand; else compare the selector with the labels of the pods, and see whether they are ready.',
  },
  NO_LOCAL_ENDPOINT: {
    why: 'The Service takes endpoints of the same node only, and {node|this node} has none: dropped, as asked for ({owner|its rule}).',
    fix: 'Ask a node that has an endpoint, or set the traffic policy back to Cluster.',
  },
  LB_SOURCE_RANGES: {
    why: 'The load balancer of the Service is open to its loadBalancerSourceRanges only, and no rule took this packet on to an endpoint: dropped, as asked for ({owner|its rule}).',
    fix: 'The client is in none of the ranges: put it into them, or ask the node port or the ClusterIP, which they do not restrict.',
  },
  NO_SOCKET: {
    why: 'The packet reached {pod|its destination}, but nothing there listens on {proto|port} {port|of the packet}; the sender is told.',
    fix: 'The network works: look at the program, its port and address, and the targetPort of the Service.',
  },
  NO_PROTOCOL: {
    why: 'The packet reached its destination, which has nothing that handles protocol {proto|of the packet}.',
    fix: 'Load what handles it, or send something else.',
  },
  ICMP_IGNORED: {
    why: 'The host was told not to answer this ICMP message, or has no use for it.',
    fix: 'For echo requests look at `sysctl net.ipv4.icmp_echo_ignore_all`.',
  },
  ERROR_IGNORED: {
    why: 'The ICMP error fits no socket of the host that got it, so nobody hears of it.',
    fix: 'Look at which address the error was sent to: after NAT it may be that of another host.',
  },
  LEFT_SCOPE: {
    why: 'The packet leaves what the lab describes by {dev|a device without a far end}; what becomes of it cannot be said.',
    fix: 'Add the host or router behind {dev|it} to the lab.',
  },
  UNSUPPORTED: {
    why: 'It depends on something that podpath does not model: {what|see the event}.',
    fix: 'Check this step on a real host, or ask for it.',
  },
};
