import type { Language } from '../text/phrases.js';
import type { Thing } from './explanation.js';

/** What a name of a component means, wherever it is met. */
export interface KnownName {
  /** Ends in `*` for every name that begins so. */
  readonly name: string;
  readonly kind: Thing['kind'];
  /** The component that makes it, and the version of which this is known. */
  readonly by: string;
  readonly means: Readonly<Record<Language, string>>;
}

const IPTABLES = 'kube-proxy, k8s 1.30 pkg/proxy/iptables';
const IPVS = 'kube-proxy in IPVS mode, k8s 1.30 pkg/proxy/ipvs';
const BOTH = 'kube-proxy, k8s 1.30 pkg/proxy';
const KUBELET = 'kubelet, k8s 1.30 pkg/kubelet/kubelet_network_linux.go';
const FLANNEL = 'flanneld, flannel 0.28 pkg/trafficmngr/iptables';
const PORTMAP = 'CNI plug-in portmap, containernetworking/plugins 1.9';

function chain(name: string, by: string, en: string, zh: string): KnownName {
  return { name, kind: 'chain', by, means: { en, zh } };
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
  chain(
    'KUBE-SERVICES',
    BOTH,
    'where every packet is compared with the addresses of all Services; in table filter it refuses those of Services without endpoints',
    '把每个包与所有 Service 的地址逐一比较的链；在 filter 表里拒绝没有 endpoint 的 Service',
  ),
  chain(
    'KUBE-EXTERNAL-SERVICES',
    IPTABLES,
    'refuses packets from outside to node ports and external addresses of Services that have no endpoints for them',
    '对没有可用 endpoint 的 Service，拒绝从外部发往 node port 和外部地址的包',
  ),
  chain(
    'KUBE-NODEPORTS',
    IPTABLES,
    'in table nat: node ports, one rule each; in table filter: lets health check node ports through',
    '在 nat 表：每个 node port 一条规则；在 filter 表：放行健康检查端口',
  ),
  chain(
    'KUBE-FORWARD',
    BOTH,
    'accepts forwarded packets that are marked for masquerading or belong to a known connection, whatever the policy of FORWARD',
    '无论 FORWARD 的策略如何，放行带伪装标记的包和属于已知连接的包',
  ),
  chain(
    'KUBE-PROXY-FIREWALL',
    BOTH,
    'drops what loadBalancerSourceRanges did not let through',
    '丢弃 loadBalancerSourceRanges 没有放行的包',
  ),
  chain(
    'KUBE-FIREWALL',
    KUBELET,
    'drops packets to 127.0.0.0/8 that come from elsewhere, which route_localnet would let in',
    '丢弃来自别处、目的为 127.0.0.0/8 的包（route_localnet 会让它们进来）',
  ),
  chain(
    'KUBE-POSTROUTING',
    BOTH,
    'takes the mark off and masquerades what KUBE-MARK-MASQ has marked; the rest returns at the first rule',
    '去掉 KUBE-MARK-MASQ 所打的标记并做地址伪装；其余的包在第一条规则就返回',
  ),
  chain(
    'KUBE-MARK-MASQ',
    BOTH,
    'marks a packet, so that KUBE-POSTROUTING masquerades it when it leaves',
    '给包打标记，使 KUBE-POSTROUTING 在它离开时做地址伪装',
  ),
  chain(
    'KUBE-MARK-DROP',
    'kubelet, up to k8s 1.27',
    'marks a packet with 0x8000, so that KUBE-FIREWALL drops it',
    '给包打上 0x8000 标记，使 KUBE-FIREWALL 丢弃它',
  ),
  chain(
    'KUBE-SVC-*',
    IPTABLES,
    'one port of one Service, traffic policy Cluster: chooses among its endpoints on all nodes. The name is a hash of the Service port and its protocol',
    '某个 Service 的一个端口（策略 Cluster）：在所有节点的 endpoint 中选择一个。名字是 Service 端口和协议的哈希',
  ),
  chain(
    'KUBE-SVL-*',
    IPTABLES,
    'one port of one Service, traffic policy Local: chooses among the endpoints on this node alone',
    '某个 Service 的一个端口（策略 Local）：只在本节点的 endpoint 中选择',
  ),
  chain(
    'KUBE-EXT-*',
    IPTABLES,
    'packets to one Service port from outside (node port, external IP, load balancer): decides whether they are masqueraded, and goes on to KUBE-SVC- or KUBE-SVL-',
    '从外部（node port、external IP、负载均衡）发往某个 Service 端口的包：决定是否做地址伪装，然后转到 KUBE-SVC- 或 KUBE-SVL-',
  ),
  chain(
    'KUBE-FW-*',
    IPTABLES,
    'loadBalancerSourceRanges of one Service port: whose source fits goes on to KUBE-EXT-, the rest is dropped in KUBE-PROXY-FIREWALL',
    '某个 Service 端口的 loadBalancerSourceRanges：源地址符合的转到 KUBE-EXT-，其余的在 KUBE-PROXY-FIREWALL 被丢弃',
  ),
  chain(
    'KUBE-SEP-*',
    IPTABLES,
    'one endpoint of one Service port: translates the destination to it. The name is a hash of Service port, protocol and endpoint',
    '某个 Service 端口的一个 endpoint：把目的地址转换成它。名字是 Service 端口、协议和 endpoint 的哈希',
  ),
  chain(
    'KUBE-XLB-*',
    'kube-proxy, up to k8s 1.23',
    'external traffic of one Service port with externalTrafficPolicy Local; later KUBE-EXT- and KUBE-SVL-',
    '某个 externalTrafficPolicy 为 Local 的 Service 端口的外部流量；后来分成 KUBE-EXT- 和 KUBE-SVL-',
  ),
  chain(
    'KUBE-PROXY-CANARY',
    BOTH,
    'an empty chain: when it is gone, somebody has flushed the tables, and kube-proxy writes everything anew',
    '空链：它一旦消失，说明有人清空了规则，kube-proxy 就重新写入全部规则',
  ),
  chain(
    'KUBE-KUBELET-CANARY',
    KUBELET,
    'an empty chain: when it is gone, somebody has flushed the tables, and kubelet writes its rules anew',
    '空链：它一旦消失，说明有人清空了规则，kubelet 就重新写入自己的规则',
  ),
  chain(
    'KUBE-IPTABLES-HINT',
    KUBELET,
    'an empty chain that tells others which backend of iptables the node uses',
    '空链，告诉别的程序这个节点使用哪一种 iptables 后端',
  ),
  chain(
    'KUBE-LOAD-BALANCER',
    IPVS,
    'marks packets to load balancer addresses for masquerading, but for policy Local',
    '给发往负载均衡地址的包打上伪装标记，策略为 Local 的除外',
  ),
  chain(
    'KUBE-NODE-PORT',
    IPVS,
    'in table nat: marks packets to node ports for masquerading, but for policy Local; in table filter: lets health check node ports through',
    '在 nat 表：给发往 node port 的包打上伪装标记，策略为 Local 的除外；在 filter 表：放行健康检查端口',
  ),
  chain(
    'KUBE-SOURCE-RANGES-FIREWALL',
    IPVS,
    'loadBalancerSourceRanges: returns what they let through, drops the rest',
    'loadBalancerSourceRanges：放行的包返回，其余丢弃',
  ),
  chain(
    'KUBE-IPVS-FILTER',
    IPVS,
    'what may reach addresses of kube-ipvs0: service ports return, new connections to other ports of these addresses are rejected',
    '哪些包可以到达 kube-ipvs0 上的地址：Service 端口返回，发往这些地址其他端口的新连接被拒绝',
  ),
  chain(
    'KUBE-IPVS-OUT-FILTER',
    IPVS,
    'drops answers of virtual services to the node itself where loadBalancerSourceRanges exclude it',
    '当 loadBalancerSourceRanges 不包括本节点时，丢弃虚拟服务给本节点的应答',
  ),
  chain(
    'FLANNEL-FWD',
    FLANNEL,
    "accepts forwarded packets from and to the pods' network, whatever the policy of FORWARD",
    '无论 FORWARD 的策略如何，放行来自和发往 pod 网络的包',
  ),
  chain(
    'FLANNEL-POSTRTG',
    FLANNEL,
    "masquerades what leaves the pods' network or enters it from outside; packets between pods return",
    '对离开 pod 网络或从外部进入的包做地址伪装；pod 之间的包直接返回',
  ),
  chain(
    'CNI-HOSTPORT-DNAT',
    PORTMAP,
    'host ports of all pods of the node: packets to an own address are compared here',
    '本节点所有 pod 的 hostPort：发往本机地址的包在这里比较',
  ),
  chain(
    'CNI-HOSTPORT-SETMARK',
    PORTMAP,
    'marks with 0x2000 what CNI-HOSTPORT-MASQ is to masquerade',
    '打上 0x2000 标记，交给 CNI-HOSTPORT-MASQ 做地址伪装',
  ),
  chain(
    'CNI-HOSTPORT-MASQ',
    PORTMAP,
    'masquerades what CNI-HOSTPORT-SETMARK has marked',
    '对 CNI-HOSTPORT-SETMARK 标记过的包做地址伪装',
  ),
  chain(
    'CNI-DN-*',
    PORTMAP,
    'host ports of one pod. The name is a hash of network and container',
    '某个 pod 的 hostPort。名字是网络和容器的哈希',
  ),
  chain(
    'CNI-*',
    'CNI plug-in bridge (ipMasq), containernetworking/plugins 1.9',
    'masquerades what one pod sends out of its network. The name is a hash of network and container',
    '对某个 pod 发往网络之外的包做地址伪装。名字是网络和容器的哈希',
  ),
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
    'container runtime',
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
    by: 'kubelet, up to k8s 1.27',
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
export function knownName(name: string, kind: Thing['kind'] | undefined): KnownName | undefined {
  const plain = /^0x0*([0-9a-f]+)(?:\/.*)?$/i.exec(name);
  const asked = plain === null ? name : `0x${(plain[1] ?? '').toLowerCase()}`;
  const ofKind = KNOWN_NAMES.filter((each) => kind === undefined || each.kind === kind);
  const begins = ofKind.filter((each) => each.name.endsWith('*') && asked.startsWith(each.name.slice(0, -1)));
  return ofKind.find((each) => each.name === asked) ?? begins.sort((a, b) => b.name.length - a.name.length)[0];
}
