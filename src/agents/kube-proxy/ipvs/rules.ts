import type { RestoreChunk } from '../../../plan/index.js';
import type { KubeProxyConfig } from '../config.js';
import type { LocalDetector } from '../detect-local.js';
import { allowsNode, type Family, type ServicePortInfo } from '../service-port.js';
import { COMMIT, chainLines, chunk, forward, masquerade } from '../shared-rules.js';
import { CHAINS } from './jumps.js';
import type { ProxiedNode } from './node.js';
import { SETS, type SetName, setName } from './sets.js';

/** What the rules depend on besides the configuration. */
export interface RulesInput {
  readonly family: Family;
  readonly detector: LocalDetector | undefined;
  /** The sets that have members: rules that look into an empty one are left out, but for a few. */
  readonly filled: ReadonlySet<SetName>;
  /** Rules of KUBE-IPVS-OUT-FILTER. */
  readonly outFilter: readonly RestoreChunk[];
}

/**
 * The text for `iptables-restore --noflush`: table nat before filter (writeIptablesRules(), k8s 1.30
 * pkg/proxy/ipvs/proxier.go).
 */
export function ipvsRules(config: KubeProxyConfig, input: RulesInput): readonly RestoreChunk[] {
  const { nat, filter } = setJumps(input);
  return [
    chunk('base chains', ['*nat', ...chainsOf('nat')]),
    chunk('localhost', [`-A KUBE-SERVICES -s ${input.family === 'ip' ? '127.0.0.0/8' : '::1/128'} -j RETURN`]),
    ...nat,
    ...clusterIPMasquerade(config, input),
    ...externalIPs(input),
    chunk('node ports', ['-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODE-PORT']),
    chunk('load balancers', ['-A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ']),
    ...acceptTraffic(input),
    masquerade(config),
    COMMIT,
    chunk('base chains', ['*filter', ...chainsOf('filter')]),
    ...filter,
    chunk('load balancer source ranges', ['-A KUBE-SOURCE-RANGES-FIREWALL -j DROP'], { reason: 'LB_SOURCE_RANGES' }),
    ...input.outFilter,
    forward(config),
    healthChecks(input),
    ipvsFilter(input),
    COMMIT,
  ];
}

function chainsOf(table: 'nat' | 'filter'): string[] {
  return chainLines(CHAINS.filter((chain) => chain.table === table).map(({ chain }) => chain));
}

/** A rule that asks a set, told by the set's comment. */
interface SetJump {
  readonly set: SetName;
  readonly table: 'nat' | 'filter';
  readonly from: string;
  readonly to: string;
  readonly match: 'dst' | 'dst,dst' | 'dst,dst,src';
  readonly protocol?: string;
}

/** ipsetWithIptablesChain, in its order: what is local returns before all is marked. */
const SET_JUMPS: readonly SetJump[] = [
  { set: 'KUBE-LOOP-BACK', table: 'nat', from: 'KUBE-POSTROUTING', to: 'MASQUERADE', match: 'dst,dst,src' },
  { set: 'KUBE-LOAD-BALANCER', table: 'nat', from: 'KUBE-SERVICES', to: 'KUBE-LOAD-BALANCER', match: 'dst,dst' },
  { set: 'KUBE-LOAD-BALANCER-LOCAL', table: 'nat', from: 'KUBE-LOAD-BALANCER', to: 'RETURN', match: 'dst,dst' },
  ...nodePortJumps('tcp', 'KUBE-NODE-PORT-LOCAL-TCP', 'KUBE-NODE-PORT-TCP', 'dst'),
  ...nodePortJumps('udp', 'KUBE-NODE-PORT-LOCAL-UDP', 'KUBE-NODE-PORT-UDP', 'dst'),
  ...nodePortJumps('sctp', 'KUBE-NODE-PORT-LOCAL-SCTP-HASH', 'KUBE-NODE-PORT-SCTP-HASH', 'dst,dst'),
  {
    set: 'KUBE-LOAD-BALANCER-FW',
    table: 'filter',
    from: 'KUBE-PROXY-FIREWALL',
    to: 'KUBE-SOURCE-RANGES-FIREWALL',
    match: 'dst,dst',
  },
  ...(['KUBE-LOAD-BALANCER-SOURCE-CIDR', 'KUBE-LOAD-BALANCER-SOURCE-IP'] as const).map(
    (set): SetJump => ({
      set,
      table: 'filter',
      from: 'KUBE-SOURCE-RANGES-FIREWALL',
      to: 'RETURN',
      match: 'dst,dst,src',
    }),
  ),
];

function nodePortJumps(protocol: string, local: SetName, all: SetName, match: SetJump['match']): SetJump[] {
  const common = { table: 'nat', from: 'KUBE-NODE-PORT', match, protocol } as const;
  return [
    { ...common, set: local, to: 'RETURN' },
    { ...common, set: all, to: 'KUBE-MARK-MASQ' },
  ];
}

