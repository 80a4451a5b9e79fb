import { calicoBgp, calicoIpip, calicoIpipCrossSubnet, calicoVxlan, calicoVxlanCrossSubnet } from './calico/backend.js';
import type { CniBackend } from './cni/backend.js';
import { none } from './cni/none.js';
import { flannelHostGw, flannelUdp, flannelVxlan } from './flannel/backend.js';

const backends = new Map<string, CniBackend>();

/** Makes a cluster network known by its name; a name can be taken once. */
export function registerCni(backend: CniBackend): void {
  if (backends.has(backend.name)) throw new Error(`a CNI backend ${backend.name} is registered already`);
  backends.set(backend.name, backend);
}

/** The backend of that name; undefined when nobody registered one. */
export function cniBackend(name: string): CniBackend | undefined {
  return backends.get(name);
}

/** All that are registered, in order of registration. */
export function cniBackends(): readonly CniBackend[] {
  return [...backends.values()];
}

for (const backend of [
  flannelVxlan,
  flannelHostGw,
  flannelUdp,
  calicoBgp,
  calicoIpip,
  calicoIpipCrossSubnet,
  calicoVxlan,
  calicoVxlanCrossSubnet,
  none,
])
  registerCni(backend);
