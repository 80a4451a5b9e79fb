import type { KubeProxyConfig } from '../../src/agents/index.js';
import { kubeProxyIptables } from '../../src/agents/index.js';
import { Runtime } from '../../src/linux/index.js';
import { Applier, type Install, parseCommand } from '../../src/plan/index.js';
import { Network } from '../../src/topology/index.js';
import { readable } from '../recordings/load.js';
import { sharedText } from '../shared.js';
import { cidr, NODE, UPSTREAM_CONFIG, type UpstreamObjects, upstreamCluster } from './upstream-objects.js';

/** Packets and where they go, of kube-proxy's own tests (k8s pkg/proxy/iptables/proxier_test.go, runPacketFlowTests()). */
export const FLOWS = 'reference/kube-proxy/flows.json';

/** The packets of one set of rules. */
export interface FlowTest {
  readonly id: string;
  readonly mode: string;
  readonly family: 'IPv4' | 'IPv6';
  /** A dump that is loaded as it is, in place of objects: `saves.json#…`. */
  readonly rulesFrom?: string;
  readonly proxier: {
    readonly masqueradeAll?: boolean;
    readonly detectLocal?: 'none';
    readonly localhostNodePorts?: boolean;
    readonly nodePortAddresses?: readonly string[];
  };
  readonly objects: UpstreamObjects | null;
  readonly cases: readonly FlowCase[];
}

/** One packet. */
export interface FlowCase {
  readonly name: string;
  readonly sourceIP: string;
  readonly destIP: string;
  readonly destPort: number;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  /** Endpoints, with commas between them; or ACCEPT, DROP, REJECT, or nothing for a packet that no rule is about. */
  readonly output: string;
  readonly masq: boolean;
}

/** All that is about kube-proxy's iptables mode. */
export function flowTests(family: FlowTest['family']): FlowTest[] {
  const text = sharedText(FLOWS);
  const { tests } = (text === undefined ? { tests: [] } : JSON.parse(text)) as { tests: FlowTest[] };
  return tests.filter((test) => test.mode === 'iptables' && test.family === family);
}

/** The configuration of a set of rules. nfacct is no part of it: it needs an object of the kernel and decides nothing. */
export function flowConfig({ proxier }: FlowTest): KubeProxyConfig {
  const { nodePortAddresses, detectLocal, ...rest } = proxier;
  return {
    ...UPSTREAM_CONFIG,
    nfacct: false,
    ...rest,
    ...(detectLocal === undefined ? {} : { detectLocal: { mode: detectLocal } }),
    nodePortAddresses: (nodePortAddresses ?? []).map(cidr),
  };
}

/** The same set of rules, and where a packet starts that has to live somewhere for it to come. */
export interface FlowNetwork {
  readonly installs: readonly Install[];
  readonly network: Network;
}

/** Addresses that packets come from: the node has its own, pods and the world get what the tests name. */
const NODE_ADDRESSES: ReadonlySet<string> = new Set(['192.168.0.2', '192.168.1.2', '192.168.99.11', '127.0.0.1']);

/** The namespace that a packet starts in. A node that asks a load balancer's address as that address has it itself. */
export function senderOf({ sourceIP, destIP }: FlowCase): 'test-node' | 'client' | 'outside' {
  if (NODE_ADDRESSES.has(sourceIP) || sourceIP === destIP) return 'test-node';
  return sourceIP.startsWith('10.') ? 'client' : 'outside';
}

/**
 * A node with the addresses of the tests on eth0, endpoints and pods that ask behind devices of their own, and the world
 * behind eth0. Neighbours are known, and endpoints answer nothing, so that each packet leaves one trace.
 */
