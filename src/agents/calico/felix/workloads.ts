import type { Ipv4 } from '../../../address/index.js';
import { type Pod, podsOn } from '../../../cluster/index.js';
import type { AgentContext } from '../../agent.js';
import { workloadVeth } from '../names.js';
import { profilesOf } from './endpoints.js';

/** A WorkloadEndpoint of a node, which is what Calico makes of a pod with an address of its own. */
export interface Workload {
  /** `default/web-1`. */
  readonly name: string;
  readonly iface: string;
  readonly address: Ipv4;
  readonly profiles: readonly string[];
}

/** The WorkloadEndpoints of a node, in the order of its pods. */
export function workloadsOf({ cluster, self }: Pick<AgentContext, 'cluster' | 'self'>): Workload[] {
  return podsOn(cluster, self.name).flatMap((pod) => workloadOf(pod) ?? []);
}

function workloadOf(pod: Pod): Workload | undefined {
  const { namespace, name, podIP: address, hostNetwork } = pod;
  if (hostNetwork || address === undefined) return undefined;
  return {
    name: `${namespace}/${name}`,
    iface: workloadVeth(namespace, name),
    address,
    profiles: profilesOf(pod),
  };
}
