import { sha256 } from '@noble/hashes/sha2.js';
import { base64Url } from '../../digest.js';

/** MaxChainNameLength: what iptables takes. */
const MAX_CHAIN_NAME = 28;

/**
 * A name of prefix and suffix where iptables takes it, else of the prefix and a hash of the suffix (felix 3.21
 * hashutils/id.go GetLengthLimitedID()). A suffix that could be mistaken for a hash is hashed too.
 */
export function chainName(prefix: string, suffix: string): string {
  const length = prefix.length + suffix.length;
  if (length < MAX_CHAIN_NAME || (length === MAX_CHAIN_NAME && !suffix.startsWith('_'))) return prefix + suffix;
  const hash = base64Url(sha256(new TextEncoder().encode(suffix)));
  return `${prefix}_${hash.slice(0, MAX_CHAIN_NAME - 1 - prefix.length)}`;
}

/** Prefixes of chains that are made for an endpoint or a profile (rules/rule_defs.go). */
export const PREFIX = {
  toWorkload: 'cali-tw-',
  fromWorkload: 'cali-fw-',
  setMark: 'cali-sm-',
  profileInbound: 'cali-pri-',
  profileOutbound: 'cali-pro-',
} as const;

/** Chains that several rules lead to. */
export const CHAIN = {
  fromWorkload: 'cali-from-wl-dispatch',
  toWorkload: 'cali-to-wl-dispatch',
  workloadToHost: 'cali-wl-to-host',
  fromHost: 'cali-from-host-endpoint',
  toHost: 'cali-to-host-endpoint',
  fromHostForward: 'cali-from-hep-forward',
  toHostForward: 'cali-to-hep-forward',
  cidrBlock: 'cali-cidr-block',
  fipDnat: 'cali-fip-dnat',
  fipSnat: 'cali-fip-snat',
  natOutgoing: 'cali-nat-outgoing',
  setEndpointMark: 'cali-set-endpoint-mark',
  fromEndpointMark: 'cali-from-endpoint-mark',
  forwardCheck: 'cali-forward-check',
  forwardEndpointMark: 'cali-forward-endpoint-mark',
} as const;

/** IP sets of IPv4 that are there without any policy (NameForMainIPSet() of their ids). */
export const IPSET = {
  allPools: 'cali40all-ipam-pools',
  masqPools: 'cali40masq-ipam-pools',
  allHosts: 'cali40all-hosts-net',
  allVxlan: 'cali40all-vxlan-net',
  thisHost: 'cali40this-host',
} as const;
