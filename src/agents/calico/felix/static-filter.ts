import { allBits } from './marks.js';
import {
  clearMark,
  ESTABLISHED,
  FROM_WORKLOAD,
  IPIP_PACKET,
  inSet,
  isClear,
  isEndpoint,
  isMarked,
  isNotClear,
  notInSet,
  setMark,
  TO_WORKLOAD,
  toPort,
  vxlanPacket,
} from './match.js';
import { CHAIN, IPSET } from './names.js';
import { type FelixChain, type FelixRule, goto, jump } from './rule.js';
import type { RuleSettings } from './settings.js';

/** KubeNodePortRanges, unless configured. */
const NODE_PORTS = '30000:32767';
const POLICY_ACCEPTED = 'Policy explicitly accepted packet.';
const HOST_ACCEPTED = 'Host endpoint policy accepted packet.';
const FROM_LOCAL = '-m addrtype --src-type LOCAL';
const TO_LOCAL = '-m addrtype --dst-type LOCAL';

/**
 * The chains of table filter that depend on no endpoint (felix 3.21 rules/static.go StaticFilterTableChains()).
 *
 * Left out are the failsafe chains: nothing leads to them where there is no HostEndpoint, and Felix writes no chain that
 * nothing leads to (iptables/table.go chainRefCounts; older ones wrote them).
 */
export function staticFilterChains(settings: RuleSettings): FelixChain[] {
  return [
    { name: 'cali-FORWARD', rules: forwardRules(settings) },
    { name: 'cali-INPUT', rules: inputRules(settings) },
    { name: CHAIN.workloadToHost, rules: workloadToHostRules(settings) },
    ...(settings.ipvs ? [{ name: CHAIN.forwardCheck, rules: FORWARD_CHECK }] : []),
    { name: 'cali-OUTPUT', rules: outputRules(settings) },
    ...(settings.ipvs ? [{ name: CHAIN.forwardEndpointMark, rules: forwardEndpointMarkRules(settings) }] : []),
    { name: CHAIN.cidrBlock, rules: cidrBlockRules(settings) },
  ];
}

/** What is put at the end of FORWARD: accepted packets, and a mark for table mangle that the others were forwarded. */
export function forwardAppends(settings: RuleSettings): FelixRule[] {
  const { accept } = settings.marks;
  return [
    { match: [isMarked(accept)], action: filterAllow(settings), comment: POLICY_ACCEPTED },
    { action: setMark(accept) },
  ];
}

/** IptablesFilterAllowAction. */
export function filterAllow({ felix }: Pick<RuleSettings, 'felix'>): string {
  return felix.iptablesFilterAllowAction === 'Return' ? '--jump RETURN' : '--jump ACCEPT';
}

function forwardRules({ marks }: RuleSettings): FelixRule[] {
  return [
    { action: clearMark(allBits(marks) - marks.accept) },
    { match: [isClear(marks.accept)], ...jump(CHAIN.fromHostForward) },
    { match: [FROM_WORKLOAD], ...jump(CHAIN.fromWorkload) },
    { match: [TO_WORKLOAD], ...jump(CHAIN.toWorkload) },
    jump(CHAIN.toHostForward),
    jump(CHAIN.cidrBlock),
  ];
}

function inputRules(settings: RuleSettings): FelixRule[] {
  const { marks } = settings;
  return [
    ...tunnelInput(settings),
    ...(settings.ipvs
      ? [
          { action: clearMark(marks.endpoint) },
          jump(CHAIN.forwardCheck),
          { match: [isNotClear(marks.endpoint)], action: '--jump RETURN' },
        ]
      : []),
    { match: [FROM_WORKLOAD], action: goto(CHAIN.workloadToHost) },
    { match: [isMarked(marks.accept)], action: filterAllow(settings) },
    { action: clearMark(allBits(marks)) },
    jump(CHAIN.fromHost),
    { match: [isMarked(marks.accept)], action: filterAllow(settings), comment: HOST_ACCEPTED },
  ];
}

