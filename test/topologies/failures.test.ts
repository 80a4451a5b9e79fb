import { expect, test } from 'vitest';
import { readLab } from '../../src/input/index.js';
import { buildNetwork } from '../../src/lab/index.js';
import { Runtime } from '../../src/linux/index.js';
import { formatTrace } from '../../src/output/index.js';
import { type Probe, type Trace, type TraceEvent, trace } from '../../src/trace/index.js';
import { run } from '../network.js';
import { readable } from '../recordings/load.js';
import { CALICO_LABS, FLANNEL_LABS, shipped, shippedText } from '../shipped.js';
import { summary } from '../trace/summary.js';
import { CALICO_FAILURES } from './calico-failures.js';
import { type Failure, toWeb1, udpToWeb1 } from './failure.js';

const FAILURES: readonly Failure[] = [
  {
    what: "the TTL ends at the second of flanneld's two relays",
    lab: 'flannel-udp',
    probe: { ...toWeb1, ttl: 3 },
    verdict: 'dropped - RELAY_TTL -',
    at: 'node-2 udp-relay',
    says: ['node-2', 'TTL'],
  },
  {
    what: 'no route: the packet leaves by the default route, and the gateway does not know pods',
    faults: ['no-route'],
    probe: toWeb1,
    // It cannot say so either: the source is a pod as well.
    verdict: 'dropped - NO_ROUTE -',
    at: 'router ip_error',
    says: ['node-1 has no route for 10.244.2.0/24', 'router has no route', '10.244.2.2'],
    hints: ['POD_ROUTE_MISSING'],
  },
  {
    what: "node-2's own route to its pods went with cni0",
    faults: ['bridge-down'],
    probe: toWeb1,
    verdict: 'dropped - NO_ROUTE -',
    at: 'router ip_error',
    says: ['node-2 has no route for 10.244.2.0/24', 'cni0 of node-2 is down'],
    hints: ['POD_ROUTE_MISSING', 'LINK_DOWN'],
  },
  {
    what: 'a ClusterIP is nothing but rules, and there is none for ICMP',
    probe: { from: 'pod/client', to: 'service/web', proto: 'icmp' },
    verdict: 'rejected - NO_ROUTE ENETUNREACH',
    at: 'router ip_error',
    says: ['10.96.0.2 is the ClusterIP of service/default/web', '80/tcp', 'icmp is none of them'],
    hints: ['CLUSTER_IP_NO_PORT'],
  },
  {
    what: "kube-proxy's rules are gone",
    faults: ['no-service-rules'],
    probe: { from: 'pod/client', to: 'service/web:80' },
    verdict: 'rejected - NO_ROUTE ENETUNREACH',
    at: 'router ip_error',
    says: ['10.96.0.2 is the ClusterIP of service/default/web', 'nothing translated', 'KUBE-SERVICES'],
    hints: ['CLUSTER_IP_UNTRANSLATED'],
  },
  {
    what: 'no neighbour entry on flannel.1, where nobody can be asked',
    faults: ['no-neighbour'],
    probe: toWeb1,
    verdict: 'rejected - NEIGH_FAILED EHOSTUNREACH',
    at: 'node-1 neigh_invalidate',
    says: ['node-1 has no neighbour entry for 10.244.2.0 on flannel.1', 'ip neigh show dev flannel.1', 'flanneld'],
    hints: ['NEIGH_ENTRY_MISSING'],
  },
  {
    what: 'no route, for a source that the router knows: ICMP network unreachable',
    probe: { from: 'host/internet', to: 'pod/web-1:8080' },
    verdict: 'rejected - NO_ROUTE ENETUNREACH',
    at: 'router ip_error',
    says: ['10.244.2.2 is the address of pod/default/web-1', 'known to the nodes alone', 'router has no route'],
    hints: ['POD_ADDRESS_OUTSIDE'],
  },
  {
    what: 'not masqueraded: the answer does not find back to a pod',
    faults: ['no-masquerade'],
    probe: { from: 'pod/client', to: 'host/internet:80' },
    verdict: 'delivered rejected NO_ROUTE -',
    at: 'router ip_error',
    says: ["left node-1 with its pod's address (10.244.1.2)", 'masquerade', 'flanneld'],
    hints: ['NOT_MASQUERADED'],
  },
  {
    what: 'an address of the serviceCIDR that no Service has',
    probe: { from: 'pod/client', to: '10.96.0.77:80' },
    verdict: 'rejected - NO_ROUTE ENETUNREACH',
    at: 'router ip_error',
    says: ['10.96.0.77 is in the serviceCIDR 10.96.0.0/12, but no Service has it'],
    hints: ['SERVICE_ADDRESS_UNUSED'],
  },
  {
    what: 'FDB entry missing',
    faults: ['no-fdb'],
    probe: toWeb1,
    verdict: 'dropped - FDB_MISS -',
    at: 'node-1 vxlan_xmit',
    says: ['flannel.1', 'FDB', '02:f1:0a:f4:02:00'],
  },
  {
    what: 'FORWARD policy DROP',
    faults: ['forward-drop'],
    probe: toWeb1,
    verdict: 'dropped - NF_POLICY_DROP -',
    at: 'node-2 ipt_do_table',
    says: ['FORWARD', 'policy'],
  },
  {
    what: 'ip_forward 0: ip_error() is silent where the host does not forward',
    faults: ['no-forwarding'],
    probe: toWeb1,
    verdict: 'dropped - FORWARDING_OFF -',
    at: 'node-1 ip_error',
    says: ['node-1', 'forwarding is off', 'cni0'],
  },
  {
    what: 'strict rp_filter',
    faults: ['strict-rp-filter'],
    probe: toWeb1,
    verdict: 'dropped - RP_FILTER -',
    at: 'node-2 __fib_validate_source',
    says: ['10.244.1.2', 'flannel.1', 'eth0'],
  },
  {
    what: "MTU with DF: the sender's own device, 50 bytes less than the wire (flannel)",
    probe: { ...udpToWeb1, payload: 1423, df: true }, // 1423 + 8 + 20 = 1451 > 1450
    verdict: 'dropped - MTU_DF EMSGSIZE',
    at: 'client __ip_append_data',
    says: ['1450', '1451'],
  },
  {
    what: "MTU of the receiver's end: dropped by the device, and nobody is told",
    lab: 'flannel-host-gw',
    faults: ['small-mtu'],
    probe: { ...udpToWeb1, payload: 1472, df: true }, // 1472 + 8 + 20 = 1500 > 1400
    verdict: 'dropped - MTU_ASYMMETRIC -',
    at: 'node-2 __dev_forward_skb',
    says: ['eth0', '1400', '1500'],
  },
  {
    what: 'TTL used up at the first router, which is node-1',
    probe: { ...toWeb1, ttl: 1 },
    verdict: 'rejected - TTL EHOSTUNREACH',
    at: 'node-1 ip_forward',
    says: ['TTL', 'node-1'],
  },
  {
    what: 'TTL used up at node-2: the tunnel between costs the inner packet nothing',
    probe: { ...toWeb1, ttl: 2 },
    verdict: 'rejected - TTL EHOSTUNREACH',
    at: 'node-2 ip_forward',
    says: ['TTL', 'node-2'],
  },
  {
    what: 'closed port, TCP: RST',
    probe: { ...toWeb1, to: 'pod/web-1:81' },
    verdict: 'rejected - NO_SOCKET ECONNREFUSED',
    at: 'web-1 tcp_v4_rcv',
    says: ['web-1', 'tcp', '81'],
  },
  {
    what: 'closed port, UDP: ICMP port unreachable',
    probe: { ...udpToWeb1, to: 'pod/web-1:81' },
    verdict: 'rejected - NO_SOCKET ECONNREFUSED',
    at: 'web-1 __udp4_lib_rcv',
    says: ['web-1', 'udp', '81'],
  },
  {
    what: 'hairpin off with bridge-nf 1: the bridge sends nothing back to where it came from',
    faults: ['hairpin-off'],
    probe: { from: 'pod/web-0', to: 'service/web:80' },
    verdict: 'dropped - HAIRPIN_OFF -',
    at: 'node-1 br_forward',
    says: ['hairpin', 'vethd8f4567f'],
  },
  {
    what: 'same-node Service with bridge-nf 0: the answer is bridged past the NAT that would translate it back',
    faults: ['no-bridge-nf'],
    probe: { from: 'pod/client', to: 'service/web:80' },
    verdict: 'delivered rejected REPLY_NOT_TRANSLATED -',
    at: 'client tcp_v4_rcv',
    says: ['client', 'not from 10.96.0.2', 'connection tracking', 'bridge cni0', 'bridge-nf-call-iptables=1'],
    hints: ['REPLY_BRIDGED'],
  },
  {
    what: 'host-gw across segments: the route of flanneld cannot be installed, and the router knows no pods',
    lab: 'flannel-host-gw-two-segments',
    probe: toWeb1,
    verdict: 'dropped - NO_ROUTE -',
    at: 'router ip_error',
    says: [
      'node-1 has no route for 10.244.2.0/24',
      'its next hop 192.168.57.12 is on no link of node-1',
      'ENETUNREACH',
    ],
    hints: ['POD_ROUTE_MISSING', 'GATEWAY_OFF_LINK'],
  },
  {
    what: 'policy Local: the load balancer sent to a node without endpoints, which drops',
    lab: 'services',
    faults: ['lb-ignores-health-checks'],
    probe: { from: 'host/customer', to: '198.51.100.10:80' },
    verdict: 'dropped - NO_LOCAL_ENDPOINT -',
    at: 'node-3 ipt_do_table',
    says: ['node-3 has none', 'service/default/shop', 'traffic policy back to Cluster'],
  },
  {
    what: "a client outside of a load balancer's source ranges",
    lab: 'services',
    probe: { from: 'host/stranger', to: '198.51.100.20:80' },
    verdict: 'dropped - LB_SOURCE_RANGES -',
    at: 'node-1 ipt_do_table',
    says: ['loadBalancerSourceRanges', 'service/default/guarded', 'node port'],
  },
  {
    what: 'nobody masquerades: the answer goes past the node that translated',
    lab: 'services',
    faults: ['never-masqueraded'],
    probe: { from: 'host/admin', to: 'service/web:80' },
    verdict: 'delivered dropped REPLY_NOT_TRANSLATED -',
    at: 'admin tcp_v4_rcv',
    says: ['node-3 translated', 'straight away, past node-3', 'KUBE-MARK-MASQ'],
    hints: ['REPLY_PAST_TRANSLATION'],
  },
  {
    what: 'the Service rules of a node are gone',
    lab: 'services',
    faults: ['no-service-rules'],
    probe: { from: 'pod/client', to: 'service/web:80' },
    verdict: 'rejected - NO_ROUTE ENETUNREACH',
    at: 'router ip_error',
    says: ['10.96.0.10 is the ClusterIP of service/default/web', 'on node-1', 'KUBE-SERVICES'],
    hints: ['CLUSTER_IP_UNTRANSLATED'],
  },
  {
    what: 'without br_netfilter the answer of an endpoint on the same bridge is not translated back',
    lab: 'services',
    faults: ['no-bridge-nf'],
    probe: { from: 'pod/client', to: 'service/web:80' },
    verdict: 'delivered rejected REPLY_NOT_TRANSLATED -',
    at: 'client tcp_v4_rcv',
    says: ['bridge cni0', 'bridge-nf-call-iptables=1'],
    hints: ['REPLY_BRIDGED'],
  },
  {
    what: 'hairpin off: a pod does not reach itself by its Service',
    lab: 'services',
    faults: ['hairpin-off'],
    probe: { from: 'pod/web-0', to: 'service/web:80' },
    verdict: 'dropped - HAIRPIN_OFF -',
    at: 'node-1 br_forward',
    says: ['vethd8f4567f', 'hairpin on'],
  },
  {
    what: "FORWARD policy DROP: kube-proxy's own rules let no new packet of a pod through",
    lab: 'services',
    faults: ['forward-drop'],
    probe: { from: 'pod/client', to: 'service/web:80' },
    verdict: 'dropped - NF_POLICY_DROP -',
    at: 'node-1 ipt_do_table',
    says: ['filter/FORWARD', 'node-1', 'iptables -P FORWARD ACCEPT'],
  },
  {
    what: 'localhost node ports without route_localnet',
    lab: 'services',
    faults: ['no-route-localnet'],
    probe: { from: 'node/node-1', to: '127.0.0.1:30080' },
    verdict: 'dropped - LOCALNET -',
    at: 'node-1 nf_nat_ipv4_local_fn',
    says: ['127.0.0.0/8', 'route_localnet is 0', "node's own address"],
  },
  {
    what: 'strict rp_filter at a node port',
    lab: 'services',
    faults: ['strict-rp-filter'],
    probe: { from: 'host/customer', to: 'node-3:30080' },
    verdict: 'dropped - RP_FILTER -',
    at: 'node-3 __fib_validate_source',
    says: ['203.0.113.10', 'eth0', 'cni0', 'rp_filter to 2 or 0'],
  },
  {
    what: 'a clusterCIDR that is none: the policy of the endpoint sees its node instead of the client',
    lab: 'services',
    faults: ['only-client', 'wrong-cluster-cidr'],
    probe: { from: 'pod/client', to: 'service/web:80' },
    verdict: 'dropped - NF_DROP -',
    at: 'node-2 ipt_do_table',
    says: ['filter/FORWARD', '! -s 10.244.1.2/32 -d 10.244.2.2/32'],
  },
  {
    what: 'the answer takes another node, for which it is INVALID',
    lab: 'services',
    faults: ['asymmetric-return'],
    probe: { from: 'host/customer', to: '198.51.100.10:80' },
    verdict: 'delivered dropped CT_INVALID -',
    at: 'node-3 ipt_do_table',
    says: ['The answer came to node-3 from node-1', 'seen by node-1 alone', 'INVALID', 'KUBE-FORWARD'],
    hints: ['ANSWER_ANOTHER_WAY'],
  },
  {
    what: 'an address that MetalLB is to announce, and nobody does',
    lab: 'services',
    probe: { from: 'host/admin', to: '192.168.56.240:80' },
    verdict: 'rejected - NEIGH_FAILED EHOSTUNREACH',
    at: 'admin neigh_invalidate',
    says: ['Nobody on eth0 answers ARP for 192.168.56.240'],
  },
  {
    what: 'IPVS, policy Local: endpoints of other nodes, which answer past the node',
    lab: 'services-ipvs',
    faults: ['lb-ignores-health-checks', 'never-masqueraded'],
    probe: { from: 'host/customer', to: '198.51.100.10:80' },
    verdict: 'delivered dropped REPLY_NOT_TRANSLATED -',
    at: 'customer tcp_v4_rcv',
    says: ['node-3 translated the request to 10.244.2.2', 'past node-3', 'not from 198.51.100.10'],
    hints: ['REPLY_PAST_TRANSLATION'],
  },
  {
    what: 'IPVS, no endpoints: the kernel itself refuses',
    lab: 'services-ipvs',
    probe: { from: 'pod/client', to: 'service/misspelt:80' },
    verdict: 'rejected - IPVS_NO_SERVER ECONNREFUSED',
    at: 'node-1 ip_vs_leave',
    says: ['-t 10.96.0.11:80', 'no server', 'compare the selector'],
  },
  {
    what: 'IPVS, the node itself: it asks ARP in the name of the Service',
    lab: 'services-ipvs',
    faults: ['never-masqueraded'],
    probe: { from: 'node/node-3', to: 'service/web:80' },
    verdict: 'rejected - NEIGH_FAILED EHOSTUNREACH',
    at: 'node-3 neigh_invalidate',
    says: ['10.96.0.10 for its source', 'kube-ipvs0 of every node', 'clusterCIDR'],
    hints: ['SOURCE_IS_SERVICE_ADDRESS'],
  },
  {
    what: 'IPVS, the answer takes another node, which has the address of the Service as well',
    lab: 'services-ipvs',
    faults: ['asymmetric-return'],
    probe: { from: 'host/customer', to: '198.51.100.10:80' },
    verdict: 'delivered rejected NEIGH_FAILED -',
    at: 'node-1 neigh_invalidate',
    says: ['node-1 sent the packet with 198.51.100.10 for its source', '192.168.56.13'],
    hints: ['SOURCE_IS_SERVICE_ADDRESS'],
  },
  {
    what: 'IPVS, the address is not on kube-ipvs0',
    lab: 'services-ipvs',
    faults: ['address-lost'],
    probe: { from: 'pod/client', to: 'service/web:80' },
    verdict: 'rejected - NO_ROUTE ENETUNREACH',
    at: 'router ip_error',
    says: ['node-1 has a virtual server for 10.96.0.10:80', 'ip addr add 10.96.0.10/32 dev kube-ipvs0'],
    hints: ['VIP_NOT_BOUND'],
  },
  {
    what: 'IPVS, the virtual server is gone',
    lab: 'services-ipvs',
    faults: ['server-lost'],
    probe: { from: 'pod/client', to: 'service/web:80' },
    verdict: 'rejected - NO_SOCKET ECONNREFUSED',
    at: 'node-1 tcp_v4_rcv',
    says: ['node-1 has 10.96.0.10 on kube-ipvs0', 'no virtual server for port 80', 'ipvsadm -Ln'],
    hints: ['VIRTUAL_SERVICE_MISSING'],
  },
  {
    what: 'IPVS, all servers have weight 0',
    lab: 'services-ipvs',
    faults: ['drained'],
    probe: { from: 'pod/client', to: 'service/web:80' },
    verdict: 'rejected - IPVS_NO_SERVER ECONNREFUSED',
    at: 'node-1 ip_vs_leave',
    says: ['no server has a weight (of 2)', 'ipvsadm -Ln'],
  },
  {
    what: 'IPVS, a port that the Service does not have',
    lab: 'services-ipvs',
    probe: { from: 'pod/client', to: '10.96.0.10:22' },
    verdict: 'rejected - NF_REJECT ECONNREFUSED',
    at: 'node-1 ipt_do_table',
    says: ['22/tcp is no port of service/default/web (80/tcp)', 'KUBE-IPVS-FILTER'],
    hints: ['VIP_NO_PORT'],
  },
  {
    what: 'IPVS, a node port on localhost',
    lab: 'services-ipvs',
    probe: { from: 'node/node-1', to: '127.0.0.1:30080' },
    verdict: 'rejected - NO_SOCKET ECONNREFUSED',
    at: 'node-1 tcp_v4_rcv',
    says: ['not on 127.0.0.1', 'iptables.localhostNodePorts'],
    hints: ['LOCALHOST_NODE_PORT'],
  },
  {
    what: 'IPVS without br_netfilter',
    lab: 'services-ipvs',
    faults: ['no-bridge-nf'],
    probe: { from: 'pod/client', to: 'service/per-node:80' },
    verdict: 'delivered rejected REPLY_NOT_TRANSLATED -',
    at: 'client tcp_v4_rcv',
    says: ['bridge cni0', 'bridge-nf-call-iptables=1'],
    hints: ['REPLY_BRIDGED'],
  },
  {
    what: 'IPVS, hairpin off: it is the answer that would leave by the port that it came in by',
    lab: 'services-ipvs',
    faults: ['hairpin-off'],
    probe: { from: 'pod/web-0', to: 'service/per-node:80' },
    verdict: 'delivered dropped HAIRPIN_OFF -',
    at: 'node-1 br_forward',
    says: ['vethd8f4567f', 'hairpin on'],
  },
  {
    what: 'IPVS: packets to Services pass INPUT',
    lab: 'services-ipvs',
    faults: ['input-drop'],
    probe: { from: 'pod/client', to: 'service/web:80' },
    verdict: 'dropped - NF_POLICY_DROP -',
    at: 'node-1 ipt_do_table',
    says: ['filter/INPUT', 'DROP', 'node-1'],
  },
  {
    what: 'IPVS without vs.conntrack: nothing is masqueraded',
    lab: 'services-ipvs',
    faults: ['no-conntrack'],
    probe: { from: 'host/customer', to: 'node-3:30080' },
    verdict: 'delivered dropped REPLY_NOT_TRANSLATED -',
    at: 'customer tcp_v4_rcv',
    says: ['node-3 translated', 'past node-3', 'masqueraded'],
    hints: ['REPLY_PAST_TRANSLATION'],
  },
  {
    what: 'rules of iptables mode come before IPVS',
    lab: 'services-ipvs',
    faults: ['leftover-rules'],
    probe: { from: 'pod/client', to: 'service/web:80' },
    verdict: 'rejected - NEIGH_FAILED EHOSTUNREACH',
    at: 'node-2 neigh_invalidate',
    says: ['10.244.2.99', 'cni0'],
  },
  {
    what: 'MTU of the bounce behind a node port, and nobody tells the sender',
    faults: ['pmtu-lost'],
    probe: { from: 'host/internet', to: 'node-3:30080', proto: 'udp', payload: 1460, df: true }, // 1460 + 8 + 20 = 1488
    verdict: 'dropped - MTU_DF -',
    at: 'node-3 ip_forward',
    says: ['1488', 'flannel.1 carries 1450', 'DF'],
  },
];

