import { sha256Base32 } from '../../digest.js';

/** As many characters of a hash as go into a chain's name. */
const HASH_LENGTH = 16;

/** Chains of one service port: their prefix says what they are for. */
export type ServiceChain = 'KUBE-SVC-' | 'KUBE-SVL-' | 'KUBE-FW-' | 'KUBE-EXT-';

/** A chain of a service port: prefix and hash of `ns/name:port` and protocol (portProtoHash(), k8s 1.30 proxier.go). */
export function serviceChain(prefix: ServiceChain, servicePort: string, protocol: string): string {
  return prefix + sha256Base32(servicePort + protocol).slice(0, HASH_LENGTH);
}

/** The chain of one endpoint, `ip:port`, of a service port (servicePortEndpointChainName()). */
export function endpointChain(servicePort: string, protocol: string, endpoint: string): string {
  return `KUBE-SEP-${sha256Base32(servicePort + protocol + endpoint).slice(0, HASH_LENGTH)}`;
}

/** `-m statistic --probability` for the first of `n` endpoints that are left: `%0.10f` of 1/n (computeProbability()). */
export function probability(n: number): string {
  return (1 / n).toFixed(10);
}

/** The prefixes of all chains that belong to a service port or an endpoint (isServiceChainName()). */
export const SERVICE_CHAIN_PREFIXES = ['KUBE-SVC-', 'KUBE-SVL-', 'KUBE-SEP-', 'KUBE-FW-', 'KUBE-EXT-'] as const;
