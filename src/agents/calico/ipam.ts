import type { IPPool } from '../../cluster/index.js';
import type { Registered, Unregistered } from '../cni/backend.js';

/** How the pool that is made where a lab has none is encapsulated, as CALICO_IPV4POOL_IPIP and _VXLAN of calico/node say. */
export type DefaultPool = Pick<IPPool, 'ipipMode' | 'vxlanMode'>;

/** What calico/node and Calico's IPAM write: the pool, blocks of each node, addresses of tunnels and pods. */
export function registerCalico({ calico }: Unregistered, _pool: DefaultPool): Registered {
  return { annotations: new Map(), podIPs: new Map(), calico };
}
