import type { Cluster } from '../../cluster/index.js';
import { type EndpointInfo, endpointsKey, endpointsMap } from './endpoint.js';
import { type Family, type ServicePortInfo, servicePorts } from './service-port.js';

/** A service port with all endpoints that the API knows of it, whatever their state. */
export interface ServiceEntry {
  readonly port: ServicePortInfo;
  readonly endpoints: readonly EndpointInfo[];
}

/** What the kube-proxies of all nodes know alike, of one family: their ServicePortMap and EndpointsMap in one. */
export interface ServiceMap {
  /** In the order of {@link servicePorts}. */
  readonly entries: readonly ServiceEntry[];
  /** All endpoints of all service ports. */
  readonly totalEndpoints: number;
}

const MAPS: Readonly<Record<Family, WeakMap<Cluster, ServiceMap>>> = { ip: new WeakMap(), ip6: new WeakMap() };

/** The service ports of a cluster with their endpoints. Every node gets the same objects, so what is made from them can be shared. */
export function serviceMap(cluster: Cluster, family: Family): ServiceMap {
  const known = MAPS[family].get(cluster);
  if (known !== undefined) return known;
  const endpoints = endpointsMap(cluster, family);
  const entries = servicePorts(cluster, family).map((port) => ({
    port,
    endpoints: endpoints.get(endpointsKey(port)) ?? [],
  }));
  const totalEndpoints = entries.reduce((sum, entry) => sum + entry.endpoints.length, 0);
  const map = { entries, totalEndpoints };
  MAPS[family].set(cluster, map);
  return map;
}

/** How a cluster's Services differ from what they were at the sync before (the change trackers, k8s 1.30 pkg/proxy). */
export interface ServiceChanges {
  /** What is, with the entries that were there before as the same objects, so that what was made from them stays. */
  readonly services: ServiceMap;
  /** `namespace/name` of the Services that changed, or whose endpoints did, in any of their ports. */
  readonly updated: ReadonlySet<string>;
  /** Pairs of what was and what is, where the two differ; each is undefined where there is none. */
  readonly pairs: readonly (readonly [was: ServiceEntry | undefined, is: ServiceEntry | undefined])[];
}

/** Compares two maps. Both of the API's objects count as a whole, so a change that no rule shows is a change too. */
export function serviceChanges(was: ServiceMap | undefined, is: ServiceMap): ServiceChanges {
  const before = new Map(was?.entries.map((entry) => [endpointsKey(entry.port), entry]));
  const pairs: [ServiceEntry | undefined, ServiceEntry | undefined][] = [];
  const entries = is.entries.map((entry) => {
    const key = endpointsKey(entry.port);
    const old = before.get(key);
    before.delete(key);
    if (old !== undefined && same(old, entry)) return old;
    pairs.push([old, entry]);
    return entry;
  });
  for (const old of before.values()) pairs.push([old, undefined]);
  const updated = new Set(
    pairs.flatMap((pair) => pair.flatMap((entry) => (entry === undefined ? [] : [serviceOf(entry)]))),
  );
  const services = was === undefined ? is : { ...is, entries };
  return { services, updated, pairs };
}

/** The Service that a port is of: `namespace/name`. */
export function serviceOf({ port: { name } }: ServiceEntry): string {
  return /^[^:]*/.exec(name)?.[0] ?? name;
}

/** Whether two values of plain data are alike. */
function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => same(a[key as keyof typeof a], b[key as keyof typeof b]));
}
