import { type Built, buildLab } from '../oracle/labs.js';
import type { Case, Listener, Plan } from '../oracle/plan.js';

/** What the plans of these tests are about, besides the router of `test/oracle/router.ts`. */

const echoIn = (...names: readonly string[]): Listener[] =>
  names.map((netns) => ({ netns, protocol: 'udp', port: 53, behaviour: 'echo' }));

/**
 * A node with two pods on a bridge, and somebody outside: p1 10.244.1.2 and p2 10.244.1.3 on v1 and v2 of cni0
 * 10.244.1.1, n eth0 192.168.0.1 – 192.168.0.9 o. Table nat is in use, bridged packets pass iptables.
 */
export function bridgePlan(name: string, random: readonly string[], cases: readonly Case[]): Plan {
  const pod = (ns: string, port: string, host: number): string[] => [
    `ip link add eth0 address 0a:00:00:00:00:0${host} netns ${ns} type veth peer name ${port} address 02:00:00:00:00:0${host} netns n`,
    `ip -n n link set ${port} master cni0`,
    `ip -n n link set ${port} up`,
    `ip -n ${ns} link set eth0 up`,
    `ip -n ${ns} addr add 10.244.1.${host}/24 dev eth0`,
    `ip -n ${ns} route add default via 10.244.1.1`,
  ];
  const fixed = [
    ...['n', 'p1', 'p2', 'o'].flatMap((ns) => [`ip netns add ${ns}`, `ip -n ${ns} link set lo up`]),
    'ip -n n link add cni0 address 0a:00:00:00:00:01 type bridge',
    'ip -n n link set cni0 up',
    'ip -n n addr add 10.244.1.1/24 dev cni0',
    ...pod('p1', 'v1', 2),
    ...pod('p2', 'v2', 3),
    ...outside('n'),
    'ip -n o route add 10.244.1.0/24 via 192.168.0.1',
    'ip netns exec n sysctl -qw net.ipv4.ip_forward=1',
    'ip netns exec n sysctl -qw net.bridge.bridge-nf-call-iptables=1',
    'ip netns exec n iptables -t nat -A PREROUTING -d 10.96.0.9 -p udp -m udp --dport 53 -j DNAT --to-destination 10.244.1.3:53',
  ];
  return { name, fixed, random, listeners: echoIn('p1', 'p2', 'o'), cases, unwatched: [] };
}

/** Somebody outside, on a cable of a node's eth0. */
function outside(node: string): string[] {
  return [
    `ip link add eth0 address 02:00:00:00:01:01 netns ${node} type veth peer name eth0 address 02:00:00:00:01:09 netns o`,
    `ip -n ${node} link set eth0 up`,
    'ip -n o link set eth0 up',
    `ip -n ${node} addr add 192.168.0.1/24 dev eth0`,
    'ip -n o addr add 192.168.0.9/24 dev eth0',
  ];
}

/**
 * A node that routes to its pod by a veth without an address, as Calico does: p 10.244.1.2 – cali0 n. The node has two
 * addresses more: 192.168.0.1 of eth0, to o 192.168.0.9, and 10.3.0.1 of a tunnel device.
 */
