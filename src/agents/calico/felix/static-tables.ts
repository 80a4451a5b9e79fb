import { formatIpv4 } from '../../../address/index.js';
import { IPIP, VXLAN } from '../tunnel.js';
import { allBits } from './marks.js';
import {
  clearMark,
  ESTABLISHED,
  FROM_WORKLOAD,
  inSet,
  isClear,
  isMarked,
  isNotClear,
  notInSet,
  setMark,
} from './match.js';
import { CHAIN, IPSET } from './names.js';
import { type FelixChain, type FelixRule, jump } from './rule.js';
import type { RuleSettings } from './settings.js';

// The chains of tables raw, mangle and nat that depend on no endpoint (felix 3.21 rules/static.go, rules/nat.go). IPv4,
// without WireGuard and OpenStack.

const HOST_ACCEPTED = 'Host endpoint policy accepted packet.';

/** No pod may send from an address that is not routed to it, whatever its policies say. */
export function staticRawChains({ marks }: RuleSettings): FelixChain[] {
  const accepted = { match: [isMarked(marks.accept)], action: '--jump ACCEPT' };
  return [
    {
      name: 'cali-PREROUTING',
      rules: [
        { action: clearMark(allBits(marks)) },
        { match: [FROM_WORKLOAD], action: setMark(marks.scratch0) },
        { match: [isMarked(marks.scratch0), '-m rpfilter --invert --validmark'], action: '--jump DROP' },
        { match: [isClear(marks.scratch0)], ...jump(CHAIN.fromHost) },
        accepted,
      ],
    },
    { name: 'cali-OUTPUT', rules: [{ action: clearMark(allBits(marks)) }, jump(CHAIN.toHost), accepted] },
  ];
}

export function staticMangleChains(settings: RuleSettings): FelixChain[] {
  const { marks, felix, ipvs } = settings;
  const allow = felix.iptablesMangleAllowAction === 'Return' ? '--jump RETURN' : '--jump ACCEPT';
  const accepted = isMarked(marks.accept);
  return [
    {
      name: 'cali-PREROUTING',
      rules: [
        { match: [ESTABLISHED], action: allow },
        { match: [accepted], action: allow },
        jump(CHAIN.fromHost),
        { match: [accepted], action: allow, comment: HOST_ACCEPTED },
      ],
    },
    {
      name: 'cali-POSTROUTING',
      rules: [
        { match: [accepted], action: '--jump RETURN' },
        ...(ipvs ? [{ match: [isNotClear(marks.endpoint)], action: '--jump RETURN' }] : []),
        { action: clearMark(allBits(marks)) },
        { match: ['-m conntrack --ctstate DNAT'], ...jump(CHAIN.toHost) },
        { match: [accepted], action: '--jump RETURN', comment: HOST_ACCEPTED },
      ],
    },
  ];
}

export function staticNatChains(settings: RuleSettings): FelixChain[] {
  const tunnels = [
    ...(settings.ipip && settings.ipipAddress ? [IPIP.device] : []),
    ...(settings.vxlan && settings.vxlanAddress ? [VXLAN.device] : []),
  ];
  return [
    { name: 'cali-PREROUTING', rules: [jump(CHAIN.fipDnat)] },
    {
      name: 'cali-POSTROUTING',
      rules: [jump(CHAIN.fipSnat), jump(CHAIN.natOutgoing), ...tunnels.map(tunnelMasquerade)],
    },
    { name: 'cali-OUTPUT', rules: [jump(CHAIN.fipDnat)] },
    // Floating IPs are of OpenStack, and of an annotation that needs a switch in the CNI configuration.
    { name: CHAIN.fipDnat, rules: [] },
    { name: CHAIN.fipSnat, rules: [] },
    { name: CHAIN.natOutgoing, rules: natOutgoingRules(settings) },
  ];
}

/** The node itself sends from the tunnel's address, whatever its program was bound to, as only that has a way back. */
function tunnelMasquerade(dev: string): FelixRule {
  return {
    match: [
      `--out-interface ${dev}`,
      '-m addrtype ! --src-type LOCAL --limit-iface-out',
      '-m addrtype --src-type LOCAL',
    ],
    action: MASQUERADE,
  };
}

/** Features of iptables 1.6.2 and a kernel of 3.14. */
const RANDOM = ' --random-fully';
const MASQUERADE = `--jump MASQUERADE${RANDOM}`;

/** From a pool with natOutgoing to whatever is in no pool: NATOutgoingChain(). Nodes are in none. */
function natOutgoingRules({ natOutgoing, felix }: RuleSettings): FelixRule[] {
  if (!natOutgoing) return [];
  const { natOutgoingAddress: address, natPortRange: range } = felix;
  const out = [inSet(IPSET.masqPools, 'src'), notInSet(IPSET.allPools, 'dst')];
  const source = address === undefined ? undefined : formatIpv4(address);
  const plain = source === undefined ? MASQUERADE : `--jump SNAT --to-source ${source}${RANDOM}`;
  if (range === undefined) return [{ match: out, action: plain }];
  const ports = `${range.min}-${range.max}`;
  const ranged =
    source === undefined
      ? `--jump MASQUERADE --to-ports ${ports}${RANDOM}`
      : `--jump SNAT --to-source ${source}:${ports}${RANDOM}`;
  const ofProtocol = (protocol: string): FelixRule[] => [
    { match: [...out, `-p ${protocol}`], action: ranged },
    { match: [...out, `-p ${protocol}`], action: '--jump RETURN' },
  ];
  return [...ofProtocol('tcp'), ...ofProtocol('udp'), { match: out, action: plain }];
}
