import {
  contains,
  formatIpv4,
  type Ipv4,
  type Ipv4Prefix,
  isIpv4Address,
  parseAddress,
  parsePrefix,
} from '../../address/index.js';
import {
  CALICO_KINDS,
  defaultsOf,
  type IPPool,
  type Labels,
  NODE_ANNOTATIONS,
  type Node,
  type Pod,
} from '../../cluster/index.js';
import type { Registered, Unregistered, UnregisteredNode } from '../cni/backend.js';
import { sandboxId } from '../container-runtime.js';
import { type AutoAssign, type Claimant, Ipam } from './ipam/allocator.js';
import { NETWORK_NAME } from './names.js';
import { TUNNELS, type Tunnel, tunnelAddress } from './tunnel.js';

/** How the pool that is made where a lab has none is encapsulated, as CALICO_IPV4POOL_IPIP and _VXLAN of calico/node say. */
export type DefaultPool = Pick<IPPool, 'ipipMode' | 'vxlanMode'>;

/** What a pod asks of IPAM (cni-plugin 3.21 pkg/k8s/k8s.go): JSON lists. */
const POOLS_ANNOTATION = 'cni.projectcalico.org/ipv4pools';
const ADDRESSES_ANNOTATION = 'cni.projectcalico.org/ipAddrs';

/**
 * What calico/node and Calico's IPAM write: the pool, blocks of each node, addresses of tunnels and pods.
 *
 * Addresses that are given are set aside before any is handed out. calico/node of every node starts before the first pod,
 * so a node's tunnel gets the first address of its block. A node with neither `felix` nor `bird` has no calico/node, and
 * nothing is written to its Node; IPAM is the plug-in's and gives pods their addresses all the same.
 */
export function registerCalico({ calico, nodes, pods, podCIDR }: Unregistered, modes: DefaultPool): Registered {
  const ipPools = calico.ipPools.length === 0 ? [defaultPool(podCIDR, modes)] : calico.ipPools;
  const ipam = new Ipam({ ...calico, ipPools });
  const byName = new Map(nodes.map(({ node }) => [node.name, node]));
  const running = nodes.filter(({ off }) => !(off.has('felix') && off.has('bird')));
  for (const { node } of running) for (const tunnel of TUNNELS) keepTunnelAddress(ipam, node, tunnel);
  const podIPs = new Map<Pod, Ipv4>();
  for (const pod of pods) set(podIPs, pod, givenAddress(ipam, pod, byName.get(pod.nodeName)));
  const annotations = new Map<string, Labels>();
  for (const each of running) annotations.set(each.node.name, annotationsOf(ipam, each));
  const whyNoIP = new Map<Pod, string>();
  for (const pod of pods) {
    const node = byName.get(pod.nodeName);
    if (node === undefined || podIPs.has(pod)) continue;
    const next = nextAddress(ipam, pod, node);
    if (typeof next === 'string') whyNoIP.set(pod, next);
    else podIPs.set(pod, next);
  }
  return { annotations, podIPs, whyNoIP, calico: { ...calico, ipPools, blocks: ipam.blocks() } };
}

/** What calico/node makes where there is no pool (node 3.21 pkg/lifecycle/startup/startup.go, configureIPPools()). */
export function defaultPool(cidr: Ipv4Prefix, modes: DefaultPool): IPPool {
  const fields = defaultsOf(CALICO_KINDS.IPPool);
  // CALICO_IPV4POOL_BLOCK_SIZE has to be said where the prefix holds no block of 26.
  const blockSize = Math.max(fields.blockSize, cidr.length);
  return { ...fields, name: 'default-ipv4-ippool', cidr, blockSize, ...modes, natOutgoing: true };
}

function set(podIPs: Map<Pod, Ipv4>, pod: Pod, address: Ipv4 | undefined): void {
  if (address !== undefined) podIPs.set(pod, address);
}

/** determineEnabledPoolCIDRs(): whatever a pool may be used for. */
function tunnelPools(ipam: Ipam, node: Node, { mode }: Tunnel): readonly IPPool[] {
  return ipam.poolsOf(node).filter((pool) => pool[mode] !== 'Never');
}

function tunnelClaimant(node: Node, { handle }: Tunnel): Claimant {
  return { node, handle: `${handle}-${node.name}`, pod: undefined };
}

/** The address that a Node names is its tunnel's, where a pool of that encapsulation holds it and nobody else has it. */
function keepTunnelAddress(ipam: Ipam, node: Node, tunnel: Tunnel): void {
  const address = tunnelAddress(tunnel, node);
  const claimant = tunnelClaimant(node, tunnel);
  if (address === undefined || ipam.allocationOf(claimant) !== undefined) return;
  if (tunnelPools(ipam, node, tunnel).some(({ cidr }) => contains(cidr, address))) ipam.assign(address, claimant);
}

