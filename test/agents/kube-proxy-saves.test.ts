import { describe, expect, test } from 'vitest';
import { DEFAULT_PROXY_CONFIG } from '../../src/agents/index.js';
import { syncText } from '../../src/agents/kube-proxy/iptables/proxier.js';
import {
  type Cluster,
  type EndpointSlice,
  type Protocol,
  SERVICE_DEFAULTS,
  type Service,
} from '../../src/cluster/index.js';
import { parseRuleset, printRule, type Ruleset, restoreRuleset } from '../../src/linux/index.js';
import { ip, prefix } from '../must.js';
import { readable } from '../recordings/load.js';
import { readShared, sharedText } from '../shared.js';

/** Rules that kube-proxy's own tests expect (k8s pkg/proxy/iptables/proxier_test.go), and as a kernel printed them. */
const SAVES = 'reference/kube-proxy/saves.json';
const KERNEL_SAVES = 'reference/kube-proxy/saves-kernel.json';

interface Dump {
  readonly id: string;
  readonly mode: string;
  readonly full: boolean;
  readonly objects?: { readonly services: readonly ApiService[]; readonly endpointSlices: readonly ApiSlice[] };
  readonly natRulesTotal?: number;
  readonly expected: string;
}

interface ApiService {
  readonly metadata: { readonly namespace: string; readonly name: string };
  readonly spec: {
    readonly type?: Service['type'];
    readonly clusterIP: string;
    readonly externalIPs?: readonly string[];
    readonly ports: readonly {
      readonly name: string;
      readonly port: number;
      readonly protocol: Protocol;
      readonly nodePort?: number;
    }[];
  };
}

