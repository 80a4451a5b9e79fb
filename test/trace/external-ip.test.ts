import { expect, test } from 'vitest';
import { readLab } from '../../src/input/index.js';
import { buildNetwork } from '../../src/lab/index.js';
import { trace } from '../../src/trace/index.js';

const LAB = `
nodes: {node-1: 192.168.56.11}
pods: {web: {node: node-1, labels: {app: web}, ports: [80]}}
hosts: {outside: 203.0.113.50}
services: {web: {clusterIP: 10.96.0.9, selector: {app: web}, port: 80, externalIPs: [198.51.100.7]}}
`;

// Nobody has written a route for either address: the router has none. That an address is one of rules and no device's is
// what is to say of a cluster IP; packets for an external one have to be brought to a node first.
test.each([
  { to: '10.96.0.9:80', hints: ['CLUSTER_IP_UNTRANSLATED'] },
  { to: '198.51.100.7:80', hints: ['EXTERNAL_IP_NOT_ROUTED'] },
])('from outside to $to, for which there is no route: hints $hints', ({ to, hints }) => {
  const read = readLab(LAB, 'lab.yaml');
  if ('problems' in read) throw new Error('problems');
  const found = trace(buildNetwork(read.value).network, { from: 'host/outside', to });
  expect(found.verdict).toMatchObject({ code: 'NO_ROUTE' });
  expect(found.verdict.hints.map(({ code }) => code)).toEqual(hints);
});
