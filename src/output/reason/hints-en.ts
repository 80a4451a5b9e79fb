import type { Hints } from './reason.js';

/** What the hints say, in English. */
export const hintsEn: Hints = {
  POD_ROUTE_MISSING: {
    why: '{node|A node} has no route for {prefix|the subnet} of {owner|the destination}, so it took its default route, which does not lead there.',
    fix: 'Look on {node|the node} with `ip route get {dst|ADDRESS}`: find what should write the route for {prefix|the subnet}, whether it runs, and whether it knows that subnet.',
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
    fix: "Look on {node|the node} at `iptables -t nat -S POSTROUTING` and the chains that it jumps to. With flannel the rules are flanneld's (--ip-masq).",
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
    fix: 'Look at `ip neigh show dev {dev|DEV}` on {node|the node}. On flannel.1 it is flanneld that writes one entry per lease.',
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