function annotationsOf(ipam: Ipam, { node, prefixLength }: UnregisteredNode): Labels {
  const given = node.annotations[NODE_ANNOTATIONS.ipv4Address];
  const own = `${formatIpv4(node.addresses[0])}/${prefixLength}`;
  const annotations: Record<string, string> = { [NODE_ANNOTATIONS.ipv4Address]: given ?? own };
  for (const tunnel of TUNNELS) {
    const address = assignTunnelAddress(ipam, node, tunnel);
    if (address !== undefined) annotations[tunnel.annotation] = formatIpv4(address);
  }
  return annotations;
}

/** The address that is there, else a new one (ensureHostTunnelAddress()); undefined where no pool wants one. */
function assignTunnelAddress(ipam: Ipam, node: Node, tunnel: Tunnel): Ipv4 | undefined {
  const pools = tunnelPools(ipam, node, tunnel);
  if (pools.length === 0) return undefined;
  const claimant = tunnelClaimant(node, tunnel);
  const before = ipam.allocationOf(claimant)?.address;
  if (before !== undefined && pools.some(({ cidr }) => contains(cidr, before))) return before;
  return ipam.autoAssign(claimant, { use: 'Tunnel', pools });
}

function podClaimant(pod: Pod, node: Node): Claimant {
  return { node, handle: `${NETWORK_NAME}.${sandboxId(pod)}`, pod: `${pod.namespace}/${pod.name}` };
}

/** status.podIP, what IPAM's blocks say, or what the pod asks for, where IPAM lets it have that. */
function givenAddress(ipam: Ipam, pod: Pod, node: Node | undefined): Ipv4 | undefined {
  if (node === undefined) return undefined;
  const claimant = podClaimant(pod, node);
  const before = ipam.allocationOf(claimant);
  const known = pod.podIP ?? before?.address;
  const address = known ?? askedAddress(pod);
  if (typeof address !== 'number') return undefined;
  // Who has an address may have got it before its pool was disabled.
  if (known === undefined && ipam.whyNotToBeAskedFor(address) !== undefined) return undefined;
  return before?.address === address || ipam.assign(address, claimant) ? address : undefined;
}

/**
 * The address that an annotation asks for, undefined where none does; why the plug-in refuses the annotation
 * (validateAndExtractIPs(), cni-plugin 3.21 pkg/k8s/k8s.go: at most one address of each family, and one at all).
 */
function askedAddress({ annotations }: Pod): Ipv4 | string | undefined {
  const text = annotations?.[ADDRESSES_ANNOTATION] ?? '';
  if (text === '') return undefined;
  const list = listOf(text)?.map((each) => parseAddress(each)) ?? [];
  const addresses = list.filter((each) => each !== undefined);
  if (list.length === 0 || addresses.length < list.length)
    return `its annotation ${ADDRESSES_ANNOTATION} is no list of addresses: ${text}`;
  const [first, more] = addresses.filter(isIpv4Address);
  if (more !== undefined) return `its annotation ${ADDRESSES_ANNOTATION} has more than one IPv4 address: ${text}`;
  return first ?? `its annotation ${ADDRESSES_ANNOTATION} has no IPv4 address: ${text}`;
}

/** One more address; the reason where IPAM refuses one, as it does to who has asked for another. */
function nextAddress(ipam: Ipam, pod: Pod, node: Node): Ipv4 | string {
  if (pod.podIP !== undefined) return ipam.whyNotAssigned(pod.podIP, node);
  const wanted = askedAddress(pod);
  if (typeof wanted === 'string') return wanted;
  if (wanted !== undefined) return ipam.whyNotToBeAskedFor(wanted) ?? ipam.whyNotAssigned(wanted, node);
  const asked = pod.annotations?.[POOLS_ANNOTATION] ?? '';
  const pools = asked === '' ? undefined : askedPools(ipam, asked);
  if (pools === 'unknown') return `its annotation ${POOLS_ANNOTATION} names no list of enabled IPPools: ${asked}`;
  // An empty list asks for nothing (determinePools()).
  const claim: AutoAssign = { use: 'Workload', pools: pools?.length === 0 ? undefined : pools };
  return ipam.autoAssign(podClaimant(pod, node), claim) ?? ipam.whyNoneLeft(node, claim);
}

/** Names or prefixes of pools; each has to be an enabled one (determinePools()). */
function askedPools(ipam: Ipam, annotation: string): readonly IPPool[] | 'unknown' {
  const names = listOf(annotation);
  if (names === undefined) return 'unknown';
  const pools: IPPool[] = [];
  for (const name of names) {
    const pool = ipam.poolCalled(name.includes('/') ? (parsePrefix(name) ?? name) : name);
    if (pool === undefined) return 'unknown';
    pools.push(pool);
  }
  return pools;
}

/** A JSON list of texts; undefined when it is none. */
function listOf(text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined;
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) && list.every((each) => typeof each === 'string') ? list : undefined;
  } catch {
    return undefined;
  }
}
