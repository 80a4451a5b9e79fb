import type { Language } from '../text/phrases.js';
import type { Thing } from './explanation.js';
import { KNOWN_CALICO } from './known-calico.js';
import { BOTH, IPVS, KNOWN_CHAINS, PORTMAP } from './known-chains.js';

/** What a name of a component means, wherever it is met. */
export interface KnownName {
  /** Ends in `*` for every name that begins so. */
  readonly name: string;
  readonly kind: Thing['kind'] | 'address' | 'protocol';
  /** The component that makes it, and the version of which this is known. */
  readonly by: string;
  readonly means: Readonly<Record<Language, string>>;
}

function ipset(name: string, en: string, zh: string): KnownName {
  return { name, kind: 'ipset', by: IPVS, means: { en, zh } };
}

function device(name: string, by: string, en: string, zh: string): KnownName {
  return { name, kind: 'device', by, means: { en, zh } };
}

function sysctl(name: string, by: string, en: string, zh: string): KnownName {
  return { name, kind: 'sysctl', by, means: { en, zh } };
}

/** Names that components of a cluster give, longer ones before their beginnings. */
export const KNOWN_NAMES: readonly KnownName[] = [
  ...KNOWN_CHAINS.map(({ name, by, en, zh }): KnownName => ({ name, kind: 'chain', by, means: { en, zh } })),
  ...KNOWN_CALICO,
  ipset(
    'KUBE-LOOP-BACK',
    'endpoints on this node that reach themselves by their Service: masqueraded',
    '本节点上经由 Service 访问自己的 endpoint：要做地址伪装',
  ),
  ipset('KUBE-CLUSTER-IP', 'all cluster IPs with their ports', '所有 cluster IP 及其端口'),
  ipset(
    'KUBE-EXTERNAL-IP',
    'external IPs of Services with externalTrafficPolicy Cluster',
    'externalTrafficPolicy 为 Cluster 的 Service 的 external IP',
  ),
  ipset(
    'KUBE-EXTERNAL-IP-LOCAL',
    'external IPs of Services with externalTrafficPolicy Local',
    'externalTrafficPolicy 为 Local 的 Service 的 external IP',
  ),
  ipset('KUBE-LOAD-BALANCER', 'all load balancer addresses with their ports', '所有负载均衡地址及其端口'),
  ipset(
    'KUBE-LOAD-BALANCER-LOCAL',
    'load balancer addresses of Services with externalTrafficPolicy Local',
    'externalTrafficPolicy 为 Local 的 Service 的负载均衡地址',
  ),
  ipset(
    'KUBE-LOAD-BALANCER-FW',
    'load balancer addresses of Services with loadBalancerSourceRanges',
    '有 loadBalancerSourceRanges 的 Service 的负载均衡地址',
  ),
  ipset(
    'KUBE-LOAD-BALANCER-SOURCE-CIDR',
    'load balancer addresses, each with a range that may use it',
    '负载均衡地址，以及各自允许的源网段',
  ),
  ipset(
    'KUBE-LOAD-BALANCER-SOURCE-IP',
    'load balancer addresses that the node itself may use',
    '本节点自己可以使用的负载均衡地址',
  ),
  ipset('KUBE-NODE-PORT-TCP', 'all TCP node ports', '所有 TCP node port'),
  ipset('KUBE-NODE-PORT-UDP', 'all UDP node ports', '所有 UDP node port'),
  ipset(
    'KUBE-NODE-PORT-SCTP-HASH',
    'all SCTP node ports, with the addresses of the node',
    '所有 SCTP node port 及本节点的地址',
  ),
  ipset(
    'KUBE-NODE-PORT-LOCAL-*',
    'node ports of Services with externalTrafficPolicy Local',
    'externalTrafficPolicy 为 Local 的 Service 的 node port',
  ),
  ipset(
    'KUBE-HEALTH-CHECK-NODE-PORT',
    'health check node ports, which the firewall lets through',
    '防火墙放行的健康检查端口',
  ),
  ipset('KUBE-IPVS-IPS', 'the addresses that kube-proxy gave to kube-ipvs0', 'kube-proxy 配在 kube-ipvs0 上的地址'),
  device(
    'cni0',
    'CNI plug-in bridge, containernetworking/plugins 1.9',
    "the bridge that the node's pods hang on; its address is their gateway",
    '本节点各 pod 所挂的网桥；它的地址是这些 pod 的网关',
  ),
  device(
    'flannel.*',
    'flanneld, flannel 0.28 pkg/backend/vxlan',
    'VXLAN tunnel to the pods of other nodes; the number is the VNI',
    '通往其他节点上 pod 的 VXLAN 隧道；后面的数字是 VNI',
  ),
  device(
    'flannel-v6.*',
    'flanneld, flannel 0.28 pkg/backend/vxlan',
    'VXLAN tunnel over IPv6 to the pods of other nodes; the number is the VNI',
    '通往其他节点上 pod 的 IPv6 VXLAN 隧道；后面的数字是 VNI',
  ),
  device(
    'flannel.ipip',
    'flanneld, flannel 0.28 pkg/backend/ipip',
    'IPIP tunnel to the pods of other nodes',
    '通往其他节点上 pod 的 IPIP 隧道',
  ),
  device(
    'flannel-wg',
    'flanneld, flannel 0.28 pkg/backend/wireguard',
    'WireGuard tunnel to the pods of other nodes',
    '通往其他节点上 pod 的 WireGuard 隧道',
  ),
  device(
    'flannel0',
    'flanneld, flannel 0.28 pkg/backend/udp',
    'TUN device: flanneld reads packets here and sends them by UDP to other nodes',
    'TUN 设备：flanneld 从这里读包，再用 UDP 发给其他节点',
  ),
  device(
    'kube-ipvs0',
    IPVS,
    'dummy device that is never up: it holds the addresses of Services, so that packets to them count as local and meet IPVS',
    '从不启用的 dummy 设备：它带着各 Service 的地址，使发往它们的包算作本地并交给 IPVS',
  ),
  device(
    'veth*',
    'CNI plug-in bridge, or a container runtime',
    'one end of a veth pair; the other end is eth0 of a pod',
    'veth 对的一端；另一端是某个 pod 的 eth0',
  ),
  device(
    'eth0',
    'underlay, or CNI in a pod',
    'the network card of a node, or a pod’s end of a veth pair',
    '节点的网卡，或 pod 一侧的 veth 端',
  ),
  device('lo', 'kernel', 'loopback: packets to own addresses', '环回：发往本机地址的包'),
  {
    name: '0x4000',
    kind: 'mark',
    by: BOTH,
    means: {
      en: 'to be masqueraded (masqueradeBit 14): set by KUBE-MARK-MASQ, taken off in KUBE-POSTROUTING',
      zh: '要做地址伪装（masqueradeBit 14）：由 KUBE-MARK-MASQ 打上，在 KUBE-POSTROUTING 去掉',
    },
  },
  {
    name: '0x8000',
    kind: 'mark',
    by: 'kubelet, up to k8s 1.26',
    means: {
      en: 'to be dropped: set by KUBE-MARK-DROP, obeyed by KUBE-FIREWALL',
      zh: '要丢弃：由 KUBE-MARK-DROP 打上，由 KUBE-FIREWALL 执行',
    },
  },
  {
    name: '0x2000',
    kind: 'mark',
    by: PORTMAP,
    means: {
      en: 'to be masqueraded (markMasqBit 13): set by CNI-HOSTPORT-SETMARK, obeyed by CNI-HOSTPORT-MASQ',
      zh: '要做地址伪装（markMasqBit 13）：由 CNI-HOSTPORT-SETMARK 打上，由 CNI-HOSTPORT-MASQ 执行',
    },
  },
  sysctl('net.ipv4.ip_forward', 'Linux', 'whether the host forwards packets for others', '主机是否为别人转发包'),
  sysctl(
    'net.bridge.bridge-nf-call-iptables',
    'Linux, module br_netfilter',
    'whether bridged packets pass iptables: without it a pod gets no answer from a Service whose endpoint is on its own bridge',
    '经过网桥的包是否经过 iptables：关闭时，endpoint 在同一网桥上的 Service 收不到应答',
  ),
  sysctl(
    'net.ipv4.conf.all.route_localnet',
    'Linux',
    'whether 127.0.0.0/8 is routed like other networks: kube-proxy sets it for node ports on localhost',
    '127.0.0.0/8 是否像其他网络一样路由：kube-proxy 为 localhost 上的 node port 打开它',
  ),
  sysctl(
    'net.ipv4.vs.conntrack',
    IPVS,
    'whether conntrack follows connections of IPVS: needed for masquerading them',
    'conntrack 是否跟踪 IPVS 的连接：做地址伪装需要它',
  ),
  { name: 'main', kind: 'table', by: 'Linux', means: { en: 'the routes of every day', zh: '日常使用的路由' } },
  {
    name: 'local',
    kind: 'table',
    by: 'Linux',
    means: { en: 'own addresses and broadcasts, kept by the kernel', zh: '本机地址和广播地址，由内核维护' },
  },
];