// Rejected in filter INPUT, OUTPUT and FORWARD for new connections: proxier.go, "has no endpoints" (Kubernetes 1.33).
test.each([
  ['pod/client', 'service/web:80', 'node-1'],
  ['node/node-3', 'service/web:80', 'node-3'],
  ['host/internet', 'node/node-3:30080', 'node-3'],
])('no endpoints, from %s to %s: ICMP port unreachable', (from, to, node) => {
  const text = shippedText('flannel-vxlan').replace('selector: {app: web}', 'selector: {app: nothing}');
  const { network } = buildNetwork(readable(readLab(text, 'no-endpoints.yaml')));
  const result = trace(network, { from, to });
  expect(result.verdict).toMatchObject({ forward: 'rejected', code: 'NO_ENDPOINTS', errno: 'ECONNREFUSED' });
  const { netns, event } = decisive(result);
  expect(netns).toBe(node);
  expect(event).toMatchObject({ k: 'drop', rule: { table: 'filter', origin: expect.stringMatching('kube-proxy') } });
  expect(formatTrace(result)).toContain('no endpoint');
});

test.each([...FAILURES, ...CALICO_FAILURES])('$what', ({ lab, faults, probe, verdict, at, says, hints = [] }) => {
  const result = trace(shipped(lab ?? 'flannel-vxlan', faults), probe);
  const { code } = result.verdict;
  expect(summary(result)).toBe(verdict);
  expect(result.verdict.exit).toBe(1);
  expect(result.verdict.hints.map((hint) => hint.code)).toEqual(hints);
  const { netns, event } = decisive(result);
  expect(`${netns} ${event.fn}`).toBe(at);
  const cause = formatTrace(result).split('\n\n')[0]?.replace(/\s+/g, ' ');
  for (const word of [...says, code]) expect(cause).toContain(word);
});

