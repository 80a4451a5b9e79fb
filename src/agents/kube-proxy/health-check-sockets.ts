import { type Ipv4, parseIpv4 } from '../../address/index.js';
import { type AgentContext, callsOn, ownNetns, type Steps } from '../agent.js';
import type { KubeProxyConfig } from './config.js';
import { NodePortAddresses } from './node-port-addresses.js';
import { serviceMap, serviceOf } from './service-map.js';

const ANY = 0 as Ipv4;

/**
 * Opens the healthCheckNodePorts, after a sync of either mode: on all nodes, whether or not they have an endpoint, which
 * the answer tells. On all addresses, by one socket for both families as Go's net.Listen() makes it, unless
 * nodePortAddresses names some (newServiceHealthServer(), SyncServices(), k8s 1.30
 * pkg/proxy/healthcheck/service_health.go). What is not followed: kube-proxy closes the port of a Service that went.
 */
export function* openHealthChecks(context: AgentContext, { nodePortAddresses }: KubeProxyConfig): Steps {
  const { cluster, self } = context;
  const meant = new NodePortAddresses(nodePortAddresses, 'ip');
  const { ipv4 } = ownNetns(context);
  const own = meant.matchAll ? [] : meant.nodeIPs(ipv4.addresses.map(({ local }) => local));
  const addresses = meant.matchAll ? [ANY] : own.map(parseIpv4).filter((each) => each !== undefined);
  const ports = new Map<number, string>();
  for (const entry of serviceMap(cluster, 'ip').entries) ports.set(entry.port.healthCheckNodePort, serviceOf(entry));
  ports.delete(0);
  for (const [port, service] of ports) {
    const call = callsOn(self.name, { by: 'kube-proxy', object: `service/${service}` });
    for (const address of addresses) {
      const common = { protocol: 'tcp', address, port, behaviour: 'reply', bytes: undefined } as const;
      const open = ownNetns(context).sockets.some((each) => each.port === port && each.address === address);
      if (!open)
        yield call({ call: 'socket listen', socket: meant.matchAll ? { ...common, dualStack: true } : common });
    }
  }
}
