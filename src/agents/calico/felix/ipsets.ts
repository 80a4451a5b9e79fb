import { formatIpv4, formatPrefix } from '../../../address/index.js';
import type { Cluster } from '../../../cluster/index.js';
import { type Netns, RT_TABLE_LOCAL } from '../../../linux/index.js';
import type { RestoreChunk } from '../../../plan/index.js';
import type { AgentContext } from '../../agent.js';
import { perCluster } from '../../per-cluster.js';
import { WORKLOAD_PREFIX } from '../names.js';
import { IPSET } from './names.js';
import { KUBE_IPVS0, objectsOf, type RuleSettings } from './settings.js';
import { nodeNetwork, vteps } from './vteps.js';

/** A set as Felix wants it. */
interface WantedSet {
  readonly name: string;
  readonly type: 'hash:net' | 'hash:ip';
  readonly members: readonly string[];
}

/** MaxIpsetSize. */
const MAX_ELEMENTS = 1048576;

/**
 * The text for `ipset restore` that makes the sets of a node what they should be, without those that are; undefined when
 * all are. Each is made under another name and swapped into place (felix 3.21 ipsets/ipsets.go writeFullRewrite()).
 */
export function ipsetText(context: AgentContext, settings: RuleSettings, ns: Netns): RestoreChunk[] | undefined {
  const dirty = wantedSets(context, settings, ns).filter((set) => !isThere(set, ns));
  if (dirty.length === 0) return undefined;
  const text = dirty.flatMap((set, i) => rewrite(context.cluster, set, ns.ipsets.has(set.name), `cali4t${i}`));
  return [...text, COMMIT];
}

const COMMIT: RestoreChunk = { origin: { by: 'felix', object: 'IP sets' }, lines: ['COMMIT'] };

/** In the order in which their managers are made (dataplane/linux/int_dataplane.go); in reality that of a Go map. */
function wantedSets(context: AgentContext, settings: RuleSettings, ns: Netns): WantedSet[] {
  const { cluster, self } = context;
  const { ipPools } = objectsOf(context);
  const nets = (name: string, members: readonly string[]): WantedSet => ({ name, type: 'hash:net', members });
  const pools = (all: typeof ipPools): string[] => all.map(({ cidr }) => formatPrefix(cidr));
  // vxlan_mgr.go: the other nodes' VTEPs. A node needs no leave of its own.
  const others = (): string[] => vtepAddresses(cluster).flatMap(({ node, ip }) => (node === self.name ? [] : [ip]));
  return [
    ...(settings.vxlan ? [nets(IPSET.allVxlan, others())] : []),
    { name: IPSET.thisHost, type: 'hash:ip', members: hostAddresses(ns) },
    nets(IPSET.allPools, pools(ipPools)),
    nets(IPSET.masqPools, pools(ipPools.filter(({ natOutgoing }) => natOutgoing))),
    ...(settings.ipip ? [nets(IPSET.allHosts, nodeAddresses(cluster))] : []),
  ];
}

const vtepAddresses = perCluster((cluster) => vteps(cluster).map(({ node, ip }) => ({ node, ip: formatIpv4(ip) })));

/** ipip_mgr.go: of all nodes, this one too. */
const nodeAddresses = perCluster(({ nodes }): readonly string[] =>
  nodes.map((node) => formatIpv4(nodeNetwork(node).address)),
);

/**
 * The local routes of all interfaces but pods', without their prefix length: 127.0.0.0/8 leaves 127.0.0.0
 * (ifacemonitor/iface_monitor.go, hostip_mgr.go). By InterfaceExclude those of IPVS are none of the host's.
 */
function hostAddresses({ ipv4 }: Netns): string[] {
  const addresses = new Set<string>();
  for (const route of ipv4.tables.get(RT_TABLE_LOCAL) ?? [])
    if (route.type === 'local' && !route.dev.startsWith(WORKLOAD_PREFIX) && route.dev !== KUBE_IPVS0)
      addresses.add(formatIpv4(route.dst.address));
  return [...addresses];
}

function isThere({ name, members }: WantedSet, { ipsets }: Netns): boolean {
  const set = ipsets.get(name);
  if (set?.members.size !== new Set(members).size) return false;
  return members.every((member) => set.members.has(member.replace(/\/32$/, '')));
}

/** Of a set and the name that it is made under, line by line: nodes have most members in common. */
const sharedLines = perCluster(() => new Map<string, SetLines>());

interface SetLines {
  readonly origin: RestoreChunk['origin'];
  readonly adds: Map<string, RestoreChunk>;
}

function rewrite(
  cluster: Cluster,
  { name, type, members }: WantedSet,
  exists: boolean,
  temporary: string,
): RestoreChunk[] {
  const known = sharedLines(cluster);
  const key = `${name} ${temporary}`;
  const { origin, adds } = known.get(key) ?? { origin: { by: 'felix', object: `IP set ${name}` }, adds: new Map() };
  known.set(key, { origin, adds });
  const add = (member: string): RestoreChunk => {
    const chunk = adds.get(member) ?? { origin, lines: [`add ${temporary} ${member}`] };
    adds.set(member, chunk);
    return chunk;
  };
  const create = (set: string): string => `create ${set} ${type} family inet maxelem ${MAX_ELEMENTS}`;
  return [
    { origin, lines: [...(exists ? [] : [create(name)]), create(temporary)] },
    ...Array.from(new Set(members), add),
    { origin, lines: [`swap ${name} ${temporary}`, `destroy ${temporary}`] },
  ];
}
