import { constants } from 'node:os';
import { expect, test } from 'vitest';
import { labProbe, recordedPlan } from './evidence.js';

const services = () => recordedPlan('Services').cases;

test('Another port of a ClusterIP, or a ping to it, leaves the cluster by the default route, masqueraded', () => {
  const [, otherPort] = services();
  expect(otherPort?.at('router')[0]).toBe('router eth0 in 192.168.56.11 > 10.96.0.12 ttl 63 DF udp');
  const ping = labProbe('clusterip-bridge-nf', 13);
  expect(ping.at('rtr')[0]).toMatch(/^rtr \S+ in 192\.168\.10\.11 > 10\.96\.0\.10 ttl 63 DF icmp echo-request$/);
});

test('A Service without endpoints refuses in the name of the device towards the sender', () => {
  const [nobody] = services();
  expect(nobody?.at('client').at(-1)).toBe(
    'client eth0 in 10.244.1.1 > 10.244.1.2 ttl 64 icmp unreachable port about 10.244.1.2 > 10.96.0.13',
  );
  expect(nobody?.errors).toEqual([constants.errno.ECONNREFUSED]);
});

test('A program on a node that asks a Service without endpoints is told EPERM', () => {
  const own = services()[5];
  expect(own?.errors).toEqual([constants.errno.EPERM]);
});

test('Time exceeded on the way to a Service comes from the Service', () => {
  const expired = services()[4];
  expect(expired?.at('client').at(-1)).toBe(
    'client eth0 in 10.96.0.12 > 10.244.1.2 ttl 64 icmp time-exceeded 0 about 10.244.1.2 > 10.96.0.12',
  );
});

test('A pod that asks the node port of another node is masqueraded by both, of its own node once', () => {
  const [, , other, own] = services();
  expect(other?.at('node-2')[0]).toBe('node-2 eth0 in 192.168.56.11 > 192.168.56.12 ttl 63 DF udp');
  expect(other?.deliveries).toEqual(['near udp 10.244.1.3:53 < 10.244.2.0:20003']);
  expect(own?.deliveries).toEqual(['near udp 10.244.1.3:53 < 10.244.1.1:20004']);
});

test('A node port with externalTrafficPolicy Local and nobody local is dropped in INPUT, in silence', () => {
  const { cases, packets } = recordedPlan('a node port and nobody local');
  expect(packets('node-2', '-A KUBE-EXTERNAL-SERVICES')).toBe(1);
  expect(cases[0]?.at().at(-1)).toBe('node-2 eth0 in 203.0.113.10 > 192.168.56.12 ttl 63 DF udp');
  expect(cases[0]?.errors).toEqual([]);
});

test('A node port on 127.0.0.1 needs route_localnet: without it the call fails with EINVAL', () => {
  const [set, unset] = recordedPlan('a node port on localhost').cases;
  expect(set?.deliveries).toEqual(['far udp 10.244.2.2:53 < 10.244.1.0:20001']);
  expect(unset?.frames).toEqual([]);
  expect(unset?.errors).toEqual([constants.errno.EINVAL]);
});

test('A host port masquerades clients of the pod subnet, not those of other nodes', () => {
  const peer = (index: number): string | undefined => labProbe('portmap', index).probe.result.peerSeenByServer;
  // A pod beside the one that is asked, then another node.
  expect(peer(3)).toMatch(/^10\.244\.1\.1:/);
  expect(peer(1)).toMatch(/^192\.168\.10\.12:/);
});
