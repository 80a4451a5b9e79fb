import { describe, expect, test } from 'vitest';
import { parseAddress } from '../../src/address/index.js';
import { DEFAULT_PROXY_CONFIG } from '../../src/agents/index.js';
import { NEVER_SYNCED, sync } from '../../src/agents/kube-proxy/iptables/sync.js';
import { printRuleset, restoreRuleset } from '../../src/linux/index.js';
import { isolated } from '../isolated.js';
import { node } from '../lab/make-lab.js';
import { onMachine } from '../machine.js';
import { clusterWith, endpoint, type ServiceWith, serviceWith } from './service-cluster.js';
import { cidr } from './upstream-objects.js';

function address(text: string): NonNullable<ReturnType<typeof parseAddress>> {
  const found = parseAddress(text);
  if (found === undefined) throw new Error(text);
  return found;
}

/** Services with every kind of rule, in one family: `n` makes an address of Services, `pod` one of pods. */
function everything(n: (i: number) => string, pod: (i: number) => string, range: string): ServiceWith[] {
  const here = { nodeName: 'node-1' };
  const both = [endpoint(pod(1), here), endpoint(pod(2)), endpoint(pod(3))];
  const port = (nodePort: number, protocol: 'TCP' | 'UDP' | 'SCTP' = 'TCP') => ({
    ports: [{ name: 'p', protocol, port: 80, targetPort: 8080, nodePort }],
  });
  const balancer = (i: number) => ({
    type: 'LoadBalancer' as const,
    loadBalancerIngress: [{ ip: address(n(i + 100)), ipMode: 'VIP' as const }],
    externalIPs: [address(n(i + 200))],
  });
  const ips = (i: number) => ({ clusterIPs: [address(n(i))] });
  return [
    serviceWith('plain', both, ips(1)),
    serviceWith('sticky', both, { ...ips(2), sessionAffinity: 10800 }),
    serviceWith('none', [], { ...ips(3), ...balancer(3), ...port(30003) }),
    serviceWith('local', both, { ...ips(4), ...balancer(4), ...port(30004), externalTrafficPolicy: 'Local' }),
    serviceWith('nobody', [endpoint(pod(2))], {
      ...ips(5),
      ...balancer(5),
      ...port(30005, 'UDP'),
      externalTrafficPolicy: 'Local',
      internalTrafficPolicy: 'Local',
      healthCheckNodePort: 32005,
    }),
    serviceWith('fenced', both, {
      ...ips(6),
      ...balancer(6),
      ...port(30006, 'SCTP'),
      loadBalancerSourceRanges: [cidr(range)],
    }),
  ];
}

const FAMILIES = [
  {
    family: 'ip',
    services: everything(
      (i) => `10.96.0.${i}`,
      (i) => `10.244.1.${i}`,
      '192.168.10.0/24',
    ),
  },
  {
    family: 'ip6',
    services: everything(
      (i) => `fd00:96::${i}`,
      (i) => `fd00:244::${i}`,
      'fd00:10::/64',
    ),
  },
] as const;

describe.each(FAMILIES)('our text, $family', ({ family, services }) => {
  const on = node(1);
  const config = { ...DEFAULT_PROXY_CONFIG, detectLocal: { mode: 'InterfaceNamePrefix', prefix: 'veth' } } as const;
  const state = { addresses: on.addresses, tcpLiberal: false };
  const cluster = clusterWith(services);
  const { chunks } = sync({ cluster, node: on, config, family, state, natChains: [], now: 0 }, NEVER_SYNCED);
  const text = `${chunks.flatMap(({ lines }) => lines).join('\n')}\n`;
  const { ruleset, refusal } = restoreRuleset(new Map(), chunks, 'noflush', { family });

  test('is taken by us, and has every chain', () => {
    expect(refusal).toBeUndefined();
    const chains = [...(ruleset.get('nat')?.chains.keys() ?? [])].join('\n');
    for (const prefix of ['KUBE-SVC-', 'KUBE-SVL-', 'KUBE-EXT-', 'KUBE-FW-', 'KUBE-SEP-'])
      expect(chains).toContain(prefix);
  });

  for (const flavour of ['legacy', 'nft']) {
    const tool = `${family}tables-${flavour}`;
    const able = isolated(`echo '*nat\n-A PREROUTING -p tcp -j REDIRECT\nCOMMIT' | ${tool}-restore && ${tool}-save`);
    const why = able.status === 0 ? undefined : `${tool}-restore needs namespaces, iptables-legacy-save root`;
    test.skipIf(why !== undefined)(onMachine(`${tool}-restore takes it, and saves what we would`, why), () => {
      const { status, stdout, stderr } = isolated(`set -e\n${tool}-restore --noflush\n${tool}-save`, text);
      expect([status, stderr]).toEqual([0, '']);
      expect(ofKubeProxy(stdout)).toEqual(ofKubeProxy(printRuleset(ruleset)));
      expect(ofKubeProxy(stdout).length).toBeGreaterThan(80);
    });
  }
});

/** Rules by chain, as the chains of a table may come in any order. */
function ofKubeProxy(text: string): string[] {
  const rules = new Map<string, string[]>();
  let table = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line;
    const chain = /^-A (\S+)/.exec(line)?.[1];
    if (chain !== undefined) rules.set(`${table} ${chain}`, [...(rules.get(`${table} ${chain}`) ?? []), line]);
  }
  return [...rules]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, lines]) => lines.map((line) => `${key} ${line}`));
}
