import { endpointChain, serviceChain } from '../../agents/index.js';
import type { KnownMatch, Rule } from '../../linux/index.js';
import type { SubjectRow } from '../../output/index.js';
import type { Network } from '../../topology/index.js';

/** A service port that a chain's name may have been hashed from. */
export interface ServicePortName {
  /** `default/web:http`. */
  readonly service: string;
  readonly protocol: string;
}

const HASHED = /^(KUBE-SVC-|KUBE-SVL-|KUBE-FW-|KUBE-EXT-)[A-Z2-7]{16}$/;
const ENDPOINT = /^KUBE-SEP-[A-Z2-7]{16}$/;
/** KUBE-XLB- was KUBE-EXT- and KUBE-SVL- in one, up to k8s 1.23. */
const OLD = /^KUBE-XLB-[A-Z2-7]{16}$/;

/** Whether a name is one that kube-proxy hashes from a service port. */
export function isHashed(chain: string): boolean {
  return HASHED.test(chain) || ENDPOINT.test(chain) || OLD.test(chain);
}

/** The service ports of the names that a network knows. Its directory has them, of a lab as of dumps that tell them. */
export function namedServicePorts({ directory }: Network): readonly ServicePortName[] {
  return directory.objects
    .filter(({ kind }) => kind === 'service')
    .flatMap(({ namespace, name, ports }) =>
      ports.map((port) => ({
        service: port.name === undefined ? `${namespace}/${name}` : `${namespace}/${name}:${port.name}`,
        protocol: port.protocol,
      })),
    );
}

/** A comment of kube-proxy begins with the service port. */
const COMMENT = /^([a-z0-9-]+\/[a-z0-9-]+(?::[a-z0-9-]+)?)(?: |$)/;

/** The service ports that comments of rules name, with each protocol: what is known of a dump besides. */
export function commentedServicePorts(rules: Iterable<Rule>): readonly ServicePortName[] {
  const names = new Set<string>();
  for (const { matches } of rules)
    for (const match of matches) {
      const known = match as KnownMatch;
      const [, service] = known.match === 'comment' ? (COMMENT.exec(known.comment) ?? []) : [];
      if (service !== undefined) names.add(service);
    }
  return [...names].flatMap((service) => ['tcp', 'udp', 'sctp'].map((protocol) => ({ service, protocol })));
}

/**
 * The service port that a chain of kube-proxy is for: the one whose hash is in its name (portProtoHash() and
 * servicePortEndpointChainName(), k8s 1.30 pkg/proxy/iptables/proxier.go), else the one that its own rules' comments
 * name. `endpoint` is where the chain translates to.
 */
export function subjectOf(
  chain: string,
  candidates: Iterable<ServicePortName>,
  commented: readonly ServicePortName[],
  endpoint: string | undefined,
  ownerOf: (endpoint: string) => string | undefined,
): SubjectRow | undefined {
  if (!isHashed(chain)) return undefined;
  const told = ENDPOINT.test(chain) ? endpoint : undefined;
  const owner = told === undefined ? undefined : ownerOf(told);
  for (const { service, protocol } of [...commented, ...candidates])
    if (nameOf(chain, service, protocol, told) === chain)
      return { service, protocol, endpoint: told, owner, by: 'hash' };
  const [first] = commented;
  return first === undefined
    ? undefined
    : { service: first.service, protocol: undefined, endpoint: told, owner, by: 'comment' };
}

/** What the chain would be called if it were for that service port. */
function nameOf(chain: string, service: string, protocol: string, endpoint: string | undefined): string | undefined {
  if (ENDPOINT.test(chain)) return endpoint === undefined ? undefined : endpointChain(service, protocol, endpoint);
  if (OLD.test(chain)) return serviceChain('KUBE-EXT-', service, protocol).replace('KUBE-EXT-', 'KUBE-XLB-');
  const prefix = (['KUBE-SVC-', 'KUBE-SVL-', 'KUBE-FW-', 'KUBE-EXT-'] as const).find((each) => chain.startsWith(each));
  return prefix === undefined ? undefined : serviceChain(prefix, service, protocol);
}
