import { contains, formatIpv4, formatPrefix, type Ipv4, type Ipv4Prefix } from '../address/index.js';
import type { CalicoObjects, ContainerPort } from '../cluster/index.js';
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

/** Why a pod of a node can't have an address; undefined where it can. */
type Refuse = (
  address: Ipv4,
  node: LabNode,
) => { readonly message: string; readonly code: 'conflict' | 'bad-address' } | undefined;

/** A pod's address is one of its node's podCIDR, as host-local hands them out. */
export const ofNode: Refuse = (address, { name, podCIDR }) => {
  const [ip, cidr] = [formatIpv4(address), formatPrefix(podCIDR)];
  if (!contains(podCIDR, address))
    return { message: `${ip} is not in ${cidr}, the podCIDR of ${name}`, code: 'conflict' };
  if (isUsable(podCIDR, address)) return undefined;
  return { message: `${ip} is the first or last address of ${cidr}, which no pod can have`, code: 'bad-address' };
};

/** With Calico it is any address of any pool; the pool that is made where there is none is the podCIDR. */
export function poolAddresses({ ipPools }: CalicoObjects, podCIDR: Ipv4Prefix): Refuse {
  const cidrs = ipPools.length === 0 ? [podCIDR] : ipPools.map(({ cidr }) => cidr);
  return (address) => {
    if (cidrs.some((cidr) => contains(cidr, address))) return undefined;
    const known = cidrs.map(formatPrefix).join(', ');
    return {
      message: `${formatIpv4(address)} is in no IPPool; there ${cidrs.length === 1 ? 'is' : 'are'} ${known}`,
      code: 'conflict',
    };
  };
}

/** Checks the pods against the nodes and says what their programs listen on. */
export function readPods(
  pods: readonly NamedPod[],
  nodes: readonly LabNode[],
  refuse: Refuse,
  context: LabContext,
): readonly LabPod[] {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  return pods.map(({ namespace, name, pod, place, nodePlace }) => {
    const node = byName.get(pod.node);
    if (node === undefined)
      context.unknownName(nodePlace, pod.node, `no node is called "${pod.node}"`, () => byName.keys());
    const podIP = pod.ip === undefined ? undefined : checkedAddress(pod.ip);
    if (node !== undefined && podIP !== undefined && pod.hostNetwork !== true) {
      const wrong = refuse(podIP, node);
      if (wrong !== undefined) context.misfit(inside(place, 'ip'), wrong.message, wrong.code);
    }
    context.podPlaces.set(`${namespace}/${name}`, place);
    const ports = readContainerPorts(pod.ports ?? [], inside(place, 'ports'), context);
    return {
      namespace,
      name,
      nodeName: pod.node,
      podIP,
      hostNetwork: pod.hostNetwork ?? false,
      labels: pod.labels ?? {},
      ...(pod.annotations === undefined ? {} : { annotations: pod.annotations }),
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
