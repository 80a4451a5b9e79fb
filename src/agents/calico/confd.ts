import type { SpeakerConfig } from '../../bgp/index.js';
import type { Cluster } from '../../cluster/index.js';
import type { Machine } from '../cni/backend.js';

/** What confd writes into bird.cfg of each node (confd 3.21 etc/calico/confd/templates). */
export function calicoSpeakers(_cluster: Cluster, _machines: ReadonlyMap<string, Machine>): readonly SpeakerConfig[] {
  return [];
}
