import { formatIpv4, formatMac, type Mac } from '../../address/index.js';
import type { Netns } from '../netns.js';
import type { NetnsRuntime } from '../runtime.js';
import { formatJson, type JsonObject } from '../write-json.js';
import type { VxlanRemote } from './fdb.js';

/**
 * `bridge -j fdb`, as iproute2 6.1 prints it: what is configured and, with a runtime, what was learned. The kernel's
 * order is that of a hash; here it is by device, then as inserted.
 */
export function fdbJson(ns: Netns, runtime?: NetnsRuntime): string {
  const entries: (readonly [dev: string, entry: JsonObject])[] = [];
  for (const { bridge, mac, dev, state, kept } of ns.bridgeFdb.values()) {
    const { vlan, ...rest } = kept ?? {};
    entries.push([dev, { mac: formatMac(mac), ifname: dev, vlan, flags: [], master: bridge, ...rest, state }]);
  }
  for (const [key, { dev }] of runtime?.stations ?? []) {
    const [bridge, mac] = key.split('|');
    entries.push([dev, { mac: formatMac(Number(mac) as Mac), ifname: dev, flags: [], master: bridge, state: '' }]);
  }
  for (const { dev, mac, remotes, state } of ns.vxlanFdb.values())
    for (const remote of remotes)
      entries.push([dev, { mac: formatMac(mac), ifname: dev, ...remoteOf(remote), flags: ['self'], state }]);
  for (const [key, remote] of runtime?.vxlanStations ?? []) {
    const [dev = '', mac] = key.split('|');
    const entry = { mac: formatMac(Number(mac) as Mac), ifname: dev, ...remoteOf(remote), flags: ['self'], state: '' };
    entries.push([dev, entry]);
  }
  for (const { dev = '', fields } of ns.otherFdb) entries.push([dev, fields]);
  const devices = new Set([...ns.links.keys(), ...entries.map(([dev]) => dev)]);
  return formatJson([...devices].flatMap((dev) => entries.flatMap(([of, entry]) => (of === dev ? [entry] : []))));
}

function remoteOf({ ip, port, vni, via }: VxlanRemote): JsonObject {
  return { dst: formatIpv4(ip), port, vni, viaIf: via };
}