/** Only nodes of the cluster may send encapsulated packets. */
function tunnelInput(settings: RuleSettings): FelixRule[] {
  const allow = filterAllow(settings);
  const rules: FelixRule[] = [];
  if (settings.ipip)
    rules.push(
      {
        match: [IPIP_PACKET, inSet(IPSET.allHosts, 'src'), TO_LOCAL],
        action: allow,
        comment: 'Allow IPIP packets from Calico hosts',
      },
      { match: [IPIP_PACKET], action: '--jump DROP', comment: 'Drop IPIP packets from non-Calico hosts' },
    );
  if (settings.vxlan) {
    const packet = vxlanPacket(settings.felix.vxlanPort);
    rules.push(
      {
        match: [...packet, inSet(IPSET.allVxlan, 'src'), TO_LOCAL],
        action: allow,
        comment: 'Allow VXLAN packets from whitelisted hosts',
      },
      {
        match: [...packet, TO_LOCAL],
        action: '--jump DROP',
        comment: 'Drop VXLAN packets from non-whitelisted hosts',
      },
    );
  }
  return rules;
}

/** From a pod to its own node: its egress policy, then DefaultEndpointToHostAction. */
function workloadToHostRules({ felix }: RuleSettings): FelixRule[] {
  const action = felix.defaultEndpointToHostAction.toUpperCase();
  return [jump(CHAIN.fromWorkload), { action: `--jump ${action}`, comment: 'Configured DefaultEndpointToHostAction' }];
}

function outputRules(settings: RuleSettings): FelixRule[] {
  const { marks } = settings;
  return [
    { match: [isMarked(marks.accept)], action: filterAllow(settings) },
    ...(settings.ipvs ? [{ match: [isNotClear(marks.endpoint)], action: goto(CHAIN.forwardEndpointMark) }] : []),
    { match: [TO_WORKLOAD], action: '--jump RETURN' },
    ...tunnelOutput(settings),
    { action: clearMark(allBits(marks)) },
    { match: ['-m conntrack ! --ctstate DNAT'], ...jump(CHAIN.toHost) },
    { match: [isMarked(marks.accept)], action: filterAllow(settings), comment: HOST_ACCEPTED },
  ];
}

function tunnelOutput(settings: RuleSettings): FelixRule[] {
  const action = filterAllow(settings);
  const rules: FelixRule[] = [];
  if (settings.ipip)
    rules.push({
      match: [IPIP_PACKET, inSet(IPSET.allHosts, 'dst'), FROM_LOCAL],
      action,
      comment: 'Allow IPIP packets to other Calico hosts',
    });
  if (settings.vxlan)
    rules.push({
      match: [...vxlanPacket(settings.felix.vxlanPort), FROM_LOCAL, inSet(IPSET.allVxlan, 'dst')],
      action,
      comment: 'Allow VXLAN packets to other whitelisted hosts',
    });
  return rules;
}

/** Which packets to the node itself IPVS will forward: StaticFilterInputForwardCheckChain(). */
const FORWARD_CHECK: readonly FelixRule[] = [
  { match: [ESTABLISHED], action: '--jump RETURN' },
  ...['tcp', 'udp'].map((protocol) => ({
    match: [`-p ${protocol}`, toPort(NODE_PORTS), inSet(IPSET.thisHost, 'dst')],
    action: goto(CHAIN.setEndpointMark),
    comment: 'To kubernetes NodePort service',
  })),
  {
    match: [notInSet(IPSET.thisHost, 'dst')],
    ...jump(CHAIN.setEndpointMark),
    comment: 'To kubernetes service',
  },
];

/** What IPVS forwards passes OUTPUT, where nothing but the mark tells which endpoint it came from. */
function forwardEndpointMarkRules(settings: RuleSettings): FelixRule[] {
  const { marks } = settings;
  return [
    { match: [isEndpoint(marks.nonCaliEndpoint, marks, '! ')], ...jump(CHAIN.fromEndpointMark) },
    { match: [TO_WORKLOAD], ...jump(CHAIN.toWorkload) },
    jump(CHAIN.toHostForward),
    { action: clearMark(marks.endpoint) },
    { match: [isMarked(marks.accept)], action: filterAllow(settings), comment: POLICY_ACCEPTED },
  ];
}

/** Announced service addresses that no Service has would go in circles (ServiceLoopPrevention). */
function cidrBlockRules({ felix, blockedCIDRs }: RuleSettings): FelixRule[] {
  if (felix.serviceLoopPrevention === 'Disabled') return [];
  const action = `--jump ${felix.serviceLoopPrevention.toUpperCase()}`;
  return blockedCIDRs.map((cidr) => ({ match: [`--destination ${cidr}`], action }));
}
