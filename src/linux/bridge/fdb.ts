import type { Ipv4, Mac } from '../../address/index.js';
import type { Origin } from '../origin.js';
import type { JsonObject } from '../write-json.js';

/** A configured entry of a bridge's forwarding database: learned ones are runtime. */
export interface BridgeFdbEntry {
  readonly bridge: string;
  readonly mac: Mac;
  /** The port, or the bridge itself. */
  readonly dev: string;
  /** `permanent`: this host's own address (BR_FDB_LOCAL); `static`: a station that does not age. */
  readonly state: 'permanent' | 'static';
  /** What a dump says of it and is not modelled (`vlan`, `sticky`), as `bridge -j fdb` names it. */
  readonly kept?: JsonObject;
  readonly origin: Origin;
}

/** One remote of a VXLAN forwarding entry (struct vxlan_rdst). */
export interface VxlanRemote {
  readonly ip: Ipv4;
  /** UDP port; undefined means the device's. */
  readonly port: number | undefined;
  /** VNI; undefined means the device's. */
  readonly vni: number | undefined;
  /** Underlay link; undefined means the device's. */
  readonly via: string | undefined;
}

/** An entry of a VXLAN device's forwarding database (`bridge fdb add … dev flannel.1 dst … self`). */
export interface VxlanFdbEntry {
  readonly dev: string;
  /** 0 is the default entry, for any address that has none. */
  readonly mac: Mac;
  readonly remotes: readonly [VxlanRemote, ...VxlanRemote[]];
  readonly state: 'permanent' | 'static' | 'dynamic';
  readonly origin: Origin;
}

/** The key of an entry within its namespace. */
export function fdbKey(dev: string, mac: Mac): string {
  return `${dev}|${mac}`;
}
