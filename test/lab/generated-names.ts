import type { Mac } from '../../src/address/index.js';
import type { Network } from '../../src/topology/index.js';
import type { Names } from './netns-lines.js';

/**
 * Names of a network's generated things: the host end of a veth pair is called for the pod at its other end, a hardware
 * address for the device that has it. `devices` renames by namespace, `hashes` replaces in rules.
 */
export function generatedNames(
  network: Network,
  devices: Readonly<Record<string, Readonly<Record<string, string>>>> = {},
  hashes: ReadonlyMap<string, string> = new Map(),
): Names {
  const device = (netns: string, dev: string): string => {
    const renamed = devices[netns]?.[dev];
    const link = network.netns(netns)?.links.get(dev);
    if (renamed !== undefined) return renamed;
    return /^veth[0-9a-f]{8}$/.test(dev) && link?.kind === 'veth' ? `veth of ${link.peer?.netns}` : dev;
  };
  const owners = new Map<Mac, string>();
  // Bridges last: one that follows its ports has the address of a port.
  const links = network.names().flatMap((name) => {
    const ns = network.netns(name);
    return [...(ns?.links.values() ?? [])].map((link) => ({ netns: name, link }));
  });
  for (const { netns, link } of links.sort(
    (a, b) => Number(a.link.kind === 'bridge') - Number(b.link.kind === 'bridge'),
  ))
    if (!owners.has(link.address)) owners.set(link.address, `${netns}/${device(netns, link.name)}`);
  return {
    device,
    mac: (mac) => (mac === 0 ? '0' : `of ${owners.get(mac) ?? 'nobody'}`),
    rule: (text) => [...hashes].reduce((rest, [from, to]) => rest.replaceAll(from, to), text),
  };
}
