import { stringify } from 'yaml';
import { contains, formatPrefix, type Ipv4, parseIpv4, parsePrefix, prefixOf } from '../../address/index.js';
import { matchesLabels, NODE_ANNOTATIONS, NODE_PORT_RANGE, TOPOLOGY_ZONE } from '../../cluster/index.js';
import type { PodFile, ServiceFile } from '../lab-file.js';
import type { Manifest } from '../manifest.js';
import type { NamedService } from '../named-service.js';
import type { NamedNode } from '../nodes.js';
import type { NamedPod } from '../pods.js';
import { calicoLine, calicoObjects, poolPrefixes } from './calico-lines.js';
import type { Configured } from './config-maps.js';
import { compact, serviceEntry, sliceObjects } from './service-lines.js';
import type { Aside } from './unmodelled-objects.js';

/** What else the lab has to say. */
interface Origins {
  /** Objects that the lab keeps as they are. */
  readonly aside: readonly Aside[];
  /** What is not modelled and of which no object stands in the lab. */
  readonly unsaid: readonly string[];
  readonly files: readonly string[];
}

/** A lab file's text, and what was decided that somebody should know. */
interface Written {
  readonly text: string;
  readonly told: readonly string[];
}

const SCHEMA = '# yaml-language-server: $schema=node_modules/podpath/docs/schema/lab.schema.json';

/** Writes a cluster as a lab file, with a comment on each thing that the objects do not say. */
export function writeLab(
  manifest: Manifest,
  configured: Partial<Configured>,
  { aside, unsaid, files }: Origins,
): Written {
  const { nodes, pods, services, endpointSlices, calico } = manifest;
  const told: string[] = [];
  const running = pods.filter((pod) => isRunning(pod, services, told));
  const lines = [
    SCHEMA,
    `# Made by \`podpath import kubectl\` from ${files.join(', ')}.`,
    ...unsaid.map((each) => `# Not modelled: ${each}.`),
    'podpath: 1',
    '',
    ...networkLines(manifest, configured, told),
    '',
    '# Which nodes share a layer-2 segment no object says: here each /24 is one, and a router joins them.',
    'nodes:',
    ...nodes.map((each) => nodeLine(each, calico.length > 0 ? podPrefix(manifest, configured).prefix : undefined)),
  ];
  const labels = new Set(services.flatMap(({ service }) => Object.keys(service.selector ?? {})));
  if (running.length > 0)
    lines.push(
      '',
      '# Of labels, those that a Service asks for. Pods listen on their container ports, and on the ports that Services send to.',
      'pods:',
      ...running.map((pod) => podLine(pod, services, labels)),
    );
  if (services.length > 0) lines.push('', 'services:', ...services.map(serviceLine));
  const addresses = [...running.map(({ pod }) => pod.ip), ...nodes.map(({ node }) => node.address)];
  const known = new Set(addresses.filter((each) => each !== undefined));
  const objects = [
    ...sliceObjects(endpointSlices, services, known),
    ...calicoObjects(calico),
    ...aside.map(({ object }) => object),
  ];
  if (objects.length > 0)
    lines.push(
      '',
      "# Endpoints that no selector tells, Calico's objects, and those that are not modelled: traces name them.",
      'manifest:',
      ...objects.map((object) => `  - ${flow(object)}`),
    );
  return { text: lines.map((line) => `${line}\n`).join(''), told };
}

/** One value on one line. */
function flow(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', flowCollectionPadding: false, lineWidth: 0 }).trimEnd();
}

function entry(key: string, value: unknown): string {
  return `  ${flow(key)}: ${flow(value)}`;
}

const FLANNEL = 'flannel.alpha.coreos.com/';

