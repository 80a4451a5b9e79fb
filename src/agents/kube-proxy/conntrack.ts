import { parseIpv4 } from '../../address/index.js';
import type { ConnectionSelector } from '../../plan/index.js';
import { type AgentContext, callsOn, type Steps } from '../agent.js';
import type { EndpointInfo } from './endpoint.js';
import type { ServiceChanges, ServiceEntry } from './service-map.js';
import type { ServicePortInfo } from './service-port.js';

/** Connections to forget, and the service port that is the reason. */
export interface StaleConnections {
  readonly port: ServicePortInfo;
  readonly connections: ConnectionSelector;
}

/**
 * Connections of UDP that would go on as they are though the Services changed: those to a Service that is gone, or that
 * had no endpoint, which remember that nothing was translated; and those to endpoints that are gone. TCP and SCTP notice
 * by themselves. IPv4 only (conntrack.CleanStaleEntries(), k8s 1.30 pkg/proxy/conntrack/cleanup.go, and
 * detectStaleConntrackEntries(), pkg/proxy/endpointschangetracker.go; from 1.32 on it compares the table instead).
 */
function staleConnections({ pairs }: ServiceChanges): StaleConnections[] {
  const udp = pairs.filter(([was, is]) => (is ?? was)?.port.protocol === 'udp');
  const active = udp.flatMap(([was, is]) => (is !== undefined && newlyActive(was, is) ? [is.port] : []));
  const gone = udp.flatMap(([was, is]) => (is === undefined && was !== undefined ? [was.port] : []));
  return [
    ...unique([
      ...gone.map((port) => toAddress(port, port.clusterIP)),
      ...active.flatMap((port) => frontends(port).map((address) => toAddress(port, address))),
    ]),
    ...active.flatMap((port) => (port.nodePort === 0 ? [] : [stale(port, { origDport: port.nodePort })])),
    ...udp.flatMap(([was, is]) => (is === undefined ? [] : deletedEndpoints(was, is).flatMap(to(is.port)))),
  ];
}

/** The end of a sync of either mode: it forgets them, one call each. */
export function* cleanStaleEntries({ self }: AgentContext, changes: ServiceChanges): Steps {
  for (const { port, connections } of staleConnections(changes))
    yield callsOn(self.name, { by: 'kube-proxy', object: `service/${port.name}` })({
      call: 'conntrack delete',
      connections,
    });
}

/** Several ports of a Service have one address. */
function unique(list: readonly StaleConnections[]): StaleConnections[] {
  return [...new Map(list.map((each) => [each.connections.origDst, each])).values()];
}

function newlyActive(was: ServiceEntry | undefined, is: ServiceEntry): boolean {
  return is.endpoints.some(({ serving }) => serving) && was?.endpoints.some(({ serving }) => serving) !== true;
}

/** One that is still in a slice is not gone, though it serves no more: addresses and ports alone are compared. */
function deletedEndpoints(was: ServiceEntry | undefined, is: ServiceEntry): readonly EndpointInfo[] {
  const left = new Set(is.endpoints.map(({ text }) => text));
  return was?.endpoints.filter(({ serving, text }) => serving && !left.has(text)) ?? [];
}

/** Connections by any of a service port's frontends to an endpoint. */
function to(port: ServicePortInfo): (endpoint: EndpointInfo) => StaleConnections[] {
  return ({ address }) => {
    const dstNat = parseIpv4(address);
    const byNodePort = port.nodePort === 0 ? [] : [stale(port, { origDport: port.nodePort, dstNat })];
    return [...byNodePort, ...frontends(port).map((frontend) => stale(port, { origDst: parseIpv4(frontend), dstNat }))];
  };
}

function frontends({ clusterIP, externalIPs, loadBalancerVIPs }: ServicePortInfo): string[] {
  return [clusterIP, ...externalIPs, ...loadBalancerVIPs];
}

function toAddress(port: ServicePortInfo, address: string): StaleConnections {
  return stale(port, { origDst: parseIpv4(address) });
}

function stale(port: ServicePortInfo, connections: ConnectionSelector): StaleConnections {
  return { port, connections: { protocol: 'udp', ...connections } };
}
