import type { EndpointSlice, Labels, Pod, Service } from '../cluster/index.js';
import { matchesLabels, topologyMode } from '../cluster/index.js';
import type { LabNode, Router } from '../lab/index.js';
import { didYouMean } from '../problem/index.js';
import { inside, type LabContext, type Place } from './context.js';
import type { NamedService } from './named-service.js';

/**
 * Notes nodes that have no router on their segment, and so no default route. With Calico their pods reach nothing at all:
 * the node answers for their gateway by proxy ARP, and for that its kernel wants a route (arp_process(), net/ipv4/arp.c).
 */
export function noteUnrouted(
  of: { readonly nodes: readonly LabNode[]; readonly routers: readonly Router[]; readonly calicoNodes: boolean },
  root: Place,
  context: LabContext,
): void {
  const { nodes, routers, calicoNodes } = of;
  const routed = new Set(routers.flatMap(({ interfaces }) => interfaces.map(({ segment }) => segment)));
  const without = nodes.filter(({ segment }) => !routed.has(segment)).map(({ name }) => name);
  if (without.length === 0) return;
  const who = without.length === nodes.length ? 'nodes' : without.join(', ');
  const have = without.length === 1 && who !== 'nodes' ? 'has' : 'have';
  const what = calicoNodes
    ? 'their pods reach nothing, as a node answers for 169.254.1.1, their gateway, only where it has a route to that'
    : 'only pods, Services and what is on the same segment can be reached';
  context.note(inside(root, 'routers'), `${who} ${have} no default route, as there is no router: ${what}`);
}

/** Notes Services that lead nowhere: no pod is selected, or none has the port that is named. */
export function noteServices(
  named: readonly NamedService[],
  services: readonly Service[],
  pods: readonly Pod[],
  context: LabContext,
): void {
  const byNamespace = new Map<string, Pod[]>();
  for (const pod of pods) {
    const list = byNamespace.get(pod.namespace) ?? [];
    byNamespace.set(pod.namespace, list);
    list.push(pod);
  }
  for (const [i, service] of services.entries()) {
    const entry = named[i];
    const { selector, type } = service;
    if (entry === undefined || selector === undefined || type === 'ExternalName') continue;
    if (Object.keys(selector).length === 0) continue;
    const candidates = byNamespace.get(service.namespace) ?? [];
    const selected = candidates.filter((pod) => matchesLabels(selector, pod.labels));
    if (selected.length > 0) notePorts(service, selected, entry, context);
    else context.note(entry.at('selector'), `${nameOf(service)} selects no pod${whyNone(selector, candidates)}`);
  }
}

/**
 * Services whose hints the EndpointSlice controller shares out among zones: by the nodes' processors and by what it
 * hinted before, which no lab says. Where its slices are given, so are the hints.
 */
export function noteTopology(
  named: readonly NamedService[],
  services: readonly Service[],
  slices: readonly EndpointSlice[],
  context: LabContext,
): void {
  const given = new Set(
    slices.filter(({ managed }) => managed).map(({ namespace, service }) => `${namespace}/${service}`),
  );
  for (const [i, service] of services.entries()) {
    const where = `${service.namespace}/${service.name}`;
    const place = named[i]?.at('annotations');
    if (place === undefined || topologyMode(service) === undefined || given.has(where)) continue;
    context.notModelled(place, { what: 'topology-mode: Auto', where: `service/${where}` });
  }
}

function nameOf({ namespace, name }: Service): string {
  return `service ${namespace}/${name}`;
}

/** The first pair that no pod has, and what may have been meant by it. */
function whyNone(selector: Labels, pods: readonly Pod[]): string {
  for (const [key, value] of Object.entries(selector)) {
    const values = pods.flatMap(({ labels }) => labels[key] ?? []);
    if (values.length === 0) {
      const keys = new Set(pods.flatMap(({ labels }) => Object.keys(labels)));
      return `: none has a label "${key}"${didYouMean(key, keys)}`;
    }
    if (!values.includes(value)) return `: none has ${key}: ${value}${didYouMean(value, new Set(values))}`;
  }
  return '';
}

function notePorts(
  service: Service,
  pods: readonly Pod[],
  { service: said, at }: NamedService,
  context: LabContext,
): void {
  for (const [i, { targetPort, protocol }] of service.ports.entries()) {
    if (typeof targetPort === 'number') continue;
    const fitting = pods.flatMap(({ ports }) => ports.filter((port) => port.protocol === protocol));
    const names = new Set(fitting.flatMap(({ name }) => name ?? []));
    if (names.has(targetPort)) continue;
    const place = said.ports === undefined ? at('targetPort') : at('ports', i, 'targetPort');
    const hint = didYouMean(targetPort, names);
    context.note(place, `no pod of ${nameOf(service)} has a ${protocol} port called "${targetPort}"${hint}`);
  }
}
