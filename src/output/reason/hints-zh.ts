import type { Hints } from './reason.js';

/** What the hints say, in Chinese. */
export const hintsZh: Hints = {
  POD_ROUTE_MISSING: {
    why: '{node|某个节点} 没有到 {owner|目的地} 所在的 {prefix|子网} 的路由，于是走了默认路由，而那条路到不了。',
    fix: '在 {node|该节点} 上执行 `ip route get {dst|ADDRESS}`：找出本该写 {prefix|该子网} 路由的组件，看它是否在运行、是否知道这个子网。',
  },
  BGP_DAEMON_DOWN: {
    why: '{at|某台机器} 上的 BIRD 没有运行，而 {prefix|该路由} 必须经它而来：它正常退出时，或重启计时器到期后，邻居就撤掉了它的路由。',
    fix: '在 {at|该机器} 上重新启动它（节点上它在 calico-node 这个 Pod 里），并从它的日志查它为何退出；`podpath bgp LAB explain {node|NODE} {prefix|PREFIX}` 会列出谁知道什么。',
  },
  BGP_NO_SESSION: {
    why: '{from|某台机器} 知道 {prefix|该路由}，但没有配置能把它从那里带给 {to|其他机器} 的 BGP 会话：{at|其中一方} 缺了它。',
    fix: '全互联（nodeToNodeMeshEnabled，带 routeReflectorClusterID 的节点不参与）是否打开，或者有没有 BGPPeer 选中 {at|该机器}？`calicoctl get bgppeer -o yaml`、`calicoctl get bgpconfiguration -o yaml`，对 {at|该机器} 执行 `{birdc|birdc} show protocols`，以及 `podpath bgp LAB explain {node|NODE} {prefix|PREFIX}`。',
  },
  BGP_SESSION_DISABLED: {
    why: '本应把 {prefix|该路由} 从 {from|某个邻居} 带给 {to|其他机器} 的 BGP 会话，在 {at|其中一方} 被禁用了。',
    fix: '对 {at|该机器} 执行 `{birdc|birdc} show protocols`，再启用它：`{birdc|birdc} enable {session|SESSION}`。然后对照 `podpath bgp LAB explain {node|NODE} {prefix|PREFIX}`。',
  },
  BGP_SESSION_DOWN: {
    why: '本应把 {prefix|该路由} 从 {from|某个邻居} 带给 {to|其他机器} 的 BGP 会话没有建立：{because|未建立}。',
    fix: '对 {at|该机器} 执行 `{birdc|birdc} show protocols all {session|SESSION}`：地址、AS 号、口令，以及两者之间的 TCP 179 端口；其余见 `podpath bgp LAB explain {node|NODE} {prefix|PREFIX}`。',
  },
  BGP_FILTERED: {
    why: '{from|某个邻居} 知道 {prefix|该路由}，却不向 {to|其他机器} 宣告：被它的导出过滤器拒绝。',
    fix: 'Calico 的这个过滤器来自 IPPool（disableBGPExport）和 BGPPeer 的 BGPFilter：`calicoctl get ippool -o yaml`（bgpfilter 和 bgppeer 同样）；对 {from|该邻居} 执行 `{birdcFrom|birdc} show route export SESSION` 列出剩下的，这里则用 `podpath bgp LAB explain {node|NODE} {prefix|PREFIX}`。',
  },
  BGP_NOT_REFLECTED: {
    why: '{from|某个邻居} 从自己的 AS 得到 {prefix|该路由}，除非一方是路由反射器的客户端，否则不会转给同一 AS 的其他邻居：{to|其他机器} 得不到它。',
    fix: '让所有节点互相建立会话（nodeToNodeMeshEnabled），或者让 {from|该邻居} 成为路由反射器（routeReflectorClusterID）。`podpath bgp LAB explain {node|NODE} {prefix|PREFIX}` 会列出谁知道它。',
  },
  BGP_WITHHELD: {
    why: '{prefix|该路由} 丢失在 {from|某个邻居} 与 {to|其他机器} 之间：{because|没有宣告}。',
    fix: '`podpath bgp LAB explain {node|NODE} {prefix|PREFIX}`；在机器上则用 `{birdc|birdc} show route all {prefix|PREFIX}` 和 `{birdc|birdc} show protocols all`。',
  },
  BGP_FIB_FULL: {
    why: 'BGP 已把 {prefix|该路由} 带到 {node|该机器}，它也继续宣告，但它的转发表已满，里面没有这条路由。',
    fix: '向 {node|它} 宣告更少或更短的前缀，或者给转发表更多空间：`birdc show route` 中有而 `ip route` 中没有的 {prefix|PREFIX} 就是缺的；这里用 `podpath bgp LAB explain {node|NODE} {prefix|PREFIX}`。',
  },
  BGP_NOT_INSTALLED: {
    why: 'BGP 已把 {prefix|该路由} 带到 {node|该机器}，但它没有进入转发表：{because|原因不明}。',
    fix: '查看 {node|该机器} 上 `kernel` 协议的导出过滤器，以及 `podpath bgp LAB explain {node|NODE} {prefix|PREFIX}`。',
  },
  BGP_ROUTE_REMOVED: {
    why: '{node|该机器} 的 BIRD 知道 {prefix|该路由}，也写入过：是别人把它从内核中删除了。',
    fix: 'BIRD 下次扫描路由表时会重新写入（Calico：`scan time 2`，秒）。若一直没有，{node|该机器} 上的 BIRD 在运行吗？是谁在删？`ip monitor route`；`podpath bgp LAB explain {node|NODE} {prefix|PREFIX}`。',
  },
  ROUTER_WITHOUT_BGP: {
    why: '{node|该节点} 把去往 {owner|该 Pod} 所在 {prefix|地址块} 的包交给 {via|网关}，因为对方节点在另一个子网：但 {router|该路由器} 不与节点交换 BGP，不认识 Pod。',
    fix: '在子网之间封装（IPPool 的 ipipMode 或 vxlanMode 设为 CrossSubnet），或者让 {router|该路由器} 与节点建立 BGP（BGPPeer），或者把这些路由写给它。',
  },
  BLOCK_POD_ROUTE_MISSING: {
    why: '{node|该节点} 没有到 {owner|本机 Pod}（{dst|该地址}）的路由：{prefix|该地址块} 只剩下整块的 blackhole（{by|写入者}）。',
    fix: '`{dst|ADDRESS} dev cali…` 由 CNI 插件写入，由 Felix 维护：{node|该节点} 上的 calico-node 在运行吗？WorkloadEndpoint 还在吗（`calicoctl get workloadendpoints -A`）？',
  },
  BLOCK_WITHOUT_POD: {
    why: '{dst|该地址} 属于 {node|该节点} 的地址块 {prefix|（见路由）}，而那里没有 Pod 使用它：整块的 blackhole（{by|写入者}）收走了给它的包。',
    fix: 'Pod 已不在，或者它在借用该地址的另一个节点上，而它的 /32 没有被宣告：`calicoctl ipam show --ip={dst|ADDRESS}`。',
  },
  GATEWAY_OFF_LINK: {
    why: '{by|某个组件} 写到 {prefix|该子网} 的路由时被内核拒绝：下一跳 {via|网关} 不在 {node|该节点} 的任何链路上（{errno|errno}，{message|没有说明}）。',
    fix: '下一跳必须在本机的链路上。跨网段时用隧道（VXLAN；加 DirectRouting 则只在必要时用），或者把这些路由告诉路由器。',
  },
  CALL_REFUSED: {
    why: '{by|某个组件} 执行了 `{call|一条命令}`，被内核拒绝：{errno|errno}，{message|没有说明}。',
    fix: '在 {node|该节点} 上手工执行这条命令，解决它抱怨的问题。',
  },
  LINK_DOWN: {
    why: '{node|该主机} 的 {dev|某个设备} 处于 down 状态，它的路由也随之消失。',
    fix: '在 {node|该主机} 上执行 `ip link set {dev|DEV} up`。只有它自身地址的路由会自动恢复，其他路由要由写入者重新写入。',
  },
  LINK_GONE: {
    why: '{node|该主机} 上已没有设备 {dev|路由所指的那个}，它的路由也随之消失；到该地址的路由原由 {by|某个组件} 写入。',
    fix: '在 {node|该主机} 上重启创建 {dev|该设备} 并写入其路由的组件（{by|写入者}）。',
  },
  POD_ADDRESS_OUTSIDE: {
    why: '{dst|它} 是 {owner|某个 Pod} 的地址，而 Pod 地址只有节点知道：没有人告诉过 {node|该主机}。',
    fix: '从外部应访问节点的地址：NodePort 或 hostPort。或者给 {node|该主机} 一条经由该节点到 {prefix|Pod 子网} 的路由。',
  },
  NOT_MASQUERADED: {
    why: '数据包带着 Pod 的地址（{src|Pod 地址}）离开了 {node|该节点}：那里没有规则为它做 masquerade，而节点之外无人知道回到 {owner|该 Pod} 的路。',
    fix: '在 {node|该节点} 上查看 `iptables -t nat -S POSTROUTING` 及其跳转的链。使用 flannel 时这些规则由 flanneld 写入（--ip-masq），使用 Calico 时由 Felix 写入：cali-nat-outgoing，针对设了 natOutgoing 的 IPPool。',
  },
  NAT_OUTGOING_OFF: {
    why: '数据包带着 Pod 的地址（{src|Pod 地址}）离开了 {node|该节点}：IPPool {pool|即该地址所属的池} 没有打开 natOutgoing，所以 Felix 不为它做 masquerade，而节点之外无人知道回到 {owner|该 Pod} 的路。',
    fix: '在该 IPPool 中设置 `natOutgoing: true`（`calicoctl get ippool -o wide` 可查到哪个池是 {pool|该网段}），或者用 BGP 把它的路由告诉外面的路由器。',
  },
  SENDER_WITHOUT_ADDRESS: {
    why: '{owner|该 Pod} 没有地址，因此除 lo 外没有接口：{because|IPAM 没有给它地址}。',
    fix: '这样的 Pod 会停在 ContainerCreating；`kubectl describe pod` 显示插件的回答。请给 IPAM 留出空间：增加地址池或扩大子网、放宽每个节点的块数，或把 Pod 放到别的节点。',
  },
  REPLY_PAST_TRANSLATION: {
    why: '{node|某个节点} 把请求转换到了 {remote|后端}，却没有改它的源地址，于是应答直接去了 {client|客户端}，没有经过 {node|该节点}。',
    fix: '这类请求必须在 {node|该节点} 上做 masquerade：在那里查看 `iptables -t nat -S KUBE-POSTROUTING`，以及谁跳转到 KUBE-MARK-MASQ；二者都由 kube-proxy 写入。',
  },
  REPLY_BRIDGED: {
    why: '{node|该节点} 转换了请求，但应答只经过它的网桥 {bridge|本身}，而 net.bridge.bridge-nf-call-iptables 为 0：iptables 没有看到它。',
    fix: '在 {node|该节点} 上让桥接的包经过 iptables：`modprobe br_netfilter; sysctl -w net.bridge.bridge-nf-call-iptables=1`。',
  },
  TUNNEL_PACKET_STOPPED: {
    why: '被拦下的是 {dev|隧道} 的外层包，从 {node|该节点} 到 {remote|对端}，UDP 端口 {port|隧道端口}。里面的包随之丢失，{from|它的发送方} 什么也收不到。',
    fix: '让节点之间的 UDP 端口 {port|隧道端口} 通过 {at|该节点} 的 {table|iptables} {chain|CHAIN}：针对 Pod 的规则只看得到内层包。',
  },
  IPIP_PACKET_STOPPED: {
    why: '被拦下的是 {dev|隧道} 的外层包，从 {node|该节点} 到 {remote|对端}，IP 协议 4（IP in IP）。里面的包随之丢失，{from|它的发送方} 什么也收不到。',
    fix: '让节点之间的 IP 协议 4 通过 {at|该节点} 的 {table|iptables} {chain|CHAIN}：针对 Pod 的规则只看得到内层包。',
  },
  TUNNEL_SENDER_UNKNOWN: {
    why: 'Felix 只接受节点发来的隧道包：把它放进 {dev|隧道} 的 {sender|发送方} 不在 {node|接收方} 的 IP 集合 {set|（节点）} 中。',
    fix: '在 {node|接收方} 上把 `ipset list {set|SET}` 与 `kubectl get nodes -o wide`、`calicoctl get nodes -o wide` 对照：Felix 把它知道的节点地址和 externalNodesList 放进去。',
  },
  TUNNEL_DEVICE_DOWN: {
    why: '{node|接收方} 的 {dev|隧道设备} 处于 down 状态，没有人把包从隧道里取出来，经该设备的路由也没有了。',
    fix: '{node|接收方} 上维护 {dev|DEV} 的组件在运行吗？Felix 会在 10 秒内重新启用它的设备，flanneld 在启动时启用。手工：`ip link set {dev|DEV} up`。',
  },
  WORKLOAD_SPOOFED: {
    why: 'Felix 只接受从 {dev|某个 workload} 来、且源地址的路由指回它的包：{src|这个源地址} 不是，所以它不是 {owner|该 Pod} 的地址，或者 {node|该节点} 上缺了到它的路由。',
    fix: '对照 {owner|该 Pod} 中的 `ip addr` 与 {node|该节点} 上的 `ip route show dev {dev|DEV}`：Calico 只为 IPAM 分给 Pod 的地址写路由。',
  },
  WORKLOAD_UNKNOWN: {
    why: '{node|该节点} 上 Felix 的链 {chain|（workload）} 不认识 {owner|某个 Pod} 的 {dev|接口}，不认识的一律丢弃（“Unknown interface”）。',
    fix: '它有没有 WorkloadEndpoint（`calicoctl get workloadendpoints -A -o wide`）？{node|该节点} 上的 calico-node 是否就绪？`iptables -S {chain|CHAIN}` 列出它认识的接口。',
  },
  WORKLOAD_TO_HOST: {
    why: 'Felix 丢弃 Pod 发给自己所在节点 {node|本身} 的包，这里是 {owner|某个 Pod} 经 {dev|它的接口} 发出的：defaultEndpointToHostAction 为 Drop。',
    fix: '在 FelixConfiguration `default` 中设 `defaultEndpointToHostAction: Accept`（或 Return）。Calico 的清单用 FELIX_DEFAULTENDPOINTTOHOSTACTION=ACCEPT 设置它。',
  },
  PROXY_ARP_OFF: {
    why: '{ip|网关} 是谁也没有的地址：本应由 {node|该节点} 在 {dev|链路的自己一端} 代答，但那里 proxy_arp 为 0，{owner|该 Pod} 得不到应答。',
    fix: '在 {node|该节点} 上执行 `sysctl -w net.ipv4.conf.{dev|DEV}.proxy_arp=1`。它由 CNI 插件和 Felix 设置：那里的 calico-node 在运行吗？',
  },
  PROXY_ARP_NOT_FORWARDING: {
    why: '{ip|网关} 是谁也没有的地址：本应由 {node|该节点} 在 {dev|链路的自己一端} 代答，但只有路由器才代答，而那里的转发是关闭的。{owner|该 Pod} 得不到应答。',
    fix: '在 {node|该节点} 上执行 `sysctl -w net.ipv4.ip_forward=1`，并查是什么把它改了回去；{dev|DEV} 需要 net.ipv4.conf.{dev|DEV}.forwarding=1，由 Felix 设置。',
  },
  PROXY_ARP_NO_ROUTE: {
    why: '{ip|网关} 是谁也没有的地址：本应由 {node|该节点} 在 {dev|链路的自己一端} 代答，但它只为自己有路由的地址代答，而它没有。{owner|该 Pod} 得不到应答。',
    fix: '给 {node|该节点} 一条默认路由：`ip route get {ip|ADDRESS}` 必须能找到路由。',
  },
  ANSWER_ANOTHER_WAY: {
    why: '应答由 {by|某个邻居} 交到 {node|某台主机}，而请求没有经过那里：见过它的只有 {way|其他主机}。',
    fix: '在 {by|该邻居} 上查看回程的路由：多个下一跳，或者经由 {node|该主机} 的更长前缀。使用 BGP 时，宣告别人地址块的节点就成了去往它们的路：让每个节点只宣告自己的（BGPFilter）。',
  },
  SERVICE_ADDRESS_UNUSED: {
    why: '{dst|该地址} 在 serviceCIDR {prefix|之内}，但没有 Service 使用它，因此没有规则转换它，也没有到它的路由。',
    fix: '与 `kubectl get services -A` 对照：这个 Service 可能重建过，换了地址。',
  },
  CLUSTER_IP_NO_PORT: {
    why: '{vip|它} 是 {service|某个 Service} 的 ClusterIP，只以针对其端口（{ports|没有}）的规则存在；{asked|所访问的} 不在其中，所以没有规则转换这个包。',
    fix: '访问它的某个端口：{ports|它没有端口}。',
  },
  CLUSTER_IP_NO_ENDPOINTS: {
    why: '{service|该 Service} 的 {asked|该端口} 没有就绪的端点。这时 kube-proxy 不为 {vip|其 ClusterIP} 写转换规则，只写 REJECT，而路由选择在 REJECT 之前。',
    fix: '看 `kubectl get endpointslices`：没有 selector 的 Service 要手工写 EndpointSlice；否则对照 selector 与 Pod 的标签、targetPort 与 Pod 的端口，并看 Pod 是否就绪。',
  },
  CLUSTER_IP_UNTRANSLATED: {
    why: '{vip|它} 是 {service|某个 Service} 的 ClusterIP，只以针对其端口（{ports|没有}）的规则存在；没有任何规则转换过这个包。',
    fix: '规则不见了：在 {node|该节点} 上执行 `iptables -t nat -S KUBE-SERVICES | grep {vip|ADDRESS}`；规则由 kube-proxy 写入。',
  },
  CLUSTER_IP_NO_ROUTE: {
    why: '{vip|它} 是 {service|某个 Service} 的 ClusterIP。转换它的规则在路由选择之后，而 {node|发送方} 没有到它的路由。',
    fix: '给 {node|发送方} 一条覆盖 {vip|该地址} 的路由，默认路由即可：转换之后会重新选路。',
  },
  VIP_NOT_BOUND: {
    why: '{node|该节点} 有 {vip|该地址}:{port|端口}（{proto|协议}）的虚拟服务器，但没有任何设备持有这个地址，所以包没有在本机投递，IPVS 也就看不到它。',
    fix: 'kube-proxy 把这些地址放在 {dev|kube-ipvs0} 上：在 {node|该节点} 执行 `ip addr add {vip|ADDRESS}/32 dev {dev|kube-ipvs0}`，或让 kube-proxy 重新同步。',
  },
  VIRTUAL_SERVICE_MISSING: {
    why: '{node|该节点} 的 kube-ipvs0 上有 {vip|该地址}，但没有 {service|该 Service} 端口 {port|端口}（{proto|协议}）的虚拟服务器：包被当作发给节点自己的。',
    fix: '在 {node|该节点} 上对照 `ipvsadm -Ln` 与 Service；kube-proxy 下次同步时会写入虚拟服务器。',
  },
  VIP_NO_PORT: {
    why: '{vip|该地址} 在 {node|该节点} 上是本地地址（kube-ipvs0），而 {port|端口}/{proto|协议} 不是 {service|其 Service} 的端口（{ports|没有端口}）：包被当作发给节点自己的。',
    fix: '访问它的某个端口：{ports|它没有端口}。iptables 模式下，这样的包会离开节点。',
  },
  VIP_NO_ICMP: {
    why: '{vip|该地址} 在 {node|该节点} 上是本地地址（kube-ipvs0），但只用于 {service|其 Service} 的端口（{ports|没有端口}）：IPVS 模式的 kube-proxy 拒绝其余一切，包括 ping（KUBE-IPVS-FILTER）。',
    fix: 'Service 不是用来 ping 的：访问它的某个端口（{ports|它没有端口}）。',
  },
  EXTERNAL_IP_NO_PORT: {
    why: '{vip|它} 是 {service|某个 Service} 的外部地址，节点只为其端口（{ports|没有}）接收；{asked|所访问的} 不在其中，所以没有规则转换它，它和别的包一样继续走。',
    fix: '访问它的某个端口：{ports|它没有端口}。',
  },
  EXTERNAL_IP_NOT_ROUTED: {
    why: '{vip|它} 是 {service|某个 Service} 的外部地址。包到了节点，节点就会接收，但从 {host|这里} 没有路由通到节点。',
    fix: '把 {vip|该地址} 路由到有端点的节点：由给出这个地址的一方（云、MetalLB、网络）来宣告。',
  },
  BALANCER_ADDRESS: {
    why: '{vip|它} 是 {service|某个 Service} 的负载均衡器地址，ipMode 为 Proxy：kube-proxy 不管它，必须由负载均衡器自己应答，对 Pod 和节点也是如此。',
    fix: '检查负载均衡器，或者把它作为主机加入 lab。',
  },
  STALE_CONNECTION: {
    why: '{node|该节点} 仍按这条连接先前的包，把 {vip|Service 的地址} 转换为 {server|某个后端}；已经没有规则这样做，但已知的连接（{connection|在 conntrack 中}）不再经过规则。',
    fix: '在 {node|该节点} 上删除这条连接：`conntrack -D -p {proto|udp} --orig-dst {dst|ADDRESS} --dst-nat {to|SERVER}`。对 UDP，kube-proxy 在看到端点消失时会这样做。',
  },
  LOCALHOST_NODE_PORT: {
    why: 'IPVS 模式的 kube-proxy 在 {node|该节点} 的各地址上提供 NodePort，但不在 {vip|127.0.0.1} 上。',
    fix: '请访问节点自己的地址。只有 iptables 模式在 localhost 上提供 NodePort（iptables.localhostNodePorts）。',
  },
  SOURCE_IS_SERVICE_ADDRESS: {
    why: '{node|该节点} 发出的包以 {src|Service 的地址} 为源地址，而每个节点的 {dev|kube-ipvs0} 上都有它：下一跳也有，所以既不应答 ARP，也不接受以它为源的包。',
    fix: '这样的包必须做 masquerade：在 {node|该节点} 上看 `iptables -t nat -S KUBE-SERVICES`，以及 kube-proxy 是否知道 clusterCIDR。',
  },
  IN_RANGES_NO_LOCAL_ENDPOINT: {
    why: '客户端在 loadBalancerSourceRanges 之内，但该 Service 的 externalTrafficPolicy 是 Local，而 {node|本节点} 上没有它的端点：没有规则转换这个包，而设了地址段的负载均衡器收到未转换的包，kube-proxy 一律丢弃。',
    fix: '访问有端点的节点（负载均衡器由 healthCheckNodePort 得知），或者把流量策略改回 Cluster。',
  },
  NEIGH_ENTRY_MISSING: {
    why: '{node|该节点} 在 {dev|隧道设备} 上没有 {ip|下一跳} 的邻居表项，而没有默认远端的 VXLAN 设备无人可问。',
    fix: '在 {node|该节点} 上查看 `ip neigh show dev {dev|DEV}`。flannel.1 上的表项由 flanneld 按租约逐条写入，vxlan.calico 上由 Felix 按节点逐条写入。',
  },
  ARP_ANSWERED_BY_SEVERAL: {
    why: '{nodes|多台主机} 都会应答对 {ip|该地址} 的 ARP：谁的应答先到（这里是 {first|其中一台}），包就发给谁，而且随时可能改变。',
    fix: 'IPVS 模式的 kube-proxy 把 Service 的地址放在每个节点的 kube-ipvs0 上：启用 strictARP，使 arp_ignore 为 1，只有宣告 {ip|该地址} 的节点才应答。',
  },
  TAKEN_BY_ANOTHER: {
    why: '收下它的是 {took|别人}，不是所问的那一个',
    fix: '',
  },
};
