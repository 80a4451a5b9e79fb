import { expect, test } from 'vitest';
import { readLab } from '../../src/input/index.js';
import { buildNetwork } from '../../src/lab/index.js';
import { trace } from '../../src/trace/index.js';
import { readable } from '../recordings/load.js';

const lab = (kubeProxy: string): string => `
nodes: {node-1: 192.168.56.11, node-2: 192.168.56.12}
segments: {lan: 192.168.56.0/24, out: 203.0.113.0/24}
routers: {router: {addresses: [192.168.56.1, 203.0.113.1]}}
hosts: {outside: 203.0.113.50}
kubeProxy: ${kubeProxy}
pods:
  web: {node: node-1, labels: {app: web}, ports: [8080]}
services:
  lb: {type: LoadBalancer, selector: {app: web}, port: 80, targetPort: 8080, externalTrafficPolicy: Local,
       ingress: [192.0.2.10], healthCheckNodePort: 31500}
`;

function answers(kubeProxy: string, to: string): string {
  const { network } = buildNetwork(readable(readLab(lab(kubeProxy), 'lab.yaml')));
  const { verdict } = trace(network, { from: 'host/outside', to });
  return `${verdict.forward} ${verdict.reply ?? '-'} ${verdict.errno ?? '-'}`;
}

// hcs.SyncServices() knows of no endpoints: also the node that answers 503 listens.
test.each(['iptables', 'ipvs'])('%s mode: the port for health checks is open on each node', (mode) => {
  for (const node of ['node-1', 'node-2'])
    expect(answers(`{mode: ${mode}}`, `${node}:31500`), node).toBe('delivered delivered -');
  expect(answers(`{mode: ${mode}}`, 'node-2:31501')).toBe('rejected - ECONNREFUSED');
});

test('on the addresses that nodePortAddresses names', () => {
  const some = '{mode: iptables, nodePortAddresses: [192.168.56.11/32]}';
  expect(answers(some, 'node-1:31500')).toBe('delivered delivered -');
  expect(answers(some, 'node-2:31500')).toBe('rejected - ECONNREFUSED');
});

test('one socket for IPv4 and IPv6, of the Service', () => {
  const { network } = buildNetwork(readable(readLab(lab('{mode: iptables}'), 'lab.yaml')));
  const found = network.netns('node-2')?.sockets.filter(({ port }) => port === 31500);
  expect(found).toMatchObject([
    { protocol: 'tcp', address: 0, dualStack: true, origin: { by: 'kube-proxy', object: 'service/default/lb' } },
  ]);
});
