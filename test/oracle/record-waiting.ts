/**
 * Records `test/recordings/waiting-6.1.json` in user-mode Linux: what a kernel does with IP in IP and with IPVS, neither
 * of which is modelled. `tsx test/oracle/record-waiting.ts`.
 */
import { writeFileSync } from 'node:fs';
import { runPlans } from './backend.js';
import { socket as toPort } from './cases.js';
import type { Case, Plan, SocketCase } from './plan.js';
import { routerPlan } from './router.js';

/** To the echo server, or the TCP server, of each host. */
const socket = (send: SocketCase['send'], from: string, to: string, rest: Partial<SocketCase> = {}): SocketCase =>
  toPort(send, from, to, { ...(send !== 'ping' && { port: send === 'tcp' ? 80 : 53 }), ...rest });

/** Two ends of a tunnel as flannel's ipip backend makes them, over the router. */
const IPIP = (
  [
    ['a', '10.0.0.1', '10.244.1.0', '10.244.2.0', '10.0.1.1'],
    ['b', '10.0.1.1', '10.244.2.0', '10.244.1.0', '10.0.0.1'],
  ] as const
).flatMap(([ns, local, address, far, via]) => [
  `ip -n ${ns} link add flannel.ipip mtu 1480 type ipip local ${local}`,
  `ip -n ${ns} addr add ${address}/32 dev flannel.ipip`,
  `ip -n ${ns} link set flannel.ipip up`,
  `ip -n ${ns} route add ${far}/32 via ${via} dev flannel.ipip onlink`,
]);
const OVER_IPIP: Readonly<Record<string, readonly Case[]>> = {
  'a datagram through IPIP': [socket('udp', 'a', '10.244.2.0')],
  'a connection through IPIP': [socket('tcp', 'a', '10.244.2.0')],
  'a ping through IPIP': [socket('ping', 'b', '10.244.1.0')],
  'the outer TTL of IPIP is that of the packet within': [socket('udp', 'a', '10.244.2.0', { ttl: 1, recverr: true })],
  'an IPIP device that is not the fallback says DF': [socket('udp', 'a', '10.244.2.0', { df: false })],
  'fragments through IPIP': [socket('udp', 'a', '10.244.2.0', { payload: 1460, df: false })],
  'more than the MTU of an IPIP device': [socket('udp', 'a', '10.244.2.0', { payload: 1460, df: true, recverr: true })],
  'a port unreachable through IPIP': [socket('udp', 'a', '10.244.2.0', { port: 7, connected: true, recverr: true })],
  'a datagram beside IPIP': [socket('udp', 'a', '10.0.1.1')],
};

/** Services on the router, as kube-proxy keeps them: addresses on a device that is down, and masquerade. */
const IPVS = [
  'ip -n r route add 10.2.0.1 via 10.0.1.1',
  'ip -n r link add kube-ipvs0 type dummy',
  'ip -n r addr add 10.96.0.1/32 dev kube-ipvs0',
  ...['-t 10.96.0.1:80', '-u 10.96.0.1:53'].flatMap((service) => [
    `ip netns exec r ipvsadm -A ${service} -s rr`,
    ...['10.0.1.1', '10.2.0.1'].map(
      (server) => `ip netns exec r ipvsadm -a ${service} -r ${server}:${service.split(':')[1]} -m -w 1`,
    ),
  ]),
  'ip netns exec r ipvsadm -A -u 10.96.0.1:5000 -s rr',
];
const TO_SERVICES: Readonly<Record<string, readonly Case[]>> = {
  'IPVS takes one server after the other': [1, 2, 3].map((n) => socket('udp', 'a', '10.96.0.1', { sport: 20000 + n })),
  'a connection to IPVS': [socket('tcp', 'a', '10.96.0.1')],
  'a connection to IPVS from its host': [socket('tcp', 'r', '10.96.0.1')],
  'a datagram to IPVS from its host': [socket('udp', 'r', '10.96.0.1', { ttl: 5 })],
  'IPVS looks at the TTL': [socket('udp', 'a', '10.96.0.1', { ttl: 1, recverr: true })],
  'IPVS without a server': [socket('udp', 'a', '10.96.0.1', { port: 5000, connected: true, recverr: true })],
  'no port of IPVS': [socket('udp', 'a', '10.96.0.1', { port: 9, connected: true, recverr: true })],
  'a ping to an address of IPVS': [socket('ping', 'a', '10.96.0.1')],
  'a datagram beside IPVS': [socket('udp', 'a', '10.0.1.1')],
};

const plansOf = (random: readonly string[], all: Readonly<Record<string, readonly Case[]>>): Plan[] =>
  Object.entries(all).map(([name, cases]) => ({ ...routerPlan(random, cases), name }));
const plans = [...plansOf(IPIP, OVER_IPIP), ...plansOf(IPVS, TO_SERVICES)];
const runs = runPlans(plans, 'uml');
const recorded = plans.map((plan, i) => ({ plan, kernel: runs[i] }));
writeFileSync(new URL('../recordings/waiting-6.1.json', import.meta.url), `${JSON.stringify(recorded)}\n`);