test('a sender without a route for a ClusterIP never gets to the rules that translate it', () => {
  const result = changed('node-1: ip route del default', { from: 'node/node-1', to: 'service/web:80' });
  expect(result.verdict).toMatchObject({ code: 'NO_ROUTE', errno: 'ENETUNREACH' });
  expect(result.verdict.hints).toMatchObject([{ code: 'CLUSTER_IP_NO_ROUTE', values: { node: 'node-1' } }]);
});

test.each([
  ['client: ip link set eth0 down', ['LINK_DOWN'], 'eth0 of client is down'],
  ['node-1: ip link set flannel.1 down', ['POD_ROUTE_MISSING', 'LINK_DOWN'], 'flannel.1 of node-1 is down'],
  ['node-1: ip link del flannel.1', ['POD_ROUTE_MISSING', 'LINK_GONE'], 'no device flannel.1 any more'],
  [
    'node-1: iptables -I OUTPUT -p udp --dport 8472 -j REJECT',
    ['TUNNEL_PACKET_STOPPED'],
    'outer packet of flannel.1, from node-1 to 192.168.56.12, UDP port 8472',
  ],
  ['node-1: iptables -P OUTPUT DROP', ['TUNNEL_PACKET_STOPPED'], 'pass filter OUTPUT on node-1'],
  ['node-2: iptables -P INPUT DROP', ['TUNNEL_PACKET_STOPPED'], 'pass filter INPUT on node-2'],
  // The inner packet's own: no hint.
  ['node-1: iptables -P FORWARD DROP\nnode-1: iptables -F FLANNEL-FWD', [], 'filter FORWARD policy: DROP'],
])('%s: the cause is named', (line, hints, says) => {
  const result = changed(line, toWeb1);
  expect(result.verdict.exit).toBe(1);
  expect(result.verdict.hints.map(({ code }) => code)).toEqual(hints);
  expect(formatTrace(result).replace(/\s+/g, ' ')).toContain(says);
});

