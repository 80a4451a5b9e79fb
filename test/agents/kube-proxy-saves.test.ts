import { describe, expect, test } from 'vitest';
import type { KubeProxyConfig } from '../../src/agents/index.js';
import { endpointChain, probability, serviceChain } from '../../src/agents/kube-proxy/iptables/names.js';
import { NEVER_SYNCED, type Sync, type SyncState, sync } from '../../src/agents/kube-proxy/iptables/sync.js';
import { parseRuleset, printRule, type Ruleset, restoreRuleset } from '../../src/linux/index.js';
import type { RestoreChunk } from '../../src/plan/index.js';
import { readable } from '../recordings/load.js';
import { readShared, sharedText } from '../shared.js';
import { NODE, NODE_ADDRESSES, UPSTREAM_CONFIG, type UpstreamObjects, upstreamCluster } from './upstream-objects.js';

/** Rules that kube-proxy's own tests expect (k8s pkg/proxy/iptables/proxier_test.go), and as a kernel printed them. */
const SAVES = 'reference/kube-proxy/saves.json';
const KERNEL_SAVES = 'reference/kube-proxy/saves-kernel.json';

interface Saves {
  readonly dumps: readonly Dump[];
  readonly chainChecks: readonly ChainCheck[];
  readonly probability: Readonly<Record<string, string>>;
  readonly names: { readonly iptables: { readonly largeCluster: Readonly<Record<string, string>> } };
  readonly loadBalancerIPMode: readonly {
    readonly ipMode: 'VIP' | 'Proxy' | null;
    readonly serviceIPRuleExists: boolean;
  }[];
}

interface Dump {
  readonly id: string;
  readonly mode: string;
  readonly full: boolean;
  readonly staticInput?: boolean;
  readonly objects?: UpstreamObjects;
  readonly natRulesTotal?: number;
  readonly expected: string;
}

interface ChainCheck {
  readonly id: string;
  readonly table: string;
  readonly chain: string;
  readonly options: { readonly nfacct?: boolean; readonly tcpLiberal?: boolean; readonly randomFully?: boolean };
  readonly expected: readonly string[];
}

const text = sharedText(SAVES);
const saves = text === undefined ? undefined : (JSON.parse(text) as Saves);
const dumps = (saves?.dumps ?? []).filter(({ mode, staticInput }) => mode === 'iptables' && staticInput !== true);

interface Given {
  readonly config?: Partial<KubeProxyConfig>;
  readonly previous?: SyncState;
  readonly natChains?: Iterable<string>;
  readonly tcpLiberal?: boolean;
}

function syncOf(objects: UpstreamObjects, given: Given = {}): Sync {
  const { config = {}, previous = NEVER_SYNCED, natChains = [], tcpLiberal = false } = given;
  return sync(
    {
      cluster: upstreamCluster(objects),
      node: NODE,
      config: { ...UPSTREAM_CONFIG, ...config },
      family: 'ip',
      state: { addresses: NODE_ADDRESSES, tcpLiberal },
      natChains,
      now: 0,
    },
    previous,
  );
}

/** The text, line by line. The tests give the mark as a number; the program formats it with leading zeros. */
function linesOf(chunks: readonly RestoreChunk[]): string[] {
  return chunks.flatMap(({ lines }) => lines).map((line) => line.replaceAll('0x004000', '0x4000'));
}

const FIRST = ['KUBE-NODEPORTS', 'KUBE-SERVICES', 'KUBE-EXTERNAL-SERVICES'];

function chainOrder(a: string, b: string): number {
  const [x, y] = [a, b].map((chain) => FIRST.indexOf(chain));
  if (x !== undefined && y !== undefined && (x >= 0 || y >= 0))
    return (x < 0 ? FIRST.length : x) - (y < 0 ? FIRST.length : y);
  return a < b ? -1 : 1;
}

/**
 * The order in which kube-proxy's tests compare: chains of a table by name, but for three that come first; rules by
 * chain in that order, within one as they were; deletions last, by name.
 */
