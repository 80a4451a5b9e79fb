export { type Agent, type AgentContext, callsOn, type Steps, type View } from './agent.js';
export { BIRD2_METRIC, birdRoutes } from './calico/bird.js';
export { defaultPool } from './calico/ipam.js';
export type { CniBackend, CniSetup, Machine, Off, PodNetwork } from './cni/backend.js';
export { formatConflist, readConflist } from './cni/conflist.js';
export type { OptionProblem, OptionSpec, OptionSpecs } from './cni/options.js';
export type { CniArgs } from './cni/plugin.js';
export { formatSubnetEnv, readSubnetEnv } from './cni/subnet-env.js';
export { containerRuntime, podNetns, sandboxId } from './container-runtime.js';
export { sha256Hex } from './digest.js';
export { readNetConf } from './flannel/net-conf.js';
export { DEFAULT_PROXY_CONFIG, type DetectLocal, type KubeProxyConfig } from './kube-proxy/config.js';
export {
  type CategorizedEndpoints,
  categorizeEndpoints,
  type EndpointInfo,
  type EndpointsMap,
  endpointsKey,
  endpointsMap,
} from './kube-proxy/endpoint.js';
export { healthCheck } from './kube-proxy/health-check.js';
export { endpointChain, serviceChain } from './kube-proxy/iptables/names.js';
export { kubeProxyIptables, type ProxierState, resyncIptables } from './kube-proxy/iptables/proxier.js';
export { DUMMY as KUBE_IPVS0 } from './kube-proxy/ipvs/node.js';
export { deleteDrained, kubeProxyIpvs, kubeProxyIpvsResync, syncIpvs } from './kube-proxy/ipvs/proxier.js';
export type { Connections, ProxierMemory } from './kube-proxy/ipvs/servers.js';
export {
  externallyAccessible,
  type Family,
  PROTOCOLS,
  type ServicePortInfo,
  servicePortName,
  servicePorts,
} from './kube-proxy/service-port.js';
export { kubelet, nodePrerequisites } from './kubelet.js';
export { cniBackend, cniBackends, registerCni } from './registry.js';
