import { expect, test } from 'vitest';
import { type Device, Topology } from '../../src/topology/index.js';
import { shipped } from '../shipped.js';

const names = (devices: readonly Device[]): string[] => devices.map(({ netns, dev }) => `${netns}/${dev}`).sort();

test('what a frame of a pod can come to: its bridge, and what else hangs on that', () => {
  const topology = new Topology(shipped('flannel-vxlan'));
  const segment = names(topology.segmentOf({ netns: 'client', dev: 'eth0' }));
  const ports = names(topology.portsOf({ netns: 'node-1', dev: 'cni0' }));
  expect(ports).toHaveLength(2);
  expect(segment).toEqual(['client/eth0', 'node-1/cni0', ...ports, 'web-0/eth0'].sort());
});

test('the machines of one segment are on one segment, and those behind a router are not', () => {
  const topology = new Topology(shipped('flannel-vxlan-directrouting'));
  const hosts = topology.segmentOf({ netns: 'node-1', dev: 'eth0' }).filter(({ dev }) => dev.startsWith('eth'));
  expect(names(hosts)).toEqual(['node-1/eth0', 'node-3/eth0', 'router/eth0']);
});

test.each([
  ['flannel-vxlan', 'flannel.1'],
  ['flannel-udp', 'flannel0'],
] as const)('%s: tunnels between each two nodes', (lab, dev) => {
  const tunnels = new Topology(shipped(lab)).connections().filter(({ kind }) => kind === 'tunnel');
  expect(tunnels.map(({ ends }) => names(ends).join(' – ')).sort()).toEqual([
    `node-1/${dev} – node-2/${dev}`,
    `node-1/${dev} – node-3/${dev}`,
    `node-2/${dev} – node-3/${dev}`,
  ]);
});

test('host-gw has no tunnels', () => {
  const connections = new Topology(shipped('flannel-host-gw')).connections();
  expect(connections.filter(({ kind }) => kind === 'tunnel' || kind === 'lower')).toEqual([]);
});

test('the hosts of one side of the router are on one segment, and kube-ipvs0 is on none', () => {
  const topology = new Topology(shipped('services-ipvs'));
  const near = topology.segmentOf({ netns: 'admin', dev: 'eth0' }).filter(({ dev }) => dev.startsWith('eth'));
  expect(names(near)).toEqual(['admin/eth0', 'node-1/eth0', 'node-2/eth0', 'node-3/eth0', 'router/eth0']);
  expect(names(topology.segmentOf({ netns: 'node-1', dev: 'kube-ipvs0' }))).toEqual(['node-1/kube-ipvs0']);
});

test('each host holds its own namespace first, then its pods', () => {
  const hosts = new Topology(shipped('flannel-vxlan')).hosts();
  const node1 = hosts.find(({ name }) => name === 'node-1');
  expect(node1?.namespaces.map(({ name }) => name)).toEqual(['node-1', 'client', 'web-0']);
});

test('nothing hangs on what is not there', () => {
  const topology = new Topology(shipped('flannel-vxlan'));
  expect(topology.segmentOf({ netns: 'node-1', dev: 'eth9' })).toEqual([]);
  expect(topology.portsOf({ netns: 'nowhere', dev: 'br0' })).toEqual([]);
});
