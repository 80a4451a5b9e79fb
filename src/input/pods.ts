import { contains, formatPrefix } from '../address/index.js';
import type { ContainerPort } from '../cluster/index.js';
import type { LabNode, LabPod, Listener } from '../lab/index.js';
import { checkedAddress, isUsable } from './address.js';
import { inside, type LabContext, type Place } from './context.js';
import type { PodFile } from './lab-file.js';
import { listenersOf, readContainerPorts, readListeners } from './ports.js';

/** A pod as the file or a manifest gives it. */
export interface NamedPod {
  readonly namespace: string;
  readonly name: string;
  readonly pod: PodFile;
  readonly place: Place;
  /** Where the node's name stands. */
  readonly nodePlace: Place;
}

/** `shop/front` is front in namespace shop; without a slash it is in `default`. */
export function splitName(key: string): { readonly namespace: string; readonly name: string } {
  const [first = '', second] = key.split('/');
  return second === undefined ? { namespace: 'default', name: first } : { namespace: first, name: second };
}

/** Checks the pods against the nodes and says what their programs listen on. */
export function readPods(pods: readonly NamedPod[], nodes: readonly LabNode[], context: LabContext): readonly LabPod[] {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  return pods.map(({ namespace, name, pod, place, nodePlace }) => {
    const node = byName.get(pod.node);
    if (node === undefined)
      context.unknownName(nodePlace, pod.node, `no node is called "${pod.node}"`, () => byName.keys());
    const podIP = pod.ip === undefined ? undefined : checkedAddress(pod.ip);
    if (node !== undefined && podIP !== undefined && pod.hostNetwork !== true && !contains(node.podCIDR, podIP)) {
      const message = `${pod.ip} is not in ${formatPrefix(node.podCIDR)}, the podCIDR of ${node.name}`;
      context.misfit(inside(place, 'ip'), message);
    } else if (
      node !== undefined &&
      podIP !== undefined &&
      pod.hostNetwork !== true &&
      !isUsable(node.podCIDR, podIP)
    ) {
      const message = `${pod.ip} is the first or last address of ${formatPrefix(node.podCIDR)}, which no pod can have`;
      context.misfit(inside(place, 'ip'), message, 'bad-address');
    }
    const ports = readContainerPorts(pod.ports ?? [], inside(place, 'ports'), context);
    return {
      namespace,
      name,
      nodeName: pod.node,
      podIP,
      hostNetwork: pod.hostNetwork ?? false,
      labels: pod.labels ?? {},
      ports,
      ready: pod.ready ?? true,
      terminating: pod.terminating ?? false,
      listen: listening(pod, ports, place, `${namespace}/${name}`, context),
    };
  });
}

function listening(
  pod: PodFile,
  ports: readonly ContainerPort[],
  place: Place,
  name: string,
  context: LabContext,
): readonly Listener[] {
  if (pod.listen !== undefined) return readListeners(pod.listen, inside(place, 'listen'), context);
  const listeners = listenersOf(ports);
  if (listeners.length > 0) {
    const text = listeners.map((each) => `${each.protocol}/${each.port}`).join(', ');
    context.note(inside(place, 'listen'), `pod ${name} listens on ${text} and echoes`);
  }
  return listeners;
}
