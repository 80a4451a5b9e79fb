import type { AgentContext } from '../agent.js';
import type { PodNetwork } from '../cni/backend.js';

/** The plug-ins of 10-calico.conflist: calico with calico-ipam, and portmap. */
export function calicoPlugins(_context: AgentContext): PodNetwork {
  return function* () {
    return false;
  };
}
