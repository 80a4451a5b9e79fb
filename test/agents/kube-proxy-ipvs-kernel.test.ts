import { describe, expect, test } from 'vitest';
import type { Service } from '../../src/cluster/index.js';
import {
  formatIpvs,
  type Ipset,
  type Netns,
  parseIpsets,
  parseRuleset,
  printIpset,
  printRule,
  type Ruleset,
  readIpvs,
} from '../../src/linux/index.js';
import { formatCommand } from '../../src/plan/index.js';
import { isolated } from '../isolated.js';
import { onMachine } from '../machine.js';
import { ip, prefix } from '../must.js';
import { readable } from '../recordings/load.js';
import { guest, whyNoGuest } from '../uml.js';
import { ONE_EACH, type ProxiedNetns, proxied, served, servicePort, web } from './ipvs-node.js';

/** Two Services of all that there is; the ranges of the first contain the node, those of the second are given. */
function everything(ranges: string): ProxiedNetns {
  const one = (n: number, more: Partial<Service>): ReturnType<typeof served> =>
    served(
      web({
        name: `web-${n}`,
        type: 'LoadBalancer',
        clusterIPs: [ip(`10.96.0.${n}`)],
        externalIPs: [ip(`203.0.113.${n}`)],
        loadBalancerIngress: [{ ip: ip(`203.0.114.${n}`), ipMode: 'VIP' }],
        sessionAffinity: 600,
        ports: (['TCP', 'UDP', 'SCTP'] as const).map((protocol, i) =>
          servicePort({ name: protocol.toLowerCase(), protocol, nodePort: 30000 + 10 * n + i }),
        ),
        ...more,
      }),
      ONE_EACH,
    );
  const all = [
    one(1, { loadBalancerSourceRanges: [prefix('192.168.10.0/24'), prefix('1.2.3.4/32')] }),
    one(2, { loadBalancerSourceRanges: [prefix(ranges)], externalTrafficPolicy: 'Local', healthCheckNodePort: 32000 }),
  ];
  return proxied({
    services: all.flatMap(({ services }) => services),
    endpointSlices: all.flatMap(({ endpointSlices }) => endpointSlices),
  });
}

/**
 * kube-proxy's calls in a namespace of a kernel, and what is there after them. eth0 stands for the machine's card.
 *
 * @param iptables which iptables, `legacy` or `nft`.
 * @param card what kind of device eth0 is.
 */
function script({ installs }: ProxiedNetns, calls: RegExp, iptables: string, card = 'dummy'): string {
  const commands = installs
    .filter(({ call }) => calls.test(call.call))
    .map((install) => formatCommand(install).replace(/\biptables(?=-restore| )/, `iptables-${iptables}`));
  const run = 'ip netns exec node-1';
  return [
    'set -e',
    ...['ip netns add node-1', `ip -n node-1 link add eth0 type ${card}`, 'ip -n node-1 link set eth0 up'],
    'ip -n node-1 addr add 192.168.10.11/24 dev eth0',
    ...commands,
    ...[`echo @; ${run} ipset save`, `echo @; ${run} iptables-${iptables}-save`],
    ...[
      `echo @; ${run} ipvsadm -Sn 2>/dev/null || :`,
      'echo @; ip -n node-1 -br addr show dev kube-ipvs0 2>/dev/null || :',
    ],
  ].join('\n');
}

interface Found {
  readonly sets: ReadonlyMap<string, Ipset>;
  readonly rules: Ruleset;
  readonly ipvs: string;
  readonly dummy: string;
}

function foundIn({ status, stdout, stderr }: ReturnType<typeof isolated>): Found {
  if (status !== 0) throw new Error(stderr);
  const [, sets = '', rules = '', ipvs = '', dummy = ''] = stdout.split(/^@\n/m);
  return {
    sets: readable(parseIpsets(sets, 'ipset')),
    rules: readable(parseRuleset(rules, 'iptables')),
    ipvs: formatIpvs(readable(readIpvs({ file: 'ipvs', text: ipvs }))),
    dummy,
  };
}

