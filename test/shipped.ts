import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readLab } from '../src/input/index.js';
import { applyFaults, buildNetwork } from '../src/lab/index.js';
import type { Network } from '../src/topology/index.js';
import { readable } from './recordings/load.js';

/** The labs of networks that are shipped; all of them describe the same workload. */
export const SHIPPED = [
  'flannel-host-gw',
  'flannel-host-gw-two-segments',
  'flannel-udp',
  'flannel-vxlan',
  'flannel-vxlan-directrouting',
] as const;
export type Shipped = (typeof SHIPPED)[number];
/** The shipped labs of Services, one for each mode of kube-proxy. */
export const SERVICES = ['services', 'services-ipvs'] as const;
type AnyShipped = Shipped | (typeof SERVICES)[number];

/** The file of a shipped lab. */
export function shippedFile(name: AnyShipped): string {
  return fileURLToPath(new URL(`../topologies/${name}.yaml`, import.meta.url));
}

export function shippedText(name: AnyShipped): string {
  return readFileSync(shippedFile(name), 'utf8');
}

/** The network of a shipped lab, with the named faults. */
export function shipped(name: AnyShipped, faults: readonly string[] = []): Network {
  const lab = readable(readLab(shippedText(name), `${name}.yaml`));
  return applyFaults(buildNetwork(lab).network, lab, faults).network;
}
