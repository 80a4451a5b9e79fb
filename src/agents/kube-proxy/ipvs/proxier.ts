import { covers, type Ipv4, parseIpv4 } from '../../../address/index.js';
import type { Netns, Origin, VirtualService } from '../../../linux/index.js';
import type { Call, RestoreChunk } from '../../../plan/index.js';
import { type Agent, type AgentContext, callsOn, ownNetns, type Steps } from '../../agent.js';
import { netlinkAddress } from '../../netlink.js';
import type { KubeProxyConfig } from '../config.js';
import { cleanStaleEntries } from '../conntrack.js';
import { localDetector } from '../detect-local.js';
import { openHealthChecks } from '../health-check-sockets.js';
import { type ServiceChanges, serviceChanges, serviceMap } from '../service-map.js';
import { type ClusterState, clusterState } from './cluster-state.js';
import type { VirtualServer } from './frontend.js';
import { ensureChainsAndJumps } from './jumps.js';
import { DUMMY, proxiedNode } from './node.js';
import { type NodeState, nodeState } from './node-state.js';
import { ipvsRules } from './rules.js';
import {
  type Connections,
  drainedLines,
  type ProxierMemory,
  type ServerSync,
  servicesByKey,
  syncLines,
} from './servers.js';
import { setTexts } from './set-sync.js';
import { createSets } from './sets.js';

const NO_CONNECTIONS: Connections = () => 0;

/**
 * kube-proxy in IPVS mode: its start and first sync (k8s 1.30 pkg/proxy/ipvs/proxier.go); for a cluster that changes
 * afterwards {@link syncIpvs}. IPv4 only.
 */
export function kubeProxyIpvs(config: KubeProxyConfig): Agent {
  return {
    name: 'kube-proxy',
    *install(context): Steps {
      if (!(yield* canUseScheduler(context, config))) return;
      if (!(yield* setSysctls(context, config))) return;
      // A fresh node has no connections, so that none is to be forgotten.
      yield* syncOnce(context, config, undefined, NO_CONNECTIONS);
      yield* openHealthChecks(context, config);
    },
  };
}

/**
 * What a sync of the running kube-proxy finds to do: it comes at least every 30 s (ipvs.syncPeriod), so also once pods
 * and their bridge are there, whose address takes node ports as well.
 */
export function kubeProxyIpvsResync(config: KubeProxyConfig): Agent {
  return {
    name: 'kube-proxy',
    *install(context): Steps {
      const memory = { terminating: new Set<string>(), services: serviceMap(context.cluster, 'ip') };
      if (ownNetns(context).links.has(DUMMY)) yield* syncOnce(context, config, memory, NO_CONNECTIONS);
    },
  };
}

/**
 * One sync: what the namespace has is brought to what the cluster wants, and connections of UDP that would miss it are
 * forgotten. `memory` is what the last one returned, undefined for the first of a program that is started again;
 * `connections` tells which removed real servers are still in use.
 */
export function* syncIpvs(
  context: AgentContext,
  config: KubeProxyConfig,
  memory: ProxierMemory | undefined,
  connections: Connections,
): Steps<ProxierMemory> {
  const { memory: next, changes } = yield* syncOnce(context, config, memory, connections);
  if (changes !== undefined) {
    yield* cleanStaleEntries(context, changes);
    yield* openHealthChecks(context, config);
  }
  return next;
}

/** One sync, and what it found changed; undefined when it came to no end. */
function* syncOnce(
  context: AgentContext,
  config: KubeProxyConfig,
  last: ProxierMemory | undefined,
  connections: Connections,
): Steps<{ readonly memory: ProxierMemory; readonly changes: ServiceChanges | undefined }> {
  const { self, view } = context;
  const cluster = clusterState(context.cluster, 'ip', config);
  const terminating = new Set(last?.terminating);
  const memory = { terminating, services: cluster.services };
  yield* ensureChainsAndJumps({ view, netns: self.name, origin: ownOrigin('base chains') });
  if (!(yield* ensureDummy(context))) return { memory, changes: undefined };
  const sets = callsOn(self.name, ownOrigin('IP sets'));
  if ((yield sets({ call: 'ipset restore', chunks: createSets('ip') })) !== undefined)
    return { memory, changes: undefined };

  const node = nodeState(cluster, proxiedNode(self, ownNetns(context).ipv4.addresses, config), config);
  const bound = boundAddresses(ownNetns(context));
  yield* syncServers(context, cluster, node, { initial: last === undefined, terminating, connections });
  yield* bindAddresses(context, node, bound);
  const all = callsOn(self.name, ownOrigin('all Services'));
  for (const chunks of setTexts(cluster, node, ownNetns(context).ipsets, 'ip'))
    yield all({ call: 'ipset restore', chunks });
  const detector = localDetector(config.detectLocal, 'ip', self);
  const chunks = ipvsRules(config, { family: 'ip', detector, filled: node.filled, outFilter: node.outFilter });
  if ((yield all({ call: 'iptables-restore', family: 'ip', flush: 'noflush', chunks })) !== undefined)
    return { memory, changes: undefined };
  yield* cleanUp(context, config, cluster, node, bound);
  return { memory, changes: serviceChanges(last?.services, cluster.services) };
}

/** What kube-proxy does each minute about real servers that wait for their connections to end. */
export function* deleteDrained(
  context: AgentContext,
  memory: ProxierMemory,
  connections: Connections,
): Steps<ProxierMemory> {
  const { lines, terminating } = drainedLines(ownNetns(context).ipvs, memory, connections);
  if (lines.length > 0) yield ipvsadm(context, [{ origin: ownOrigin('drained endpoints'), lines }]);
  return { ...memory, terminating };
}

