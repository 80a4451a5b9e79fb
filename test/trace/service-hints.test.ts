import { describe, expect, test } from 'vitest';
import { readLab } from '../../src/input/index.js';
import { buildNetwork } from '../../src/lab/index.js';
import { formatTrace } from '../../src/output/index.js';
import { type Probe, trace } from '../../src/trace/index.js';
import { readable } from '../recordings/load.js';

function traced(lab: string, probe: Probe) {
  const { network } = buildNetwork(readable(readLab(lab, 'lab.yaml')));
  const found = trace(network, probe);
  const { code, hints } = found.verdict;
  return {
    code,
    hints: hints.map((hint) => hint.code),
    en: told(formatTrace(found)),
    zh: told(formatTrace(found, { lang: 'zh' })),
  };
}

/** Without the line breaks of a paragraph. */
function told(text: string): string {
  return text.replace(/\s+/g, ' ');
}

describe('loadBalancerSourceRanges and externalTrafficPolicy Local', () => {
  const lab = (node: string, path: string): string => `
nodes: {node-1: 192.168.56.11, node-2: 192.168.56.12}
segments: {lan: 192.168.56.0/24, out: 203.0.113.0/24}
routers: {router: {addresses: [192.168.56.1, 203.0.113.1], routes: {192.0.2.0/24: ${path}}}}
hosts: {inside: 203.0.113.5, outside: 203.0.113.50}
pods:
  web: {node: ${node}, labels: {app: web}, ports: [8080]}
services:
  lb: {type: LoadBalancer, selector: {app: web}, port: 80, targetPort: 8080, externalTrafficPolicy: Local,
       ingress: [192.0.2.10], loadBalancerSourceRanges: [203.0.113.0/28]}
`;
  const to = '192.0.2.10:80';

  test('a client within the ranges, at a node without an endpoint', () => {
    const { code, hints, en } = traced(lab('node-1', '192.168.56.12'), { from: 'host/inside', to });
    // The rule is kube-proxy's for ranges: without a translation the packet comes to KUBE-PROXY-FIREWALL first.
    expect(code).toBe('LB_SOURCE_RANGES');
    expect(hints).toEqual(['IN_RANGES_NO_LOCAL_ENDPOINT']);
    expect(en).toContain('within the loadBalancerSourceRanges');
    expect(en).not.toContain('in none of');
  });

  test.each(['node-1', 'node-2'])('a client outside of them, whether or not the node has an endpoint: %s', (node) => {
    const { code, hints, en } = traced(lab(node, '192.168.56.12'), { from: 'host/outside', to });
    expect(code).toBe('LB_SOURCE_RANGES');
    expect(hints).toEqual([]);
    expect(en).toContain('in none of the ranges');
  });
});