export function routedPodPlan(name: string, first: 'eth0' | 'tunnel', cases: readonly Case[]): Plan {
  const tunnel = [
    'ip -n n link add vx0 address 02:00:00:00:00:51 type vxlan id 5 local 192.168.0.1 dstport 4789',
    'ip -n n link set vx0 up',
    'ip -n n addr add 10.3.0.1/32 dev vx0',
  ];
  const fixed = [
    ...['n', 'p', 'o'].flatMap((ns) => [`ip netns add ${ns}`, `ip -n ${ns} link set lo up`]),
    ...(first === 'tunnel' ? tunnel : []),
    ...outside('n'),
    ...(first === 'eth0' ? tunnel : []),
    'ip link add cali0 address ee:ee:ee:ee:ee:ee netns n type veth peer name eth0 address 0a:00:00:00:00:02 netns p',
    'ip -n n link set cali0 up',
    'ip -n p link set eth0 up',
    'ip -n p addr add 10.244.1.2/32 dev eth0',
    'ip -n p route add 169.254.1.1 dev eth0 scope link',
    'ip -n p route add default via 169.254.1.1 dev eth0',
    'ip -n n route add 10.244.1.2 dev cali0 scope link',
    'ip -n n route add default via 192.168.0.9',
    'ip netns exec n sysctl -qw net.ipv4.conf.cali0.proxy_arp=1',
    'ip netns exec n sysctl -qw net.ipv4.ip_forward=1',
  ];
  return { name, fixed, random: [], listeners: echoIn('p', 'o'), cases, unwatched: [] };
}

/**
 * Three on one segment: a 10.0.0.1 sends to 10.9.9.9 by the router r 10.0.0.2, though c 10.0.0.3, which has that address,
 * is as near. a has 10.0.0.11 as well.
 */
export function segmentPlan(name: string, cases: readonly Case[]): Plan {
  const hosts = ['a', 'r', 'c'];
  const fixed = [
    ...['s', ...hosts].flatMap((ns) => [`ip netns add ${ns}`, `ip -n ${ns} link set lo up`]),
    'ip -n s link add br0 type bridge',
    'ip -n s link set br0 up',
    ...hosts.flatMap((ns, i) => [
      `ip link add eth0 address 02:00:00:00:00:0${i + 1} netns ${ns} type veth peer name p${i + 1} netns s`,
      `ip -n s link set p${i + 1} master br0`,
      `ip -n s link set p${i + 1} up`,
      `ip -n ${ns} link set eth0 up`,
      `ip -n ${ns} addr add 10.0.0.${i + 1}/24 dev eth0`,
    ]),
    'ip -n a addr add 10.0.0.11/24 dev eth0',
    'ip -n c addr add 10.9.9.9/32 dev lo',
    'ip -n a route add 10.9.9.9 via 10.0.0.2',
    'ip -n r route add 10.9.9.9 via 10.0.0.3',
    'ip netns exec r sysctl -qw net.ipv4.ip_forward=1',
  ];
  return { name, fixed, random: [], listeners: echoIn('c'), cases, unwatched: ['s'] };
}

const CLUSTER = `
nodes:
  node-1: 192.168.56.11
  node-2: 192.168.56.12
  node-3: 192.168.56.13
pods:
  client: node-1
  near: {node: node-1, labels: {app: near}, ports: [53/udp, 80]}
  far: {node: node-2, labels: {app: far}, ports: [53/udp, 80]}
services:
  near:
    clusterIP: 10.96.0.11
    selector: {app: near}
    ports: [{name: dns, port: 53, protocol: UDP, nodePort: 30011}]
  far:
    clusterIP: 10.96.0.12
    selector: {app: far}
    ports: [{name: dns, port: 53, protocol: UDP, nodePort: 30012}]
  nobody:
    clusterIP: 10.96.0.13
    selector: {app: nobody}
    ports: [{name: dns, port: 53, protocol: UDP}]
hosts:
  internet: {address: 203.0.113.10, listen: [53/udp]}
`;

/**
 * Three nodes, as our agents set them up: pods client 10.244.1.2 and near 10.244.1.3 on node-1, far 10.244.2.2 on node-2;
 * Services 10.96.0.11 with near behind it, 10.96.0.12 with far, 10.96.0.13 with nobody.
 */
export function clusterPlan(
  name: string,
  cni: 'flannel/vxlan' | 'flannel/host-gw',
  random: readonly string[],
  cases: readonly Case[],
): Plan {
  const { fixed, listeners, unwatched }: Built = buildLab(name, `cni: ${cni}\n${CLUSTER}`);
  return { name, fixed, random, listeners, cases, unwatched };
}
