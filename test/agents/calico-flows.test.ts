import { describe, expect, test } from 'vitest';
import { workloadVeth } from '../../src/agents/calico/names.js';
import { CALICO_DEFAULTS } from '../../src/cluster/index.js';
import { buildNetwork, type Lab } from '../../src/lab/index.js';
import { Runtime } from '../../src/linux/index.js';
import { type Probe, type Trace, trace } from '../../src/trace/index.js';
import { host, listener, makeLab, node, pod, router, segment } from '../lab/make-lab.js';
import { run } from '../network.js';
import { summary } from '../trace/summary.js';

/** A router with a host behind it, which all nodes have as their default. */
function calicoLab(type: string, more: Partial<Lab> = {}): Lab {
  const listen = [listener(80), listener(80, { protocol: 'udp' })];
  return makeLab({
    cni: { name: `calico/${type}`, options: {} },
    nodes: [node(1), node(2)],
    pods: [pod('a', 'node-1'), pod('b', 'node-1', { listen }), pod('c', 'node-2', { listen })],
    segments: [segment('lan', '192.168.10.0/24'), segment('out', '203.0.113.0/24')],
    routers: [router({ lan: '192.168.10.1', out: '203.0.113.1' })],
    hosts: [{ ...host('internet', '203.0.113.10', 'out'), listen }],
    ...more,
  });
}

function traced(lab: Lab, probe: Probe, commands = ''): Trace {
  return trace(run(commands, buildNetwork(lab).network, new Runtime()).network, probe);
}

/** Chains whose rules decided about the request on a node, each as often as it did. */
function chainsPassed({ legs }: Trace, netns: string): string[] {
  const hops = legs[0]?.paths.flatMap((path) => path.hops.filter((hop) => hop.netns === netns)) ?? [];
  return hops.flatMap((hop) => hop.events.flatMap((event) => (event.k === 'rule' ? [event.rule.chain] : [])));
}

/** The text of the rule that dropped the packet. */
function droppedBy({ legs }: Trace): string | undefined {
  for (const leg of legs)
    for (const path of leg.paths)
      for (const hop of path.hops) for (const event of hop.events) if (event.k === 'drop') return event.rule?.text;
  return undefined;
}

/** Whom the receiver answers: the source address as it saw it. */
function answered({ legs }: Trace): string | undefined {
  const reply = legs.find(({ kind }) => kind === 'reply');
  return reply?.packet.flatMap((header) => (header.l === 'ip4' ? [header.dst] : [])).at(-1);
}

const [A, B] = [workloadVeth('default', 'a'), workloadVeth('default', 'b')];

