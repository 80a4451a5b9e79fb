import { ANY, formatIpv4, type Ipv4 } from '../../address/index.js';
import {
  type LocalRoute,
  SESSION_DEFAULTS,
  type SessionConfig,
  type SpeakerConfig,
  type SpeakerInterface,
} from '../../bgp/index.js';
import {
  type BGPConfiguration,
  CALICO_DEFAULTS,
  type Cluster,
  groupBy,
  groupByNode,
  type IPAMBlock,
  type Labels,
  type Pod,
} from '../../cluster/index.js';
import type { Machine } from '../cni/backend.js';
import { type BgpNode, bgpNodes } from './bgp-node.js';
import { type BirdFilters, birdFilters } from './bird-filters.js';
import { workloadVeth } from './names.js';
import { type Peering, type Peerings, peeringsOf } from './peerings.js';
import { type ServiceRoutes, serviceRoutes } from './service-routes.js';
import { TUNNELS, tunnelAddress } from './tunnel.js';

/**
 * What confd writes into bird.cfg of each node (calico 3.21.6 confd/etc/calico/confd/templates). Where BIRD does not run, there is
 * no machine, and for what BIRD would not read no speaker: the others have their sessions with it all the same.
 */
export function calicoSpeakers(cluster: Cluster, machines: ReadonlyMap<string, Machine>): readonly SpeakerConfig[] {
  const calico = cluster.calico ?? CALICO_DEFAULTS;
  const { bgpConfiguration } = calico;
  const nodes = bgpNodes(cluster);
  const shared: Shared = {
    nodes,
    config: bgpConfiguration,
    peerings: peeringsOf(calico.bgpPeers, nodes, bgpConfiguration.asNumber),
    filters: birdFilters(calico),
    services: serviceRoutes(cluster, bgpConfiguration),
  };
  const blocks = groupBy(calico.blocks, ({ affinity }) => affinity);
  const pods = groupByNode(cluster.pods.filter((pod) => !pod.hostNetwork));
  const annotations = new Map(cluster.nodes.map((node) => [node.name, node.annotations]));
  return nodes.flatMap((node) => {
    const machine = machines.get(node.name);
    if (machine === undefined) return [];
    const tunnels = tunnelInterfaces(annotations.get(node.name) ?? {});
    const { name } = node;
    const config = speaker(node, shared, machine, tunnels, blocks.get(name) ?? [], pods.get(name) ?? []);
    return isRefused(config) ? [] : [config];
  });
}

/**
 * Whether `bird -p`, which confd asks before it puts a file in place (conf.d/bird.toml, check_cmd), refuses it: "Remote AS
 * number (or peer type) must be set" for a BGPPeer without one (bgp_postconfig(), bird proto/bgp/bgp.c). BIRD never starts
 * without its first file.
 */
function isRefused({ as, sessions }: SpeakerConfig): boolean {
  return as === 0 || sessions.some(({ neighborAs }) => neighborAs === 0);
}

/** What all nodes have in common. */
interface Shared {
  readonly nodes: readonly BgpNode[];
  readonly config: BGPConfiguration;
  readonly peerings: Peerings;
  readonly filters: BirdFilters;
  readonly services: (node: BgpNode) => ServiceRoutes;
}

function speaker(
  node: BgpNode,
  shared: Shared,
  machine: Machine,
  tunnels: readonly SpeakerInterface[],
  blocks: readonly IPAMBlock[],
  pods: readonly Pod[],
): SpeakerConfig {
  const { name, as, address } = node;
  const services = shared.services(node);
  return {
    name,
    as,
    routerId: address,
    interfaces: [...machine.interfaces, ...tunnels],
    routes: [...staticRoutes(blocks, services), ...kernelRoutes(machine, pods)],
    sessions: sessionsOf(node, shared, shared.filters.exports(blocks, services)),
    kernel: { export: shared.filters.kernel(node, services), mergePaths: true, limit: undefined, persist: true },
  };
}

/** `protocol static` of bird_aggr.cfg: the node's blocks, also such as are not confirmed, and Services. */
function staticRoutes(blocks: readonly IPAMBlock[], { announced }: ServiceRoutes): readonly LocalRoute[] {
  const own = blocks.map(({ cidr }) => cidr).filter(({ length }) => length < 32);
  return [...own, ...announced].map((net) => ({
    net,
    type: 'blackhole',
    source: 'static',
    protocol: 'static1',
    nexthops: [],
  }));
}

