import { formatIpv4, formatIpv6 } from '../../../address/index.js';
import { ipvsServiceText, type RealServer, type VirtualService } from '../../../linux/index.js';
import type { ServiceMap } from '../service-map.js';
import type { VirtualServer } from './frontend.js';

/**
 * The connections that a real server has: ActiveConn and InActConn of `ipvsadm -Ln` together.
 */
export type Connections = (service: VirtualService, server: RealServer) => number;

/** What kube-proxy remembers from one sync to the next. */
export interface ProxierMemory {
  /** Real servers that wait for their connections to end, each as `-t 10.96.0.1:443 -r 192.168.10.11:6443`. */
  readonly terminating: ReadonlySet<string>;
  /** The Services that were synced. */
  readonly services: ServiceMap;
}

/** What is there of IPVS, as a sync goes along. */
export interface ServerSync {
  /** By key: `-t 10.96.0.1:443`. */
  readonly existing: ReadonlyMap<string, VirtualService>;
  /** The first sync of a program sets weights anew, which its predecessor may have taken away. */
  readonly initial: boolean;
  readonly terminating: Set<string>;
  readonly connections: Connections;
}

/** What a real server is known by, among all: `-t 10.96.0.1:443 -r 192.168.10.11:6443` (GetUniqueRSName()). */
function realServerKey(key: string, end: string): string {
  return `${key} -r ${end}`;
}

/** The lines that make a virtual server from nothing. */
export function addLines(server: VirtualServer): string[] {
  const { key, options, endpoints } = server;
  return [`-A ${key} ${options}`, ...endpoints.map(({ text }) => addServer(realServerKey(key, text)))];
}

/** kube-proxy sends no flags for a real server, which is masquerading (toIPVSDestination()). */
function addServer(realServer: string): string {
  return `-a ${realServer} -m -w 1`;
}

/** The lines that make a virtual server what it has to be (syncService(), syncEndpoint()). */
export function syncLines(server: VirtualServer, sync: ServerSync): string[] {
  const { key, options } = server;
  const old = sync.existing.get(key);
  if (old === undefined) return addLines(server);
  return [
    ...(sameOptions(old, key, options) ? [] : [`-E ${key} ${options}`]),
    ...keptAndNew(server, old, sync),
    ...removed(server, old, sync),
  ];
}

/** kube-proxy sees neither a netmask nor a persistence engine (toVirtualServer()). */
function sameOptions(old: VirtualService, key: string, options: string): boolean {
  return ipvsServiceText({ ...old, netmask: undefined, engine: undefined }) === `-A ${key} ${options}`;
}

function keptAndNew({ key, endpoints }: VirtualServer, old: VirtualService, sync: ServerSync): string[] {
  const current = new Set(old.servers.map(endOf));
  const reset = sync.initial && old.servers.some(({ weight }) => weight !== 1);
  return endpoints.flatMap(({ text }) => {
    const name = realServerKey(key, text);
    if (!current.has(text)) return [addServer(name)];
    const weight = reset ? [`-e ${name} -m -w 1`] : [];
    // MoveRSOutofGracefulDeleteList(): what comes back is deleted first, and added with its old connections.
    return sync.terminating.delete(name) ? [...weight, `-d ${name}`, addServer(name)] : weight;
  });
}

/** GracefulDeleteRS(): a server that still has TCP connections gets no new ones, until the old ones have ended. */
function removed({ key, endpoints }: VirtualServer, old: VirtualService, sync: ServerSync): string[] {
  const wanted = new Set(endpoints.map(({ text }) => text));
  return old.servers.flatMap((server) => {
    const end = endOf(server);
    const name = realServerKey(key, end);
    if (wanted.has(end) || sync.terminating.has(name)) return [];
    if (!isBusy(old, server, sync.connections)) return [`-d ${name}`];
    sync.terminating.add(name);
    return [`-e ${name} -m -w 0`];
  });
}

/** Whether a real server has to be waited for: UDP and SCTP are not (IsRsGracefulTerminationNeeded()). */
function isBusy(service: VirtualService, server: RealServer, connections: Connections): boolean {
  return service.key.by === 'address' && service.key.protocol === 'tcp' && connections(service, server) !== 0;
}

function endOf(server: RealServer): string {
  const { port } = server;
  return server.family === 'inet' ? `${formatIpv4(server.address)}:${port}` : `[${formatIpv6(server.address)}]:${port}`;
}

/** The virtual services of a namespace by key. One of a firewall mark is none that kube-proxy could ask for. */
export function servicesByKey(services: readonly VirtualService[]): Map<string, VirtualService> {
  return new Map(services.flatMap((service) => (service.key.by === 'address' ? [[keyOf(service), service]] : [])));
}

function keyOf(service: VirtualService): string {
  return ipvsServiceText(service).split(' ').slice(1, 3).join(' ');
}

/**
 * The lines that delete real servers whose connections have ended, and what is still to be waited for: kube-proxy looks
 * each minute (tryDeleteRs(), k8s 1.30 pkg/proxy/ipvs/graceful_termination.go). Servers that are gone are forgotten.
 */
export function drainedLines(
  services: readonly VirtualService[],
  { terminating }: Pick<ProxierMemory, 'terminating'>,
  connections: Connections,
): { readonly lines: readonly string[]; readonly terminating: ReadonlySet<string> } {
  const left = new Set<string>();
  const lines: string[] = [];
  for (const service of services)
    for (const server of service.servers) {
      const name = realServerKey(keyOf(service), endOf(server));
      if (!terminating.has(name)) continue;
      if (isBusy(service, server, connections)) left.add(name);
      else lines.push(`-d ${name}`);
    }
  return { lines, terminating: left };
}