describe('packets', () => {
  test('from pod to pod on one node: the chains of both, and the last word is Felix’s', () => {
    const done = traced(calicoLab('bgp'), { from: 'pod/a', to: 'pod/b', port: 80 });
    expect(summary(done)).toBe('delivered delivered - -');
    const passed = chainsPassed(done, 'node-1');
    for (const chain of [`cali-fw-${A}`, 'cali-pro-kns.default', `cali-tw-${B}`, 'cali-pri-kns.default'])
      expect(passed).toContain(chain);
    expect(passed.indexOf(`cali-fw-${A}`)).toBeLessThan(passed.indexOf(`cali-tw-${B}`));
    expect(passed).not.toContain(`cali-tw-${A}`);
    // The policy of FORWARD does not matter: the mark is accepted at its end.
    const strict = traced(
      calicoLab('bgp'),
      { from: 'pod/a', to: 'pod/b', port: 80 },
      'node-1: iptables -P FORWARD DROP',
    );
    expect(summary(strict)).toBe('delivered delivered - -');
  });

  test.each([
    { action: 'Accept', to: 'delivered delivered - -' },
    { action: 'Return', to: 'delivered delivered - -' },
    { action: 'Drop', to: 'dropped - NF_DROP -' },
  ] as const)('from pod to its own node, DefaultEndpointToHostAction $action', ({ action, to }) => {
    const felixConfiguration = { ...CALICO_DEFAULTS.felixConfiguration, defaultEndpointToHostAction: action };
    const lab = calicoLab('bgp', { calico: { ...CALICO_DEFAULTS, felixConfiguration } });
    const listening = {
      ...lab,
      pods: [...lab.pods, pod('on-node', 'node-1', { hostNetwork: true, listen: [listener(81)] })],
    };
    const done = traced(listening, { from: 'pod/a', to: '192.168.10.11', port: 81 });
    expect(summary(done)).toBe(to);
    if (action === 'Drop') expect(droppedBy(done)).toContain('Configured DefaultEndpointToHostAction');
  });

  test('from a node to its pod no chain of the pod is asked', () => {
    const done = traced(calicoLab('bgp'), { from: 'node/node-1', to: 'pod/b', port: 80 });
    expect(summary(done)).toBe('delivered delivered - -');
    expect(chainsPassed(done, 'node-1').filter((chain) => /^cali-[tf]w-/.test(chain))).toEqual([]);
  });

  test('to the internet: from the node’s address, unless the pool says no', () => {
    const probe = { from: 'pod/a', to: '203.0.113.10', port: 80 } as const;
    const done = traced(calicoLab('bgp'), probe);
    expect(summary(done)).toBe('delivered delivered - -');
    expect(answered(done)).toBe('192.168.10.11');
    const { cluster } = buildNetwork(calicoLab('bgp'));
    const ipPools = (cluster.calico?.ipPools ?? []).map((pool) => ({ ...pool, natOutgoing: false }));
    const plain = traced(calicoLab('bgp', { calico: { ...CALICO_DEFAULTS, ipPools } }), probe);
    expect(answered(plain)).toBe('10.244.1.0');
    // Nobody outside knows the way to a pod.
    expect(summary(plain)).toMatch(/^delivered (dropped|rejected) /);
  });

  test('between nodes over VXLAN: from the pod’s own address, and from the tunnel’s where the node sends', () => {
    const lab = calicoLab('vxlan');
    const done = traced(lab, { from: 'pod/a', to: 'pod/c', port: 80 });
    expect(summary(done)).toBe('delivered delivered - -');
    expect(answered(done)).toBe('10.244.1.1');
    const own = traced(lab, { from: 'node/node-1', to: 'pod/c', port: 80, source: '192.168.10.11' });
    expect(summary(own)).toBe('delivered delivered - -');
    expect(answered(own)).toBe('10.244.1.0');
  });

  test('pods of two nodes ask for 169.254.1.1, and each is answered by its own node alone', () => {
    const done = traced(calicoLab('bgp'), { from: 'pod/a', to: 'pod/c', port: 80 });
    const replies = done.legs.filter(({ kind, packet }) => kind === 'arp' && 'op' in (packet[1] ?? {}));
    const gateway = replies.filter(({ packet }) => packet.some((h) => h.l === 'arp' && h.spa === '169.254.1.1'));
    expect(gateway.map(({ paths }) => paths[0]?.hops[0]?.host)).toEqual(['node-1', 'node-2']);
    expect(done.verdict.hints).toEqual([]);
  });

  test('from an address that is not the pod’s: dropped in table raw', () => {
    const spoofed = traced(
      calicoLab('bgp'),
      { from: 'pod/a', to: 'pod/b', port: 80, source: '10.244.1.99' },
      'a: ip addr add 10.244.1.99/32 dev eth0',
    );
    expect(summary(spoofed)).toBe('dropped - NF_DROP -');
    expect(droppedBy(spoofed)).toMatch(/cali:mPIOOWmbH3iO0R90.* -m rpfilter --validmark --invert -j DROP$/);
  });

  test('VXLAN from elsewhere than a node is not let in', () => {
    const probe = { from: 'host/internet', to: '192.168.10.11', proto: 'udp', port: 4789 } as const;
    const done = traced(calicoLab('vxlan'), probe);
    expect(droppedBy(done)).toContain('Drop VXLAN packets from non-whitelisted hosts');
  });

  test('a pod that encapsulates by itself', () => {
    const probe = { from: 'pod/a', to: 'host/internet', proto: 'udp', port: 4789 } as const;
    expect(droppedBy(traced(calicoLab('bgp'), probe))).toContain(
      'Drop VXLAN encapped packets originating in workloads',
    );
  });

  test('to an address of the node’s block that no pod has: the blackhole', () => {
    const done = traced(
      calicoLab('vxlan'),
      { from: 'host/internet', to: '10.244.1.50', port: 80 },
      'rtr: ip route add 10.244.1.0/26 via 192.168.10.11',
    );
    expect(done.verdict.code).toMatch(/BLACKHOLE/);
  });

  test('a pod’s link that Felix does not know yet', () => {
    const commands = `
      node-1: ip link add califfffffffff1 type veth peer name eth0 netns c2
      node-1: ip link set califfffffffff1 up
      node-1: sysctl -w net.ipv4.conf.califfffffffff1.proxy_arp=1
      node-1: ip route add 10.244.1.60 dev califfffffffff1
      c2: ip link set eth0 up
      c2: ip route add 169.254.1.1 dev eth0
      c2: ip route add default via 169.254.1.1
      c2: ip addr add 10.244.1.60/32 dev eth0`;
    const done = traced(calicoLab('bgp'), { from: 'c2', to: 'pod/b', port: 80 }, `ip netns add c2\n${commands}`);
    expect(droppedBy(done)).toContain('Unknown interface');
  });
});
