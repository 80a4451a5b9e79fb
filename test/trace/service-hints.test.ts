import { describe, expect, test } from 'vitest';
import { parseCommand } from '../../src/index.js';
import { readLab } from '../../src/input/index.js';
import { buildNetwork } from '../../src/lab/index.js';
import { formatTrace } from '../../src/output/index.js';
import { createSimulation, type Probe, trace } from '../../src/trace/index.js';
import { readable } from '../recordings/load.js';
import { shipped } from '../shipped.js';

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

describe('addresses of Services besides the ClusterIP', () => {
  const lab = (routes: string, mode = 'iptables'): string => `
nodes: {node-1: 192.168.56.11}
segments: {lan: 192.168.56.0/24, out: 203.0.113.0/24}
routers: {router: {addresses: [192.168.56.1, 203.0.113.1], routes: {${routes}}}}
hosts: {outside: 203.0.113.50}
kubeProxy: ${mode}
pods:
  client: node-1
  web: {node: node-1, labels: {app: web}, ports: [8080]}
services:
  lb: {type: LoadBalancer, selector: {app: web}, port: 80, targetPort: 8080, externalIPs: [198.51.100.77],
       ingress: [192.0.2.10, {ip: 192.0.2.11, ipMode: Proxy}], loadBalancerSourceRanges: [203.0.113.0/24]}
`;
  const routed = '192.0.2.0/24: 192.168.56.11, 198.51.100.0/24: 192.168.56.11';
  const from = 'host/outside';

  test.each([
    ['a wrong port of a VIP', routed, { from, to: '192.0.2.10:9999' }, 'LOOP', 'EXTERNAL_IP_NO_PORT', '80/tcp'],
    [
      'a ping of an external IP',
      routed,
      { from, to: '198.51.100.77', proto: 'icmp' },
      'LOOP',
      'EXTERNAL_IP_NO_PORT',
      '80/tcp',
    ],
    ['a VIP that nobody routes', '', { from, to: '192.0.2.10:80' }, 'NO_ROUTE', 'EXTERNAL_IP_NOT_ROUTED', 'lb'],
    [
      'an external IP that nobody routes',
      '',
      { from, to: '198.51.100.77:80' },
      'NO_ROUTE',
      'EXTERNAL_IP_NOT_ROUTED',
      'lb',
    ],
    ['ipMode Proxy', '', { from: 'pod/client', to: '192.0.2.11:80' }, 'NO_ROUTE', 'BALANCER_ADDRESS', 'ipMode'],
  ] as const)('%s', (_, routes, probe, code, hint, word) => {
    const found = traced(lab(routes), probe);
    expect([found.code, ...found.hints]).toEqual([code, hint]);
    for (const text of [found.en, found.zh]) expect(text).toContain(word);
  });

  test('what is routed arrives, without a hint', () => {
    expect(traced(lab(routed), { from, to: '192.0.2.10:80' })).toMatchObject({ code: null, hints: [] });
  });

  test('IPVS: a ping of a ClusterIP', () => {
    const { code, hints, en } = traced(lab(routed, 'ipvs'), { from: 'pod/client', to: 'service/lb', proto: 'icmp' });
    expect([code, ...hints]).toEqual(['NF_REJECT', 'VIP_NO_ICMP']);
    expect(en).toContain('80/tcp');
  });

  test('IPVS: the node itself is outside of the ranges', () => {
    // 192.168.56.11 is not in 203.0.113.0/24: outFilterRules().
    expect(traced(lab(routed, 'ipvs'), { from: 'node/node-1', to: '192.0.2.10:80' }).code).toBe('LB_SOURCE_RANGES');
  });
});

describe('a connection of UDP that outlives its endpoint', () => {
  /** One packet, some commands on node-1, a link that is gone, and the same connection again. */
  function again(commands: readonly string[]) {
    const simulation = createSimulation(shipped('services'), { seed: 3 });
    const run = (netns: string, line: string) => {
      const read = parseCommand(line, { netns, file: 'x' });
      if (!('value' in read)) throw new Error(line);
      expect(simulation.apply(read.value)).toEqual([]);
    };
    const probe: Probe = { from: 'pod/client', to: 'service/dns:53', proto: 'udp', sport: 40000 };
    expect(simulation.send(probe).verdict.forward).toBe('delivered');
    for (const line of commands) run('node-1', line);
    for (const pod of ['web-0', 'web-1']) run(pod, 'ip link set eth0 down');
    return simulation.send(probe);
  }

  test('no rule translates to it any longer', () => {
    const found = again(['iptables -t nat -F KUBE-SERVICES']);
    expect(found.verdict).toMatchObject({ code: 'NEIGH_FAILED', hints: [{ code: 'STALE_CONNECTION' }] });
    expect(told(formatTrace(found))).toMatch(
      /`conntrack -D -p udp --orig-dst 10\.96\.0\.53 --dst-nat 10\.244\.\d\.\d`/,
    );
  });

  test('while a rule does, it is the pod that is to be looked at', () => {
    expect(again([]).verdict).toMatchObject({ code: 'NEIGH_FAILED', hints: [] });
  });
});
