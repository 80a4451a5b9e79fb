import type { Ipv4, Ipv4Prefix } from '../address/index.js';
import type { KubeProxyConfig } from '../agents/index.js';
import type { AggregateConfig } from '../bgp/index.js';
import type { CalicoObjects, EndpointSlice, Node, Pod, PortRange, Service } from '../cluster/index.js';
import type { Unmodelled } from '../topology/index.js';
import type { DropCode, Outcome } from '../trace/index.js';

/**
 * What a lab file says, read and completed with defaults, before anything is built: a cluster, what is under it, and
 * which programs run on it.
 */
export interface Lab {
  /** For people: the file's name without its ending. */
  readonly name: string;
  readonly description: string;
  readonly podCIDR: Ipv4Prefix;
  readonly serviceCIDR: Ipv4Prefix;
  /** `--service-node-port-range` of kube-apiserver. */
  readonly serviceNodePortRange: PortRange;
  readonly nodes: readonly LabNode[];
  readonly pods: readonly LabPod[];
  /** Cluster IPs and node ports that are left out are handed out when the lab is built, in order. */
  readonly services: readonly Service[];
  /** Given ones; those of Services with a selector are derived, unless one that a controller made is given. */
  readonly endpointSlices: readonly EndpointSlice[];
  /** Layer 2: nodes, routers and hosts of one segment reach each other directly. */
  readonly segments: readonly Segment[];
  readonly routers: readonly Router[];
  readonly hosts: readonly Host[];
  readonly cni: CniChoice;
  /** Calico's objects, of which only its own networks know. Pools and blocks that are left out are made when the lab is built. */
  readonly calico: CalicoObjects;
  readonly kubeProxy: KubeProxyChoice;
  /** `kubelet` and its rules run on every node unless switched off here. */
  readonly kubelet: 'on' | 'off';
  /** Sysctls, link settings and other commands that are run once everything is installed, in order. */
  readonly overrides: readonly Override[];
  /** What befell the control plane since it converged, in order: `pkill`, `birdc`, `calicoctl`, `sleep` and the like. */
  readonly events: readonly Override[];
  readonly faults: readonly Fault[];
  readonly expect: readonly Expectation[];
  /** What was found in the lab and changes packets' paths, but is not modelled. */
  readonly unmodelled: readonly Unmodelled[];
}

/** A node, its place, and what does not run on it. */
export interface LabNode extends Node {
  /** Name of its segment. */
  readonly segment: string;
  /** MTU of its network card. */
  readonly mtu: number;
  /** Agents that are switched off here: `kubelet`, `kube-proxy`, `flanneld`, or a part such as `flanneld/masq`. */
  readonly off: readonly string[];
}

/** A pod, and what its programs do. */
export interface LabPod extends Pod {
  readonly listen: readonly Listener[];
}

/** A program that listens. */
export interface Listener {
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  readonly port: number;
  /** 0.0.0.0 for all addresses. */
  readonly address: Ipv4;
  /** `echo` answers a datagram with the same, a TCP request with as many bytes; `sink` never answers. */
  readonly behaviour: 'echo' | 'sink';
}

/** A layer-2 segment with its subnet. */
export interface Segment {
  readonly name: string;
  readonly subnet: Ipv4Prefix;
  readonly mtu: number;
}

/**
 * A router between segments. The first one on a segment is the default gateway of the nodes and hosts there; routers
 * reach each other's segments by their `routes` alone.
 */
export interface Router {
  readonly name: string;
  /** One interface per segment, in order: eth0, eth1 … */
  readonly interfaces: readonly { readonly segment: string; readonly address: Ipv4 }[];
  readonly routes: readonly StaticRoute[];
  /** undefined: it speaks no BGP. */
  readonly bgp?: RouterBgp | undefined;
}

/** BIRD on a router. */
export interface RouterBgp {
  readonly as: number;
  readonly routerId: Ipv4;
  /** For the clients that it reflects to. */
  readonly clusterId: Ipv4 | undefined;
  readonly neighbors: readonly RouterNeighbor[];
  /** What it announces of its own: its connected subnets or any other prefix. */
  readonly announce: readonly Ipv4Prefix[];
  /** What it announces in place of longer prefixes, or beside them, as FRR does: BIRD 2.0.12 has no aggregates. */
  readonly aggregates: readonly AggregateConfig[];
  /** Routes that the hardware has room for; undefined: all. */
  readonly fibLimit: number | undefined;
}

/** A neighbour of a router. */
export interface RouterNeighbor {
  readonly address: Ipv4;
  readonly as: number;
  readonly rrClient: boolean;
  readonly nextHopSelf: boolean;
  /** All paths are sent and received (RFC 7911), where the neighbour has it too. */
  readonly addPaths: boolean;
  readonly passive: boolean;
  /** TCP MD5 (RFC 2385); both sides need the same. A BGPPeer's is `SECRET/KEY` of its secretKeyRef. */
  readonly password: string | undefined;
  /** Prefixes that are let through, longer ones within them too; undefined: all. */
  readonly import: readonly Ipv4Prefix[] | undefined;
  readonly export: readonly Ipv4Prefix[] | undefined;
}

/** An external host. */
export interface Host {
  readonly name: string;
  readonly segment: string;
  readonly address: Ipv4;
  readonly listen: readonly Listener[];
  readonly routes: readonly StaticRoute[];
}

/** A route written into a lab. */
export interface StaticRoute {
  readonly dst: Ipv4Prefix;
  readonly via: Ipv4;
}

/** The network plug-in, by the name that it is registered under, and its options, read by itself. */
export interface CniChoice {
  /** `flannel/vxlan`, `flannel/host-gw`, `flannel/udp`, `none`, or one from `registerCni`. */
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** Which kube-proxy runs, and its configuration. */
export interface KubeProxyChoice {
  readonly mode: 'iptables' | 'ipvs' | 'none';
  readonly config: KubeProxyConfig;
}

/** A setting that differs from what would be installed. */
export interface Override {
  /** Where: an object as `Directory.find` takes it: `node/node-1`, `pod/default/web-0`, `host/internet`. A router is a host. */
  readonly netns: string;
  /** A command that the real tool takes. */
  readonly command: string;
  readonly file: string;
  /** Where it stands in the file: from the root, and 1-based. */
  readonly path: readonly (string | number)[];
  readonly line: number;
  readonly col: number;
}

/** Something that can be broken with `--fault NAME`. */
export interface Fault {
  /** Empty for one that the lab does not have. */
  readonly name: string;
  readonly description: string;
  readonly commands: readonly Override[];
  /** What of it befalls the control plane: these come before the commands. */
  readonly events: readonly Override[];
}

/** A line of `expect:`, which `podpath test` checks. */
export interface Expectation {
  readonly from: string;
  readonly to: string;
  readonly proto: 'tcp' | 'udp' | 'icmp' | 'sctp' | undefined;
  /** Bytes of payload; undefined: what the protocol sends by itself. */
  readonly size: number | undefined;
  /** Whether it must not be fragmented. */
  readonly df: boolean;
  /** Faults that are on for it. */
  readonly faults: readonly string[];
  /** `delivered`: there and, where an answer is expected, back. Anything else is how the packet itself ends. */
  readonly outcome: Outcome;
  /** Whose end is meant: of `reply`, the packet itself is delivered. */
  readonly leg: 'forward' | 'reply';
  /** The reason, where the line names one. */
  readonly code: DropCode | undefined;
  readonly file: string;
  readonly line: number;
}