test('an answer that does not come by the node that translated the request', () => {
  const result = changed('node-3: iptables -t nat -F KUBE-POSTROUTING', { from: 'internet', to: 'node-3:30080' });
  expect(result.verdict).toMatchObject({
    code: 'REPLY_NOT_TRANSLATED',
    hints: [{ code: 'REPLY_PAST_TRANSLATION', values: { node: 'node-3', remote: '10.244.1.3' } }],
  });
  expect(formatTrace(result)).not.toContain('bridge-nf-call-iptables');
});

test.each(['nope', 'web'])('a Service without endpoints where nodes have no default route: selector %s', (app) => {
  const text = `cni: flannel/vxlan
segments: {lan: 192.168.1.0/24}
nodes: {n1: {address: 192.168.1.11}, n2: {address: 192.168.1.12}}
pods: {client: {node: n1}, web: {node: n2, labels: {app: web}, listen: [8080]}}
services: {empty: {selector: {app: ${app}}, port: 80, targetPort: ${app === 'web' ? 'http' : 8080}}}
`;
  const { network } = buildNetwork(readable(readLab(text, 'empty.yaml')));
  const { verdict } = trace(network, { from: 'client', to: 'service/empty' });
  expect(verdict).toMatchObject({ code: 'NO_ROUTE', hints: [{ code: 'CLUSTER_IP_NO_ENDPOINTS' }] });
});

