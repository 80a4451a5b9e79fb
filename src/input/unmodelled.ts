import { inside, type LabContext, type Place } from './context.js';
import { valueAt } from './value-at.js';
import type { Path } from './yaml.js';

/** A field of an object that changes packets' paths, and is not modelled. */
interface Field {
  readonly path: Path;
  /** How a value is told under which it does so; undefined for any other. */
  told(value: unknown): string | undefined;
}

function said(path: Path, ...values: readonly unknown[]): Field {
  return { path, told: (value) => (values.includes(value) ? `${path.at(-1)}: ${value}` : undefined) };
}

function given(path: Path): Field {
  const told = (value: unknown): string | undefined => {
    const empty = value === undefined || value === null || (Array.isArray(value) && value.length === 0);
    return empty ? undefined : path.slice(1).join('.');
  };
  return { path, told };
}

/** Kinds that are read, but not with all of their fields. */
type FieldKind = 'Service' | 'Pod' | 'EndpointSlice';

/** As the API spells them (k8s 1.30 core/v1, discovery.k8s.io/v1). */
const FIELDS: Readonly<Record<FieldKind, readonly Field[]>> = {
  Service: [
    said(['spec', 'sessionAffinity'], 'ClientIP'),
    said(['spec', 'externalTrafficPolicy'], 'Local'),
    said(['spec', 'internalTrafficPolicy'], 'Local'),
    said(['spec', 'publishNotReadyAddresses'], true),
    said(['spec', 'allocateLoadBalancerNodePorts'], false),
    given(['spec', 'externalIPs']),
    given(['spec', 'loadBalancerSourceRanges']),
    given(['spec', 'healthCheckNodePort']),
    given(['spec', 'trafficDistribution']),
    given(['status', 'loadBalancer', 'ingress']),
    given(['metadata', 'labels', 'service.kubernetes.io/service-proxy-name']),
    {
      path: ['spec', 'ipFamilies'],
      told: (value) => (Array.isArray(value) && value.includes('IPv6') ? 'ipFamilies: IPv6' : undefined),
    },
  ],
  Pod: [
    given(['spec', 'securityContext', 'sysctls']),
    given(['metadata', 'annotations', 'k8s.v1.cni.cncf.io/networks']),
  ],
  EndpointSlice: [
    {
      path: ['endpoints'],
      told: (value) => (Array.isArray(value) && value.some((each) => hasHints(each)) ? 'hints' : undefined),
    },
  ],
};

function hasHints(endpoint: unknown): boolean {
  const zones = valueAt(endpoint, ['hints', 'forZones']);
  return Array.isArray(zones) && zones.length > 0;
}

/** Notes of an object that is read what of it is not. */
export function noteFields(kind: FieldKind, name: string, place: Place, context: LabContext): void {
  const object = valueAt(place.document.value, place.path);
  for (const { path, told } of FIELDS[kind]) {
    const what = told(valueAt(object, path));
    const where = `${kind.toLowerCase()}/${name}`;
    if (what !== undefined) context.notModelled(inside(place, ...path), { what, where });
  }
}

/** Kinds that are not read though they change packets' paths: of Kubernetes, Calico and Cilium. */
const KINDS: ReadonlySet<string> = new Set([
  'AdminNetworkPolicy',
  'BaselineAdminNetworkPolicy',
  'ClusterNetworkPolicy',
  'NetworkPolicy',
  'BGPConfiguration',
  'BGPPeer',
  'FelixConfiguration',
  'GlobalNetworkPolicy',
  'HostEndpoint',
  'IPPool',
  'CiliumClusterwideNetworkPolicy',
  'CiliumEgressGatewayPolicy',
  'CiliumLocalRedirectPolicy',
  'CiliumNetworkPolicy',
]);

/** Notes an object of a kind that is not read. */
export function noteKind(kind: string, place: Place, context: LabContext): void {
  if (!KINDS.has(kind)) {
    context.note(place, `objects of kind ${kind} are not read`);
    return;
  }
  const { name, namespace } = (valueAt(place.document.value, [...place.path, 'metadata']) ?? {}) as Record<
    string,
    unknown
  >;
  const where = namespace === undefined ? String(name) : `${namespace}/${name}`;
  context.notModelled(place, { what: kind, where });
}
