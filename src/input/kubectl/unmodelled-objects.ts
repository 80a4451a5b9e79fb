import type { Place } from '../context.js';
import { valueAt } from '../value-at.js';

/** An object that the lab keeps as one, so that each trace names what is not modelled of it. */
export interface Aside {
  readonly kind: string;
  /** `shop/web`. */
  readonly name: string;
  readonly object: Readonly<Record<string, unknown>>;
}

/** What is kept of each kind; of others their names are enough. */
const KEPT: Readonly<Record<string, readonly (readonly string[])[]>> = {
  Service: [
    ['metadata', 'labels', 'service.kubernetes.io/service-proxy-name'],
    ['spec', 'type'],
    ['spec', 'clusterIP'],
    ['spec', 'selector'],
    ['spec', 'ports'],
    ['spec', 'sessionAffinity'],
    ['spec', 'externalTrafficPolicy'],
    ['spec', 'internalTrafficPolicy'],
    ['spec', 'publishNotReadyAddresses'],
    ['spec', 'allocateLoadBalancerNodePorts'],
    ['spec', 'externalIPs'],
    ['spec', 'loadBalancerSourceRanges'],
    ['spec', 'healthCheckNodePort'],
    ['spec', 'trafficDistribution'],
    ['spec', 'ipFamilies'],
    ['status', 'loadBalancer', 'ingress'],
  ],
};

/** Kinds of which the lab's own entry says all that is needed to send a packet, and another that something is missing. */
const ENTRY = new Set(['Node', 'Pod', 'EndpointSlice', 'ConfigMap']);

/** The object as the lab's manifest has it; nothing where the lab has an entry of its own for it. */
export function keepUnmodelled({ document, path }: Place): Aside[] {
  const at = (...keys: readonly string[]): unknown => valueAt(document.value, [...path, ...keys]);
  const kind = String(at('kind'));
  if (ENTRY.has(kind)) return [];
  const [name, namespace] = [at('metadata', 'name'), at('metadata', 'namespace')];
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
  const object: Record<string, unknown> = { apiVersion: at('apiVersion'), kind, metadata };
  for (const keys of KEPT[kind] ?? []) {
    const value = at(...keys);
    if (value !== undefined && value !== null) put(object, keys, value);
  }
  return [{ kind, name: `${namespace ?? 'default'}/${name}`, object }];
}

function put(object: Record<string, unknown>, [first = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    object[first] = value;
    return;
  }
  const inner = (object[first] ?? {}) as Record<string, unknown>;
  object[first] = inner;
  put(inner, rest, value);
}