interface ApiSlice {
  readonly metadata: {
    readonly namespace: string;
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly ports: readonly { readonly name: string; readonly port: number; readonly protocol: Protocol }[];
  readonly endpoints: readonly { readonly addresses: readonly string[]; readonly nodeName?: string }[];
}

/**
 * Services that are written whole. Left out of the comparison are those with external IPs, and all load balancers: with
 * them go their KUBE-EXT, KUBE-FW and KUBE-SVL chains, source ranges, and the node ports of load balancers. Session
 * affinity and traffic policies are not written for any Service; the dumps in scope have none.
 */
function inScope({ spec }: ApiService): boolean {
  return spec.type !== 'LoadBalancer' && spec.externalIPs === undefined;
}

function clusterOf({ services, endpointSlices }: NonNullable<Dump['objects']>): Cluster {
  return {
    podCIDR: prefix('10.0.0.0/8'),
    serviceCIDR: prefix('172.30.0.0/16'),
    nodes: [],
    pods: [],
    services: services.filter(inScope).map(
      ({ metadata, spec }): Service => ({
        ...SERVICE_DEFAULTS,
        ...metadata,
        type: spec.type ?? 'ClusterIP',
        clusterIPs: [ip(spec.clusterIP)],
        selector: undefined,
        ports: spec.ports.map((port) => ({ ...port, targetPort: port.port, nodePort: port.nodePort })),
      }),
    ),
    endpointSlices: endpointSlices.map(
      ({ metadata, ports, endpoints }): EndpointSlice => ({
        namespace: metadata.namespace,
        name: metadata.name,
        service: metadata.labels['kubernetes.io/service-name'] ?? '',
        ports,
        endpoints: endpoints.map(({ addresses: [address = ''], nodeName }) => ({
          address: ip(address),
          ready: undefined,
          serving: undefined,
          terminating: undefined,
          nodeName,
          zone: undefined,
          hints: undefined,
          target: undefined,
        })),
      }),
    ),
  };
}

const NODE = { name: 'test-node', labels: {}, podCIDR: prefix('10.0.0.0/24') };

/** As kube-proxy's tests run: nfacct counters there, iptables too old for --random-fully. */
const CONFIG = {
  ...DEFAULT_PROXY_CONFIG,
  detectLocal: { mode: 'ClusterCIDR', cidrs: [prefix('10.0.0.0/8')] },
  nfacct: true,
  randomFully: false,
} as const;

function textOf(objects: NonNullable<Dump['objects']>, config = CONFIG): string[] {
  const lines = syncText(clusterOf(objects), NODE, config).flatMap((chunk) => chunk.lines);
  // The tests give the mark as a number; the program formats it with leading zeros.
  return lines.map((line) => line.replaceAll('0x004000', '0x4000'));
}

/** Rules in order, by table and chain; chains that are only declared have none. */
function byChain(lines: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const chains = new Map<string, string[]>();
  let table = '';
  for (const line of lines) {
    if (line.startsWith('*')) table = line.slice(1);
    const [, chain] = /^(?::|-A )(\S+)/.exec(line) ?? [];
    if (chain === undefined) continue;
    const rules = chains.get(`${table} ${chain}`) ?? [];
    chains.set(`${table} ${chain}`, rules);
    if (line.startsWith('-A')) rules.push(line);
  }
  return chains;
}

/** The services that a line is about are all in scope. */
function about(line: string, objects: NonNullable<Dump['objects']>): boolean {
  const names = objects.services
    .filter((s) => !inScope(s))
    .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  return !names.some((name) => line.includes(name));
}

describe("kube-proxy's own dumps", () => {
  const saves = sharedText(SAVES);
  const dumps = saves === undefined ? [] : (JSON.parse(saves) as { dumps: Dump[] }).dumps;
  const mine = dumps.flatMap((dump) =>
    dump.mode === 'iptables' && dump.objects?.services.some(inScope) ? [dump] : [],
  );

  test('there are some', (context) => {
    readShared(context, SAVES);
    expect(mine.length).toBeGreaterThanOrEqual(10);
  });

  test.each(mine)('$id', ({ objects, expected, full, natRulesTotal }) => {
    if (objects === undefined) throw new Error('no objects');
    const ours = byChain(textOf(objects));
    const deleted = new Set([...expected.matchAll(/^-X (\S+)$/gm)].map(([, chain]) => `nat ${chain}`));
    const theirs = byChain(expected.split('\n'));
    const complete = objects.services.every(inScope);
    for (const [chain, rules] of theirs) {
      const mine = ours.get(chain);
      if (deleted.has(chain)) continue;
      // A chain that we do not have is one of a Service that is out of scope.
      if (mine === undefined) expect(complete, chain).toBe(false);
      else expect(mine, chain).toEqual(rules.filter((line) => about(line, objects)));
    }
    if (full) for (const chain of ours.keys()) expect([...theirs.keys()]).toContain(chain);
    if (natRulesTotal !== undefined) {
      const rules = [...ours].flatMap(([chain, list]) => (chain.startsWith('nat ') ? list : []));
      expect(rules).toHaveLength(natRulesTotal);
    }
  });
});

describe('as a kernel prints it', () => {
  test('the rules of TestOverallIPTablesRules, loaded by us', (context) => {
    const { iptablesLegacySave } = JSON.parse(readShared(context, KERNEL_SAVES)) as { iptablesLegacySave: string };
    const [{ objects }] = (JSON.parse(readShared(context, SAVES)) as { dumps: [Dump] }).dumps;
    if (objects === undefined) throw new Error('no objects');
    const config = { ...CONFIG, nfacct: false, randomFully: true };
    const { ruleset, refusal } = restoreRuleset(new Map(), syncText(clusterOf(objects), NODE, config), 'noflush');
    expect(refusal).toBeUndefined();
    const printed = printedRules(ruleset);
    const kernel = printedRules(readable(parseRuleset(iptablesLegacySave, 'saves-kernel.json')));
    // Of the chains that are ours alone, every rule; of the shared ones, those about Services in scope.
    for (const [chain, rules] of printed)
      expect(rules, chain).toEqual((kernel.get(chain) ?? []).filter((line) => about(line, objects)));
  });
});

function printedRules(ruleset: Ruleset): ReadonlyMap<string, readonly string[]> {
  return new Map(
    [...ruleset.values()].flatMap(({ name, chains }) =>
      [...chains.values()].map((chain) => [
        `${name} ${chain.name}`,
        chain.rules.map((rule) => printRule(rule, chain.name)),
      ]),
    ),
  );
}
