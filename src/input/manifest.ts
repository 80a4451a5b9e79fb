import { type IpAddress, isIpv4Address, parseAddress, parseIpv4 } from '../address/index.js';
import type { Endpoint, EndpointSlice } from '../cluster/index.js';
import { nearest } from '../problem/index.js';
import type { CalicoEntry } from './calico/entries.js';
import { isCalicoVersion, readCalicoObject } from './calico/objects.js';
import { checkObject } from './check-object.js';
import { inside, type LabContext, type Place } from './context.js';
import type { SliceEndpoint } from './kubernetes.js';
import { listSchema, nodeSchema, objectSchema, podSchema, serviceSchema, sliceSchema } from './kubernetes-schema.js';
import type { ServiceFile } from './lab-file.js';
import type { NamedService } from './named-service.js';
import type { NamedNode } from './nodes.js';
import type { NamedPod } from './pods.js';
import { noteFields, noteKind, noteService } from './unmodelled.js';
import type { Path } from './yaml.js';

/** What Kubernetes objects add to a lab, in the form of the lab file's own entries. */
export interface Manifest {
  readonly nodes: NamedNode[];
  readonly pods: NamedPod[];
  readonly services: NamedService[];
  readonly endpointSlices: EndpointSlice[];
  readonly calico: CalicoEntry[];
}

/** Nothing yet. */
export function emptyManifest(): Manifest {
  return { nodes: [], pods: [], services: [], endpointSlices: [], calico: [] };
}

const READ_KINDS = ['List', 'Node', 'Pod', 'Service', 'EndpointSlice'];
/** The API groups of these: elsewhere there are kinds with similar names, such as Role. */
const READ_VERSIONS = new Set(['v1', 'discovery.k8s.io/v1']);

/** Reads one object, or a List of them, into `manifest`. What it has no use for is noted. */
export function readObject(value: unknown, place: Place, manifest: Manifest, context: LabContext): void {
  const object = checkObject(objectSchema, value, place, context);
  if (object === undefined) return;
  const ofCalico = isCalicoVersion(object.apiVersion);
  // calicoctl prints an IPPoolList.
  if (object.kind === 'List' || (ofCalico && object.kind.endsWith('List'))) {
    checkObject(listSchema, value, place, context)?.items.forEach((item, i) => {
      readObject(item, inside(place, 'items', i), manifest, context);
    });
    return;
  }
  if (ofCalico) {
    readCalicoObject(object.kind, value, place, manifest.calico, context);
    return;
  }
  switch (object.kind) {
    case 'Node':
      readNode(value, place, manifest, context);
      return;
    case 'Pod':
      readPod(value, place, manifest, context);
      return;
    case 'Service':
      readService(value, place, manifest, context);
      return;
    case 'EndpointSlice':
      readSlice(value, place, manifest, context);
      return;
    default: {
      const near = READ_VERSIONS.has(object.apiVersion) ? nearest(object.kind, READ_KINDS) : undefined;
      if (near === undefined) noteKind(object.kind, place, context);
      else context.complain(inside(place, 'kind'), 'bad-value', `no kind "${object.kind}"; did you mean "${near}"?`);
    }
  }
}

function readNode(value: unknown, place: Place, manifest: Manifest, context: LabContext): void {
  const object = checkObject(nodeSchema, value, place, context);
  if (object === undefined) return;
  const { metadata, spec, status } = object;
  const internal = status.addresses.find((each) => each.type === 'InternalIP' && parseIpv4(each.address) !== undefined);
  if (internal === undefined) {
    context.complain(
      inside(place, 'status', 'addresses'),
      'missing',
      'expected an IPv4 address of type InternalIP, found none',
    );
    return;
  }
  const podCIDR = spec?.podCIDR;
  const { labels, annotations } = metadata;
  manifest.nodes.push({
    name: metadata.name,
    node: { address: internal.address, podCIDR, labels, annotations },
    place,
  });
}

function readPod(value: unknown, place: Place, manifest: Manifest, context: LabContext): void {
  const object = checkObject(podSchema, value, place, context);
  if (object === undefined) return;
  const { metadata, spec, status } = object;
  const { name, namespace = 'default', labels, annotations } = metadata;
  const ended = status?.phase === 'Succeeded' || status?.phase === 'Failed';
  if (spec.nodeName === undefined || ended) {
    const why = ended ? `has ended (phase ${status.phase})` : 'runs nowhere';
    context.note(place, `pod ${namespace}/${name} ${why} and is left out`);
    return;
  }
  noteFields('Pod', `${namespace}/${name}`, place, context);
  const ready = (status?.conditions?.find((each) => each.type === 'Ready')?.status ?? 'True') === 'True';
  const terminating = metadata.deletionTimestamp !== undefined;
  const ports = spec.containers.flatMap((container) => container.ports ?? []);
  const ip = status?.podIP;
  const pod = {
    node: spec.nodeName,
    ip,
    hostNetwork: spec.hostNetwork,
    labels,
    annotations,
    ports,
    ready,
    terminating,
  };
  manifest.pods.push({ namespace, name, pod, place, nodePlace: inside(place, 'spec', 'nodeName') });
}

