import type { TableName } from '../../../linux/index.js';
import type { Steps } from '../../agent.js';
import { ensureChain, ensureRule, type IptablesUser } from '../../iptables.js';

/** A jump from a built-in chain to one of kube-proxy's. */
interface Jump {
  readonly table: TableName;
  readonly from: string;
  readonly to: string;
  /** Empty for none. */
  readonly comment: string;
  readonly state: 'NEW' | 'any';
}

const EXTERNAL = 'kubernetes externally-visible service portals';
const PORTALS = 'kubernetes service portals';
const FIREWALL = 'kubernetes load balancer firewall';

/** iptablesJumpChains and iptablesKubeletJumpChains, in their order (k8s 1.30 pkg/proxy/iptables/proxier.go). */
const JUMPS: readonly Jump[] = [
  { table: 'filter', from: 'INPUT', to: 'KUBE-EXTERNAL-SERVICES', comment: EXTERNAL, state: 'NEW' },
  { table: 'filter', from: 'FORWARD', to: 'KUBE-EXTERNAL-SERVICES', comment: EXTERNAL, state: 'NEW' },
  {
    table: 'filter',
    from: 'INPUT',
    to: 'KUBE-NODEPORTS',
    comment: 'kubernetes health check service ports',
    state: 'any',
  },
  { table: 'filter', from: 'FORWARD', to: 'KUBE-SERVICES', comment: PORTALS, state: 'NEW' },
  { table: 'filter', from: 'OUTPUT', to: 'KUBE-SERVICES', comment: PORTALS, state: 'NEW' },
  { table: 'filter', from: 'FORWARD', to: 'KUBE-FORWARD', comment: 'kubernetes forwarding rules', state: 'any' },
  { table: 'filter', from: 'INPUT', to: 'KUBE-PROXY-FIREWALL', comment: FIREWALL, state: 'NEW' },
  { table: 'filter', from: 'OUTPUT', to: 'KUBE-PROXY-FIREWALL', comment: FIREWALL, state: 'NEW' },
  { table: 'filter', from: 'FORWARD', to: 'KUBE-PROXY-FIREWALL', comment: FIREWALL, state: 'NEW' },
  { table: 'nat', from: 'OUTPUT', to: 'KUBE-SERVICES', comment: PORTALS, state: 'any' },
  { table: 'nat', from: 'PREROUTING', to: 'KUBE-SERVICES', comment: PORTALS, state: 'any' },
  { table: 'nat', from: 'POSTROUTING', to: 'KUBE-POSTROUTING', comment: 'kubernetes postrouting rules', state: 'any' },
  { table: 'filter', from: 'INPUT', to: 'KUBE-FIREWALL', comment: '', state: 'any' },
  { table: 'filter', from: 'OUTPUT', to: 'KUBE-FIREWALL', comment: '', state: 'any' },
];

/**
 * Ensures the jumps, each before the rules that the chain has: so on a fresh node the last one comes first, and
 * whatever others appended stays behind. False when one is refused, which ends the sync.
 */
export function* ensureJumps(user: IptablesUser): Steps<boolean> {
  for (const { table, from, to, comment, state } of JUMPS) {
    if (!(yield* ensureChain(user, table, to))) return false;
    const spec = [
      ...(state === 'NEW' ? ['-m', 'conntrack', '--ctstate', 'NEW'] : []),
      ...(comment === '' ? [] : ['-m', 'comment', '--comment', comment]),
      ...['-j', to],
    ];
    if (!(yield* ensureRule(user, 'prepend', table, from, spec))) return false;
  }
  return true;
}
