/** A chain: its name, which ends in `*` for every one that begins so, who makes it, and what it means. */
export interface KnownChain {
  readonly name: string;
  /** The component, and the version of which this is known. */
  readonly by: string;
  readonly en: string;
  readonly zh: string;
}

const IPTABLES = 'kube-proxy, k8s 1.30 pkg/proxy/iptables';
export const IPVS = 'kube-proxy in IPVS mode, k8s 1.30 pkg/proxy/ipvs';
export const BOTH = 'kube-proxy, k8s 1.30 pkg/proxy';
const KUBELET = 'kubelet, k8s 1.30 pkg/kubelet/kubelet_network_linux.go';
const FLANNEL = 'flanneld, flannel 0.28 pkg/trafficmngr/iptables';
export const PORTMAP = 'CNI plug-in portmap, containernetworking/plugins 1.9';
const FIREWALL = 'CNI plug-in firewall, containernetworking/plugins 1.9';
const KUBE_ROUTER = 'kube-router, or k3s, kube-router 2.x pkg/controllers/netpol';

function chain(name: string, by: string, en: string, zh: string): KnownChain {
  return { name, by, en, zh };
}

/** Chains that components of a cluster make, longer names before their beginnings. */
export const KNOWN_CHAINS: readonly KnownChain[] = [
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
    'kubelet, up to k8s 1.26',
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
    IPTABLES,
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
    'drops what the node itself sends to load balancer addresses whose loadBalancerSourceRanges leave it out',
    '当 loadBalancerSourceRanges 不包括本节点时，丢弃本节点自己发往该负载均衡地址的包',
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
    'CNI-HOSTPORT-SNAT',
    'CNI plug-in portmap, before containernetworking/plugins 0.7',
    'host ports of all pods of the node, on the way out: later CNI-HOSTPORT-SETMARK and CNI-HOSTPORT-MASQ',
    '本节点所有 pod 的 hostPort（出方向）：后来改为 CNI-HOSTPORT-SETMARK 和 CNI-HOSTPORT-MASQ',
  ),
  chain(
    'CNI-SN-*',
    'CNI plug-in portmap, before containernetworking/plugins 0.7',
    'host ports of one pod, on the way out: later CNI-HOSTPORT-SETMARK and CNI-HOSTPORT-MASQ',
    '某个 pod 的 hostPort（出方向）：后来改为 CNI-HOSTPORT-SETMARK 和 CNI-HOSTPORT-MASQ',
  ),
  chain(
    'CNI-FORWARD',
    FIREWALL,
    'accepts forwarded packets from and to pods, whatever the policy of FORWARD; CNI-ADMIN comes first',
    '无论 FORWARD 的策略如何，放行来自和发往 pod 的转发包；先经过 CNI-ADMIN',
  ),
  chain(
    'CNI-ADMIN',
    FIREWALL,
    "the administrator's own rules, before those of CNI-FORWARD",
    '管理员自己的规则，先于 CNI-FORWARD 的规则',
  ),
  chain(
    'CNI-ISOLATION-STAGE-*',
    FIREWALL,
    'ingressPolicy same-bridge: drops what is forwarded from one bridge of pods to another',
    'ingressPolicy same-bridge：丢弃从一个 pod 网桥转发到另一个的包',
  ),
  chain(
    'CNI-*',
    'CNI plug-in bridge (ipMasq), containernetworking/plugins 1.9',
    'masquerades what one pod sends out of its network. The name is a hash of network and container',
    '对某个 pod 发往网络之外的包做地址伪装。名字是网络和容器的哈希',
  ),
  chain(
    'KUBE-ROUTER-*',
    KUBE_ROUTER,
    'packets that NetworkPolicies of pods are looked up for',
    '在这里为包查找 pod 的 NetworkPolicy',
  ),
  chain(
    'KUBE-POD-FW-*',
    KUBE_ROUTER,
    'one pod: the NetworkPolicies that select it',
    '某个 pod：选中它的 NetworkPolicy',
  ),
  chain('KUBE-NWPLCY-*', KUBE_ROUTER, 'one NetworkPolicy; the name is a hash', '一条 NetworkPolicy；名字是哈希'),
];
