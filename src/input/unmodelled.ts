import { inside, type LabContext, type Place } from './context.js';
import type { NamedService } from './named-service.js';
import { valueAt } from './value-at.js';
import type { Path } from './yaml.js';

/** A field of an object that changes packets' paths, and is not modelled. */
interface Field {
  readonly path: Path;
  /** How a value is told under which it does so; undefined for any other. */
  told(value: unknown): string | undefined;
}

function given(path: Path): Field {
  const told = (value: unknown): string | undefined => {
    const empty = value === undefined || value === null || (Array.isArray(value) && value.length === 0);
    return empty ? undefined : path.slice(1).join('.');
  };
  return { path, told };
}

/** Kinds that are read, but not with all of their fields. */
type FieldKind = 'Pod';

/** As the API spells them (k8s 1.30 core/v1). */
const FIELDS: Readonly<Record<FieldKind, readonly Field[]>> = {
  Pod: [
    given(['spec', 'securityContext', 'sysctls']),
    given(['metadata', 'annotations', 'k8s.v1.cni.cncf.io/networks']),
  ],
};

/** Notes of an object that is read what of it is not. */
export function noteFields(kind: FieldKind, name: string, place: Place, context: LabContext): void {
  const object = valueAt(place.document.value, place.path);
  for (const { path, told } of FIELDS[kind]) {
    const what = told(valueAt(object, path));
    const where = `${kind.toLowerCase()}/${name}`;
    if (what !== undefined) context.notModelled(inside(place, ...path), { what, where });
  }
}

/** Leaves a Service to another proxy than kube-proxy (k8s 1.30 pkg/proxy/apis/well_known_labels.go). */
const PROXY_NAME = 'service.kubernetes.io/service-proxy-name';

/** Notes what of a Service is not modelled: another proxy, and its IPv6 side. */
export function noteService({ namespace, name, service, at }: NamedService, context: LabContext): void {
  const where = `service/${namespace}/${name}`;
  if (service.labels?.[PROXY_NAME] !== undefined)
    context.notModelled(at('labels', PROXY_NAME), { what: `labels.${PROXY_NAME}`, where });
  const { ipFamilies = [], clusterIPs = [], clusterIP = '' } = service;
  const key = clusterIPs.length > 0 ? 'clusterIPs' : 'clusterIP';
  if (ipFamilies.includes('IPv6')) context.notModelled(at('ipFamilies'), { what: 'ipFamilies: IPv6', where });
  else if ([clusterIP, ...clusterIPs].some((each) => each.includes(':')))
    context.notModelled(at(key), { what: `${key}: IPv6`, where });
}

/**
 * Kinds that are not read though they change packets' paths: of Kubernetes, Calico and Cilium. Those of Calico's routes and
 * addresses are read where the network is Calico's.
 */
const KINDS: ReadonlySet<string> = new Set([
  'AdminNetworkPolicy',
  'BaselineAdminNetworkPolicy',
  'ClusterNetworkPolicy',
  'NetworkPolicy',
  'BGPConfiguration',
  'BGPFilter',
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
