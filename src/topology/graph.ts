import { MultiUndirectedGraph } from 'graphology';
import type { Ipv4 } from '../address/index.js';
import { allRoutes, type Link, type Netns, type Role } from '../linux/index.js';
import type { Network } from './network.js';

/** A device, by where it is. */
export interface Device {
  readonly netns: string;
  readonly dev: string;
}

/** What joins two devices. */
export type ConnectionKind =
  /** A veth pair, or a cable. */
  | 'wire'
  /** A bridge and its port. */
  | 'port'
  /** A tunnel and the device that it is bound to. */
  | 'lower'
  /** Two ends of a tunnel, of which at least one knows the other. */
  | 'tunnel';

/** Two devices that are joined. */
export interface Connection {
  readonly kind: ConnectionKind;
  readonly ends: readonly [Device, Device];
}

/** A network namespace and its devices. */
export interface NetnsDevices {
  readonly name: string;
  readonly role: Role;
  readonly devices: readonly Device[];
}

/** A host and its namespaces, its own first. */
export interface HostNamespaces {
  readonly name: string;
  readonly namespaces: readonly NetnsDevices[];
}

type NodeAttributes =
  | { readonly kind: 'host'; readonly name: string }
  | { readonly kind: 'netns'; readonly name: string; readonly role: Role }
  | ({ readonly kind: 'device' } & Device);

interface EdgeAttributes {
  readonly kind: 'holds' | ConnectionKind;
}

/**
 * What hangs on what: hosts, namespaces, devices, and how they are joined.
 *
 * An index over the configuration of a network, for questions of structure and for pictures. No packet asks it: whether
 * a device is up, or lets a frame through, is not its business.
 */
export class Topology {
  readonly #graph = new MultiUndirectedGraph<NodeAttributes, EdgeAttributes>();
  readonly #byAddress = new Map<Ipv4, Netns>();

  /** Of these namespaces of a network, or of all. */
  constructor(network: Network, names: readonly string[] = network.names()) {
    const all = names.flatMap((name) => network.netns(name) ?? []);
    for (const ns of all) this.#addNetns(ns);
    for (const ns of all) for (const link of ns.links.values()) this.#connect(ns, link);
  }

