import type { IpAddress } from '../../../address/index.js';
import type { RestoreChunk } from '../../../plan/index.js';
import type { KubeProxyConfig } from '../config.js';
import { chainLines, chunk, forward, masquerade } from '../shared-rules.js';
import type { SyncConfig } from './sync-config.js';

/** The parts of the restore text that are there without any Service (syncProxyRules(), k8s 1.30 proxier.go). */
export interface BaseRules {
  readonly filterChains: RestoreChunk;
  /** Before the rules of Services. */
  readonly filterHead: readonly RestoreChunk[];
  readonly filterTail: readonly RestoreChunk[];
  readonly natChains: RestoreChunk;
  readonly natHead: RestoreChunk;
  /** After the rules of Services. */
  readonly natTail: RestoreChunk;
}

const FILTER_CHAINS = [
  'KUBE-SERVICES',
  'KUBE-EXTERNAL-SERVICES',
  'KUBE-FORWARD',
  'KUBE-NODEPORTS',
  'KUBE-PROXY-FIREWALL',
];
const NAT_CHAINS = ['KUBE-SERVICES', 'KUBE-NODEPORTS', 'KUBE-POSTROUTING', 'KUBE-MARK-MASQ'];

/** The comment of the rules for node ports, which have to be the last of their chain. */
const NODE_PORTS = '"kubernetes service nodeports; NOTE: this must be the last rule in this chain"';

/** What a node's own state says in the base. */
export interface NodeState {
  /** Its addresses, of which `--nodeport-addresses` may take some. */
  readonly addresses: readonly IpAddress[];
  /** nf_conntrack_tcp_be_liberal, as it was when kube-proxy started. */
  readonly tcpLiberal: boolean;
}

/** The base of the text. */
export function baseRules(config: SyncConfig, state: NodeState): BaseRules {
  const local = config.localhostNodePorts;
  return {
    filterChains: chunk('base chains', [
      '*filter',
      ...chainLines(local ? [...FILTER_CHAINS, 'KUBE-FIREWALL'] : FILTER_CHAINS),
    ]),
    filterHead: local ? [firewall()] : [],
    filterTail: [...(state.tcpLiberal ? [] : [invalid(config)]), forward(config)],
    natChains: chunk('base chains', ['*nat', ...chainLines(NAT_CHAINS)]),
    natHead: masquerade(config),
    natTail: chunk(
      'node ports',
      nodePortDestinations(config, state.addresses).map(
        (to) => `-A KUBE-SERVICES -m comment --comment ${NODE_PORTS} ${to} -j KUBE-NODEPORTS`,
      ),
    ),
  };
}

/** Where node ports are served; on localhost only where a route to it is allowed, which IPv6 has nothing for. */
function nodePortDestinations(
  { nodePorts, family, localhostNodePorts }: SyncConfig,
  addresses: readonly IpAddress[],
): string[] {
  if (nodePorts.matchAll) {
    const not = family === 'ip6' ? ' ! -d ::1/128' : localhostNodePorts ? '' : ' ! -d 127.0.0.0/8';
    return [`-m addrtype --dst-type LOCAL${not}`];
  }
  const usable = nodePorts.nodeIPs(addresses).filter((ip) => localhostNodePorts || !/^(127\.|::1$)/.test(ip));
  return usable.map((ip) => `-d ${ip}`);
}

/**
 * Removes chains: declaring one empties it, and nothing refers to it any more once the other rules are written. The
 * deletions go before the last rules of KUBE-SERVICES.
 */
export function staleChains(stale: readonly string[]): {
  readonly chains: readonly RestoreChunk[];
  readonly deletions: readonly RestoreChunk[];
} {
  if (stale.length === 0) return { chains: [], deletions: [] };
  const lines = stale.map((chain) => `-X ${chain}`);
  return { chains: [chunk('stale chains', chainLines(stale))], deletions: [chunk('stale chains', lines)] };
}

/** The same rule as kubelet's: route_localnet would let neighbours talk to 127.0.0.1. */
function firewall(): RestoreChunk {
  return chunk('localhost node ports', [
    '-A KUBE-FIREWALL -m comment --comment "block incoming localnet connections" -d 127.0.0.0/8 ! -s 127.0.0.0/8 ' +
      '-m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP',
  ]);
}

/**
 * What fits no connection is dropped, as NAT would not translate it. Left out where nf_conntrack_tcp_be_liberal is set,
 * which no lab starts with.
 */
function invalid({ nfacct }: KubeProxyConfig): RestoreChunk {
  const count = nfacct ? ' -m nfacct --nfacct-name ct_state_invalid_dropped_pkts' : '';
  const line = `-A KUBE-FORWARD -m conntrack --ctstate INVALID${count} -j DROP`;
  return chunk('forwarding rules', [line], { reason: 'CT_INVALID' });
}
