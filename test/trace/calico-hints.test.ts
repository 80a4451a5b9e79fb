import { expect, test } from 'vitest';
import { readLab } from '../../src/input/index.js';
import { buildNetwork } from '../../src/lab/index.js';
import { Runtime } from '../../src/linux/index.js';
import { formatTrace } from '../../src/output/index.js';
import type { Network } from '../../src/topology/index.js';
import { type Probe, trace } from '../../src/trace/index.js';
import { run } from '../network.js';
import { readable } from '../recordings/load.js';
import { shipped } from '../shipped.js';

const toWeb1: Probe = { from: 'pod/client', to: 'pod/web-1:8080' };

/** Three nodes on one segment; client on node-1, web on node-3. Blocks: 10.244.1.0/26 to 10.244.3.0/26. */
function lab(calico: string, more = 'hosts: {internet: {address: 203.0.113.10}}'): Network {
  const text = `cni: calico/bgp
calico: ${calico}
nodes:
  node-1: 192.168.56.11
  node-2: 192.168.56.12
  node-3: 192.168.56.13
pods:
  client: node-1
  web-1: {node: node-3, ports: [8080]}
${more}`;
  return buildNetwork(readable(readLab(text, 'calico.yaml'))).network;
}

function said(network: Network, probe: Probe = toWeb1): { readonly codes: readonly string[]; readonly text: string } {
  const result = trace(network, probe);
  expect(result.verdict.exit).toBe(1);
  return {
    codes: result.verdict.hints.map(({ code }) => code),
    text: formatTrace(result, { width: 400 }).replace(/\s+/g, ' '),
  };
}

test('a chain of iBGP sessions: who is in the middle keeps what came by iBGP to itself (RFC 4271 §9.2)', () => {
  const network = lab(`
  bgpConfiguration: {nodeToNodeMeshEnabled: false}
  bgpPeers:
    a: {node: node-1, peerIP: 192.168.56.12, asNumber: 64512}
    b: {node: node-2, peerIP: 192.168.56.11, asNumber: 64512}
    c: {node: node-2, peerIP: 192.168.56.13, asNumber: 64512}
    d: {node: node-3, peerIP: 192.168.56.12, asNumber: 64512}`);
  const { codes, text } = said(network);
  expect(codes).toEqual(['POD_ROUTE_MISSING', 'BGP_NOT_REFLECTED']);
  expect(text).toContain('node-2 has 10.244.3.0/26 from its own AS');
});

test('a peer that expects another AS: the session is down, and both numbers are named', () => {
  const network = lab(`
  bgpConfiguration: {nodeToNodeMeshEnabled: false}
  bgpPeers:
    a: {node: node-1, peerIP: 192.168.56.13, asNumber: 64999}
    b: {node: node-3, peerIP: 192.168.56.11, asNumber: 64512}`);
  const { codes, text } = said(network);
  expect(codes).toEqual(['POD_ROUTE_MISSING', 'BGP_SESSION_DOWN']);
  expect(text).toMatch(/from node-3 to node-1 is down: .*64512.*64999/);
});

test('two nodes of one AS behind a router of another: each drops what has its own AS in the path (RFC 4271 §9)', () => {
  const network = lab(
    `
  bgpConfiguration: {nodeToNodeMeshEnabled: false}
  bgpPeers:
    tor: {peerIP: 192.168.56.1, asNumber: 65000}`,
    `segments: {lan: 192.168.56.0/24}
routers:
  tor:
    addresses: [192.168.56.1]
    bgp:
      as: 65000
      neighbors:
        - {address: 192.168.56.11, as: 64512}
        - {address: 192.168.56.12, as: 64512}
        - {address: 192.168.56.13, as: 64512}
`,
  );
  // The router itself has the route: the default route leads to it, and the packet arrives all the same.
  expect(network.unlearned('node-1', 0x0af40300 as never)?.lost).toMatchObject([
    { cause: 'withheld', from: 'tor', to: ['node-1'], because: expect.stringContaining('own AS 64512') },
  ]);
});

test('addresses that nobody announces, and machines that do not speak, lack nothing', () => {
  const network = shipped('calico-bgp');
  expect(network.unlearned('node-1', 0x0af40909 as never)).toBeUndefined(); // 10.244.9.9
  expect(network.unlearned('router', 0x0af40200 as never)).toBeUndefined(); // 10.244.2.0
  expect(network.unlearned('client', 0x0af40200 as never)).toBeUndefined();
  expect(shipped('flannel-vxlan').unlearned('node-1', 0x0af40202 as never)).toBeUndefined();
  expect(shipped('calico-vxlan').unlearned('node-1', 0x0af40201 as never)).toBeUndefined();
});

test.each([
  {
    what: 'an address of a block that no pod has',
    change: '',
    probe: { from: 'pod/client', to: '10.244.2.40:80' },
    codes: ['BLOCK_WITHOUT_POD'],
    says: ['10.244.2.40 is in block 10.244.2.0/26 of node-2', 'calicoctl ipam show --ip=10.244.2.40'],
  },
  {
    what: 'arp_process() asks ip_route_input() first, and without a default route there is no way to 169.254.1.1',
    change: 'node-1: ip route del default',
    codes: ['PROXY_ARP_NO_ROUTE'],
    says: ['169.254.1.1', 'ip route get 169.254.1.1'],
  },
  {
    what: 'a route of BIRD that went with its link',
    change: 'node-1: ip link set eth0 down',
    probe: { from: 'node/node-1', to: 'pod/web-1:8080' },
    // BIRD still knows it, but who took it away is known: BGP_ROUTE_REMOVED would blame somebody else.
    codes: ['LINK_DOWN'],
    says: ['eth0 of node-1 is down'],
  },
])('calico-bgp: $what', ({ change, probe = toWeb1, codes, says }) => {
  const { network, refused } = run(change, shipped('calico-bgp'), new Runtime());
  expect(refused).toEqual([]);
  const { codes: got, text } = said(network, probe);
  expect(got).toEqual(codes);
  for (const word of says) expect(text).toContain(word);
});

test('defaultEndpointToHostAction Drop: a pod does not reach its own node', () => {
  const { codes, text } = said(lab('{felixConfiguration: {defaultEndpointToHostAction: Drop}}'), {
    from: 'pod/client',
    to: 'node/node-1',
    proto: 'icmp',
  });
  expect(codes).toEqual(['WORKLOAD_TO_HOST']);
  expect(text).toContain('pod/default/client by cali');
});

test('pods of two nodes that ask for 169.254.1.1 are answered by their own node each', () => {
  const { verdict, legs } = trace(shipped('calico-bgp'), toWeb1);
  const answers = legs.filter(({ kind, packet }) =>
    packet.some(
      (header) => kind === 'arp' && header.l === 'arp' && header.op === 'reply' && header.spa === '169.254.1.1',
    ),
  );
  expect(answers.map(({ paths }) => paths[0]?.hops[0]?.host).sort()).toEqual(['node-1', 'node-2']);
  expect(verdict.hints).toEqual([]);
});
