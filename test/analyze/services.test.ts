import { describe, expect, test } from 'vitest';
import { describeServices } from '../../src/analyze/index.js';
import { openLab } from '../../src/input/index.js';
import type { PortOnNode, ServiceRow } from '../../src/output/index.js';

/** Pods and Services on three nodes; node-1 and node-2 in zone a, node-3 in zone b. */
async function rows(rest: string): Promise<readonly ServiceRow[]> {
  const zone = (name: string): string => `labels: {topology.kubernetes.io/zone: ${name}}`;
  const { lab, built } = await openLab(`cni: flannel/vxlan
nodes:
  node-1: {address: 192.168.56.11, ${zone('a')}}
  node-2: {address: 192.168.56.12, ${zone('a')}}
  node-3: {address: 192.168.56.13, ${zone('b')}}
${rest}`);
  return describeServices(lab, built.cluster);
}

async function only(rest: string): Promise<ServiceRow> {
  const [row, ...others] = await rows(rest);
  if (row === undefined || others.length > 0) throw new Error('expected one Service');
  return row;
}

/** What one node does for the first port. */
function on(row: ServiceRow, name: string): PortOnNode {
  const found = row.ports[0]?.nodes.find(({ node }) => node === name);
  if (found === undefined) throw new Error(`${name} serves no port`);
  return found;
}

function targets(endpoints: PortOnNode['cluster']): readonly (string | undefined)[] {
  return endpoints.map(({ target }) => target?.replace('pod/default/', ''));
}

function unused({ unused: all }: PortOnNode): object {
  return Object.fromEntries(all.map(({ target, because }) => [target?.replace('pod/default/', ''), because.code]));
}

const WEB = 'labels: {app: web}, ports: [8080]';
const SERVICE = 'selector: {app: web}, port: 80, targetPort: 8080';

describe('which endpoints a node uses (k8s 1.30 pkg/proxy/topology.go)', () => {
  test.each([
    {
      why: 'ready ones; what is not ready, or terminates beside them, is left out',
      pods: ['ready: true', 'ready: false', 'terminating: true', 'terminating: true, ready: false'],
      uses: ['p0'],
      not: { p1: 'not-ready', p2: 'terminating', p3: 'stopped' },
    },
    {
      why: 'without a ready one those that serve while they terminate',
      pods: ['ready: false', 'terminating: true'],
      uses: ['p1'],
      not: { p0: 'not-ready' },
    },
  ])('$why', async ({ pods, uses, not }) => {
    const list = pods.map((more, i) => `  p${i}: {node: node-1, ${WEB}, ${more}}`).join('\n');
    const row = await only(`pods:\n${list}\nservices:\n  web: {${SERVICE}}\n`);
    expect(targets(on(row, 'node-3').cluster)).toEqual(uses);
    expect(unused(on(row, 'node-3'))).toEqual(not);
  });

  const spread = `pods:\n  p1: {node: node-1, ${WEB}}\n  p2: {node: node-2, ${WEB}}\n  p3: {node: node-3, ${WEB}}\n`;

  test('hints of another zone', async () => {
    const row = await only(`${spread}services:\n  web: {${SERVICE}, trafficDistribution: PreferClose}\n`);
    expect(targets(on(row, 'node-1').cluster)).toEqual(['p1', 'p2']);
    expect(on(row, 'node-1').unused.map(({ because }) => because)).toEqual([
      { code: 'hinted-zones', hinted: ['b'], mine: 'a' },
    ]);
    expect(targets(on(row, 'node-3').cluster)).toEqual(['p3']);
  });

  test('internalTrafficPolicy Local: other nodes are not looked at', async () => {
    const row = await only(`${spread}services:\n  web: {${SERVICE}, internalTrafficPolicy: Local}\n`);
    expect(targets(on(row, 'node-2').local)).toEqual(['p2']);
    expect(unused(on(row, 'node-2'))).toEqual({ p1: 'other-node', p3: 'other-node' });
    expect(on(row, 'node-2').internal).toBe('local');
  });

  test('a slice without a port of that name', async () => {
    const ports = (name: string): string => `labels: {app: web}, ports: [{name: ${name}, containerPort: 8080}]`;
    const pods = `pods:\n  p1: {node: node-1, ${ports('http')}}\n  p2: {node: node-2, ${ports('web')}}\n`;
    const row = await only(`${pods}services:\n  web: {selector: {app: web}, port: 80, targetPort: http}\n`);
    expect(targets(on(row, 'node-1').cluster)).toEqual(['p1']);
    expect(unused(on(row, 'node-1'))).toEqual({ p2: 'no-port' });
  });
});

