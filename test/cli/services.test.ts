import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { displayWidth } from '../../src/output/width.js';
import { podpath } from './cli.js';

const folder = mkdtempSync(join(tmpdir(), 'podpath-services-'));
afterAll(() => rmSync(folder, { recursive: true }));

const lab = join(folder, 'lab.yaml');
writeFileSync(
  lab,
  `cni: flannel/vxlan
nodes: {node-1: 192.168.56.11, node-2: 192.168.56.12}
pods:
  p1: {node: node-1, labels: {app: web}, ports: [8080], ready: false}
  p2: {node: node-2, labels: {app: web}, ports: [8080]}
services:
  web:
    type: LoadBalancer
    selector: {app: web}
    ports: [{port: 80, targetPort: 8080, nodePort: 30080}]
    externalTrafficPolicy: Local
    healthCheckNodePort: 31000
    sessionAffinity: ClientIP
    ingress: [198.51.100.7]
  shop/api: {selector: {app: api}, port: 80}
`,
);

test('a Service without endpoints is a failure, and named first', async () => {
  const { code, out } = await podpath(['services', lab]);
  expect(code).toBe(1);
  expect(out.split('\n')[0]).toBe('✗ 1 of 2 Services has a port without endpoint  shop/api');
});

// A guard against change; what the lines say is tested in test/analyze/services.test.ts.
test('one Service', async () => {
  const { code, out } = await podpath(['services', lab, 'web']);
  expect(code).toBe(0);
  expect(out).toBe(`✓ 1 Service: every port that is served has an endpoint

service/default/web  LoadBalancer
  cluster IP   10.96.0.2
  balancer     198.51.100.7 (VIP)
  policy       internalTrafficPolicy Cluster, externalTrafficPolicy Local
  affinity     a client stays with its endpoint for 10800 s (ClientIP)
  selector     app=web
  health       :31000  node-1 503, 0 ready endpoints · node-2 200, 1 ready endpoint
  tcp 80 -> 8080, node port 30080
    on node-1
      uses         10.244.2.2:8080  (pod/default/p2, node-2)
      not used     10.244.1.2:8080  (pod/default/p1, node-1): not ready
      so           packets from outside are dropped: no endpoint is on the node, and the policy is
                   Local
    on node-2
      uses         10.244.2.2:8080  (pod/default/p2, node-2)
      local        10.244.2.2:8080  (pod/default/p2, node-2)
      not used     10.244.1.2:8080  (pod/default/p1, node-1): not ready
`);
});

test.each([
  { name: 'web', code: 0 },
  { name: 'default/web', code: 0 },
  { name: 'svc/default/web', code: 0 },
  { name: 'service/shop/api', code: 1 },
  { name: 'shop/web', code: 2 },
  { name: 'a/b/c', code: 2 },
  { name: '', code: 2 },
])('$name: $code', async ({ name, code }) => {
  expect((await podpath(['services', lab, name])).code).toBe(code);
});

test('a name that is nearly one', async () => {
  expect((await podpath(['services', lab, 'ap'])).err).toContain('did you mean "api"?');
});

test('a folder of dumps is told where to look instead', async () => {
  const dumps = join(folder, 'dumps');
  await podpath(['export', lab, dumps]);
  const { code, err } = await podpath(['services', dumps]);
  expect(code).toBe(2);
  expect(err).toContain('KUBE-SERVICES');
});

test('the document says of each port whether it can be used', async () => {
  const { out } = await podpath(['services', lab, '--json']);
  const document = JSON.parse(out) as { ok: boolean; services: { ports: { id: string; usable: boolean }[] }[] };
  expect(document.ok).toBe(false);
  expect(document.services.flatMap(({ ports }) => ports.map(({ id, usable }) => [id, usable]))).toEqual([
    ['default/web', true],
    ['shop/api', false],
  ]);
});

test.each(['en', 'zh'])('a screen of 100 columns, in %s', async (lang) => {
  const { out } = await podpath(['services', lab, '--lang', lang]);
  for (const line of out.split('\n')) expect(displayWidth(line), line).toBeLessThanOrEqual(100);
});

describe('Services without a cluster IP', () => {
  const named = join(folder, 'named.yaml');
  writeFileSync(
    named,
    `nodes: {node-1: 192.168.56.11}
pods:
  client: node-1
  web-0: {node: node-1, labels: {app: web}, ports: [8080]}
services:
  peers: {clusterIP: None, selector: {app: web}, port: 8080}
  idle: {clusterIP: None, selector: {app: none}, port: 8080}
  byhand: {port: 80}
  ext: {type: ExternalName, externalName: db.example.org}
`,
  );

  test('of an ExternalName no policy and no selector is told', async () => {
    const { out } = await podpath(['services', named, 'ext']);
    expect(out).toContain('ExternalName: only DNS knows it');
    expect(out).not.toMatch(/Policy|selector|EndpointSlice/);
  });

  test.each([
    {
      to: 'service/peers:8080',
      says: 'it is headless, DNS answers with its endpoints; ask one of them: pod/default/web-0',
    },
    { to: 'service/idle:8080', says: 'it is headless, DNS answers with its endpoints; and now it has none' },
    { to: 'service/ext:80', says: 'it is an ExternalName, DNS answers with db.example.org; ask that host' },
  ])('a trace to $to is told what to ask', async ({ to, says }) => {
    const { code, err } = await podpath(['trace', named, 'client', to]);
    expect(code).toBe(2);
    expect(err).toContain(says);
  });

  test('a Service without a selector needs an EndpointSlice made by hand', async () => {
    const { out } = await podpath(['trace', named, 'client', 'service/byhand:80']);
    expect(out.replace(/\s+/g, ' ')).toContain('a Service without a selector needs one made by hand');
  });
});
