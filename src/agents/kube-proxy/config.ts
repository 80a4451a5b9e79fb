import type { IpPrefix } from '../../address/index.js';

/**
 * kube-proxy's configuration, as far as it decides about what is installed (KubeProxyConfiguration,
 * kubeproxy.config.k8s.io/v1alpha1).
 */
export interface KubeProxyConfig {
  /** `--masquerade-all`. */
  readonly masqueradeAll: boolean;
  /** `masqueradeBit` of the mode, 14 unless given. */
  readonly masqueradeBit: number;
  readonly detectLocal: DetectLocal;
  /** `--nodeport-addresses`; empty: all addresses of the node. */
  readonly nodePortAddresses: readonly IpPrefix[];
  /** `iptables.localhostNodePorts`, true unless given. */
  readonly localhostNodePorts: boolean;
  /** Whether iptables knows MASQUERADE's `--random-fully`: from 1.6.2. */
  readonly randomFully: boolean;
  /** Whether nfacct counters could be made: needs k8s 1.32 and the module nfnetlink_acct. */
  readonly nfacct: boolean;
  readonly ipvs: IpvsConfig;
}

/** How a node's own pods are told from other clients (`--detect-local-mode`). */
export type DetectLocal =
  /** By the source: `--cluster-cidr`. */
  | { readonly mode: 'ClusterCIDR'; readonly cidrs: readonly IpPrefix[] }
  /** By the source: the node's own podCIDR. */
  | { readonly mode: 'NodeCIDR' }
  | { readonly mode: 'BridgeInterface'; readonly bridge: string }
  | { readonly mode: 'InterfaceNamePrefix'; readonly prefix: string }
  /** Nothing tells them: ClusterCIDR without one. */
  | { readonly mode: 'none' };

/** `ipvs:` of the configuration. */
export interface IpvsConfig {
  /** `rr` unless given. */
  readonly scheduler: string;
  /** Answers ARP for the addresses of the asked device alone. */
  readonly strictARP: boolean;
  /** Virtual services of these addresses are others' and left alone. */
  readonly excludeCIDRs: readonly IpPrefix[];
}

/** The defaults of k8s 1.30 on a node without nfacct. */
export const DEFAULT_PROXY_CONFIG: KubeProxyConfig = {
  masqueradeAll: false,
  masqueradeBit: 14,
  detectLocal: { mode: 'none' },
  nodePortAddresses: [],
  localhostNodePorts: true,
  randomFully: true,
  nfacct: false,
  ipvs: { scheduler: 'rr', strictARP: false, excludeCIDRs: [] },
};

/** The mark as kube-proxy writes it, Go's `%#08x`: 0x004000. */
export function masqueradeMark({ masqueradeBit }: Pick<KubeProxyConfig, 'masqueradeBit'>): string {
  return `0x${(2 ** masqueradeBit).toString(16).padStart(6, '0')}`;
}