/** `protocol kernel` with `learn`: the default route, and what the CNI plug-in and Felix have written for pods. */
function kernelRoutes({ interfaces, defaultGateway }: Machine, pods: readonly Pod[]): readonly LocalRoute[] {
  const learned = { type: 'unicast', source: 'kernel', protocol: 'kernel1' } as const;
  const routes = pods.flatMap(({ namespace, name, podIP }): LocalRoute[] => {
    if (podIP === undefined) return [];
    const nexthops = [{ via: undefined, dev: workloadVeth(namespace, name), weight: 1 }];
    return [{ ...learned, net: { address: podIP, length: 32 }, nexthops }];
  });
  const [uplink] = interfaces;
  if (defaultGateway === undefined || uplink === undefined) return routes;
  const nexthops = [{ via: defaultGateway, dev: uplink.name, weight: 1 }];
  return [{ ...learned, net: { address: ANY, length: 0 }, nexthops }, ...routes];
}

/** Addresses of tunnel devices: `protocol direct` leaves out `cali*` and `kube-ipvs*` alone. */
function tunnelInterfaces(annotations: Labels): readonly SpeakerInterface[] {
  return TUNNELS.flatMap((tunnel) => {
    const address = tunnelAddress(tunnel, { annotations });
    return address === undefined ? [] : [{ name: tunnel.device, address, prefixLength: 32 }];
  });
}

/** The sessions of a node, in the order of bird.cfg: mesh, global, its own. */
function sessionsOf(
  node: BgpNode,
  { nodes, config, peerings, filters }: Shared,
  exports: ReturnType<BirdFilters['exports']>,
): readonly SessionConfig[] {
  const template = { ...BGP_TEMPLATE, local: node.address, import: filters.import([]), export: exports([]) };
  const mesh = config.nodeToNodeMeshEnabled && isInMesh(node) ? nodes.filter(isInMesh) : [];
  const peer = (prefix: string, peering: Peering): SessionConfig[] =>
    peering.address === node.address
      ? []
      : [
          {
            ...template,
            name: sessionName(prefix, formatIpv4(peering.address)),
            neighbor: peering.address,
            neighborAs: peering.as,
            ...reflection(node, peering),
            ...ofPeer(node, peering),
            import: filters.import(peering.peer.filters),
            export: exports(peering.peer.filters),
          },
        ];
  return [
    ...mesh.flatMap(({ address, text, as }): SessionConfig[] => {
      if (address === node.address) return [];
      const restartTime = config.nodeMeshMaxRestartTime;
      const name = sessionName('Mesh', text);
      // The one with the smaller address, compared as text, connects.
      return [{ ...template, name, neighbor: address, neighborAs: as, passive: text > node.text, restartTime }];
    }),
    ...peerings.global.flatMap((peering) => peer('Global', peering)),
    ...(peerings.ofNode.get(node.name) ?? []).flatMap((peering) => peer('Node', peering)),
  ];
}

/**
 * A node with a cluster id has no session of the mesh, on neither side (bird.cfg.template of calico 3.21.3 to 3.32; the last
 * tag of the repository that confd had of its own, of July 2021, keeps it in).
 */
function isInMesh({ clusterId }: BgpNode): boolean {
  return clusterId === undefined;
}

function sessionName(prefix: string, address: string): string {
  return `${prefix}_${address.replaceAll('.', '_')}`;
}

/** `template bgp bgp_template`; where it says nothing, BIRD's defaults. */
const BGP_TEMPLATE = {
  ...SESSION_DEFAULTS,
  addPaths: true,
  timers: { connectDelay: 2, connectRetry: 5, errorWait: [5, 30] },
} as const;

/** A neighbour of the same AS is a client of a reflector, unless it is a reflector of the same cluster. */
function reflection(
  { as, clusterId }: BgpNode,
  peering: Peering,
): { readonly rrClient: boolean; readonly clusterId: Ipv4 | undefined } {
  const rrClient = peering.as === as && clusterId !== undefined && peering.clusterId !== clusterId;
  return { rrClient, clusterId: rrClient ? clusterId : undefined };
}

/** What a BGPPeer says besides; `nextHopMode` is of calico 3.30.2 and later, and holds within an AS too. */
function ofPeer(
  { as }: BgpNode,
  { as: neighborAs, keepNextHop, peer }: Peering,
): Pick<SessionConfig, 'restartTime' | 'nextHopSelf' | 'nextHopKeep' | 'allowLocalAs' | 'password'> {
  const secret = peer.password?.secretKeyRef;
  return {
    restartTime: peer.maxRestartTime ?? BGP_TEMPLATE.restartTime,
    nextHopSelf: peer.nextHopMode === 'Self',
    nextHopKeep: peer.nextHopMode === 'Keep' || (keepNextHop && neighborAs !== as),
    allowLocalAs: peer.numAllowedLocalASNumbers,
    // One key of one Secret is one password, whatever it is.
    password: secret === undefined ? undefined : `${secret.name}/${secret.key}`,
  };
}
