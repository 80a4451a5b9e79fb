import { describe, expect, test } from 'vitest';
import { CALICO_DEFAULTS } from '../../src/cluster/index.js';
import { buildNetwork, type Lab } from '../../src/lab/index.js';
import { type Netns, printIpsets, printRuleset } from '../../src/linux/index.js';
import type { Call } from '../../src/plan/index.js';
import { isolated } from '../isolated.js';
import { makeLab, node, pod } from '../lab/make-lab.js';
import { onMachine } from '../machine.js';
import { prefix } from '../must.js';

/** As many pods that the chains in front of them branch, in two namespaces, with rules of others around. */
function calicoLab(type: string, felix: Partial<typeof CALICO_DEFAULTS.felixConfiguration> = {}): Lab {
  const web = Array.from({ length: 12 }, (_, i) =>
    pod(`web-${i}`, 'node-1', { namespace: i % 2 === 0 ? 'default' : 'web' }),
  );
  return makeLab({
    cni: { name: `calico/${type}`, options: {} },
    nodes: [node(1), node(2)],
    pods: [...web, pod('b-1', 'node-2')],
    calico: {
      ...CALICO_DEFAULTS,
      felixConfiguration: { ...CALICO_DEFAULTS.felixConfiguration, ...felix },
      bgpConfiguration: { ...CALICO_DEFAULTS.bgpConfiguration, serviceClusterIPs: [prefix('10.96.0.0/12')] },
    },
  });
}

const LABS: readonly { readonly what: string; readonly lab: Lab }[] = [
  { what: 'IPIP', lab: calicoLab('ipip') },
  { what: 'VXLAN', lab: calicoLab('vxlan', { serviceLoopPrevention: 'Reject' }) },
  {
    what: 'ports of NAT',
    lab: calicoLab('bgp', { natPortRange: { min: 32768, max: 65535 }, iptablesFilterAllowAction: 'Return' }),
  },
  {
    what: 'IPVS',
    lab: { ...calicoLab('ipip'), kubeProxy: { ...makeLab().kubeProxy, mode: 'ipvs' } },
  },
];

/** All that is written on node-1 of tables and sets, call for call, as input of the real tools; others' too. */
function script(calls: readonly Call[], flavour: string): string {
  const tool = `iptables-${flavour}`;
  return calls
    .flatMap((call) => {
      const text = 'chunks' in call ? call.chunks.flatMap(({ lines }) => lines).join('\n') : '';
      if (call.call === 'ipset restore') return [`ipset restore <<'EOF'\n${text}\nEOF`];
      if (call.call === 'iptables-restore') return [`${tool}-restore --noflush <<'EOF'\n${text}\nEOF`];
      if (call.call === 'iptables') return [`${tool} ${call.args.map((word) => `'${word}'`).join(' ')}`];
      return [];
    })
    .join('\n');
}

describe.each(LABS)('$what', ({ lab }) => {
  const built = buildNetwork(lab);
  const ns = built.network.netns('node-1') as Netns;
  const calls = built.installs('node-1').map(({ call }) => call);

  test('we refuse nothing of it', () => {
    expect(built.refusedIn('node-1')).toEqual([]);
  });

  for (const flavour of ['legacy', 'nft']) {
    const able = isolated(
      `ipset create s hash:net && echo '*nat\n-A PREROUTING -m set --match-set s src\nCOMMIT' | iptables-${flavour}-restore`,
    );
    const why = able.status === 0 ? undefined : `iptables-${flavour}-restore and ipset need namespaces and root`;
    test.skipIf(why !== undefined)(
      onMachine(`iptables-${flavour} and ipset take it, and save what we would`, why),
      () => {
        const commands = `set -e\n${script(calls, flavour)}\niptables-${flavour}-save\necho SETS\nipset save`;
        const { status, stdout, stderr } = isolated(commands);
        expect([status, stderr.replace(/^#.*$/gm, '').trim()]).toEqual([0, '']);
        // A machine with /etc/protocols has a name for protocol 4.
        const [rules = '', sets = ''] = stdout.replaceAll(' -p ipencap ', ' -p 4 ').split('SETS\n');
        expect(ofChains(rules)).toEqual(ofChains(printRuleset(ns.iptables)));
        expect(ofChains(rules).filter((line) => line.includes('cali:')).length).toBeGreaterThan(100);
        expect(ofSets(sets)).toEqual(ofSets(printIpsets(ns.ipsets)));
        expect(ofSets(sets).filter((line) => line.includes('cali40')).length).toBeGreaterThan(7);
      },
    );
  }
});

/** Rules by chain, and the names of empty chains, as chains of a table may come in any order. */
function ofChains(text: string): string[] {
  let table = '';
  const rules = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line;
    const chain = /^:(cali-\S+)/.exec(line)?.[1] ?? /^-A (\S+)/.exec(line)?.[1];
    const key = `${table} ${chain}`;
    if (chain !== undefined) rules.set(key, [...(rules.get(key) ?? []), line.startsWith(':') ? 'is there' : line]);
  }
  return [...rules]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, lines]) => lines.map((line) => `${key} ${line}`));
}

/** Without what each kernel and tool chooses for itself. */
function ofSets(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/ (bucketsize|initval) \S+/g, ''))
    .sort();
}
