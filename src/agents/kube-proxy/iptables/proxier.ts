import type { Cluster, Node } from '../../../cluster/index.js';
import type { RestoreChunk } from '../../../plan/index.js';
import { type Agent, callsOn, ownNetns, type Steps } from '../../agent.js';
import { canary } from '../../iptables.js';
import type { KubeProxyConfig } from '../config.js';
import { localDetector } from '../detect-local.js';
import { categorizeEndpoints, endpointsKey, endpointsMap } from '../endpoint.js';
import { servicePorts } from '../service-port.js';
import { baseRules, COMMIT } from './base-rules.js';
import { ensureJumps } from './jumps.js';
import { type ServiceRules, serviceRules } from './service-rules.js';

/** largeClusterEndpointsThreshold. */
const LARGE_CLUSTER = 1000;

/**
 * kube-proxy in iptables mode: its first, full sync (k8s 1.30 pkg/proxy/iptables/proxier.go). IPv4 only.
 *
 * Not set are its conntrack sysctls: the table's size follows the machine's cores, and nothing here reads the timeouts.
 */
export function kubeProxyIptables(config: KubeProxyConfig): Agent {
  return {
    name: 'kube-proxy',
    *install(context): Steps {
      const { view, self, cluster } = context;
      const call = callsOn(self.name, { by: 'kube-proxy', object: 'localhost node ports' });
      const path = 'net/ipv4/conf/all/route_localnet';
      if (config.localhostNodePorts && ownNetns(context).sysctls.get(path) !== '1')
        if ((yield call({ call: 'sysctl set', path, value: '1' })) !== undefined) return;
      yield* canary({ view, netns: self.name, origin: { by: 'kube-proxy', object: 'canary' } }, 'KUBE-PROXY-CANARY');
      if (!(yield* ensureJumps({ view, netns: self.name, origin: { by: 'kube-proxy', object: 'base chains' } })))
        return;
      yield callsOn(self.name, { by: 'kube-proxy', object: 'all Services' })({
        call: 'iptables-restore',
        family: 'ip',
        flush: 'noflush',
        chunks: syncText(cluster, self, config),
      });
    },
  };
}

/** The text of a full sync on one node, in chunks by object. */
export function syncText(
  cluster: Cluster,
  node: Pick<Node, 'name' | 'labels' | 'podCIDR'>,
  config: KubeProxyConfig,
): readonly RestoreChunk[] {
  const endpoints = endpointsMap(cluster, 'ip');
  const ports = servicePorts(cluster, 'ip').map((port) => ({
    port,
    endpoints: endpoints.get(endpointsKey(port)) ?? [],
  }));
  const total = ports.reduce((sum, { endpoints: all }) => sum + all.length, 0);
  const detector = localDetector(config.detectLocal, 'ip', node);
  const sync = { ...config, detector, large: total > LARGE_CLUSTER };
  const services = ports.map(({ port, endpoints: all }) =>
    serviceRules(port, categorizeEndpoints(all, port, node).cluster, sync),
  );
  const part = (name: keyof ServiceRules): readonly RestoreChunk[] => services.flatMap((rules) => rules[name]);
  const base = baseRules(config);
  return [
    ...[base.filterChains, ...base.filterHead, ...part('filter'), ...base.filterTail, COMMIT],
    ...[base.natChains, ...part('natChains'), base.natHead, ...part('natRules'), base.natTail, COMMIT],
  ];
}