function ownOrigin(object: string): Origin {
  return { by: 'kube-proxy', object };
}

function ipvsadm({ self }: AgentContext, chunks: readonly RestoreChunk[]) {
  return callsOn(self.name, ownOrigin('all Services'))({ call: 'ipvsadm restore', chunks });
}

/** A virtual server for trial, at an address that is nobody's; where it is refused kube-proxy ends (CanUseIPVSProxier()). */
function* canUseScheduler(context: AgentContext, { ipvs }: KubeProxyConfig): Steps<boolean> {
  const scheduler = ipvs.scheduler === '' ? 'rr' : ipvs.scheduler;
  if (ownNetns(context).ipvs.some((service) => service.scheduler === scheduler)) return true;
  const trial = '-t 198.51.100.0:20000';
  const origin = ownOrigin(`scheduler ${scheduler}`);
  if ((yield ipvsadm(context, [{ origin, lines: [`-A ${trial} -s ${scheduler}`] }])) !== undefined) return false;
  return (yield ipvsadm(context, [{ origin, lines: [`-D ${trial}`] }])) === undefined;
}

/** Those of NewProxier(), where they differ; vs/conn_reuse_mode is left alone from Linux 5.9 on. */
function* setSysctls(context: AgentContext, { ipvs }: KubeProxyConfig): Steps<boolean> {
  const call = callsOn(context.self.name, ownOrigin('sysctls of IPVS'));
  const wanted: readonly (readonly [string, string])[] = [
    ['net/ipv4/vs/conntrack', '1'],
    ['net/ipv4/vs/expire_nodest_conn', '1'],
    ['net/ipv4/vs/expire_quiescent_template', '1'],
    ['net/ipv4/ip_forward', '1'],
    ...(ipvs.strictARP ? ([['net/ipv4/conf/all/arp_ignore', '1']] as const) : []),
    ...(ipvs.strictARP ? ([['net/ipv4/conf/all/arp_announce', '2']] as const) : []),
  ];
  for (const [path, value] of wanted)
    if (ownNetns(context).sysctls.get(path) !== value)
      if ((yield call({ call: 'sysctl set', path, value })) !== undefined) return false;
  return true;
}

/** kube-ipvs0 is never set up: its addresses are local all the same. */
function* ensureDummy(context: AgentContext): Steps<boolean> {
  if (ownNetns(context).links.has(DUMMY)) return true;
  const kind = { kind: 'unmodelled', type: 'dummy', data: { options: [] } } as const;
  const link: Call = { call: 'link add', link: { ...kind, name: DUMMY, mtu: undefined, address: undefined } };
  return (yield callsOn(context.self.name, ownOrigin(DUMMY))(link)) === undefined;
}

function boundAddresses({ ipv4 }: Netns): ReadonlySet<Ipv4> {
  return new Set(ipv4.addresses.filter(({ dev }) => dev === DUMMY).map(({ local }) => local));
}

/** Virtual servers and their real servers. Where none is there yet the first text is the same object for all nodes. */
function* syncServers(
  context: AgentContext,
  cluster: ClusterState,
  node: NodeState,
  sync: Omit<ServerSync, 'existing'>,
): Steps {
  const existing = servicesByKey(ownNetns(context).ipvs);
  const all = { ...sync, existing };
  const changed = (servers: readonly VirtualServer[], origin: Origin): RestoreChunk[] => {
    const lines = servers.flatMap((server) => syncLines(server, all));
    return lines.length === 0 ? [] : [{ origin, lines }];
  };
  const shared =
    existing.size === 0
      ? cluster.serverChunks
      : cluster.ports.flatMap(({ servers, origin }) => changed(servers ?? [], origin));
  const own = node.ports.flatMap(({ servers, origin }) => changed(servers, origin));
  for (const chunks of [shared, own]) if (chunks.length > 0) yield ipvsadm(context, chunks);
}

function* bindAddresses({ self }: AgentContext, { addresses }: NodeState, bound: ReadonlySet<Ipv4>): Steps {
  for (const [text, origin] of addresses) {
    const address = parseIpv4(text);
    if (address !== undefined && !bound.has(address))
      yield callsOn(self.name, origin)(netlinkAddress(DUMMY, address, 32));
  }
}

/** Addresses and virtual servers that no Service asks for any longer (cleanLegacyService()). */
function* cleanUp(
  context: AgentContext,
  config: KubeProxyConfig,
  cluster: ClusterState,
  node: NodeState,
  bound: ReadonlySet<Ipv4>,
): Steps {
  const call = callsOn(context.self.name, ownOrigin('removed Services'));
  const wanted = new Set([...node.addresses.keys()].map(parseIpv4));
  for (const local of bound)
    if (!wanted.has(local)) yield call({ call: 'addr del', dev: DUMMY, local, prefixLength: 32 });
  const active = new Set(cluster.owners.keys());
  for (const { servers } of node.ports) for (const { key } of servers) active.add(key);
  const lines = [...servicesByKey(ownNetns(context).ipvs)]
    .filter(([key, service]) => !active.has(key) && isOurs(service, config))
    .map(([key]) => `-D ${key}`);
  if (lines.length > 0) yield ipvsadm(context, [{ origin: ownOrigin('removed Services'), lines }]);
}

/** Those of the family that no excludeCIDRs covers. */
function isOurs({ key }: VirtualService, { ipvs }: KubeProxyConfig): boolean {
  if (key.by !== 'address' || key.family !== 'inet') return false;
  return !ipvs.excludeCIDRs.some((cidr) => covers(cidr, key.address));
}
