import { endpointAddress, portIn, selectorOf } from './endpoint-slice.js';
import type { Cluster, Pod, Protocol, Service } from './objects.js';

/** Why connections to a Service do not reach a pod. */
export type WhyNot =
  /** Of the selector: the pod has another value, or undefined for none. */
  | { readonly why: 'label'; readonly key: string; readonly wanted: string; readonly found: string | undefined }
  /** It is not in any slice. */
  | { readonly why: 'no address' }
  /** It is in a slice with `ready: false`. */
  | { readonly why: 'not ready' }
  /** The same; while it serves it is used where no endpoint is ready. */
  | { readonly why: 'terminating'; readonly serving: boolean }
  /** It is in a slice without that port: no container port has the name and protocol. */
  | { readonly why: 'no port'; readonly port: string; readonly targetPort: string; readonly protocol: Protocol };

/** A pod of a Service's namespace. */
export interface Candidate {
  readonly pod: Pod;
  /** Everything that keeps it from being a ready endpoint of all ports; empty for one that is. */
  readonly reasons: readonly WhyNot[];
}

/**
 * The pods of a Service's namespace in order, and why each one is not an endpoint of it, or not one that is ready: what
 * {@link deriveEndpointSlices} decides by (k8s 1.30 staging/src/k8s.io/endpointslice). None for a Service without a
 * selector, whose endpoints are written by hand.
 */
export function candidates(cluster: Pick<Cluster, 'nodes' | 'pods'>, service: Service): readonly Candidate[] {
  if (selectorOf(service) === undefined) return [];
  const nodes = new Map(cluster.nodes.map((node) => [node.name, node]));
  return cluster.pods
    .filter(({ namespace }) => namespace === service.namespace)
    .map((pod) => {
      const labels = differing(service, pod);
      if (labels.length > 0) return { pod, reasons: labels };
      if (endpointAddress(pod, nodes.get(pod.nodeName)) === undefined) return { pod, reasons: [{ why: 'no address' }] };
      return { pod, reasons: [...unready(service, pod), ...portsMissing(service, pod)] };
    });
}

function differing({ selector = {} }: Service, pod: Pod): WhyNot[] {
  return Object.entries(selector).flatMap(([key, wanted]): WhyNot[] => {
    const found = Object.hasOwn(pod.labels, key) ? pod.labels[key] : undefined;
    return found === wanted ? [] : [{ why: 'label', key, wanted, found }];
  });
}

function unready({ publishNotReadyAddresses }: Service, pod: Pod): WhyNot[] {
  if (publishNotReadyAddresses) return [];
  if (pod.terminating) return [{ why: 'terminating', serving: pod.ready }];
  return pod.ready ? [] : [{ why: 'not ready' }];
}

function portsMissing({ ports }: Service, pod: Pod): WhyNot[] {
  return ports.flatMap(({ name, protocol, targetPort }): WhyNot[] =>
    typeof targetPort === 'string' && portIn(pod, { protocol, targetPort }) === undefined
      ? [{ why: 'no port', port: name, targetPort, protocol }]
      : [],
  );
}
