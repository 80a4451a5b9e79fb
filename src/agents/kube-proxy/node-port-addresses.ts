import {
  covers,
  formatAddress,
  type IpAddress,
  type IpPrefix,
  isIpv4Prefix,
  LOOPBACK,
  overlaps,
  prefixOf,
} from '../../address/index.js';
import type { Family } from './service-port.js';

const LOOPBACK_NET = prefixOf(LOOPBACK, 8);

/**
 * On which addresses of a node its node ports are served: `--nodeport-addresses`, of which none for a family means all
 * (proxyutil.NodePortAddresses, k8s 1.30 pkg/proxy/util/nodeport_addresses.go).
 */
export class NodePortAddresses {
  readonly #cidrs: readonly IpPrefix[];
  readonly #family: Family;

  constructor(cidrs: readonly IpPrefix[], family: Family) {
    this.#family = family;
    this.#cidrs = cidrs.filter((cidr) => isIpv4Prefix(cidr) === (family === 'ip'));
  }

  /** Whether all addresses are meant, also those that the node gets later. */
  get matchAll(): boolean {
    return this.#cidrs.length === 0 || this.#cidrs.some((cidr) => cidr.length === 0);
  }

  /** Whether some of 127.0.0.0/8 is among them. */
  get containsIpv4Loopback(): boolean {
    if (this.#family === 'ip6') return false;
    return this.matchAll || this.#cidrs.some((cidr) => overlapsLoopback(cidr));
  }

  /** Those of a node's addresses that are meant, each once. */
  nodeIPs(addresses: readonly IpAddress[]): string[] {
    const meant = this.#cidrs.flatMap((cidr) => addresses.filter((address) => covers(cidr, address)));
    return [...new Set(meant.map(formatAddress))];
  }
}

function overlapsLoopback(cidr: IpPrefix): boolean {
  return isIpv4Prefix(cidr) && overlaps(cidr, LOOPBACK_NET);
}
