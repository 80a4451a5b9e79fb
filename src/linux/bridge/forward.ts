import { isGroupMac, type Mac } from '../../address/index.js';
import type { Journal } from '../journal.js';
import type { BridgePort, Link, LinkOf } from '../link/link.js';
import type { Netns } from '../netns.js';
import type { NetnsState } from '../runtime.js';
import { fdbKey } from './fdb.js';

/** A bridge. */
export type Bridge = LinkOf<'bridge'>;
/** A link that is a port of one. */
export type Port = Link & { readonly port: BridgePort };

/** net.bridge ageing_time, ms. */
const AGEING_TIME = 300_000;

/** The bridge that a device is a port of; undefined when it is none. */
export function bridgeOf(ns: Netns, dev: string): { readonly bridge: Bridge; readonly port: Port } | undefined {
  const port = ns.links.get(dev);
  const bridge = port?.master === undefined ? undefined : ns.links.get(port.master);
  if (port?.port === undefined || bridge?.kind !== 'bridge') return undefined;
  return { bridge, port: port as Port };
}

/** What the forwarding database says of an address. */
export interface Station {
  /** This host's own. */
  readonly local: boolean;
  readonly dev: string;
  readonly entry: 'learned' | 'permanent' | 'static';
}

/** br_fdb_find_rcu(): this host's own addresses, configured stations, learned ones that have not aged. */
export function findStation({ ns, runtime, now }: NetnsState, bridge: Bridge, mac: Mac): Station | undefined {
  for (const link of ns.links.values())
    if (link.address === mac && (link === bridge || link.master === bridge.name))
      return { local: true, dev: link.name, entry: 'permanent' };
  const key = fdbKey(bridge.name, mac);
  const configured = ns.bridgeFdb.get(key);
  if (configured !== undefined)
    return { local: configured.state === 'permanent', dev: configured.dev, entry: configured.state };
  const learned = runtime.stations.get(key);
  if (learned === undefined || now - learned.updated > AGEING_TIME) return undefined;
  return { local: false, dev: learned.dev, entry: 'learned' };
}

/** br_fdb_update(): a port has seen an address. Never against a local or static entry. */
export function learnStation(state: NetnsState & { readonly journal: Journal }, port: Port, mac: Mac): void {
  const bridge = bridgeOf(state.ns, port.name)?.bridge;
  if (bridge === undefined || isGroupMac(mac)) return;
  const key = fdbKey(bridge.name, mac);
  if (findStation(state, bridge, mac)?.local === true || state.ns.bridgeFdb.has(key)) return;
  state.journal.put(state.runtime.stations, key, { dev: port.name, updated: state.now });
}

/** Ports of a bridge, newest first: the order of br->port_list. */
export function portsOf(ns: Netns, bridge: Bridge): Port[] {
  const ports = [...ns.links.values()].filter((l): l is Port => l.master === bridge.name && l.port !== undefined);
  return ports.sort((a, b) => b.port.no - a.port.no);
}

/** should_deliver(): why a port does not take a frame that came in by `from`; undefined when it does. */
export function portRefusal(
  ns: Netns,
  port: Port,
  from: string,
): 'HAIRPIN_OFF' | 'PORT_NOT_FORWARDING' | 'PORT_ISOLATED' | undefined {
  if (from === port.name && !port.port.hairpin) return 'HAIRPIN_OFF';
  if (port.port.state !== 'forwarding' || !port.up) return 'PORT_NOT_FORWARDING';
  return ns.links.get(from)?.port?.isolated === true && port.port.isolated ? 'PORT_ISOLATED' : undefined;
}
