import { formatPrefix, type Ipv4Prefix, overlaps, parseIpv4 } from '../address/index.js';
import { cniBackend, cniBackends, podNetns } from '../agents/index.js';
import { NODE_PORT_RANGE, type PortRange } from '../cluster/index.js';
import { type CniChoice, type Lab, type LabNode, SWITCHABLE } from '../lab/index.js';
import { Directory, type NamedObject } from '../topology/index.js';
import { checkedAddress, checkedPrefix, checkUnicast } from './address.js';
import { checkNodeAnnotations } from './calico/node-annotations.js';
import { annotationsOfNodes, isCalico, readCalico } from './calico/read-calico.js';
import { readEvents, readFaults, readOverrides } from './commands.js';
import { inside, keyOf, type LabContext, type Place } from './context.js';
import { readExpectations } from './expect.js';
import { readKubeProxy } from './kube-proxy.js';
import type { LabFile, ServiceFile } from './lab-file.js';
import type { Manifest } from './manifest.js';
import { checkMtu } from './mtu.js';
import type { NamedService } from './named-service.js';
import { checkDuplicates, type NamedNode, readNodes } from './nodes.js';
import { noteServices, noteTopology, noteUnrouted } from './notes.js';
import { type NamedPod, ofNode, poolAddresses, readPods, splitName } from './pods.js';
import { readServices } from './services.js';
import { readUnderlay } from './underlay.js';
import { noteService } from './unmodelled.js';

const DEFAULT_POD_CIDR = '10.244.0.0/16';
const DEFAULT_SERVICE_CIDR = '10.96.0.0/12';
const DEFAULT_CNI = 'flannel/vxlan';

/** Completes what a lab file and its manifest say, and checks that it fits together. */
export function complete(file: LabFile, root: Place, manifest: Manifest, context: LabContext): Lab {
  const podCIDR = prefixOr(file.podCIDR, DEFAULT_POD_CIDR, inside(root, 'podCIDR'), context);
  const serviceCIDR = prefixOr(file.serviceCIDR, DEFAULT_SERVICE_CIDR, inside(root, 'serviceCIDR'), context);
  if (overlaps(podCIDR, serviceCIDR)) {
    const message = `${formatPrefix(podCIDR)} overlaps serviceCIDR ${formatPrefix(serviceCIDR)}`;
    context.misfit(inside(root, 'podCIDR'), message);
  }
  const { named, namedPods, namedServices } = entriesOf(file, root, manifest, context);
  const stations = named.map(({ node, place }) => ({
    place,
    address: checkedAddress(node.address),
    segment: node.segment,
  }));
  const chosen = cniName(file);
  const calicoNodes = isCalico(chosen);
  const around = { nodes: stations, needGateway: calicoNodes };
  const { segments, routers, hosts } = readUnderlay(file, root, around, context);
  const nodes = readNodes(named, segments, podCIDR, context);
  if (named.length === 0 && context.lost.size === 0)
    context.complain(
      inside(root, 'nodes'),
      'missing',
      'expected nodes, found none; write nodes: {node-1: 192.168.56.11}',
    );
  const cidrs = { podCIDR, serviceCIDR };
  const at = inside(root, 'calico');
  const calico = readCalico(file.calico, at, manifest.calico, { ...cidrs, segments, nodes, cni: chosen }, context);
  const pods = readPods(namedPods, nodes, calicoNodes ? poolAddresses(calico, podCIDR) : ofNode, context);
  const nodePorts = readNodePortRange(file, root, context);
  const services = readServices(namedServices, { serviceCIDR, nodePorts }, context);
  checkDuplicates(
    [
      ...named.map(({ name, node, place }) => ({ name, address: parseIpv4(node.address), place })),
      ...hosts.map(({ name, address }) => ({ name, address, place: inside(root, 'hosts', name) })),
      ...routers.flatMap(({ name, interfaces }) =>
        interfaces.map(({ address }) => ({ name, address, place: inside(root, 'routers', name) })),
      ),
      ...namedPods.map(({ name, pod, place }) => ({
        name,
        address: pod.hostNetwork === true ? undefined : parseIpv4(pod.ip ?? ''),
        place,
      })),
    ],
    context,
  );
  for (const segment of segments)
    if (overlaps(segment.subnet, podCIDR)) {
      const message = `segment ${segment.name}, ${formatPrefix(segment.subnet)}, overlaps podCIDR ${formatPrefix(podCIDR)}`;
      context.misfit(inside(root, 'segments', segment.name), message);
    }
  const directory = new Directory(objectsOf(nodes, namedPods, namedServices, [...hosts, ...routers]));
  checkNames(
    [
      ...named.map(({ name, place }) => ({ name, place })),
      ...routers.map(({ name }) => ({ name, place: inside(root, 'routers', name) })),
      ...hosts.map(({ name }) => ({ name, place: inside(root, 'hosts', name) })),
      ...segments.map(({ name }) => ({ name, place: inside(root, 'segments', name) })),
      ...namedPods.map((pod) => ({ name: podNetns(pod), place: pod.place })),
    ],
    context,
  );
  const faults = readFaults(file, root, directory, context);
  const cni = readCni(file, podCIDR, root, context);
  if (!context.isForgotten(['cni'])) checkOff(named, cni, context);
  checkMtu({ cni, podCIDR, nodes, segments }, { root, named }, context);
  noteUnrouted({ nodes, routers, calicoNodes }, root, context);
  noteServices(namedServices, services, pods, context);
  noteTopology(namedServices, services, manifest.endpointSlices, context);
  return {
    name: context.file.replace(/^.*[\\/]/, '').replace(/\.ya?ml$/, ''),
    description: file.description ?? '',
    podCIDR,
    serviceCIDR,
    serviceNodePortRange: nodePorts,
    nodes,
    pods,
    services,
    endpointSlices: manifest.endpointSlices,
    segments,
    routers,
    hosts,
    cni,
    calico,
    kubeProxy: readKubeProxy(file, podCIDR, root, context),
    kubelet: file.kubelet ?? 'on',
    overrides: readOverrides(file, root, directory, context),
    events: readEvents(file, root, directory, context),
    faults,
    expect: readExpectations(file, root, { directory, faults }, context),
    unmodelled: context.unmodelled,
  };
}

