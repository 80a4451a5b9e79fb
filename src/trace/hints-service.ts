import { formatIpv4, type Ipv4 } from '../address/index.js';
import { type NamedObject, type Network, objectName } from '../topology/index.js';
import type { End } from './hint-end.js';
import type { Hint, Query } from './trace.js';

/** `80/tcp, 53/udp`. */
export function portList({ ports }: NamedObject): string {
  return ports.map(({ protocol, port }) => `${port}/${protocol}`).join(', ');
}

/** An external address of a Service is nobody's: nodes take what is for its ports, if it comes to them. */
export function externalAddress(
  network: Network,
  { leg, path, hop }: End,
  query: Query,
  address: Ipv4,
): readonly Hint[] {
  if (leg.kind !== 'forward') return [];
  const vip = formatIpv4(address);
  const left = network.directory.objects.find(({ leftAlone }) => leftAlone?.includes(address));
  if (left !== undefined) return [{ code: 'BALANCER_ADDRESS', values: { vip, service: objectName(left) } }];
  const service = network.directory.ownerOf(address);
  if (service?.kind !== 'service') return [];
  const asked = query.port === null ? query.proto : `${query.port}/${query.proto}`;
  const values = { vip, service: objectName(service), ports: portList(service), asked, host: hop.netns };
  if (!service.ports.some(({ port, protocol }) => port === query.port && protocol === query.proto))
    return [{ code: 'EXTERNAL_IP_NO_PORT', values }];
  const reachedNode = path.hops.some(({ netns }) => network.netns(netns)?.role === 'node');
  return reachedNode ? [] : [{ code: 'EXTERNAL_IP_NOT_ROUTED', values }];
}

/** A ClusterIP is on no device: it exists as rules of the nodes, and without them its packets go astray. */
export function untranslatedService({ path, hop }: End, query: Query, vip: Ipv4, service: NamedObject): Hint {
  const [first] = path.hops;
  const ports = portList(service);
  const asked = query.port === null ? query.proto : `${query.port}/${query.proto}`;
  const node = first?.host ?? hop.host;
  const values = { vip: formatIpv4(vip), service: objectName(service), ports, node, asked };
  const port = service.ports.find((each) => each.port === query.port && each.protocol === query.proto);
  if (port === undefined) return { code: 'CLUSTER_IP_NO_PORT', values };
  if (port.endpoints === 0) return { code: 'CLUSTER_IP_NO_ENDPOINTS', values };
  const unsent = first === hop && hop.events.some(({ k }) => k === 'errno');
  return { code: unsent ? 'CLUSTER_IP_NO_ROUTE' : 'CLUSTER_IP_UNTRANSLATED', values };
}

/**
 * What reaches KUBE-PROXY-FIREWALL untranslated is outside of the source ranges, or passed them and found no way on: with
 * externalTrafficPolicy Local and no local endpoint KUBE-EXT- ends without a jump for all (k8s 1.30
 * pkg/proxy/iptables/proxier.go).
 */
export function insideRanges(network: Network, { hop, drop }: End): readonly Hint[] {
  const before = hop.events.slice(0, hop.events.indexOf(drop));
  const passed = before.find(
    (event) => event.k === 'rule' && event.hit && /^KUBE-FW-/.test(event.rule.chain) && /KUBE-EXT-/.test(event.next),
  );
  if (passed?.k !== 'rule') return [];
  const external = passed.rule.chain.replace('KUBE-FW-', 'KUBE-EXT-');
  const chain = network.netns(hop.netns)?.iptables.get('nat')?.chains.get(external);
  const goesOn = chain === undefined || chain.rules.some(({ matches, target }) => isForAll(matches) && target);
  return goesOn ? [] : [{ code: 'IN_RANGES_NO_LOCAL_ENDPOINT', values: { node: hop.netns } }];
}

function isForAll(matches: readonly { readonly match: string }[]): boolean {
  return matches.every(({ match }) => match === 'comment');
}
