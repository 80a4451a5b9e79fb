import type { Ipv4Prefix } from '../../../address/index.js';

/** kube-proxy's configuration in iptables mode, as far as it decides about rules. */
export interface IptablesProxyConfig {
  /** `--masquerade-all`. */
  readonly masqueradeAll: boolean;
  /** `--cluster-cidr`, for `--detect-local-mode` ClusterCIDR; undefined: nothing tells pods from others. */
  readonly clusterCIDR: Ipv4Prefix | undefined;
  /** `iptables.masqueradeBit`, 14 unless given. */
  readonly masqueradeBit: number;
  /** `iptables.localhostNodePorts`, true unless given. */
  readonly localhostNodePorts: boolean;
  /** Whether iptables knows MASQUERADE's `--random-fully`: from 1.6.2. */
  readonly randomFully: boolean;
  /** Whether nfacct counters could be made: needs k8s 1.32 and the module nfnetlink_acct. */
  readonly nfacct: boolean;
}

/** The defaults of k8s 1.30 on a node without nfacct. */
export const DEFAULT_PROXY_CONFIG: IptablesProxyConfig = {
  masqueradeAll: false,
  clusterCIDR: undefined,
  masqueradeBit: 14,
  localhostNodePorts: true,
  randomFully: true,
  nfacct: false,
};

/** The mark as kube-proxy writes it, Go's `%#08x`: 0x004000. */
export function masqueradeMark({ masqueradeBit }: IptablesProxyConfig): string {
  return `0x${(2 ** masqueradeBit).toString(16).padStart(6, '0')}`;
}