/** Sets with members in order of text. The kernel adds how large a bucket is, and how it hashes. */
function setLines(sets: ReadonlyMap<string, Ipset>): string[] {
  return [...sets.values()]
    .flatMap((set) => printIpset(set).trimEnd().split('\n'))
    .map((line) => line.replace(/ bucketsize \d+ initval \w+$/, ''))
    .sort();
}

/** The rules of each chain in order, but kubelet's. */
function ruleLines(rules: Ruleset): string[] {
  return (['nat', 'filter'] as const).flatMap((table) =>
    [...(rules.get(table)?.chains.values() ?? [])]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .filter(({ name }) => !/^KUBE-(FIREWALL|KUBELET-CANARY)$/.test(name))
      .flatMap(({ name, rules: all }) => [`${table} ${name}`, ...all.map((rule) => printRule(rule, name))])
      .filter((line) => !line.endsWith('-j KUBE-FIREWALL')),
  );
}

/** Builtin chains that are empty: nft has those that were used. */
function withoutEmpty(lines: readonly string[]): string[] {
  return lines.filter((line, i) => line.startsWith('-A') || lines[i + 1]?.startsWith('-A'));
}

/** ipvsadm has an order of its own. */
function sorted(text: string): string[] {
  return text.trimEnd().split('\n').sort();
}

const SETS_AND_RULES = /^(iptables|ipset)/;
const why =
  isolated('ipset create a hash:ip && iptables-legacy -A INPUT -m set --match-set a src').status === 0
    ? undefined
    : 'needs root, ipset and iptables';

describe.skipIf(why !== undefined)(onMachine('sets and rules in this kernel', why), () => {
  test.each(['legacy', 'nft'])('iptables %s takes them, and prints them alike', (variant) => {
    // -m ipvs needs a kernel with IPVS: the node is in the ranges of both.
    const node = everything('192.168.0.0/16');
    const found = foundIn(isolated(script(node, SETS_AND_RULES, variant, 'bridge')));
    expect(setLines(found.sets)).toEqual(setLines(node.ns.ipsets));
    expect(found.sets.get('KUBE-LOAD-BALANCER-SOURCE-CIDR')?.members.size).toBe(9);
    expect(withoutEmpty(ruleLines(found.rules))).toEqual(withoutEmpty(ruleLines(node.ns.iptables)));
  });
});

const noGuest = whyNoGuest();

describe.skipIf(noGuest !== undefined)(
  onMachine('all of it in a kernel with IPVS', noGuest),
  { timeout: 240_000 },
  () => {
    test('is taken, and printed alike', () => {
      const node = everything('198.51.100.0/24');
      const found = foundIn(guest(script(node, /./, 'legacy')));
      expect(sorted(found.ipvs)).toEqual(sorted(formatIpvs(node.ns.ipvs)));
      // Three ports each at a cluster IP, an external IP, the load balancer's and the node's, of two Services.
      expect(node.ns.ipvs).toHaveLength(24);
      expect(setLines(found.sets)).toEqual(setLines(node.ns.ipsets));
      expect(ruleLines(found.rules)).toEqual(ruleLines(node.ns.iptables));
      expect(ruleLines(found.rules).filter((line) => line.includes('-m ipvs'))).toHaveLength(3);
      const [device, state, ...addresses] = found.dummy.trim().split(/\s+/);
      expect([device, state]).toEqual(['kube-ipvs0', 'DOWN']);
      expect(addresses).toEqual(boundTo(node.ns));
    });
  },
);

function boundTo(ns: Netns): string[] {
  return ns.ipv4.addresses
    .filter(({ dev }) => dev === 'kube-ipvs0')
    .map(({ local }) => `${[24, 16, 8, 0].map((shift) => (local >>> shift) & 255).join('.')}/32`);
}
