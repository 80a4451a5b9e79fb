import {
  type Agent,
  type CniSetup,
  containerRuntime,
  kubelet,
  kubeProxyIptables,
  kubeProxyIpvs,
  kubeProxyIpvsResync,
  nodePrerequisites,
} from '../agents/index.js';
import type { Lab } from './lab.js';

/**
 * What starts on a node, and in which order: it decides the order of rules in chains that several programs write to.
 * kubelet is first, as it starts the others; flanneld and kube-proxy are on the host network, so they need no CNI; pods
 * come last, once a CNI configuration is there. IPVS mode depends on the node's addresses, so it is synced again then.
 */
const START_ORDER = ['sysctl.d', 'kubelet', 'cni', 'kube-proxy', 'containerd', 'cni late', 'kube-proxy sync'] as const;

type StartStep = (typeof START_ORDER)[number];

/** The programs of every node of a lab, in {@link START_ORDER}. What a node switches off is left out there. */
export function agentsOf(lab: Lab, cni: CniSetup): readonly Agent[] {
  return START_ORDER.flatMap((step) => agentsOfStep(step, lab, cni));
}

function agentsOfStep(step: StartStep, lab: Lab, cni: CniSetup): readonly Agent[] {
  const { mode, config } = lab.kubeProxy;
  switch (step) {
    case 'sysctl.d':
      return [nodePrerequisites];
    case 'kubelet':
      return lab.kubelet === 'on' ? [kubelet] : [];
    case 'cni':
      return cni.agents;
    case 'kube-proxy':
      return mode === 'none' ? [] : [mode === 'ipvs' ? kubeProxyIpvs(config) : kubeProxyIptables(config)];
    case 'containerd':
      return [containerRuntime(cni)];
    case 'cni late':
      return cni.late ?? [];
    case 'kube-proxy sync':
      return mode === 'ipvs' ? [kubeProxyIpvsResync(config)] : [];
  }
}

/** What can be switched off on a node besides the network's own parts. Without the others there would be no pods. */
export const SWITCHABLE: readonly string[] = ['kubelet', 'kube-proxy'];