function normalised(lines: readonly string[]): string[] {
  return linesByTable(lines).flatMap(({ table, body }) => {
    const chains = body.flatMap((line) => /^:(\S+)/.exec(line)?.[1] ?? []).sort(chainOrder);
    const rules = chains.flatMap((chain) => body.filter((line) => line.startsWith(`-A ${chain} `)));
    const deleted = body.filter((line) => line.startsWith('-X')).sort();
    const rest = body.filter((line) => !/^(:|-X)/.test(line) && !chains.includes(/^-A (\S+)/.exec(line)?.[1] ?? ''));
    return [table, ...chains.map((chain) => `:${chain} - [0:0]`), ...rules, ...rest, ...deleted, 'COMMIT'];
  });
}

function linesByTable(lines: readonly string[]): { readonly table: string; readonly body: string[] }[] {
  const tables: { readonly table: string; readonly body: string[] }[] = [];
  for (const line of lines)
    if (line.startsWith('*')) tables.push({ table: line, body: [] });
    else if (line !== 'COMMIT') tables.at(-1)?.body.push(line);
  return tables;
}

describe(`kube-proxy's own dumps, ${dumps.length} of mode iptables, line for line`, () => {
  test('they are there', (context) => {
    readShared(context, SAVES);
    // TestOverallIPTablesRules, TestBadIPs, nine steps of TestSyncProxyRulesRepeated.
    expect(dumps).toHaveLength(11);
  });

  test.each(dumps.filter(({ id }) => !id.includes('#')))('$id', ({ objects, expected }) => {
    if (objects === undefined) throw new Error('no objects');
    expect(normalised(linesOf(syncOf(objects).chunks))).toEqual(expected.trim().split('\n'));
  });

  const steps = dumps.filter(({ id }) => id.startsWith('iptables/TestSyncProxyRulesRepeated#'));

  test.skipIf(steps.length === 0)(`TestSyncProxyRulesRepeated, ${steps.length} syncs one after another`, () => {
    let rules: Ruleset = new Map();
    let previous = NEVER_SYNCED;
    for (const { id, objects, expected, full, natRulesTotal } of steps) {
      if (objects === undefined) throw new Error('no objects');
      // Before the last step a partial text was refused: the next one is a full one, over what is still there.
      if (id.endsWith('#9')) previous = { ...previous, needFullSync: true };
      const natChains = rules.get('nat')?.chains.keys() ?? [];
      const made = syncOf(objects, { previous, natChains });
      expect(normalised(linesOf(made.chunks)), id).toEqual(expected.trim().split('\n'));
      expect(made.full, id).toBe(full || id.endsWith('#9'));
      const restored = restoreRuleset(rules, made.chunks, 'noflush');
      expect(restored.refusal, id).toBeUndefined();
      rules = restored.ruleset;
      previous = made.next;
      expect(
        [...(rules.get('nat')?.chains.values() ?? [])].flatMap((chain) => chain.rules),
        id,
      ).toHaveLength(natRulesTotal ?? -1);
    }
  });

  test.skipIf(steps.length === 0)('each partial sync leaves what a full one would make', () => {
    let rules: Ruleset = new Map();
    let previous = NEVER_SYNCED;
    for (const { id, objects } of steps) {
      if (objects === undefined) throw new Error('no objects');
      const made = syncOf(objects, { previous, natChains: rules.get('nat')?.chains.keys() ?? [] });
      rules = restoreRuleset(rules, made.chunks, 'noflush').ruleset;
      previous = made.next;
      const fresh = restoreRuleset(new Map(), syncOf(objects).chunks, 'noflush').ruleset;
      expect(sorted(printedRules(rules)), id).toEqual(sorted(printedRules(fresh)));
    }
  });

  test('the deletions come before the last rules of KUBE-SERVICES, as syncProxyRules() writes them', (context) => {
    readShared(context, SAVES);
    const [one, two] = steps;
    if (one?.objects === undefined || two?.objects === undefined) throw new Error('no objects');
    const lines = linesOf(syncOf(one.objects, { natChains: ['KUBE-SVC-AAAAAAAAAAAAAAAA', 'KUBE-MINE'] }).chunks);
    const at = lines.indexOf('-X KUBE-SVC-AAAAAAAAAAAAAAAA');
    expect(lines[at + 1]).toMatch(/^-A KUBE-SERVICES .*NOTE: this must be the last rule/);
    expect(lines).toContain(':KUBE-SVC-AAAAAAAAAAAAAAAA - [0:0]');
    expect(lines.join('\n')).not.toContain('KUBE-MINE');
  });
});