const COMMANDS = `
ip netns add test-node
ip netns add client
ip netns add ends
ip netns add outside
ip link add eth0 address 02:00:00:00:00:01 netns test-node type veth peer name eth0 address 02:00:00:00:00:02 netns outside
ip link add pods address 02:00:00:00:01:01 netns test-node type veth peer name eth0 address 02:00:00:00:01:02 netns client
ip link add ends address 02:00:00:00:02:01 netns test-node type veth peer name eth0 address 02:00:00:00:02:02 netns ends
test-node: ip link set lo up
client: ip link set lo up
outside: ip link set lo up
test-node: ip link set eth0 up
test-node: ip link set pods up
test-node: ip link set ends up
client: ip link set eth0 up
ends: ip link set eth0 up
outside: ip link set eth0 up
test-node: ip addr add 192.168.0.2/24 dev eth0
test-node: ip addr add 192.168.1.2/24 dev eth0
test-node: ip addr add 192.168.99.11/24 dev eth0
test-node: ip addr add 10.0.255.1/24 dev pods
test-node: ip addr add 10.180.255.1/24 dev ends
client: ip addr add 10.0.255.2/24 dev eth0
outside: ip addr add 192.168.0.1/24 dev eth0
test-node: ip route add 10.0.0.0/8 via 10.0.255.2 dev pods
test-node: ip route add 10.180.0.0/16 via 10.180.255.2 dev ends
test-node: ip route add default via 192.168.0.1 dev eth0
client: ip route add default via 10.0.255.1 dev eth0
outside: ip route add default via 192.168.0.2 dev eth0
test-node: ip neigh add 192.168.0.1 lladdr 02:00:00:00:00:02 dev eth0 nud permanent
test-node: ip neigh add 10.0.255.2 lladdr 02:00:00:00:01:02 dev pods nud permanent
test-node: ip neigh add 10.180.255.2 lladdr 02:00:00:00:02:02 dev ends nud permanent
client: ip neigh add 10.0.255.1 lladdr 02:00:00:00:01:01 dev eth0 nud permanent
outside: ip neigh add 192.168.0.2 lladdr 02:00:00:00:00:01 dev eth0 nud permanent
test-node: sysctl -w net.ipv4.ip_forward=1
test-node: sysctl -w net.ipv4.conf.all.rp_filter=0
test-node: sysctl -w net.ipv4.conf.eth0.rp_filter=0
test-node: sysctl -w net.ipv4.conf.pods.rp_filter=0
client: sysctl -w net.ipv4.conf.all.rp_filter=0
outside: sysctl -w net.ipv4.conf.all.rp_filter=0
`;

function calls(text: string): Install[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => {
      const [, netns, command = line] = /^([\w-]+): (.*)$/.exec(line) ?? [];
      return readable(parseCommand(command, { netns, file: 'flows' }));
    });
}

/** Builds the network of some cases, with what kube-proxy's agent installs; `rules` takes its place where it is given. */
export function flowNetwork(test: FlowTest, cases: readonly FlowCase[], rules: string | undefined): FlowNetwork {
  const applier = new Applier(Network.of([]), new Runtime());
  const installs: Install[] = [];
  const apply = (install: Install): ReturnType<Applier['apply']> => {
    const refusal = applier.apply(install);
    if (refusal !== undefined) throw new Error(`${refusal.errno} ${refusal.message}: ${JSON.stringify(install.call)}`);
    installs.push(install);
    return undefined;
  };
  const sources = new Set(cases.map((each) => `${senderOf(each)} ${each.sourceIP}`));
  const own = [...sources].flatMap((each) => {
    const [netns = '', address = ''] = each.split(' ');
    return NODE_ADDRESSES.has(address) ? [] : [`${netns}: ip addr add ${address}/32 dev lo`];
  });
  for (const install of calls(`${COMMANDS}${own.join('\n')}\n`)) apply(install);
  if (rules !== undefined) {
    const chunks = [{ origin: { by: 'dump' }, lines: rules.trim().split('\n') }];
    const call = { call: 'iptables-restore', family: 'ip', flush: 'flush', chunks } as const;
    apply({ netns: 'test-node', origin: { by: 'dump' }, call });
    return { installs, network: applier.network() };
  }
  if (test.objects === null) throw new Error(`${test.id} has no objects`);
  const cluster = upstreamCluster(test.objects);
  const view = { netns: (name: string) => applier.netns(name) };
  const steps = kubeProxyIptables(flowConfig(test)).install({ self: NODE, cluster, off: new Set(), view });
  for (let step = steps.next(undefined); step.done !== true; step = steps.next(apply(step.value)));
  return { installs, network: applier.network() };
}

/** The dump that a set of rules is, with the quotes that its comments lost. */
export function dumpOf({ rulesFrom }: FlowTest): string | undefined {
  if (rulesFrom === undefined) return undefined;
  const [, id] = rulesFrom.split('#');
  const saves = JSON.parse(sharedText('reference/kube-proxy/saves.json') ?? '{"dumps":[]}') as {
    readonly dumps: readonly { readonly id: string; readonly expected: string }[];
  };
  const text = saves.dumps.find((dump) => dump.id === id)?.expected ?? '';
  const quoted = text.replace(/--comment (kubernetes [^"]*?) -j/g, '--comment "$1" -j');
  // A policy of `-` is one for chains that are not the kernel's own.
  return quoted.replace(/^:(INPUT|FORWARD|OUTPUT|PREROUTING|POSTROUTING) - /gm, ':$1 ACCEPT ');
}

/** Cases that one network can have: those for which the node has a load balancer's address need one of their own. */
export function networksOf({ cases }: FlowTest): FlowCase[][] {
  const own = cases.filter(({ sourceIP, destIP }) => sourceIP === destIP && !NODE_ADDRESSES.has(sourceIP));
  const rest = cases.filter((each) => !own.includes(each));
  return [rest, ...own.map((each) => [each])].filter((list) => list.length > 0);
}
