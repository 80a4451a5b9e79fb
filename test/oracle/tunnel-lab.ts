import type { Listener, Plan } from './plan.js';
import { routerPlan } from './router.js';

/**
 * Two nodes as Calico makes them, a and b, and between them the router: a pod behind each, p (10.244.1.2) and q
 * (10.244.2.2), with an address of its own alone, the gateway 169.254.1.1 by proxy ARP, a route of the node to it and a
 * blackhole for the rest of the block (felix dataplane/linux/endpoint_mgr.go, cni-plugin pkg/dataplane/linux).
 */
const POD_SIDES = [
  { pod: 'p', node: 'a', address: '10.244.1.2', block: '10.244.1.0/26', mac: '02:00:00:01:00:02' },
  { pod: 'q', node: 'b', address: '10.244.2.2', block: '10.244.2.0/26', mac: '02:00:00:02:00:02' },
] as const;

/** Nothing of IP in IP: what every kernel can do. */
export const PODS: readonly string[] = POD_SIDES.flatMap(({ pod, node, address, block, mac }) => [
  `ip netns add ${pod}`,
  `ip link add cali${pod} address ee:ee:ee:ee:ee:ee netns ${node} type veth peer name eth0 address ${mac} netns ${pod}`,
  `ip -n ${pod} link set lo up`,
  `ip -n ${pod} link set eth0 up`,
  `ip -n ${node} link set cali${pod} up`,
  `ip -n ${pod} addr add ${address}/32 dev eth0`,
  `ip -n ${pod} route add 169.254.1.1 dev eth0 scope link`,
  `ip -n ${pod} route add default via 169.254.1.1 dev eth0`,
  `ip netns exec ${node} sysctl -qw net.ipv4.ip_forward=1`,
  // Else a proxy answers after a random time.
  `ip netns exec ${node} sysctl -qw net.ipv4.neigh.cali${pod}.proxy_delay=0`,
  `ip netns exec ${node} sysctl -qw net.ipv4.conf.cali${pod}.proxy_arp=1`,
  ...['all', 'eth0', `cali${pod}`].map(
    (dev) => `ip netns exec ${node} sysctl -qw net.ipv4.conf.${dev}.send_redirects=0`,
  ),
  `ip -n ${node} route add ${address} dev cali${pod} scope link`,
  `ip -n ${node} route add blackhole ${block}`,
]);

/** What the module makes in each namespace, first of all. */
const LOADED: readonly string[] = ['a', 'r', 'b', 'p', 'q'].map((ns) => `ip -n ${ns} tunnel change tunl0 mode ipip`);

/** The device of the module, as Felix sets it up, and the routes of BIRD over it. */
export const TUNL0: readonly string[] = (
  [
    ['a', '10.244.1.0', '10.244.2.0/26', '10.0.1.1'],
    ['b', '10.244.2.0', '10.244.1.0/26', '10.0.0.1'],
  ] as const
).flatMap(([node, address, far, via]) => [
  `ip -n ${node} link set tunl0 mtu 1480`,
  `ip -n ${node} link set tunl0 up`,
  `ip -n ${node} addr add ${address}/32 dev tunl0`,
  `ip -n ${node} route add ${far} via ${via} dev tunl0 onlink proto bird`,
]);

const LISTENERS: readonly Listener[] = ['p', 'q'].flatMap((netns): Listener[] => [
  { netns, protocol: 'udp', port: 53, behaviour: 'echo' },
  { netns, protocol: 'udp', port: 5000, behaviour: 'sink' },
  { netns, protocol: 'tcp', port: 80, behaviour: 'sink' },
]);

/** Pods behind the hosts of the router plan. */
export function podPlan(name: string, random: readonly string[], cases: Plan['cases']): Plan {
  const base = routerPlan(random, cases);
  return { ...base, name, fixed: [...base.fixed, ...PODS], listeners: [...base.listeners, ...LISTENERS] };
}

/** The same on a kernel with the module of IP in IP. */
export function tunnelPlan(name: string, random: readonly string[], cases: Plan['cases']): Plan {
  const base = podPlan(name, random, cases);
  const [namespaces, rest] = [true, false].map((adds) =>
    base.fixed.filter((line) => line.startsWith('ip netns add') === adds),
  );
  return { ...base, fixed: [...(namespaces ?? []), ...LOADED, ...(rest ?? [])] };
}
