import { formatIpv4, formatMac } from '../../address/index.js';
import type { Netns } from '../netns.js';
import { formatJson, type JsonObject } from '../write-json.js';

/**
 * `bridge -j fdb`, as iproute2 6.1 prints it, without the multicast addresses that devices listen to: what is
 * configured. The kernel's order is that of a hash; here it is by device, then as inserted.
 */
export function fdbJson(ns: Netns): string {
  const entries: (readonly [dev: string, entry: JsonObject])[] = [];
  for (const { bridge, mac, dev, state } of ns.bridgeFdb.values())
    entries.push([dev, { mac: formatMac(mac), ifname: dev, flags: [], master: bridge, state }]);
  for (const { dev, mac, remotes, state } of ns.vxlanFdb.values())
    for (const { ip, port, vni, via } of remotes) {
      const remote = { dst: formatIpv4(ip), port, vni, viaIf: via };
      entries.push([dev, { mac: formatMac(mac), ifname: dev, ...remote, flags: ['self'], state }]);
    }
  const devices = new Set([...ns.links.keys(), ...entries.map(([dev]) => dev)]);
  return formatJson([...devices].flatMap((dev) => entries.flatMap(([of, entry]) => (of === dev ? [entry] : []))));
}
