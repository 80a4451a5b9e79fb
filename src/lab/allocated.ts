import { type Cluster, needsHealthCheck, needsNodePorts, type Service } from '../cluster/index.js';
import type { Lab, LabPod } from './lab.js';

/**
 * The lab with what an earlier one of the same cluster was given: addresses of pods, cluster IPs and node ports stay with
 * their object as long as that lives, whatever is created or deleted besides.
 */
export function keepAllocated(lab: Lab, before: Cluster): Lab {
  const pods = new Map(before.pods.map((pod) => [keyOf(pod), pod]));
  const services = new Map(before.services.map((service) => [keyOf(service), service]));
  return {
    ...lab,
    pods: lab.pods.map((pod): LabPod => {
      const old = pods.get(keyOf(pod));
      // A pod that is elsewhere is another one of the same name.
      if (pod.hostNetwork || old?.nodeName !== pod.nodeName) return pod;
      return { ...pod, podIP: pod.podIP ?? old.podIP };
    }),
    services: lab.services.map((service) => {
      const old = services.get(keyOf(service));
      return old === undefined ? service : keepService(service, old);
    }),
  };
}

function keepService(service: Service, old: Service): Service {
  const { type, clusterIPs, ports, healthCheckNodePort } = service;
  // Node ports and cluster IPs are given back where the type has none (releaseAllocatedResources(), alloc.go).
  return {
    ...service,
    clusterIPs: clusterIPs ?? (type === 'ExternalName' || old.clusterIPs === 'None' ? undefined : old.clusterIPs),
    ports: needsNodePorts(service)
      ? ports.map((port) => ({
          ...port,
          nodePort: port.nodePort ?? old.ports.find(({ name }) => name === port.name)?.nodePort,
        }))
      : ports,
    healthCheckNodePort: healthCheckNodePort ?? (needsHealthCheck(service) ? old.healthCheckNodePort : undefined),
  };
}

function keyOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}
