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
  CLUSTER_IP_UNTRANSLATED: {
    why: '{vip|It} is the ClusterIP of {service|a Service}, which exists only as rules for its ports ({ports|none}); nothing translated this packet.',
    fix: 'Ask for one of its ports. If this is one, the rules are missing: on {node|the node}, `iptables -t nat -S KUBE-SERVICES | grep {vip|ADDRESS}`; kube-proxy writes them.',
  },
  CLUSTER_IP_NO_ROUTE: {
    why: '{vip|It} is the ClusterIP of {service|a Service}. The rules that translate it come after the routing decision, and {node|the sender} has no route for it.',
    fix: 'Give {node|the sender} a route that covers {vip|the address}, a default route will do: after the translation the packet is routed anew.',
  },
  NEIGH_ENTRY_MISSING: {
    why: '{node|The node} has no neighbour entry for {ip|the next hop} on {dev|the tunnel device}, and a VXLAN device without a default remote asks nobody.',
    fix: 'Look at `ip neigh show dev {dev|DEV}` on {node|the node}. On flannel.1 it is flanneld that writes one entry per lease.',
  },
  TAKEN_BY_ANOTHER: {
    why: 'taken by {took|another}, which is not the one that was asked',
    fix: '',
  },
};