test('what happens in a pod is told of the pod, not of its node', () => {
  const astray = changed(
    'node-1: ip route add 10.244.2.2 via 10.244.1.3\nweb-0: sysctl -w net.ipv4.ip_forward=0',
    toWeb1,
  );
  expect(decisive(astray).event).toMatchObject({ code: 'FORWARDING_OFF', values: { node: 'web-0' } });
  const flushed = changed('client: ip route flush table main', toWeb1);
  expect(decisive(flushed).event).toMatchObject({ code: 'NO_ROUTE', values: { node: 'client', dst: '10.244.2.2' } });
  expect(formatTrace(flushed)).not.toMatch(/DST|the destination/);
});

/** Between their segments nothing leads to pods. */
const BROKEN = new Set<string>(['flannel-host-gw-two-segments', 'calico-bgp-two-segments']);

test.each([...FLANNEL_LABS, ...CALICO_LABS])('%s: nothing is said besides where nothing is wrong', (lab) => {
  for (const to of ['pod/web-0:8080', 'service/web:80', 'internet:80', 'node-2:30080'])
    for (const from of ['pod/client', 'node/node-1', 'pod/web-0']) {
      const { verdict } = trace(shipped(lab), { from, to });
      if (verdict.exit === 0) expect(verdict.hints, `${from} ${to}`).toEqual([]);
    }
  const far = trace(shipped(lab), toWeb1).verdict;
  if (!BROKEN.has(lab)) expect(far).toMatchObject({ exit: 0, hints: [] });
});

test('whoever has an address of a packet is named', () => {
  const { owners } = trace(shipped('flannel-vxlan'), { from: 'pod/client', to: 'service/web:80' });
  expect(owners).toMatchObject({
    '10.244.1.2': 'pod/default/client',
    '10.96.0.2': 'service/default/web',
    '10.244.1.3': 'pod/default/web-0',
    '192.168.56.12': 'node/node-2',
  });
});

/** A probe of flannel-vxlan after `NETNS: COMMAND`. */
function changed(lines: string, probe: Probe): Trace {
  const { network, refused } = run(lines, shipped('flannel-vxlan'), new Runtime());
  expect(refused).toEqual([]);
  return trace(network, probe);
}

/** The event that the verdict names, and where it happened. */
function decisive(result: Trace): { readonly netns: string; readonly event: TraceEvent } {
  for (const leg of result.legs)
    for (const path of leg.paths)
      for (const { netns, events } of path.hops)
        for (const event of events) if (event.id === result.verdict.event) return { netns, event };
  throw new Error(`no event ${result.verdict.event}`);
}
