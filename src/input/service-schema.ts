import * as z from 'zod/mini';
import type { ServiceFile } from './lab-file.js';
import {
  address,
  anyAddress,
  anySubnet,
  bool,
  either,
  keys,
  labels,
  number,
  oneOf,
  opt,
  port,
  protocol,
  text,
} from './schema-words.js';

const targetPort = either([port, text(/^[a-z0-9-]{1,15}$/, 'a port or a port name')], 'a port or the name of one');
const nodePort = number(1, 65535, 'a port, usually 30000 to 32767');
const policy = oneOf(['Cluster', 'Local']);

/** An entry of `services:` in a lab file. */
export const serviceSchema: z.ZodMiniType<ServiceFile> = keys({
  labels: opt(labels, 'metadata.labels'),
  annotations: opt(labels, 'metadata.annotations'),
  type: opt(oneOf(['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName']), 'NodePort where a nodePort is given'),
  clusterIP: opt(either([z.literal('None'), address], 'an IPv4 address, or None'), 'Handed out when left out'),
  clusterIPs: opt(
    z.array(anyAddress, { error: 'a list of addresses' }),
    'One address of each family, instead of clusterIP; that of IPv6 is not followed',
  ),
  ipFamilies: opt(z.array(oneOf(['IPv4', 'IPv6'])), 'Families of its addresses; IPv4 when left out'),
  selector: opt(labels, 'Labels of the pods behind it'),
  port: opt(port, 'The one port of the Service; or give `ports`'),
  targetPort: opt(targetPort, 'The port of the pods, by number or name; `port` when left out'),
  nodePort: opt(nodePort, 'A port on every node'),
  protocol: opt(protocol, 'TCP unless said otherwise'),
  ports: opt(
    z.array(
      keys({
        name: opt(
          text(/^[a-z0-9-]{1,63}$/, 'a port name of small letters, digits and -'),
          'Needed where there are several',
        ),
        port,
        targetPort: opt(targetPort, '`port` when left out'),
        nodePort: opt(nodePort, 'A port on every node'),
        protocol: opt(protocol, 'TCP unless said otherwise'),
      }),
    ),
    'Several ports',
  ),
  externalName: opt(
    z.string({ error: 'a DNS name' }),
    'Of type ExternalName, which needs it: the name that DNS answers',
  ),
  externalIPs: opt(
    z.array(anyAddress, { error: 'a list of addresses' }),
    'Addresses from outside that nodes take for the Service, if packets for them are routed there',
  ),
  sessionAffinity: opt(oneOf(['None', 'ClientIP']), 'ClientIP: a client stays with its endpoint'),
  sessionAffinityConfig: opt(
    keys({
      clientIP: opt(
        keys({
          timeoutSeconds: opt(
            number(1, 86400, 'seconds, 1 to 86400'),
            'For how long after its last connection; 10800 when left out',
          ),
        }),
        'Of sessionAffinity ClientIP',
      ),
    }),
    'Details of sessionAffinity',
  ),
  externalTrafficPolicy: opt(policy, 'Local: what comes from outside goes to endpoints of the same node alone'),
  internalTrafficPolicy: opt(policy, 'Local: what goes to the cluster IP goes to endpoints of the same node alone'),
  healthCheckNodePort: opt(nodePort, 'Where load balancers ask a node for endpoints; handed out where it is needed'),
  loadBalancerSourceRanges: opt(
    z.array(anySubnet, { error: 'a list of subnets' }),
    'Clients that may use the load balancer; all when left out',
  ),
  ingress: opt(
    z.array(
      either(
        [
          anyAddress,
          keys({
            ip: opt(anyAddress, 'The address'),
            ipMode: opt(
              oneOf(['VIP', 'Proxy']),
              'VIP unless said otherwise; Proxy: nodes do not take the address for their own',
            ),
            hostname: opt(z.string({ error: 'a name' }), 'A name leads nowhere in a node'),
          }),
        ],
        'an IP address, or a map with one',
      ),
    ),
    'status.loadBalancer.ingress: addresses of the load balancer',
  ),
  allocateLoadBalancerNodePorts: opt(bool, 'false: a load balancer that needs no node ports'),
  publishNotReadyAddresses: opt(bool, 'true: pods count as ready endpoints whether they are or not'),
  trafficDistribution: opt(
    oneOf(['PreferClose', 'PreferSameZone', 'PreferSameNode']),
    'Which endpoints a node prefers where there are some',
  ),
});