  /** In the order of the network's names. */
  hosts(): HostNamespaces[] {
    return this.#graph
      .filterNodes((_, node) => node.kind === 'host')
      .map((host) => ({ name: this.#nameOf(host), namespaces: this.#namespacesOf(host) }));
  }

  /** All connections, each once. */
  connections(): Connection[] {
    return this.#graph
      .mapEdges((_, { kind }, from, to): Connection[] => {
        const [a, b] = [this.#device(from), this.#device(to)];
        return kind === 'holds' || a === undefined || b === undefined ? [] : [{ kind, ends: [a, b] }];
      })
      .flat();
  }

  /** The ports of a bridge; none for anything else. */
  portsOf(bridge: Device): Device[] {
    const node = deviceKey(bridge);
    if (!this.#graph.hasNode(node)) return [];
    const edges = this.#graph.filterEdges(node, (_, { kind }) => kind === 'port');
    return edges.flatMap((edge) => this.#device(this.#graph.opposite(node, edge)) ?? []);
  }

  /** The devices that a frame of `device` can come to without being routed, itself first: one layer-2 segment. */
  segmentOf(device: Device): Device[] {
    const seen = new Set([deviceKey(device)]);
    if (!this.#graph.hasNode(deviceKey(device))) return [];
    for (const node of seen)
      this.#graph.forEachEdge(node, (edge, { kind }) => {
        if (kind === 'wire' || kind === 'port') seen.add(this.#graph.opposite(node, edge));
      });
    return [...seen].flatMap((node) => this.#device(node) ?? []);
  }

  #addNetns(ns: Netns): void {
    const host = `host ${ns.host}`;
    const netns = `netns ${ns.name}`;
    this.#graph.mergeNode(host, { kind: 'host', name: ns.host });
    this.#graph.addNode(netns, { kind: 'netns', name: ns.name, role: ns.role });
    this.#graph.addEdge(host, netns, { kind: 'holds' });
    for (const dev of ns.links.keys()) {
      const key = deviceKey({ netns: ns.name, dev });
      this.#graph.addNode(key, { kind: 'device', netns: ns.name, dev });
      this.#graph.addEdge(netns, key, { kind: 'holds' });
    }
    for (const { local } of ns.ipv4.addresses) if (!this.#byAddress.has(local)) this.#byAddress.set(local, ns);
  }

  #connect(ns: Netns, link: Link): void {
    const here = { netns: ns.name, dev: link.name };
    if (link.master !== undefined) this.#join('port', { netns: ns.name, dev: link.master }, here);
    if (link.kind === 'veth' && link.peer !== undefined) this.#join('wire', here, link.peer);
    if ((link.kind === 'vxlan' || link.kind === 'ipip') && link.lower !== undefined)
      this.#join('lower', here, { netns: ns.name, dev: link.lower });
    for (const remote of remotesOf(ns, link)) {
      const far = this.#byAddress.get(remote);
      const end = far === undefined ? undefined : tunnelEnd(far, link);
      if (far !== undefined && end !== undefined) this.#join('tunnel', here, { netns: far.name, dev: end });
    }
  }

  /** Once, whichever end says so. */
  #join(kind: ConnectionKind, a: Device, b: Device): void {
    const [from, to] = [deviceKey(a), deviceKey(b)];
    if (from === to || !this.#graph.hasNode(to)) return;
    const known = this.#graph.edges(from, to).some((edge) => this.#graph.getEdgeAttribute(edge, 'kind') === kind);
    if (!known) this.#graph.addEdge(from, to, { kind });
  }

  #namespacesOf(host: string): NetnsDevices[] {
    const found = this.#graph.mapNeighbors(host, (node, attributes) =>
      attributes.kind === 'netns'
        ? [{ name: attributes.name, role: attributes.role, devices: this.#devicesOf(node) }]
        : [],
    );
    const own = this.#nameOf(host);
    return found.flat().sort((a, b) => Number(b.name === own) - Number(a.name === own));
  }

  #devicesOf(netns: string): Device[] {
    return this.#graph.mapNeighbors(netns, (node) => this.#device(node)).filter((device) => device !== undefined);
  }

  #nameOf(node: string): string {
    const attributes = this.#graph.getNodeAttributes(node);
    return attributes.kind === 'device' ? attributes.dev : attributes.name;
  }

  #device(node: string): Device | undefined {
    const attributes = this.#graph.getNodeAttributes(node);
    return attributes.kind === 'device' ? { netns: attributes.netns, dev: attributes.dev } : undefined;
  }
}

/** Namespaces and devices have no blanks in their names. */
function deviceKey({ netns, dev }: Device): string {
  return `device ${netns} ${dev}`;
}

/** Where a tunnel device would send to: addresses of the underlay. */
function remotesOf(ns: Netns, link: Link): Ipv4[] {
  if (link.kind === 'vxlan') {
    const known = [...ns.vxlanFdb.values()].filter((entry) => entry.dev === link.name);
    return known.flatMap(({ remotes }) => remotes.map(({ ip }) => ip));
  }
  if (link.kind === 'ipip') return link.remote === undefined ? nexthopsOver(ns, link.name) : [link.remote];
  const relays = ns.processes.filter(({ kind, dev }) => kind === 'udp-relay' && dev === link.name);
  return relays.flatMap(({ routes }) => routes.map(({ peer }) => peer));
}

/** The next hops of routes over a device: where an ipip device has no far end of its own, these are its far ends. */
function nexthopsOver(ns: Netns, dev: string): Ipv4[] {
  return allRoutes(ns).flatMap(([, route]) =>
    route.type === 'unicast' ? route.nexthops.flatMap((hop) => (hop.dev === dev ? (hop.via ?? []) : [])) : [],
  );
}

/** The device of `far` at which a tunnel of the kind of `link` ends. */
function tunnelEnd(far: Netns, link: Link): string | undefined {
  if (link.kind === 'ipip') return [...far.links.values()].find(({ kind, up }) => kind === 'ipip' && up)?.name;
  if (link.kind !== 'vxlan') return far.processes.find(({ kind }) => kind === 'udp-relay')?.dev;
  return [...far.links.values()].find((other) => other.kind === 'vxlan' && other.vni === link.vni)?.name;
}