function setJumps({ family, filled }: RulesInput): Record<SetJump['table'], RestoreChunk[]> {
  const chunks = (table: SetJump['table']): RestoreChunk[] =>
    SET_JUMPS.filter((jump) => jump.table === table && filled.has(jump.set)).map((jump) => {
      const protocol = jump.protocol === undefined ? '' : ` -p ${jump.protocol}`;
      const words = `${comment(jump.set)} ${matchSet(jump.set, family)} ${jump.match}`;
      return chunk(`set ${jump.set}`, [`-A ${jump.from}${protocol} ${words} -j ${jump.to}`]);
    });
  return { nat: chunks('nat'), filter: chunks('filter') };
}

function comment(set: SetName): string {
  return `-m comment --comment "${SETS[set].comment}"`;
}

function matchSet(set: SetName, family: Family): string {
  return `-m set --match-set ${setName(set, family)}`;
}

/**
 * What comes to a cluster IP from outside of the cluster. Where nothing tells local traffic, what the node itself sends:
 * its source is the cluster IP, which is on kube-ipvs0.
 */
function clusterIPMasquerade({ masqueradeAll }: KubeProxyConfig, { family, filled, detector }: RulesInput) {
  const set = 'KUBE-CLUSTER-IP';
  if (!filled.has(set)) return [];
  const words = masqueradeAll ? 'dst,dst' : detector === undefined ? 'src,dst' : `dst,dst ${detector.ifNotLocal}`;
  const rule = `-A KUBE-SERVICES ${comment(set)} ${matchSet(set, family)} ${words} -j KUBE-MARK-MASQ`;
  return [chunk(`set ${set}`, [rule])];
}

/** External IPs: ACCEPT, so that nothing else is done with them, for what comes from outside or is the node's own. */
function externalIPs({ family, filled }: RulesInput): RestoreChunk[] {
  return (['KUBE-EXTERNAL-IP', 'KUBE-EXTERNAL-IP-LOCAL'] as const)
    .filter((set) => filled.has(set))
    .map((set) => {
      const rule = `-A KUBE-SERVICES ${comment(set)} ${matchSet(set, family)} dst,dst`;
      return chunk(`set ${set}`, [
        ...(set === 'KUBE-EXTERNAL-IP' ? [`${rule} -j KUBE-MARK-MASQ`] : []),
        `${rule} -m physdev ! --physdev-is-in -m addrtype ! --src-type LOCAL -j ACCEPT`,
        `${rule} -m addrtype --dst-type LOCAL -j ACCEPT`,
      ]);
    });
}

/** acceptIPVSTraffic(): the last rules of KUBE-SERVICES. */
function acceptTraffic({ family, filled }: RulesInput): RestoreChunk[] {
  return (['KUBE-CLUSTER-IP', 'KUBE-LOAD-BALANCER'] as const)
    .filter((set) => filled.has(set))
    .map((set) => chunk(`set ${set}`, [`-A KUBE-SERVICES ${matchSet(set, family)} dst,dst -j ACCEPT`]));
}

function healthChecks({ family }: RulesInput): RestoreChunk {
  const set = 'KUBE-HEALTH-CHECK-NODE-PORT';
  return chunk(`set ${set}`, [`-A KUBE-NODE-PORT ${comment(set)} ${matchSet(set, family)} dst -j ACCEPT`]);
}

/** Of an address on kube-ipvs0 only the ports of its Services are there: not all that listens on the node. */
function ipvsFilter({ family }: RulesInput): RestoreChunk {
  const sets = ['KUBE-LOAD-BALANCER', 'KUBE-CLUSTER-IP', 'KUBE-EXTERNAL-IP', 'KUBE-EXTERNAL-IP-LOCAL'] as const;
  const rule = (set: SetName, words: string): string => `-A KUBE-IPVS-FILTER ${matchSet(set, family)} ${words}`;
  return chunk('ports of service addresses', [
    ...sets.map((set) => rule(set, 'dst,dst -j RETURN')),
    rule('KUBE-HEALTH-CHECK-NODE-PORT', 'dst -j RETURN'),
    `-A KUBE-IPVS-FILTER -m conntrack --ctstate NEW ${matchSet('KUBE-IPVS-IPS', family)} dst -j REJECT`,
  ]);
}

/** What the node itself sends to a load balancer whose ranges leave it out: its source is the load balancer's address. */
export function outFilterRules(port: ServicePortInfo, node: ProxiedNode): readonly RestoreChunk[] {
  if (port.loadBalancerSourceRanges.length === 0 || allowsNode(port, node.nodeIP)) return [];
  const lines = port.loadBalancerVIPs.map(
    (vip) =>
      `-A KUBE-IPVS-OUT-FILTER -s ${vip} -m ipvs --vaddr ${vip} --vproto ${port.protocol} --vport ${port.port} -j DROP`,
  );
  return lines.length === 0 ? [] : [chunk(`service/${port.name}`, lines, { reason: 'LB_SOURCE_RANGES' })];
}