function networkLines(manifest: Manifest, configured: Partial<Configured>, told: string[]): string[] {
  const { nodes, services, calico } = manifest;
  const { kubeProxy } = configured;
  const lines = [
    configured.cni === undefined
      ? (calicoLine(calico) ?? cniLine(nodes, configured, told))
      : cniLine(nodes, configured, told),
  ];
  if (kubeProxy === undefined) {
    lines.push('kubeProxy: iptables # no ConfigMap kube-system/kube-proxy was given; this is the mode of kubeadm');
    told.push('no ConfigMap kube-system/kube-proxy: mode iptables is assumed');
  } else lines.push(`kubeProxy: ${flow(kubeProxy)}`);
  const { prefix, comment } = podPrefix(manifest, configured);
  if (prefix !== undefined) lines.push(`podCIDR: ${prefix}${comment}`);
  const clusterIPs = services.flatMap(({ service: { clusterIP = '', clusterIPs: all = [clusterIP] } }) =>
    all.flatMap((each) => parseIpv4(each) ?? []),
  );
  const usual = parsePrefix('10.96.0.0/12');
  if (usual !== undefined && clusterIPs.every((ip) => contains(usual, ip)))
    lines.push('serviceCIDR: 10.96.0.0/12 # not in any object; the default of kubeadm holds all clusterIPs');
  else lines.push(`serviceCIDR: ${covering(clusterIPs, 16)} # not in any object; holds all clusterIPs`);
  return [...lines, ...rangeLines(services)];
}

/** The cluster's podCIDR: flannel's or kube-proxy's, else what holds Calico's pools, or the podCIDRs of the nodes. */
function podPrefix(
  { nodes, calico }: Manifest,
  { network, kubeProxy }: Partial<Configured>,
): { readonly prefix: string | undefined; readonly comment: string } {
  const proxied = kubeProxy?.['clusterCIDR'];
  const ofProxy = typeof proxied === 'string' ? proxied.split(',') : [];
  const said = network ?? ofProxy.find((each) => parsePrefix(each) !== undefined);
  if (said !== undefined) return { prefix: said, comment: '' };
  const pools = poolPrefixes(calico);
  if (pools.length > 0) {
    const bases = pools.map(({ address }) => address);
    return { prefix: covering(bases, Math.min(...pools.map(({ length }) => length))), comment: ' # holds the IPPools' };
  }
  const subnets = nodes.flatMap(({ node }) => parsePrefix(node.podCIDR ?? '')?.address ?? []);
  return { prefix: covering(subnets, 16), comment: ' # holds the podCIDRs of all nodes' };
}

/** No object says the range of node ports: nothing is written where the usual one holds all. */
function rangeLines(services: readonly NamedService[]): string[] {
  const all = services.flatMap(({ service: { ports = [], healthCheckNodePort } }) => [
    ...ports.flatMap(({ nodePort }) => nodePort ?? []),
    ...(healthCheckNodePort === undefined ? [] : [healthCheckNodePort]),
  ]);
  const first = Math.min(NODE_PORT_RANGE.first, ...all);
  const last = Math.max(NODE_PORT_RANGE.last, ...all);
  if (first === NODE_PORT_RANGE.first && last === NODE_PORT_RANGE.last) return [];
  return [`serviceNodePortRange: ${first}-${last} # not in any object; holds all node ports`];
}

function cniLine(nodes: readonly NamedNode[], { cni }: Partial<Configured>, told: string[]): string {
  if (cni !== undefined) return `cni: ${Object.keys(cni).length === 1 ? cni.name : flow(cni)}`;
  const types = new Set(nodes.map(({ node }) => node.annotations?.[`${FLANNEL}backend-type`]));
  const [type] = types;
  if (types.size === 1 && (type === 'vxlan' || type === 'host-gw' || type === 'udp'))
    return `cni: flannel/${type} # from the nodes' annotations; its options are those of the published manifest`;
  told.push('what network plug-in the cluster has no object says, or it is not modelled: cni is none');
  return 'cni: none # not known, or not modelled: pods have only lo';
}

/** The smallest prefix of at most `length` bits that holds all addresses. */
function covering(addresses: readonly Ipv4[], length: number): string | undefined {
  const [first] = addresses;
  if (first === undefined) return undefined;
  for (let bits = length; bits > 0; bits--) {
    const prefix = prefixOf(first, bits);
    if (addresses.every((address) => contains(prefix, address))) return formatPrefix(prefix);
  }
  return '0.0.0.0/0';
}

