import { sha1Hex } from '../digest.js';

/** The network's name in the published 10-calico.conflist. */
export const NETWORK_NAME = 'k8s-pod-network';

/** First of FELIX_INTERFACEPREFIX: how Felix and BIRD know which links are pods'. */
export const WORKLOAD_PREFIX = 'cali';

/**
 * Name of a pod's link on its node: `cali` and 11 hex digits of SHA-1 of `namespace.pod` (libcalico-go 3.21
 * lib/backend/k8s/conversion VethNameForWorkload()).
 */
export function workloadVeth(namespace: string, pod: string): string {
  return `${WORKLOAD_PREFIX}${sha1Hex(`${namespace}.${pod}`).slice(0, 11)}`;
}
