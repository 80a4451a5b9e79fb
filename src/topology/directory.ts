import { formatIpv4, type Ipv4, type Ipv4Prefix } from '../address/index.js';
import { didYouMean } from '../problem/index.js';

/** What a name in a command, a probe or a trace can stand for. */
export type ObjectKind = 'pod' | 'service' | 'node' | 'host';

/** A port of a Service, or one that a pod or host names. */
export interface NamedPort {
  readonly name: string | undefined;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  readonly port: number;
  /** Of a Service: how many endpoints take its connections. Left out where that is not known. */
  readonly endpoints?: number;
}

/** A thing with a name that people use. The tracer knows it by this label alone. */
export interface NamedObject {
  readonly kind: ObjectKind;
  /** Kubernetes namespace; empty for nodes and hosts. */
  readonly namespace: string;
  readonly name: string;
  /** The network namespace that it sends from; undefined for a Service. */
  readonly netns: string | undefined;
  /** Its addresses, the preferred one first: of a Service its cluster IP, then its external ones. */
  readonly addresses: readonly Ipv4[];
  /** Why it has none, and what to ask instead; left out where that is not known. */
  readonly noAddress?: string;
  readonly ports: readonly NamedPort[];
  /** Of a Service: addresses of its load balancer that nodes leave alone (ipMode Proxy). */
  readonly leftAlone?: readonly Ipv4[];
}

/** `pod/default/client`, `node/node-1`. */
export function objectName(object: Pick<NamedObject, 'kind' | 'namespace' | 'name'>): string {
  const { kind, namespace, name } = object;
  return namespace === '' ? `${kind}/${name}` : `${kind}/${namespace}/${name}`;
}

/** Names of a network's objects, both ways: from the name that a user writes, and from an address in a packet. */
export class Directory {
  readonly objects: readonly NamedObject[];
  /** What the addresses of Services are taken from; undefined where that is not known. */
  readonly serviceCIDR: Ipv4Prefix | undefined;
  readonly #byAddress = new Map<Ipv4, NamedObject>();

  constructor(objects: readonly NamedObject[], serviceCIDR?: Ipv4Prefix) {
    this.objects = objects;
    this.serviceCIDR = serviceCIDR;
    for (const object of objects)
      for (const address of object.addresses) if (!this.#byAddress.has(address)) this.#byAddress.set(address, object);
  }

  /**
   * The object of a name: `pod/NS/NAME`, `service/NS/NAME`, `node/NAME`, `host/NAME`. Namespace `default` may be left
   * out, `svc` and `po` are aliases, and a bare name is enough where only one object has it.
   */
  find(name: string): NamedObject | undefined {
    const parts = name.split('/');
    if (parts.length === 1) {
      const same = this.objects.filter((o) => o.name === name);
      return same.length === 1 ? same[0] : undefined;
    }
    const kind = ALIASES.get(parts[0] ?? '') ?? parts[0];
    const [namespace, last] = parts.length === 2 ? ['default', parts[1]] : [parts[1], parts[2]];
    if (parts.length > 3) return undefined;
    return this.objects.find(
      (o) => o.kind === kind && o.name === last && (o.namespace === namespace || o.namespace === ''),
    );
  }

  /** Why `find` found nothing: the name is nobody's, or more than one object's. `others` are names of no object. */
  explain(name: string, others: Iterable<string> = []): string {
    const parts = name.split('/');
    const same = this.objects.filter((o) => o.name === name).map(objectName);
    if (same.length > 1) return `"${name}" is ${same.join(' as well as ')}: say which`;
    const spelled = [...this.objects.map((o) => spell(o, parts.length)), ...others];
    const kind = ALIASES.get(parts[0] ?? '') ?? parts[0] ?? '';
    return `nothing is called "${name}"${didYouMean([kind, ...parts.slice(1)].join('/'), spelled)}`;
  }

  /** Who has an address; undefined when nobody known has. */
  ownerOf(address: Ipv4): NamedObject | undefined {
    return this.#byAddress.get(address);
  }

  /** The namespace's own object: the pod, node or host that sends from it. */
  ofNetns(netns: string): NamedObject | undefined {
    return this.objects.find((o) => o.netns === netns);
  }

  /** `pod/default/web-1`, or the address as text. */
  label(address: Ipv4): string {
    const owner = this.ownerOf(address);
    return owner === undefined ? formatIpv4(address) : objectName(owner);
  }
}

const ALIASES = new Map([
  ['svc', 'service'],
  ['po', 'pod'],
]);

/** The name of an object in as many parts as a user's, who may leave out namespace and kind. */
function spell(object: NamedObject, parts: number): string {
  if (parts === 1) return object.name;
  return parts === 2 ? `${object.kind}/${object.name}` : objectName(object);
}
