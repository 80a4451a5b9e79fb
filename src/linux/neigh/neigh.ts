import type { Ipv4, Mac } from '../../address/index.js';
import type { Origin } from '../origin.js';
import type { JsonObject } from '../write-json.js';

/** Neighbour Unreachability Detection states, as `ip neigh` spells them (linux include/uapi/linux/neighbour.h). */
export type NudState =
  | 'NONE'
  | 'INCOMPLETE'
  | 'REACHABLE'
  | 'STALE'
  | 'DELAY'
  | 'PROBE'
  | 'FAILED'
  | 'NOARP'
  | 'PERMANENT';

/** A neighbour that somebody configured (`ip neigh add … nud permanent`). */
export interface Neighbour {
  readonly dev: string;
  readonly ip: Ipv4;
  readonly lladdr: Mac;
  readonly state: 'PERMANENT' | 'NOARP';
  /** What a dump says of it and is not modelled (`router`, `extern_learn`), as `ip -j neigh` names it. */
  readonly kept?: JsonObject;
  readonly origin: Origin;
}

/** An address that the link answers ARP for (`ip neigh add proxy`). */
export interface ProxyNeighbour {
  readonly dev: string;
  readonly ip: Ipv4;
  readonly origin: Origin;
}

/** The key of a neighbour within its namespace. */
export function neighbourKey(dev: string, ip: Ipv4): string {
  return `${dev}|${ip}`;
}
