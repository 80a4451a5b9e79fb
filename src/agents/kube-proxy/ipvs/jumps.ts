import type { TableName } from '../../../linux/index.js';
import type { Steps } from '../../agent.js';
import { ensureChain, ensureRule, type IptablesUser } from '../../iptables.js';

/** iptablesChains, in their order (k8s 1.30 pkg/proxy/ipvs/proxier.go). */
export const CHAINS: readonly { readonly table: 'nat' | 'filter'; readonly chain: string }[] = [
  { table: 'nat', chain: 'KUBE-SERVICES' },
  { table: 'nat', chain: 'KUBE-POSTROUTING' },
  { table: 'nat', chain: 'KUBE-NODE-PORT' },
  { table: 'nat', chain: 'KUBE-LOAD-BALANCER' },
  { table: 'nat', chain: 'KUBE-MARK-MASQ' },
  { table: 'filter', chain: 'KUBE-FORWARD' },
  { table: 'filter', chain: 'KUBE-NODE-PORT' },
  { table: 'filter', chain: 'KUBE-PROXY-FIREWALL' },
  { table: 'filter', chain: 'KUBE-SOURCE-RANGES-FIREWALL' },
  { table: 'filter', chain: 'KUBE-IPVS-FILTER' },
  { table: 'filter', chain: 'KUBE-IPVS-OUT-FILTER' },
];

/** A jump from a built-in chain to one of kube-proxy's. */
interface Jump {
  readonly table: TableName;
  readonly from: string;
  readonly to: string;
  readonly comment: string;
}

const PORTALS = 'kubernetes service portals';
const FIREWALL = 'kube-proxy firewall rules';
const ACCESS = 'kubernetes ipvs access filter';

/** iptablesJumpChain, in its order. */
const JUMPS: readonly Jump[] = [
  { table: 'nat', from: 'OUTPUT', to: 'KUBE-SERVICES', comment: PORTALS },
  { table: 'nat', from: 'PREROUTING', to: 'KUBE-SERVICES', comment: PORTALS },
  { table: 'nat', from: 'POSTROUTING', to: 'KUBE-POSTROUTING', comment: 'kubernetes postrouting rules' },
  { table: 'filter', from: 'FORWARD', to: 'KUBE-FORWARD', comment: 'kubernetes forwarding rules' },
  { table: 'filter', from: 'INPUT', to: 'KUBE-NODE-PORT', comment: 'kubernetes health check rules' },
  { table: 'filter', from: 'INPUT', to: 'KUBE-PROXY-FIREWALL', comment: FIREWALL },
  { table: 'filter', from: 'FORWARD', to: 'KUBE-PROXY-FIREWALL', comment: FIREWALL },
  { table: 'filter', from: 'INPUT', to: 'KUBE-IPVS-FILTER', comment: ACCESS },
  { table: 'filter', from: 'OUTPUT', to: 'KUBE-IPVS-OUT-FILTER', comment: ACCESS },
];

/**
 * Ensures kube-proxy's chains and then the jumps to them, each before the rules that the chain has. A chain that can't be
 * made leaves the jumps out, a jump that can't be made only itself; the sync goes on (createAndLinkKubeChain()).
 */
export function* ensureChainsAndJumps(user: IptablesUser): Steps {
  for (const { table, chain } of CHAINS) if (!(yield* ensureChain(user, table, chain))) return;
  for (const { table, from, to, comment } of JUMPS)
    yield* ensureRule(user, 'prepend', table, from, ['-m', 'comment', '--comment', comment, '-j', to]);
}