describe('what becomes of packets where there is nothing to choose', () => {
  const here = `pods:\n  p1: {node: node-1, ${WEB}}\n`;
  const local = 'type: NodePort, externalTrafficPolicy: Local';

  test.each([
    // "not hasAny -> REJECT; hasAny but not hasExternal -> external frontends DROP" (iptables); IPVS uses the others.
    { mode: 'iptables', pods: here, more: local, node: 'node-2', internal: 'cluster', external: 'dropped' },
    { mode: 'ipvs', pods: here, more: local, node: 'node-2', internal: 'cluster', external: 'cluster' },
    { mode: 'iptables', pods: here, more: local, node: 'node-1', internal: 'cluster', external: 'local' },
    { mode: 'iptables', pods: '', more: local, node: 'node-1', internal: 'rejected', external: 'rejected' },
    { mode: 'ipvs', pods: '', more: local, node: 'node-1', internal: 'rejected', external: 'rejected' },
    {
      mode: 'iptables',
      pods: here,
      more: 'internalTrafficPolicy: Local',
      node: 'node-2',
      internal: 'dropped',
      external: undefined,
    },
    {
      // CategorizeEndpoints() lists none for policy Cluster then, so that the virtual service is left empty.
      mode: 'ipvs',
      pods: here,
      more: 'internalTrafficPolicy: Local',
      node: 'node-2',
      internal: 'rejected-here',
      external: undefined,
    },
  ])('$mode, $more, $node: $internal, $external', async ({ mode, pods, more, node, internal, external }) => {
    const row = await only(`kubeProxy: ${mode}\n${pods}services:\n  web: {${SERVICE}, ${more}}\n`);
    expect(on(row, node)).toMatchObject({ internal });
    expect(on(row, node).external).toBe(external);
  });

  test('a health check is 200 where a ready endpoint is, and not for one that terminates', async () => {
    const row = await only(`pods:
  p1: {node: node-1, ${WEB}}
  p2: {node: node-2, ${WEB}, terminating: true}
services:
  web: {${SERVICE}, type: LoadBalancer, externalTrafficPolicy: Local, healthCheckNodePort: 31000}
`);
    expect(row.healthCheckNodePort).toBe(31000);
    expect(row.health.map(({ node, status, localEndpoints }) => [node, status, localEndpoints])).toEqual([
      ['node-1', 200, 1],
      ['node-2', 503, 0],
      ['node-3', 503, 0],
    ]);
  });
});

test('pods that look like endpoints', async () => {
  const row = await only(`pods:
  typo: {node: node-1, labels: {app: wep, tier: front}, ports: [8080]}
  other: {node: node-1, labels: {app: db, tier: back}, ports: [8080]}
  shop/web: {node: node-1, labels: {app: web, tier: front}, ports: [8080]}
services:
  web: {selector: {app: web, tier: front}, port: 80}
`);
  expect(row.noEndpoints).toEqual([
    { pod: 'pod/default/typo', because: [{ code: 'labels', key: 'app', wanted: 'web', found: 'wep' }] },
    { pod: 'pod/shop/web', because: [{ code: 'namespace', namespace: 'shop' }] },
  ]);
});

test('a pod that another Service has is not taken for a misspelt one', async () => {
  const all = await rows(`pods:
  web: {node: node-1, labels: {app: web}, ports: [8080]}
  wep: {node: node-1, labels: {app: wep}, ports: [8080]}
services:
  web: {selector: {app: web}, port: 80}
  wep: {selector: {app: wep}, port: 80}
`);
  expect(all.map(({ noEndpoints }) => noEndpoints)).toEqual([[], []]);
});

test.each([
  { why: 'headless', service: 'clusterIP: None, port: 80, selector: {app: web}', notServed: 'headless' },
  { why: 'an ExternalName', service: 'type: ExternalName, externalName: db.example.org', notServed: 'external-name' },
  {
    why: 'of another proxy',
    service: 'port: 80, selector: {app: web}, labels: {service.kubernetes.io/service-proxy-name: other}',
    notServed: 'other-proxy',
  },
])('$why: kube-proxy leaves it alone', async ({ service, notServed }) => {
  const row = await only(`services:\n  web: {${service}}\n`);
  expect(row.notServed).toBe(notServed);
  expect(row.ports.every(({ usable, nodes }) => usable === undefined && nodes.length === 0)).toBe(true);
});
