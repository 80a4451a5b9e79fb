import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readLab } from '../src/input/index.js';
import { applyFaults, buildNetwork } from '../src/lab/index.js';
import type { Network } from '../src/topology/index.js';
import { readable } from './recordings/load.js';

/** The shipped labs of Flannel's backends; all of them describe the same workload. */
export const FLANNEL_LABS = [
  'flannel-host-gw',
  'flannel-host-gw-two-segments',
  'flannel-udp',
  'flannel-vxlan',
  'flannel-vxlan-directrouting',
] as const;
/** The shipped labs of kube-proxy's modes; both describe the same workload. */
export const SERVICE_LABS = ['services', 'services-ipvs'] as const;
/** The shipped labs of Calico; all of them describe the workload of Flannel's. */
export const CALICO_LABS = [
  'calico-bgp',
  'calico-bgp-two-segments',
  'calico-ipip',
  'calico-ipip-crosssubnet',
  'calico-route-reflectors',
  'calico-tor',
  'calico-two-clusters',
  'calico-vxlan',
] as const;
/** A lab that is shipped. */
export type Shipped = (typeof FLANNEL_LABS)[number] | (typeof SERVICE_LABS)[number] | (typeof CALICO_LABS)[number];
export const SHIPPED: readonly Shipped[] = [...FLANNEL_LABS, ...SERVICE_LABS, ...CALICO_LABS];

/** The file of a shipped lab. */
export function shippedFile(name: Shipped): string {
  return fileURLToPath(new URL(`../topologies/${name}.yaml`, import.meta.url));
}

export function shippedText(name: Shipped): string {
  return readFileSync(shippedFile(name), 'utf8');
}

/** The network of a shipped lab, with the named faults. */
export function shipped(name: Shipped, faults: readonly string[] = []): Network {
  const lab = readable(readLab(shippedText(name), `${name}.yaml`));
  return applyFaults(buildNetwork(lab).network, lab, faults).network;
}