function prefixOr(said: string | undefined, fallback: string, place: Place, context: LabContext): Ipv4Prefix {
  if (said === undefined) context.note(place, `${String(place.path.at(-1))} is ${fallback}`);
  const prefix = checkedPrefix(said ?? fallback);
  checkUnicast(prefix, place, context);
  if (said !== undefined && formatPrefix(prefix) !== said)
    context.complain(place, 'bad-value', `${said} has bits set outside its length; write ${formatPrefix(prefix)}`);
  return prefix;
}

/** `--service-node-port-range`, both ends included. */
function readNodePortRange({ serviceNodePortRange: said }: LabFile, root: Place, context: LabContext): PortRange {
  if (said === undefined) return NODE_PORT_RANGE;
  const [first = 0, last = 0] = said.split('-').map(Number);
  if (first >= 1 && first <= last && last <= 65535) return { first, last };
  const message = `expected a range of ports such as 30000-32767, found ${said}`;
  context.complain(inside(root, 'serviceNodePortRange'), 'bad-value', message);
  context.guess();
  return NODE_PORT_RANGE;
}

/** The entries of the file and those of its manifest together. */
function entriesOf(
  file: LabFile,
  root: Place,
  manifest: Manifest,
  context: LabContext,
): {
  readonly named: readonly NamedNode[];
  readonly namedPods: readonly NamedPod[];
  readonly namedServices: readonly NamedService[];
} {
  const nodes = Object.entries(file.nodes ?? {}).map(([name, said]): NamedNode => {
    return { name, node: typeof said === 'string' ? { address: said } : said, place: inside(root, 'nodes', name) };
  });
  const pods = Object.entries(file.pods ?? {}).map(([key, said]): NamedPod => {
    const place = inside(root, 'pods', key);
    const pod = typeof said === 'string' ? { node: said } : said;
    return { ...splitName(key), pod, place, nodePlace: typeof said === 'string' ? place : inside(place, 'node') };
  });
  const services = Object.entries(file.services ?? {}).map(([key, service]): NamedService => {
    const place = inside(root, 'services', key);
    const at = (field: keyof ServiceFile, ...steps: readonly (string | number)[]): Place =>
      inside(place, field, ...steps);
    const named = { ...splitName(key), service, place, at };
    noteService(named, context);
    return named;
  });
  const annotated = annotationsOfNodes(manifest.calico, context);
  if (isCalico(cniName(file)))
    for (const [list, path] of [
      [nodes, ['annotations']],
      [manifest.nodes, ['metadata', 'annotations']],
    ] as const)
      for (const { name, node, place } of list) {
        const at = (key: string): Place => inside(place, ...path, key);
        checkNodeAnnotations({ name, annotations: node.annotations, at }, context);
      }
  const named = [...nodes, ...manifest.nodes].map((each): NamedNode => {
    const more = annotated.get(each.name);
    if (more === undefined) return each;
    return { ...each, node: { ...each.node, annotations: { ...each.node.annotations, ...more } } };
  });
  const namedPods = [...pods, ...manifest.pods];
  const namedServices = [...services, ...manifest.services];
  for (const [kind, entries] of [
    ['node', named],
    ['pod', namedPods],
    ['service', namedServices],
  ] as const) {
    const seen = new Set<string>();
    for (const entry of entries) {
      const full = 'namespace' in entry ? `${entry.namespace}/${entry.name}` : entry.name;
      if (seen.has(full)) context.complain(entry.place, 'conflict', `there are two of ${kind}/${full}`);
      seen.add(full);
    }
  }
  return { named, namedPods, namedServices };
}

