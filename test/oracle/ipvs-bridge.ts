import { service as onRouter, socket, VIP } from './ipvs-lab.js';
import type { Case, Listener, Plan } from './plan.js';

/** A node n with two pods on its bridge, and a client c on its cable; virtual services of the pods are on n. */
const PODS = [
  ...['n', 'c', 'p1', 'p2'].map((ns) => `ip netns add ${ns}`),
  'ip link add eth0 address 02:00:00:00:00:01 netns c type veth peer name eth0 address 02:00:00:00:00:02 netns n',
  'ip -n n link add cni0 address 02:00:00:00:01:00 type bridge',
  ...[1, 2].map(
    (n) =>
      `ip link add eth0 address 02:00:00:00:01:0${n} netns p${n} type veth peer name veth${n} address 02:00:00:00:02:0${n} netns n`,
  ),
  ...['n lo', 'c lo', 'p1 lo', 'p2 lo', 'n cni0', 'n eth0', 'c eth0', 'p1 eth0', 'p2 eth0', 'n veth1', 'n veth2'].map(
    (words) => `ip -n ${words.split(' ')[0]} link set ${words.split(' ')[1]} up`,
  ),
  ...[1, 2].map((n) => `ip -n n link set veth${n} master cni0`),
  ...[1, 2].map((n) => `bridge -n n link set dev veth${n} hairpin on`),
  'ip -n c addr add 10.0.0.1/24 dev eth0',
  'ip -n n addr add 10.0.0.2/24 dev eth0',
  'ip -n n addr add 10.244.1.1/24 dev cni0',
  ...[1, 2].map((n) => `ip -n p${n} addr add 10.244.1.${n + 1}/24 dev eth0`),
  ...[1, 2].map((n) => `ip -n p${n} route add default via 10.244.1.1`),
  'ip -n c route add default via 10.0.0.2',
  'ip netns exec n sysctl -qw net.ipv4.ip_forward=1',
  ...['all', 'eth0', 'cni0'].map((dev) => `ip netns exec n sysctl -qw net.ipv4.conf.${dev}.send_redirects=0`),
  'ip -n n link add kube-ipvs0 type dummy',
  `ip -n n addr add ${VIP}/32 dev kube-ipvs0`,
];

const LISTENERS: readonly Listener[] = ['p1', 'p2'].flatMap((netns): Listener[] => [
  { netns, protocol: 'udp', port: 53, behaviour: 'echo' },
  { netns, protocol: 'tcp', port: 80, behaviour: 'sink' },
]);

const service = (words: string, port: number): string[] =>
  onRouter(
    words,
    ['10.244.1.2', '10.244.1.3'].map((pod) => `${pod}:${port}`),
  ).map((line) => line.replace(' exec r ', ' exec n '));

/** Twice from each, so that both pods are met; a ping first, so that neighbours and stations are known. */
const CASES: readonly Case[] = ['p1', 'c', 'n'].flatMap((from, i) => [
  socket('ping', from, '10.244.1.2'),
  socket('ping', from, '10.244.1.3'),
  socket('udp', from, VIP, { sport: 20010 + i }),
  socket('udp', from, VIP, { sport: 20020 + i }),
  socket('udp', from, VIP, { sport: 20020 + i }),
  socket('tcp', from, VIP, { sport: 20010 + i }),
  socket('tcp', from, VIP, { sport: 20020 + i }),
]);

/** Pods that share a bridge with the servers. */
export const BRIDGED: readonly Plan[] = [0, 1].flatMap((called) =>
  [0, 1].flatMap((conntrack) =>
    [false, true].map(
      (masquerade): Plan => ({
        name: `bridge-nf-call-iptables=${called}, conntrack=${conntrack}${masquerade ? ', masquerade' : ''}: pods on one bridge`,
        fixed: PODS,
        random: [
          `ip netns exec n sysctl -qw net.bridge.bridge-nf-call-iptables=${called}`,
          `ip netns exec n sysctl -qw net.ipv4.vs.conntrack=${conntrack}`,
          ...service(`-u ${VIP}:53 -s rr`, 53),
          ...service(`-t ${VIP}:80 -s rr`, 80),
          ...(masquerade ? ['ip netns exec n iptables -t nat -A POSTROUTING -m ipvs --ipvs -j MASQUERADE'] : []),
        ],
        listeners: LISTENERS,
        cases: CASES,
        unwatched: ['c', 'p2'],
      }),
    ),
  ),
);
