import { createKubeProxy } from '../../src/lab/index.js';
import { formatIpvs, printRuleset } from '../../src/linux/index.js';
import { createSimulation, trace } from '../../src/trace/index.js';
import {
  chainsPassed,
  decisive,
  EMPTY,
  GUARDED,
  labOf,
  type Mode,
  networkOf,
  outcome,
  PER_NODE,
  POOL,
  SHOP,
  STICKY,
  TIMEOUT,
  takerOf,
  WEB,
} from './differences-world.js';

/** What is looked at in both modes, what has to be found, and how docs/services.md says it. */
export interface Difference {
  readonly what: string;
  /** The cells of the table. */
  readonly says: Readonly<Record<Mode, string>>;
  /** The rule, the function of the kernel or the component that it is from. */
  readonly source: string;
  readonly observe: (mode: Mode) => unknown;
  readonly expected: Readonly<Record<Mode, unknown>>;
}

const CLIENT = 'pod/client';
const CLUSTER_IP = { from: CLIENT, to: `${WEB}:80` };

/** The router knows no pods: neither has it a way for the packet, nor can it tell the sender. */
const NOWHERE = 'dropped: NO_ROUTE in rtr';

export const DIFFERENCES: readonly Difference[] = [
  {
    what: 'A port that a ClusterIP does not have',
    says: {
      iptables: 'no rule is for it: the packet leaves the node by its default route',
      ipvs: 'port unreachable from the node',
    },
    source: 'rules of KUBE-SERVICES name address and port; KUBE-IPVS-FILTER rejects the rest of set KUBE-IPVS-IPS',
    observe: (mode) => outcome(networkOf(mode), CLIENT, `${WEB}:81`),
    expected: { iptables: NOWHERE, ipvs: 'rejected: NF_REJECT in node-1' },
  },
  {
    what: 'Ping of a ClusterIP',
    says: { iptables: 'leaves the node as well', ipvs: 'port unreachable, though the address is the node’s own' },
    source: 'the same rule, which asks for no protocol; without it icmp_rcv() answers',
    observe: (mode) => outcome(networkOf(mode), CLIENT, WEB, { proto: 'icmp' }),
    expected: { iptables: NOWHERE, ipvs: 'rejected: NF_REJECT in node-1' },
  },
  {
    what: 'A Service without endpoints',
    says: { iptables: 'a rule rejects: port unreachable', ipvs: 'IPVS itself does: port unreachable' },
    source: 'rule "has no endpoints"; ip_vs_leave(), net/netfilter/ipvs/ip_vs_core.c',
    observe(mode) {
      const result = trace(networkOf(mode), { from: CLIENT, to: `${EMPTY}:80` });
      const { errno, code } = result.verdict;
      return { errno, code, fn: decisive(result).event.fn };
    },
    expected: {
      iptables: { errno: 'ECONNREFUSED', code: 'NO_ENDPOINTS', fn: 'ipt_do_table' },
      ipvs: { errno: 'ECONNREFUSED', code: 'IPVS_NO_SERVER', fn: 'ip_vs_leave' },
    },
  },
  {
    what: 'externalTrafficPolicy Local on a node without endpoints',
    says: {
      iptables: 'dropped',
      ipvs: 'sent to endpoints of other nodes, not masqueraded: the answer goes past the node and is refused',
    },
    source: 'rule "has no local endpoints"; syncEndpoint(), pkg/proxy/ipvs/proxier.go',
    observe: (mode) => outcome(networkOf(mode), 'host/ext-3', `${SHOP}:80`),
    expected: {
      iptables: 'dropped: NO_LOCAL_ENDPOINT in node-3',
      ipvs: 'delivered, answer dropped: REPLY_NOT_TRANSLATED in ext-3',
    },
  },
  {
    what: 'internalTrafficPolicy Local on a node without endpoints',
    says: { iptables: 'dropped', ipvs: 'an empty virtual server: port unreachable' },
    source: 'rule "has no local endpoints"; ip_vs_leave()',
    observe: (mode) => outcome(networkOf(mode), 'node/node-3', `${PER_NODE}:80`),
    expected: { iptables: 'dropped: NO_LOCAL_ENDPOINT in node-3', ipvs: 'rejected: IPVS_NO_SERVER in node-3' },
  },
  {
    what: 'A node port on 127.0.0.1',
    says: { iptables: 'works, by route_localnet and a masquerade', ipvs: 'nothing listens' },
    source: 'KUBE-NODEPORTS, localhostNodePorts; virtual servers are for the node’s other addresses alone',
    observe: (mode) => outcome(networkOf(mode), 'node/node-1', '127.0.0.1:30080'),
    expected: { iptables: 'delivered and answered', ipvs: 'rejected: NO_SOCKET in node-1' },
  },
  {
    what: 'The source address that a node takes towards a ClusterIP',
    says: {
      iptables: 'that of the device of its default route',
      ipvs: 'the ClusterIP itself, until it is masqueraded',
    },
    source: 'fib_result_prefsrc(): the address of a local route, here on kube-ipvs0, is its own source',
    observe(mode) {
      const { legs } = trace(networkOf(mode), { from: 'node/node-1', to: `${WEB}:80` });
      const ip = legs[0]?.packet.find((header) => header.l === 'ip4');
      return ip?.l === 'ip4' ? ip.src : undefined;
    },
    expected: { iptables: '192.168.10.11', ipvs: WEB },
  },
  {
    what: 'INPUT with policy DROP',
    says: { iptables: 'packets to Services do not pass INPUT', ipvs: 'they do, before IPVS: dropped' },
    source: 'DNAT in PREROUTING; IPVS is at LOCAL_IN, behind filter (ip_vs_ops4)',
    observe: (mode) => outcome(networkOf(mode, 'node-1: iptables -P INPUT DROP'), CLIENT, `${WEB}:80`),
    expected: { iptables: 'delivered and answered', ipvs: 'dropped: NF_POLICY_DROP in node-1' },
  },
  {
    what: 'FORWARD with policy DROP and no other rule',
    says: { iptables: 'the packet is dropped', ipvs: 'only the answer is' },
    source: 'ip_vs_nat_xmit() sends by LOCAL_OUT; an answer is routed, and passes FORWARD',
    observe: (mode) =>
      outcome(networkOf(mode, 'node-1: iptables -F FORWARD\nnode-1: iptables -P FORWARD DROP'), CLIENT, `${WEB}:80`),
    expected: {
      iptables: 'dropped: NF_POLICY_DROP in node-1',
      ipvs: 'delivered, answer dropped: NF_POLICY_DROP in node-1',
    },
  },
  {
    what: 'Chains that a packet of a pod passes',
    says: {
      iptables: 'of nat and filter: PREROUTING, FORWARD, POSTROUTING',
      ipvs: 'of nat and filter: PREROUTING, INPUT, OUTPUT, POSTROUTING',
    },
    source: 'ip_forward(); ip_vs_in_hook() and __ip_vs_get_out_rt(), ip_vs_xmit.c',
    observe: (mode) => chainsPassed(networkOf(mode), CLUSTER_IP),
    expected: {
      iptables: ['nat PREROUTING', 'filter FORWARD', 'nat POSTROUTING'],
      ipvs: ['nat PREROUTING', 'filter INPUT', 'filter OUTPUT', 'nat POSTROUTING'],
    },
  },
  {
    what: 'Programs of the node on the addresses of Services',
    says: {
      iptables: 'never reached: the address is on no device',
      ipvs: 'reached wherever KUBE-IPVS-FILTER does not reject (before k8s 1.27 it did not)',
    },
    source: 'the addresses are local, on kube-ipvs0; KUBE-IPVS-FILTER',
    observe: (mode) => [
      outcome(networkOf(mode), CLIENT, `${WEB}:22`),
      outcome(networkOf(mode, 'node-1: iptables -F INPUT'), CLIENT, `${WEB}:22`),
    ],
    expected: {
      iptables: [NOWHERE, NOWHERE],
      ipvs: ['rejected: NF_REJECT in node-1', 'delivered and answered'],
    },
  },
  {
    what: 'ARP for an address of a load balancer on the nodes’ own segment',
    says: { iptables: 'no node answers', ipvs: 'every node answers, with strictARP none' },
    source: 'arp_process(): kube-ipvs0 is down, its addresses are local all the same; arp_ignore()',
    observe(mode) {
      const nodesThatAnswer = (strict: 'strictARP' | 'as usual'): unknown => {
        const { verdict } = trace(networkOf(mode, '', strict), { from: 'host/ext-1', to: `${POOL}:80` });
        return verdict.hints.find(({ code }) => code === 'ARP_ANSWERED_BY_SEVERAL')?.values['nodes'] ?? verdict.code;
      };
      return [nodesThatAnswer('as usual'), nodesThatAnswer('strictARP')];
    },
    expected: {
      iptables: ['NEIGH_FAILED', 'NEIGH_FAILED'],
      ipvs: ['node-1, node-2, node-3', 'NEIGH_FAILED'],
    },
  },
  {
    what: 'Which endpoint is chosen',
    says: { iptables: 'each by chance, of n with 1/n', ipvs: 'by the scheduler: with rr one after the other' },
    source: 'statistic mode random, probability 1/2 and 1; ip_vs_rr_schedule(), the newest server first',
    observe(mode) {
      const simulation = createSimulation(networkOf(mode));
      const sent = Array.from({ length: 4 }, () => simulation.send(CLUSTER_IP).legs[0]?.paths ?? []);
      return mode === 'iptables'
        ? trace(networkOf(mode), CLUSTER_IP).legs[0]?.paths.map(({ p }) => p)
        : sent.map((paths) => paths.map(({ endpoint, p }) => `${endpoint} ${p}`).join(', '));
    },
    expected: {
      iptables: [0.5, 0.5],
      ipvs: ['pod/default/web-2 1', 'pod/default/web-1 1', 'pod/default/web-2 1', 'pod/default/web-1 1'],
    },
  },
  {
    what: 'Session affinity',
    says: {
      iptables: 'until the timeout after the last new connection: a list per endpoint (recent)',
      ipvs: 'until the timeout with no connection left: a template, which its connections hold',
    },
    source: 'match recent, --rcheck --seconds --reap and --set; ip_vs_conn_expire(): n_control',
    observe(mode) {
      const simulation = createSimulation(networkOf(mode));
      const next = (seconds: number): string | undefined => {
        simulation.advance(1000 * seconds);
        return takerOf(simulation.send({ from: CLIENT, to: `${STICKY}:80` }));
      };
      const within = new Set(Array.from({ length: 12 }, () => next(TIMEOUT - 1)));
      const after = new Set(Array.from({ length: 12 }, () => next(TIMEOUT + 1)));
      return [within.size, after.size];
    },
    // By chance: 12 choices of the same endpoint of two have a probability of 2 / 2 ** 12.
    expected: { iptables: [1, 2], ipvs: [1, 1] },
  },
  {
    what: 'An endpoint that is gone',
    says: {
      iptables: 'its rules are gone at once; connections stay translated',
      ipvs: 'of TCP it has weight 0 until its connections have ended, which is looked at each minute',
    },
    source: 'GracefulDeleteRS(), pkg/proxy/ipvs/graceful_termination.go',
    observe(mode) {
      const lab = labOf(mode);
      const simulation = createSimulation(networkOf(mode));
      const proxy = createKubeProxy(lab, 'node-1');
      for (let i = 0; i < 8; i++) simulation.send(CLUSTER_IP);
      const stands = (): string => {
        const ns = simulation.network.netns('node-1');
        if (ns === undefined) return 'no node';
        const own = formatIpvs(ns.ipvs)
          .split('\n')
          .find((line) => line.includes(`${WEB}:80 -r 10.244.2.11:`));
        if (own !== undefined) return own.replace(/.*(-w \d+)$/, '$1');
        return printRuleset(ns.iptables).includes('10.244.2.11:8080') ? 'a rule' : 'gone';
      };
      const found = [stands()];
      const without = { ...lab, pods: lab.pods.filter(({ name }) => name !== 'web-2') };
      simulation.apply(proxy.sync(without, simulation));
      found.push(stands());
      simulation.advance(24 * 3600 * 1000);
      simulation.apply(proxy.deleteDrained(simulation));
      return [...found, stands()];
    },
    expected: { iptables: ['a rule', 'gone', 'gone'], ipvs: ['-w 1', '-w 0', 'gone'] },
  },
  {
    what: 'loadBalancerSourceRanges',
    says: {
      iptables: 'all others are dropped, by KUBE-PROXY-FIREWALL',
      ipvs: 'all others are dropped, by KUBE-SOURCE-RANGES-FIREWALL',
    },
    source: 'KUBE-FW-… comes back without a target; set KUBE-LOAD-BALANCER-SOURCE-CIDR',
    observe(mode) {
      const result = trace(networkOf(mode), { from: 'host/ext-1', to: `${GUARDED}:80` });
      const { event } = decisive(result);
      return [outcome(networkOf(mode), 'host/ext-1', `${GUARDED}:80`), event.k === 'drop' ? event.rule?.chain : ''];
    },
    expected: {
      iptables: ['dropped: LB_SOURCE_RANGES in node-1', 'KUBE-PROXY-FIREWALL'],
      ipvs: ['dropped: LB_SOURCE_RANGES in node-1', 'KUBE-SOURCE-RANGES-FIREWALL'],
    },
  },
];