/** Where what a lab's entry says side by side stands in the API's object. */
function servicePath(key: keyof ServiceFile): Path {
  if (key === 'labels' || key === 'annotations') return ['metadata', key];
  return key === 'ingress' ? ['status', 'loadBalancer', 'ingress'] : ['spec', key];
}

function readService(value: unknown, place: Place, manifest: Manifest, context: LabContext): void {
  const object = checkObject(serviceSchema, value, place, context);
  if (object === undefined) return;
  const { metadata, spec, status } = object;
  const { name, namespace = 'default', labels, annotations } = metadata;
  const { ports = [], clusterIP, clusterIPs = [], ...rest } = spec;
  const service: ServiceFile = {
    ...rest,
    labels,
    annotations,
    clusterIP: clusterIP === '' ? undefined : clusterIP,
    // The API server writes the one address into both.
    clusterIPs: clusterIPs.length > 1 || clusterIP === undefined ? given(clusterIPs) : undefined,
    ports,
    ingress: status?.loadBalancer?.ingress,
  };
  const at = (key: keyof ServiceFile, ...steps: Path): Place => inside(place, ...servicePath(key), ...steps);
  const named = { namespace, name, service, place, at };
  noteService(named, context);
  manifest.services.push(named);
}

function given(texts: readonly string[]): readonly string[] | undefined {
  return texts.length === 0 ? undefined : texts;
}

/** Made by the EndpointSlice controller of kube-controller-manager (label LabelManagedBy, discovery.k8s.io/v1). */
const CONTROLLER = 'endpointslice-controller.k8s.io';

function readSlice(value: unknown, place: Place, manifest: Manifest, context: LabContext): void {
  const object = checkObject(sliceSchema, value, place, context);
  if (object === undefined) return;
  const { metadata, addressType } = object;
  const { name, namespace = 'default' } = metadata;
  const service = metadata.labels?.['kubernetes.io/service-name'];
  if (!FAMILIES.has(addressType) || service === undefined) {
    const why = service === undefined ? 'has no label kubernetes.io/service-name' : `is of addressType ${addressType}`;
    context.note(place, `EndpointSlice ${namespace}/${name} ${why} and is left out`);
    return;
  }
  const endpoints = (object.endpoints ?? []).flatMap((endpoint, i) => {
    const address = parseAddress(endpoint.addresses[0] ?? '');
    if (address === undefined || isIpv4Address(address) !== (addressType === 'IPv4')) {
      const at = inside(place, 'endpoints', i, 'addresses');
      const message = `expected an ${addressType} address, found "${endpoint.addresses[0] ?? ''}"`;
      return context.complain(at, 'bad-address', message) ?? [];
    }
    return [endpointOf(endpoint, address, namespace)];
  });
  const ports = (object.ports ?? []).map(({ name: port = '', protocol = 'TCP', port: number }) => ({
    name: port,
    protocol,
    port: number,
  }));
  const managed = metadata.labels?.['endpointslice.kubernetes.io/managed-by'] === CONTROLLER;
  manifest.endpointSlices.push({ namespace, name, service, ports, endpoints, ...(managed ? { managed } : {}) });
}

/** FQDN, the third one, no version of kube-proxy reads. */
const FAMILIES = new Set(['IPv4', 'IPv6']);

function endpointOf(said: SliceEndpoint, address: IpAddress, namespace: string): Endpoint {
  const { conditions, nodeName, targetRef, zone, hints } = said;
  const { ready, serving, terminating } = conditions ?? {};
  const target = targetRef?.name === undefined ? undefined : `${targetRef.namespace ?? namespace}/${targetRef.name}`;
  const [forZones, forNodes] = [hints?.forZones, hints?.forNodes].map((all) => (all ?? []).map((each) => each.name));
  return {
    address,
    ready,
    serving,
    terminating,
    nodeName,
    zone,
    hints: hints === undefined ? undefined : { forZones: forZones ?? [], forNodes: forNodes ?? [] },
    target,
  };
}
