import type { Sysctls } from './sysctl.js';

/** Of each device, and of `all` and `default`: name → the value under which nothing is missing. */
const CONF: ReadonlyMap<string, number> = new Map([
  ['bc_forwarding', 0],
  ['drop_gratuitous_arp', 0],
  ['medium_id', 0],
]);

/** Of each device, below net/ipv4/neigh. */
const NEIGH: ReadonlyMap<string, string> = new Map([
  ['app_solicit', '0'],
  ['base_reachable_time_ms', '30000'],
  ['delay_first_probe_time', '5'],
  ['mcast_resolicit', '0'],
  ['mcast_solicit', '3'],
  ['ucast_solicit', '3'],
  ['unres_qlen_bytes', '212992'],
]);

/** All others: path → the values under which nothing is missing. */
const OTHERS: ReadonlyMap<string, readonly string[]> = new Map([
  ['net/bridge/bridge-nf-filter-pppoe-tagged', ['0']],
  ['net/bridge/bridge-nf-filter-vlan-tagged', ['0']],
  ['net/bridge/bridge-nf-pass-vlan-input-dev', ['0']],
  // 2 and 3 hash other fields (fib_multipath_hash()): which packets go the same way is then another question.
  ['net/ipv4/fib_multipath_hash_policy', ['0', '1']],
  ['net/ipv4/fib_multipath_use_neigh', ['0']],
  ['net/ipv4/ip_forward_update_priority', ['1']],
  ['net/ipv4/ip_local_reserved_ports', ['']],
  ['net/ipv4/ip_nonlocal_bind', ['0']],
  ['net/ipv4/ipfrag_max_dist', ['64']],
  ['net/ipv4/ipfrag_time', ['30']],
  ['net/ipv4/route/min_pmtu', ['552']],
  ['net/ipv4/route/mtu_expires', ['600']],
  ['net/ipv4/tcp_syn_retries', ['6']],
  ['net/ipv4/tcp_synack_retries', ['5']],
  // Defences that depend on memory, or on being a backup; what is tunnelled or bypassed.
  ['net/ipv4/vs/cache_bypass', ['0']],
  ['net/ipv4/vs/drop_entry', ['0']],
  ['net/ipv4/vs/drop_packet', ['0']],
  ['net/ipv4/vs/ignore_tunneled', ['0']],
  ['net/ipv4/vs/secure_tcp', ['0']],
  ['net/netfilter/nf_conntrack_checksum', ['1']],
  ['net/netfilter/nf_conntrack_tcp_max_retrans', ['3']],
  ['net/netfilter/nf_conntrack_tcp_timeout_max_retrans', ['300']],
]);

/**
 * Sysctls that are kept and printed, but that the packet path does not obey though the kernel's does, where their
 * value asks for something else than what is done (the defaults are Linux 6.18's). Sorted by path.
 */
export function unobeyedSysctls(sysctls: Sysctls): [path: string, value: string][] {
  return sysctls.changed().filter(([path, value]) => {
    const [, kind, attribute = ''] = /^net\/ipv4\/(conf|neigh)\/[^/]+\/([^/]+)$/.exec(path) ?? [];
    const fine =
      kind === 'conf'
        ? [CONF.get(attribute) ?? value].map(String)
        : kind === 'neigh'
          ? [NEIGH.get(attribute) ?? value]
          : (OTHERS.get(path) ?? [value]);
    return !fine.includes(value.trim());
  });
}
