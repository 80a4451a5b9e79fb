import { expect, test } from 'vitest';
import { importKubectl, readLab } from '../../src/input/index.js';
import { ip, prefix } from '../must.js';

const NODE = `- apiVersion: v1
  kind: Node
  metadata:
    name: node-1
    labels: {rack: a}
    annotations: {projectcalico.org/IPv4Address: 192.168.56.11/24, projectcalico.org/IPv4IPIPTunnelAddr: 10.44.1.0}
  spec: {podCIDR: 10.244.0.0/24}
  status: {addresses: [{type: InternalIP, address: 192.168.56.11}]}
`;

function pool(name: string, cidr: string, modes: string): string {
  return `- apiVersion: crd.projectcalico.org/v1
  kind: IPPool
  metadata: {name: ${name}, uid: 1, resourceVersion: "7"}
  spec: {cidr: ${cidr}, blockSize: 26, nodeSelector: all(), natOutgoing: true, ${modes}}
`;
}

const OTHERS = `- apiVersion: crd.projectcalico.org/v1
  kind: BlockAffinity
  metadata: {name: node-1-10-44-1-0-26}
  spec: {cidr: 10.44.1.0/26, deleted: "false", node: node-1, state: confirmed}
- apiVersion: projectcalico.org/v3
  kind: Node
  metadata: {name: node-1}
  spec: {bgp: {routeReflectorClusterID: 224.0.0.1}}
- apiVersion: v1
  kind: Pod
  metadata: {name: web, namespace: default}
  spec: {nodeName: node-1, containers: [{ports: [{containerPort: 80}]}]}
  status: {podIP: 10.44.1.5, phase: Running}
`;

function textOf(items: string): string {
  const read = importKubectl([{ file: 'all.yaml', text: `apiVersion: v1\nkind: List\nitems:\n${items}` }]);
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  expect(read.value.misfits).toEqual([]);
  return read.value.text;
}

test('a cluster with Calico becomes a lab with its objects', () => {
  const text = textOf(NODE + pool('p', '10.44.0.0/16', 'ipipMode: CrossSubnet, vxlanMode: Never') + OTHERS);
  expect(text).not.toContain('resourceVersion');
  const read = readLab(text, 'lab.yaml');
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  const { cni, calico, nodes, pods, podCIDR } = read.value;
  expect(cni.name).toBe('calico/ipip-crosssubnet');
  // That of the pool: the node's own, 10.244.0.0/24, is left out, as nothing of Calico's follows from it.
  expect(podCIDR).toEqual(prefix('10.44.0.0/16'));
  expect(calico.ipPools.map(({ name, cidr }) => ({ name, cidr }))).toEqual([
    { name: 'p', cidr: prefix('10.44.0.0/16') },
  ]);
  expect(calico.blocks.map(({ affinity, cidr }) => ({ affinity, cidr }))).toEqual([
    { affinity: 'node-1', cidr: prefix('10.44.1.0/26') },
  ]);
  expect(nodes[0]).toMatchObject({
    labels: { rack: 'a' },
    annotations: {
      'projectcalico.org/IPv4Address': '192.168.56.11/24',
      'projectcalico.org/IPv4IPIPTunnelAddr': '10.44.1.0',
      'projectcalico.org/RouteReflectorClusterID': '224.0.0.1',
    },
  });
  expect(pods[0]?.podIP).toBe(ip('10.44.1.5'));
});

test.each([
  { modes: ['ipipMode: Never, vxlanMode: Never'], want: 'calico/bgp' },
  { modes: ['ipipMode: Always'], want: 'calico/ipip' },
  { modes: ['vxlanMode: Always', 'vxlanMode: CrossSubnet'], want: 'calico/vxlan' },
  { modes: ['vxlanMode: CrossSubnet'], want: 'calico/vxlan-crosssubnet' },
  // BIRD runs where one pool needs it.
  { modes: ['vxlanMode: Always', 'ipipMode: Never'], want: 'calico/bgp' },
])('pools of $modes are $want', ({ modes, want }) => {
  const pools = modes.map((each, i) => pool(`p-${i}`, `10.244.${i * 128}.0/17`, each));
  expect(textOf(NODE.replace(/annotations.*\n/, '\n') + pools.join(''))).toContain(`\ncni: ${want} #`);
});