/** What is known of a name as a thing of that kind; the exact name before one that begins so. */
export function knownName(name: string, kind: KnownName['kind'] | undefined): KnownName | undefined {
  if (kind === undefined && name.startsWith('KUBE-6-')) return knownName(name, 'ipset');
  const plain = /^0x0*([0-9a-f]+)(?:\/.*)?$/i.exec(name);
  const asked =
    plain === null ? (kind === 'ipset' ? withoutFamily(name) : name) : `0x${(plain[1] ?? '').toLowerCase()}`;
  const ofKind = KNOWN_NAMES.filter((each) => kind === undefined || each.kind === kind);
  const begins = ofKind.filter((each) => each.name.endsWith('*') && asked.startsWith(each.name.slice(0, -1)));
  return ofKind.find((each) => each.name === asked) ?? begins.sort((a, b) => b.name.length - a.name.length)[0];
}

/** Sets for IPv6 are called KUBE-6-…, cut after 31 characters (NewIPSet(), k8s 1.30 pkg/proxy/ipvs/ipset.go). */
function withoutFamily(name: string): string {
  const known = KNOWN_NAMES.find(
    (each) => each.kind === 'ipset' && each.name.replace(/^KUBE-/, 'KUBE-6-').slice(0, 31) === name,
  );
  return known?.name ?? name.replace('KUBE-6-', 'KUBE-');
}