/** `pods`: the cluster's podCIDR, of one with Calico, whose addresses may have nothing to do with the nodes' podCIDRs. */
function nodeLine({ name, node }: NamedNode, pods: string | undefined): string {
  const cluster = parsePrefix(pods ?? '');
  const annotations = Object.entries(node.annotations ?? {}).filter(
    ([key]) =>
      (key.startsWith(FLANNEL) && !key.endsWith('/kube-subnet-manager')) ||
      Object.values<string>(NODE_ANNOTATIONS).includes(key),
  );
  const own = parsePrefix(node.podCIDR ?? '');
  const outside = cluster !== undefined && own !== undefined && !contains(cluster, own.address);
  const { address } = node;
  // Calico's selectors may ask for any.
  const labels = Object.entries(node.labels ?? {}).filter(([key]) => cluster !== undefined || key === TOPOLOGY_ZONE);
  const rest = compact({
    podCIDR: outside ? undefined : node.podCIDR,
    labels: Object.fromEntries(labels),
    annotations: Object.fromEntries(annotations),
  });
  return entry(name, Object.keys(rest).length === 0 ? address : { address, ...rest });
}

function selecting({ namespace, pod }: NamedPod, services: readonly NamedService[]): readonly ServiceFile[] {
  return services
    .filter((each) => {
      const selector = each.service.selector ?? {};
      return (
        each.namespace === namespace && Object.keys(selector).length > 0 && matchesLabels(selector, pod.labels ?? {})
      );
    })
    .map(({ service }) => service);
}

/** Pods that packets can meet: others are left out, and it is said. */
function isRunning(pod: NamedPod, services: readonly NamedService[], told: string[]): boolean {
  const { ip, hostNetwork = false, ports = [] } = pod.pod;
  const name = `pod ${pod.namespace}/${pod.name}`;
  if (hostNetwork && ports.length === 0 && selecting(pod, services).length === 0) {
    told.push(`${name} is in its node's network, declares no port and no Service selects it: left out`);
    return false;
  }
  if (hostNetwork || ip !== undefined) return true;
  told.push(`${name} has no address yet: left out`);
  return false;
}

function podLine(named: NamedPod, services: readonly NamedService[], wanted: ReadonlySet<string>): string {
  const { namespace, name, pod } = named;
  const labels = Object.fromEntries(Object.entries(pod.labels ?? {}).filter(([key]) => wanted.has(key)));
  const ports = (pod.ports ?? []).map(shortPort);
  const value = compact({
    node: pod.node,
    ip: pod.hostNetwork === true ? undefined : pod.ip,
    hostNetwork: pod.hostNetwork === true ? true : undefined,
    labels,
    ports,
    listen: listening(named, services),
    ready: pod.ready === false ? false : undefined,
    terminating: pod.terminating === true ? true : undefined,
  });
  return entry(keyOf(namespace, name), value);
}

function keyOf(namespace: string, name: string): string {
  return namespace === 'default' ? name : `${namespace}/${name}`;
}

/** `8080`, `53/udp`, or all of it where it has a name or a host port. */
function shortPort(port: NonNullable<PodFile['ports']>[number]): unknown {
  if (typeof port !== 'object') return port;
  const { name, hostPort, hostIP, containerPort, protocol = 'TCP' } = port;
  if (name === undefined && hostPort === undefined)
    return protocol === 'TCP' ? containerPort : `${containerPort}/${protocol.toLowerCase()}`;
  return compact({ name, containerPort, protocol: protocol === 'TCP' ? undefined : protocol, hostPort, hostIP });
}

/** What to say of the ports a pod listens on: nothing, where they are the declared ones. */
function listening(named: NamedPod, services: readonly NamedService[]): readonly unknown[] {
  const declared = (named.pod.ports ?? []).flatMap((port) =>
    typeof port === 'object' ? [`${port.containerPort}/${(port.protocol ?? 'TCP').toLowerCase()}`] : [],
  );
  const asked = selecting(named, services)
    .flatMap(({ ports = [] }) => ports)
    .flatMap(({ port, targetPort = port, protocol = 'TCP' }) =>
      typeof targetPort === 'number' ? [`${targetPort}/${protocol.toLowerCase()}`] : [],
    );
  const all = new Set([...declared, ...asked]);
  if (all.size === new Set(declared).size) return [];
  return [...all].map((each) => (each.endsWith('/tcp') ? Number(each.slice(0, -4)) : each));
}

function serviceLine(named: NamedService): string {
  return entry(keyOf(named.namespace, named.name), serviceEntry(named));
}
