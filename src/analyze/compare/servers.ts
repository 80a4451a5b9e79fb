import { ipvsServiceText } from '../../linux/index.js';
import type { Network } from '../../topology/index.js';
import { type Probe, Simulation, type Trace, type TraceEvent, type TraceOptions } from '../../trace/index.js';

/** Connections that are tried for each server of a virtual service: a weight may give one its turn late. */
const TURNS = 2;

/** Connections that are tried at most. */
const MOST = 32;

/** What becomes of connections with each server that the scheduler gives one. */
export interface TriedServers {
  /** How many servers could get a connection. */
  readonly servers: number;
  /** The first connection to each server that got one. */
  readonly traces: readonly Trace[];
}

/**
 * Makes connections one after the other until each server of the virtual service that takes the probe has got one;
 * undefined where no scheduler has a choice. With session affinity one server gets them all.
 */
export function tryServers(
  network: Network,
  probe: Probe,
  first: Trace,
  options: Pick<TraceOptions, 'start' | 'seed'>,
): TriedServers | undefined {
  const servers = candidatesOf(network, first);
  if (first.verdict.branches !== 1 || servers < 2) return undefined;
  const simulation = new Simulation(network, { ...options, detail: 'all' });
  const found = new Map<string, Trace>();
  for (let turn = 0; turn < Math.min(MOST, TURNS * servers) && found.size < servers; turn++) {
    const trace = simulation.send(probe);
    const server = scheduled(trace)?.event.server ?? '';
    if (!found.has(server)) found.set(server, trace);
  }
  return { servers, traces: [...found.values()] };
}

type IpvsEvent = Extract<TraceEvent, { readonly k: 'ipvs' }>;

/** Where IPVS first took the packet. */
function scheduled(trace: Trace): { readonly netns: string; readonly event: IpvsEvent } | undefined {
  for (const { netns, events } of trace.legs[0]?.paths[0]?.hops ?? []) {
    const event = events.find((each) => each.k === 'ipvs' && each.way === 'in');
    if (event?.k === 'ipvs') return { netns, event };
  }
  return undefined;
}

/** The servers with a weight of the virtual service that took the packet: one without gets no new connections. */
function candidatesOf(network: Network, trace: Trace): number {
  const by = scheduled(trace);
  const services = by === undefined ? [] : (network.netns(by.netns)?.ipvs ?? []);
  const service = services.find((each) => ipvsServiceText(each) === by?.event.service);
  return service?.servers.filter(({ weight }) => weight > 0).length ?? 0;
}