function sorted<V>(map: ReadonlyMap<string, V>): [string, V][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

describe(`checks of single chains, ${saves?.chainChecks.length ?? 0}`, () => {
  test('they are there', (context) => {
    readShared(context, SAVES);
    expect(saves?.chainChecks).toHaveLength(5);
  });

  test.each(saves?.chainChecks ?? [])('$id', ({ table, chain, options, expected }) => {
    const { nfacct = true, randomFully = false, tcpLiberal = false } = options;
    const { chunks } = syncOf({ services: [], endpointSlices: [] }, { config: { nfacct, randomFully }, tcpLiberal });
    const body = linesByTable(linesOf(chunks)).find((each) => each.table === `*${table}`)?.body ?? [];
    expect(body.filter((line) => line.startsWith(`-A ${chain} `))).toEqual(expected);
  });
});

describe('tables', () => {
  test('probability', (context) => {
    readShared(context, SAVES);
    const table = Object.entries(saves?.probability ?? {});
    expect(table.map(([n]) => [n, probability(Number(n))])).toEqual(table);
    expect(table).toHaveLength(8);
  });

  test('names', (context) => {
    readShared(context, SAVES);
    const table = Object.entries(saves?.names.iptables.largeCluster ?? {});
    const ours = table.map(([what]) => {
      const [, endpoint, service = '', protocol = ''] = /^(?:service|(\S+) of) (\S+) (\S+)$/.exec(what) ?? [];
      return [
        what,
        endpoint === undefined
          ? serviceChain('KUBE-SVC-', service, protocol)
          : endpointChain(service, protocol, endpoint),
      ];
    });
    expect(ours).toEqual(table);
    expect(table).toHaveLength(4);
  });

  test.each(saves?.loadBalancerIPMode ?? [])('ipMode $ipMode', ({ ipMode, serviceIPRuleExists }) => {
    const service = {
      metadata: { namespace: 'ns1', name: 'svc1' },
      spec: {
        type: 'LoadBalancer',
        clusterIP: '10.20.30.41',
        ports: [{ name: 'p80', port: 80, protocol: 'TCP', nodePort: 3001 }],
      },
      status: { loadBalancer: { ingress: [{ ip: '1.2.3.4', ...(ipMode === null ? {} : { ipMode }) }] } },
    } as const;
    const slice = {
      metadata: { namespace: 'ns1', name: 'svc1-1', labels: { 'kubernetes.io/service-name': 'svc1' } },
      ports: [{ name: 'p80', port: 80, protocol: 'TCP' }],
      endpoints: [{ addresses: ['10.180.0.1'] }],
    } as const;
    const lines = linesOf(syncOf({ services: [service], endpointSlices: [slice] }).chunks);
    expect(lines.some((line) => line.includes(' -d 1.2.3.4 '))).toBe(serviceIPRuleExists);
  });
});

describe('as a kernel prints it', () => {
  test('the rules of TestOverallIPTablesRules, loaded by us, chain for chain', (context) => {
    const { iptablesLegacySave } = JSON.parse(readShared(context, KERNEL_SAVES)) as { iptablesLegacySave: string };
    const objects = dumps[0]?.objects;
    if (objects === undefined) throw new Error('no objects');
    const { chunks } = syncOf(objects, { config: { nfacct: false, randomFully: true } });
    const { ruleset, refusal } = restoreRuleset(new Map(), chunks, 'noflush');
    expect(refusal).toBeUndefined();
    const kernel = printedRules(readable(parseRuleset(iptablesLegacySave, 'saves-kernel.json')));
    // The kernel's own chains have no rules here: the jumps into ours were not loaded.
    expect(sorted(printedRules(ruleset))).toEqual(sorted(kernel));
  });
});

function printedRules(ruleset: Ruleset): ReadonlyMap<string, readonly string[]> {
  return new Map(
    [...ruleset.values()].flatMap(({ name, chains }) =>
      [...chains.values()]
        .filter((chain) => chain.rules.length > 0 || chain.name.startsWith('KUBE-'))
        .map((chain) => [`${name} ${chain.name}`, chain.rules.map((rule) => printRule(rule, chain.name))]),
    ),
  );
}