/** The names that the rest of the file can use; a router is a host. Addresses and ports do not matter for that. */
function objectsOf(
  nodes: readonly LabNode[],
  pods: readonly NamedPod[],
  services: readonly NamedService[],
  hosts: readonly { readonly name: string }[],
): readonly NamedObject[] {
  const bare = { addresses: [], ports: [] };
  return [
    ...nodes.map(({ name }) => ({ ...bare, kind: 'node' as const, namespace: '', name, netns: name })),
    ...pods.map(({ namespace, name }) => ({ ...bare, kind: 'pod' as const, namespace, name, netns: name })),
    ...services.map(({ namespace, name }) => ({
      ...bare,
      kind: 'service' as const,
      namespace,
      name,
      netns: undefined,
    })),
    ...hosts.map(({ name }) => ({ ...bare, kind: 'host' as const, namespace: '', name, netns: name })),
  ];
}

/** The name of the network, whether there is one of that name or not. */
function cniName({ cni = DEFAULT_CNI }: LabFile): string {
  return typeof cni === 'string' ? cni : cni.name;
}

function readCni(file: LabFile, podCIDR: Ipv4Prefix, root: Place, context: LabContext): CniChoice {
  const { cni } = file;
  const place = inside(root, 'cni');
  if (cni === undefined) context.note(place, `cni is ${DEFAULT_CNI}`);
  const { name, ...options } = cni === undefined || typeof cni === 'string' ? { name: cni ?? DEFAULT_CNI } : cni;
  const backend = cniBackend(name);
  if (backend === undefined) {
    const at = typeof cni === 'string' ? place : inside(place, 'name');
    context.unknownName(at, name, `no network plug-in is called "${name}"`, () =>
      cniBackends().map((each) => each.name),
    );
    return { name, options };
  }
  const configured = backend.configure(options, podCIDR);
  for (const { code, option, message } of 'problems' in configured ? configured.problems : []) {
    const at = inside(place, option);
    context.complain(code === 'unknown-key' ? keyOf(at) : at, code, message);
  }
  return { name, options };
}

/** That what is switched off is something that could run. */
function checkOff(named: readonly NamedNode[], cni: CniChoice, context: LabContext): void {
  const known = [...SWITCHABLE, ...(cniBackend(cni.name)?.parts ?? [])];
  for (const { node, place } of named)
    for (const [i, off] of (node.off ?? []).entries())
      if (!known.includes(off))
        context.unknownName(inside(place, 'off', i), off, `nothing that runs here is called "${off}"`, () => known);
}

/** Nodes, routers, hosts, segments and pods each have a network namespace of their name. */
function checkNames(names: readonly { readonly name: string; readonly place: Place }[], context: LabContext): void {
  const seen = new Set<string>();
  for (const { name, place } of names) {
    if (seen.has(name)) {
      const message = `"${name}" is taken; nodes, routers, hosts, segments and pods have no name in common`;
      context.complain(keyOf(place), 'conflict', message);
    }
    seen.add(name);
  }
}
