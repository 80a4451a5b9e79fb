import type { Hints } from './reason.js';

/** What the hints say, in English. */
export const hintsEn: Hints = {
  POD_ROUTE_MISSING: {
    why: '{node|A node} has no route for {prefix|the subnet} of {owner|the destination}, so it took its default route, which does not lead there.',
    fix: 'Look on {node|the node} with `ip route get {dst|ADDRESS}`: find what should write the route for {prefix|the subnet}, whether it runs, and whether it knows that subnet.',
  },
  BGP_DAEMON_DOWN: {
    why: 'BIRD does not run on {at|a machine}, by which {prefix|the route} would have to come: when it said goodbye, or its restart time was over, its neighbours took its routes out.',
    fix: 'Start it again on {at|the machine} (on a node it is in the pod calico-node), and see in its log why it ended; `podpath bgp LAB explain {node|NODE} {prefix|PREFIX}` tells who knows what.',
  },
  BGP_NO_SESSION: {
    why: '{from|Somebody} knows {prefix|the route}, but no BGP session is configured that would bring it from there to {to|the others}: {at|one side} has none for it.',
    fix: 'Is the full mesh on (nodeToNodeMeshEnabled), which a node with a routeReflectorClusterID takes no part in, or does a BGPPeer select {at|the machine}? `calicoctl get bgppeer -o yaml`, `calicoctl get bgpconfiguration -o yaml`, `{birdc|birdc} show protocols` for {at|the machine}, `podpath bgp LAB explain {node|NODE} {prefix|PREFIX}`.',
  },
  BGP_SESSION_DISABLED: {
    why: 'The BGP session that would bring {prefix|the route} from {from|a neighbour} to {to|the others} is disabled on {at|one side}.',
    fix: 'Look at {at|the machine} with `{birdc|birdc} show protocols`, and switch it on again: `{birdc|birdc} enable {session|SESSION}`. Then compare `podpath bgp LAB explain {node|NODE} {prefix|PREFIX}`.',
  },
  BGP_SESSION_DOWN: {
    why: 'The BGP session that would bring {prefix|the route} from {from|a neighbour} to {to|the others} is down: {because|not established}.',
    fix: 'Look at {at|the machine} with `{birdc|birdc} show protocols all {session|SESSION}`: addresses, AS numbers, password, and TCP port 179 between both; `podpath bgp LAB explain {node|NODE} {prefix|PREFIX}` tells the rest.',
  },
  BGP_FILTERED: {
    why: '{from|A neighbour} knows {prefix|the route} and does not announce it to {to|the others}: its export filter rejects it.',
    fix: 'Calico makes that filter of pools (disableBGPExport) and of the BGPFilters of a BGPPeer: `calicoctl get ippool -o yaml`, the same of bgpfilter and bgppeer; for {from|the neighbour} `{birdcFrom|birdc} show route export SESSION` tells what is left, here `podpath bgp LAB explain {node|NODE} {prefix|PREFIX}`.',
  },
  BGP_NOT_REFLECTED: {
    why: '{from|A neighbour} has {prefix|the route} from its own AS and passes it on to no other neighbour there, unless one of both is a client of a route reflector: {to|the others} does not get it.',
    fix: 'Let all nodes peer with each other (nodeToNodeMeshEnabled), or make {from|the neighbour} a route reflector (routeReflectorClusterID). `podpath bgp LAB explain {node|NODE} {prefix|PREFIX}` tells who knows it.',
  },
  BGP_WITHHELD: {
    why: '{prefix|The route} is lost between {from|a neighbour} and {to|the others}: {because|it is not announced}.',
    fix: '`podpath bgp LAB explain {node|NODE} {prefix|PREFIX}`; on the machine itself `{birdc|birdc} show route all {prefix|PREFIX}` and `{birdc|birdc} show protocols all`.',
  },
  BGP_FIB_FULL: {
    why: 'BGP has brought {prefix|the route} to {node|the machine}, and it goes on announcing it, but its forwarding table is full and lacks it.',
    fix: 'Announce fewer or shorter prefixes to {node|it}, or give its table more room: what `birdc show route` has of {prefix|PREFIX} and `ip route` has not is missing; here `podpath bgp LAB explain {node|NODE} {prefix|PREFIX}`.',
  },
  BGP_NOT_INSTALLED: {
    why: 'BGP has brought {prefix|the route} to {node|the machine}, but it is kept out of the forwarding table: {because|no reason is known}.',
    fix: 'Look at the export filter of the protocol `kernel` on {node|the machine}, and at `podpath bgp LAB explain {node|NODE} {prefix|PREFIX}`.',
  },
  BGP_ROUTE_REMOVED: {
    why: 'BIRD of {node|the machine} knows {prefix|the route} and had written it: somebody else has removed it from the kernel.',
    fix: 'BIRD writes it again when it next scans the table (Calico: `scan time 2`, seconds). If it stays away, does BIRD run on {node|the machine}, and who deletes it? `ip monitor route`; `podpath bgp LAB explain {node|NODE} {prefix|PREFIX}`.',
  },
  ROUTER_WITHOUT_BGP: {
    why: '{node|The node} sends what is for {prefix|the block} of {owner|the pod} by {via|a gateway}, since the other node is on another subnet: but {router|the router} does not speak BGP with the nodes and knows no pods.',
    fix: 'Encapsulate between subnets (ipipMode or vxlanMode: CrossSubnet on the pool), or let {router|the router} speak BGP with the nodes (BGPPeer), or give it the routes.',
  },
  BLOCK_POD_ROUTE_MISSING: {
    why: '{node|The node} has no route to {owner|its pod} ({dst|the address}): what is left for {prefix|the block} is the blackhole of the whole block ({by|whoever wrote it}).',
    fix: 'The CNI plug-in writes `{dst|ADDRESS} dev cali…`, and Felix keeps it: does calico-node run on {node|the node}, and is the WorkloadEndpoint there (`calicoctl get workloadendpoints -A`)?',
  },
  BLOCK_WITHOUT_POD: {
    why: "{dst|The address} is in block {prefix|of the node} of {node|the node}, where no pod has it: the block's blackhole ({by|whoever wrote it}) takes what is for it.",
    fix: 'The pod is gone, or it lives on another node that borrowed the address, and its own /32 is not announced: `calicoctl ipam show --ip={dst|ADDRESS}`.',
  },
  GATEWAY_OFF_LINK: {
    why: "{by|Somebody}'s route to {prefix|the subnet} was refused: its next hop {via|the gateway} is on no link of {node|the node} ({errno|the errno}, {message|no message}).",
    fix: 'A next hop has to be on a link of its own host. Between segments use a tunnel (VXLAN; with DirectRouting only where it must), or give the routers these routes.',
  },
  CALL_REFUSED: {
    why: '{by|Somebody} called `{call|a command}`, and the kernel refused it: {errno|the errno}, {message|no message}.',
    fix: 'Make the call by hand on {node|the node}, and mend what it complains of.',
  },
  LINK_DOWN: {
    why: '{dev|A device} of {node|the host} is down, and its routes went with it.',
    fix: 'Run `ip link set {dev|DEV} up` on {node|the host}. Only the routes of its own addresses come back by themselves; whoever wrote the others has to write them again.',
  },
  LINK_GONE: {
    why: '{node|The host} has no device {dev|that its route led to} any more, and its routes went with it; the one for this address was written by {by|somebody}.',
    fix: 'Restart on {node|the host} what makes {dev|the device} and writes its routes ({by|whoever wrote them}).',
  },
  POD_ADDRESS_OUTSIDE: {
    why: "{dst|It} is the address of {owner|a pod}, and pods' addresses are known to the nodes alone: nobody has told {node|this host} of them.",
    fix: "From outside ask for a node's address: a NodePort or a hostPort. Or give {node|this host} a route to {prefix|the pods' subnet} by way of its node.",
  },
  NOT_MASQUERADED: {
    why: "The packet left {node|the node} with its pod's address ({src|the pod's}): nothing masqueraded it there, and outside the nodes nobody knows the way back to {owner|the pod}.",
    fix: "Look on {node|the node} at `iptables -t nat -S POSTROUTING` and the chains that it jumps to. With flannel the rules are flanneld's (--ip-masq), with Calico Felix's: cali-nat-outgoing, for pools with natOutgoing.",
  },
  NAT_OUTGOING_OFF: {
    why: "The packet left {node|the node} with its pod's address ({src|the pod's}): the IPPool {pool|of that address} has natOutgoing off, so Felix masquerades nothing from it, and outside the nodes nobody knows the way back to {owner|the pod}.",
    fix: 'Set `natOutgoing: true` in that IPPool (`calicoctl get ippool -o wide` shows which has {pool|that cidr}), or give the routers outside its routes by BGP.',
  },
  SENDER_WITHOUT_ADDRESS: {
    why: '{owner|The pod} has no address, and so no interface but lo: {because|IPAM gave it none}.',
    fix: 'A pod like this stays in ContainerCreating; `kubectl describe pod` shows what the plug-in answers. Give IPAM room for it: another pool or a larger subnet, more blocks for each node, or pods elsewhere.',
  },
  REPLY_PAST_TRANSLATION: {
    why: '{node|A node} translated the request to {remote|the backend} but left its source as it was, so the answer went to {client|the client} straight away, past {node|that node}.',
    fix: 'Such requests have to be masqueraded on {node|the node}: look there at `iptables -t nat -S KUBE-POSTROUTING` and at who jumps to KUBE-MARK-MASQ; kube-proxy writes both.',
  },
  REPLY_BRIDGED: {
    why: '{node|The node} translated the request, but the answer stayed on its bridge {bridge|device}, and net.bridge.bridge-nf-call-iptables is 0: iptables never saw it.',
    fix: 'On {node|the node} let bridged packets pass iptables: `modprobe br_netfilter; sysctl -w net.bridge.bridge-nf-call-iptables=1`.',
  },
  TUNNEL_PACKET_STOPPED: {
    why: 'It was the outer packet of {dev|the tunnel}, from {node|the node} to {remote|its peer}, UDP port {port|of the tunnel}. The packet in it is lost with it, and {from|its sender} hears nothing.',
    fix: 'Let UDP port {port|of the tunnel} between the nodes pass {table|iptables} {chain|CHAIN} on {at|the node}: the rules for pods see the inner packet alone.',
  },
  IPIP_PACKET_STOPPED: {
    why: 'It was the outer packet of {dev|the tunnel}, from {node|the node} to {remote|its peer}, IP protocol 4 (IP in IP). The packet in it is lost with it, and {from|its sender} hears nothing.',
    fix: 'Let IP protocol 4 between the nodes pass {table|iptables} {chain|CHAIN} on {at|the node}: the rules for pods see the inner packet alone.',
  },
  TUNNEL_SENDER_UNKNOWN: {
    why: 'Felix takes packets of a tunnel from nodes alone: {sender|the sender}, which put this one into {dev|the tunnel}, is not in the IP set {set|of the nodes} on {node|the receiver}.',
    fix: 'Compare `ipset list {set|SET}` on {node|the receiver} with `kubectl get nodes -o wide` and `calicoctl get nodes -o wide`: Felix fills it with the addresses of the nodes that it knows, and with externalNodesList.',
  },
  TUNNEL_DEVICE_DOWN: {
    why: '{dev|The tunnel device} of {node|the receiver} is down, so nobody takes the packet out of the tunnel, and the routes by that device are gone as well.',
    fix: 'Does the agent run that keeps {dev|DEV} up on {node|the receiver}? Felix sets its devices up again within 10 seconds; flanneld does it when it starts. By hand: `ip link set {dev|DEV} up`.',
  },
  WORKLOAD_SPOOFED: {
    why: 'Felix takes from {dev|a workload} only packets whose source is routed back to it: {src|this source} is not, so it is no address of {owner|the pod}, or the route to it is missing on {node|the node}.',
    fix: 'Compare `ip addr` in {owner|the pod} with `ip route show dev {dev|DEV}` on {node|the node}: Calico routes the addresses that its IPAM gave to the pod.',
  },
  WORKLOAD_UNKNOWN: {
    why: 'Felix\'s chain {chain|of workloads} on {node|the node} does not know {dev|the interface} of {owner|a pod}, and drops what is not for one that it knows ("Unknown interface").',
    fix: 'Is there a WorkloadEndpoint for it (`calicoctl get workloadendpoints -A -o wide`), and does calico-node run on {node|the node}, ready? `iptables -S {chain|CHAIN}` shows what it knows.',
  },
  WORKLOAD_TO_HOST: {
    why: 'Felix drops what pods send to their own node {node|itself}, here {owner|a pod} by {dev|its interface}: defaultEndpointToHostAction is Drop.',
    fix: 'Set `defaultEndpointToHostAction: Accept` (or Return) in the FelixConfiguration `default`. Manifests of Calico do so by FELIX_DEFAULTENDPOINTTOHOSTACTION=ACCEPT.',
  },
  PROXY_ARP_OFF: {
    why: '{ip|The gateway} is an address that nobody has: {node|the node} would answer for it on {dev|its end of the link}, but proxy_arp is 0 there, so {owner|the pod} gets no answer.',
    fix: 'Run `sysctl -w net.ipv4.conf.{dev|DEV}.proxy_arp=1` on {node|the node}. The CNI plug-in and Felix set it: does calico-node run there?',
  },
  PROXY_ARP_NOT_FORWARDING: {
    why: '{ip|The gateway} is an address that nobody has: {node|the node} would answer for it on {dev|its end of the link}, but only a router does so, and forwarding is off there. {owner|The pod} gets no answer.',
    fix: 'Run `sysctl -w net.ipv4.ip_forward=1` on {node|the node}, and see what sets it back; {dev|DEV} needs net.ipv4.conf.{dev|DEV}.forwarding=1, which Felix sets.',
  },
  PROXY_ARP_NO_ROUTE: {
    why: '{ip|The gateway} is an address that nobody has: {node|the node} would answer for it on {dev|its end of the link}, but it does so only for what it has a route to, and it has none. {owner|The pod} gets no answer.',
    fix: 'Give {node|the node} a default route: `ip route get {ip|ADDRESS}` has to find one.',
  },
  ANSWER_ANOTHER_WAY: {
    why: 'The answer came to {node|a host} from {by|a neighbour}, but the request had not passed there: it was seen by {way|others} alone.',
    fix: 'Look on {by|the neighbour} at the route back: several next hops, or a longer prefix by way of {node|this host}. With BGP a node that offers the blocks of others becomes a way to them: let each announce its own alone (BGPFilter).',
  },
  SERVICE_ADDRESS_UNUSED: {
    why: '{dst|The address} is in the serviceCIDR {prefix|of the cluster}, but no Service has it, so no rule translates it and it has no route.',
    fix: 'Compare with `kubectl get services -A`: the Service may have been made anew, with another address.',
  },
  CLUSTER_IP_NO_PORT: {
    why: '{vip|It} is the ClusterIP of {service|a Service}, which exists only as rules for its ports ({ports|none}); {asked|what was asked for} is none of them, so nothing translated this packet.',
    fix: 'Ask for one of its ports: {ports|it has none}.',
  },
  CLUSTER_IP_NO_ENDPOINTS: {
    why: '{service|The Service} has no ready endpoint for {asked|this port}. kube-proxy then writes no translation for {vip|its ClusterIP}, only a REJECT, and the routing decision comes before that.',
    fix: 'See `kubectl get endpointslices`: a Service without a selector needs one made by hand; else compare the selector with the labels of the pods and targetPort with their ports, and see whether they are ready.',
  },
  CLUSTER_IP_UNTRANSLATED: {
    why: '{vip|It} is the ClusterIP of {service|a Service}, which exists only as rules for its ports ({ports|none}); nothing translated this packet.',
    fix: 'The rules are missing: on {node|the node}, `iptables -t nat -S KUBE-SERVICES | grep {vip|ADDRESS}`; kube-proxy writes them.',
  },
  CLUSTER_IP_NO_ROUTE: {
    why: '{vip|It} is the ClusterIP of {service|a Service}. The rules that translate it come after the routing decision, and {node|the sender} has no route for it.',
    fix: 'Give {node|the sender} a route that covers {vip|the address}, a default route will do: after the translation the packet is routed anew.',
  },
  VIP_NOT_BOUND: {
    why: '{node|The node} has a virtual server for {vip|the address}:{port|PORT} ({proto|PROTOCOL}), but no device of it has the address, so the packet was never delivered to IPVS.',
    fix: 'kube-proxy keeps the addresses on {dev|kube-ipvs0}: `ip addr add {vip|ADDRESS}/32 dev {dev|kube-ipvs0}` on {node|the node}, or let kube-proxy sync again.',
  },
  VIRTUAL_SERVICE_MISSING: {
    why: '{node|The node} has {vip|the address} on kube-ipvs0, but no virtual server for port {port|PORT} ({proto|PROTOCOL}) of {service|the Service}: the packet was taken for one to the node itself.',
    fix: 'Compare `ipvsadm -Ln` on {node|the node} with the Service; kube-proxy writes the virtual servers at its next sync.',
  },
  VIP_NO_PORT: {
    why: '{vip|The address} is local on {node|the node} (kube-ipvs0), and {port|PORT}/{proto|PROTOCOL} is no port of {service|its Service} ({ports|it has none}): the packet was taken for one to the node itself.',
    fix: 'Ask for one of its ports: {ports|it has none}. With kube-proxy in iptables mode such a packet leaves the node instead.',
  },
  VIP_NO_ICMP: {
    why: '{vip|The address} is local on {node|the node} (kube-ipvs0), but only for the ports of {service|its Service} ({ports|it has none}): kube-proxy in IPVS mode rejects all else, a ping too (KUBE-IPVS-FILTER).',
    fix: 'A Service is not there to be pinged: ask for one of its ports ({ports|it has none}).',
  },
  EXTERNAL_IP_NO_PORT: {
    why: '{vip|It} is an external address of {service|a Service}, which nodes take only for its ports ({ports|none}); {asked|what was asked for} is none of them, so no rule translates it and it goes on as any other packet.',
    fix: 'Ask for one of its ports: {ports|it has none}.',
  },
  EXTERNAL_IP_NOT_ROUTED: {
    why: '{vip|It} is an external address of {service|a Service}. Nodes take it when it reaches them, but no route leads it from {host|here} to a node.',
    fix: 'Route {vip|the address} to a node with an endpoint: whoever gave the Service the address (a cloud, MetalLB, the network) has to announce it.',
  },
  BALANCER_ADDRESS: {
    why: '{vip|It} is the address of the load balancer of {service|a Service} with ipMode Proxy: kube-proxy leaves it alone, so that the balancer itself has to answer, also to pods and nodes.',
    fix: 'Look at the load balancer, or add it to the lab as a host.',
  },
  STALE_CONNECTION: {
    why: '{node|The node} still translates {vip|the address of the Service} to {server|a server} as of an earlier packet of this connection; no rule does so any longer, but a known connection ({connection|in conntrack}) is not put to the rules again.',
    fix: 'Forget the connection on {node|the node}: `conntrack -D -p {proto|udp} --orig-dst {dst|ADDRESS} --dst-nat {to|SERVER}`. kube-proxy does so for UDP when it sees an endpoint go.',
  },
  LOCALHOST_NODE_PORT: {
    why: 'kube-proxy in IPVS mode serves node ports on the addresses of {node|the node}, not on {vip|127.0.0.1}.',
    fix: "Ask for the node's own address. Only iptables mode serves node ports on localhost (iptables.localhostNodePorts).",
  },
  SOURCE_IS_SERVICE_ADDRESS: {
    why: '{node|The node} sent the packet with {src|the address of the Service} for its source, which is on {dev|kube-ipvs0} of every node: the next hop has it too, and answers neither ARP nor packets in its name.',
    fix: 'Such packets have to be masqueraded: look on {node|the node} at `iptables -t nat -S KUBE-SERVICES`, and whether kube-proxy knows the clusterCIDR.',
  },
  IN_RANGES_NO_LOCAL_ENDPOINT: {
    why: "The client is within the loadBalancerSourceRanges, but the Service's externalTrafficPolicy is Local, and {node|this node} has no endpoint of it: nothing translated the packet, and kube-proxy drops what comes untranslated to a load balancer with ranges.",
    fix: 'Ask a node that has an endpoint (the load balancer learns it from the healthCheckNodePort), or set the traffic policy back to Cluster.',
  },
  NEIGH_ENTRY_MISSING: {
    why: '{node|The node} has no neighbour entry for {ip|the next hop} on {dev|the tunnel device}, and a VXLAN device without a default remote asks nobody.',
    fix: 'Look at `ip neigh show dev {dev|DEV}` on {node|the node}. On flannel.1 it is flanneld that writes one entry per lease, on vxlan.calico Felix, one per node.',
  },
  ARP_ANSWERED_BY_SEVERAL: {
    why: '{nodes|Several hosts} each answer ARP for {ip|the address}: whose answer comes first, here that of {first|one of them}, gets the packets, and that can change at any time.',
    fix: 'kube-proxy in IPVS mode puts the addresses of Services on kube-ipvs0 of every node: set strictARP, so that arp_ignore is 1 and only who announces {ip|the address} answers for it.',
  },
  TAKEN_BY_ANOTHER: {
    why: 'taken by {took|another}, which is not the one that was asked',
    fix: '',
  },
};
