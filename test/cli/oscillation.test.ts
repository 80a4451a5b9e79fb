import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { podpath } from './cli.js';

const folder = mkdtempSync(join(tmpdir(), 'podpath-oscillation-'));
const lab = join(folder, 'lab.yaml');
afterAll(() => rmSync(folder, { recursive: true }));

/**
 * What near hears of 10.0.3.128/25 it makes 10.0.3.0/24 of. Where right has learned that, left's address is reached by near,
 * and of a gateway in the segment of a neighbour right tells that neighbour (bgp_use_gateway(), bird 2.0.12
 * proto/bgp/attrs.c): near is told that it is the next hop itself, takes that for no route (RFC 4271 §6.3), and its aggregate
 * is gone, until right has forgotten it too.
 */
writeFileSync(
  lab,
  `cni: none
nodes: {node-1: 10.0.0.9}
pods: {client: node-1}
segments: {core: 10.0.0.0/24, far: 10.0.3.0/24}
routers:
  right:
    addresses: [10.0.0.1]
    routes: {0.0.0.0/0: 10.0.0.2}
    bgp: {as: 65001, neighbors: [{address: 10.0.3.3, as: 65003}, {address: 10.0.0.4, as: 65004}]}
  between: {addresses: [10.0.0.2, 10.0.3.2]}
  left:
    addresses: [10.0.3.3]
    routes: {0.0.0.0/0: 10.0.3.2}
    bgp: {as: 65003, announce: [10.0.3.128/25], neighbors: [{address: 10.0.0.1, as: 65001}]}
  near:
    addresses: [10.0.0.4]
    bgp: {as: 65004, neighbors: [{address: 10.0.0.1, as: 65001}], aggregates: [{net: 10.0.3.0/24}]}
`,
);

test.each([
  ['bgp', lab, 'sessions'],
  ['bgp', lab, 'rib', 'near'],
  ['trace', lab, 'client', '10.0.0.4:80'],
])('podpath %s: routes that never settle are a property of the lab, not a bug', async (...args) => {
  const { code, err } = await podpath(args);
  expect(err).toMatch(/^podpath: BGP does not converge: .*10\.0\.3\.0\/24.*: the same routes come again and again\n/);
  expect(err).toMatch(/\n {2}10\.0\.3\.0\/24 on right: .*none.*\n/);
  expect(err).toMatch(/via 10\.0\.0\.4 on eth0 \(Peer_10_0_0_4\) AS_PATH 65004/);
  expect(code).toBe(3);
});
