import { readFileSync } from 'node:fs';
import { readLab } from '../../src/input/index.js';
import { applyFaults, buildNetwork, type Lab } from '../../src/lab/index.js';
import type { Network } from '../../src/topology/index.js';
import { readable } from '../recordings/load.js';

/** The labs that are shipped; all of them describe the same workload. */
export const SHIPPED = [
  'flannel-vxlan',
  'flannel-host-gw',
  'flannel-udp',
  'flannel-vxlan-directrouting',
  'flannel-host-gw-two-segments',
] as const;
export type Shipped = (typeof SHIPPED)[number];

export function shippedText(name: Shipped): string {
  return readFileSync(new URL(`../../topologies/${name}.yaml`, import.meta.url), 'utf8');
}

/** A shipped lab as it is read. */
export function shippedLab(name: Shipped): Lab {
  return readable(readLab(shippedText(name), `${name}.yaml`));
}

/** The network of a shipped lab, with the named faults. */
export function shipped(name: Shipped, faults: readonly string[] = []): Network {
  const lab = shippedLab(name);
  return applyFaults(buildNetwork(lab).network, lab, faults).network;
}
