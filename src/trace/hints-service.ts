import { formatIpv4, type Ipv4 } from '../address/index.js';
import { type NamedObject, objectName } from '../topology/index.js';
import type { End } from './hint-end.js';
import type { Hint, Query } from './trace.js';

/** A ClusterIP is on no device: it exists as rules of the nodes, and without them its packets go astray. */
export function untranslatedService({ path, hop }: End, query: Query, vip: Ipv4, service: NamedObject): Hint {
  const [first] = path.hops;
  const ports = service.ports.map(({ protocol, port }) => `${port}/${protocol}`).join(', ');
  const asked = query.port === null ? query.proto : `${query.port}/${query.proto}`;
  const node = first?.host ?? hop.host;
  const values = { vip: formatIpv4(vip), service: objectName(service), ports, node, asked };
  const port = service.ports.find((each) => each.port === query.port && each.protocol === query.proto);
  if (port === undefined) return { code: 'CLUSTER_IP_NO_PORT', values };
  if (port.endpoints === 0) return { code: 'CLUSTER_IP_NO_ENDPOINTS', values };
  const unsent = first === hop && hop.events.some(({ k }) => k === 'errno');
  return { code: unsent ? 'CLUSTER_IP_NO_ROUTE' : 'CLUSTER_IP_UNTRANSLATED', values };
}
