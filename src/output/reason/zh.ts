import type { Reasons } from './reason.js';

/** The reasons in Chinese. */
export const zh: Reasons = {
  LINK_DOWN: {
    why: '设备 {dev|（路由的出口）} 没有启用，交给它的包都丢失了。',
    fix: '执行 `ip link set {dev|DEV} up`，并查清是谁关掉了它；随之消失的路由需要重新写入。',
  },
  NO_CARRIER: {
    why: '{dev|设备} 本身已启用，但另一端没有启用或已经不在，线的那头没有人。',
    fix: '在对端的命名空间里启用它；如果对端已不存在，就删除 {dev|这个设备}。',
  },
  GROUP_DESTINATION: {
    why: '{dst|目的地址} 代表许多主机：TCP 无法连接它，数据报则需要 SO_BROADCAST。',
    fix: '请改用单个主机的地址。`ping -b` 或设置了 SO_BROADCAST 的程序可以发给所有主机。',
  },
  NEIGH_FAILED: {
    why: '{dev|链路} 上没有人应答对 {ip|下一跳} 的 ARP；问了三次之后，内核放弃了等待中的包。',
    fix: '确认 {ip|下一跳} 在线，并且真的在这条链路上；如果它在路由器后面，那就是路由写错了。',
  },
  ARP_NOT_MINE: {
    why: '{dev|设备} 上的 ARP 请求问的是 {ip|一个地址}，而本命名空间既没有这个地址，也不替别人应答。',
    fix: '除了 {ip|该地址} 的主人，别人都应该这样做；如果始终没人应答，就去找它的主人。',
  },
  WRONG_MAC: {
    why: '帧是发给 {mac|另一个 MAC 地址} 的，而那不是 {dev|设备} 的地址：当作别人的帧，不留痕迹地丢弃。',
    fix: '用 `ip link show {dev|DEV}` 对照发送方所用的邻居表项或 FDB 表项。',
  },
  FDB_MISS: {
    why: '{dev|设备} 没有 {mac|目的地址} 的 FDB 表项，也没有可以泛洪的端口，帧无处可出。',
    fix: '查看 `bridge fdb show dev {dev|DEV}`。flannel.1 上的表项由 flanneld 按租约逐条写入。',
  },
  HAIRPIN_OFF: {
    why: '帧要从进来的那个网桥端口（{port|同一个}）再出去，而该端口没有打开 hairpin。',
    fix: '在 CNI 配置里设置 hairpinMode，或者只对这个端口执行 `bridge link set dev {port|PORT} hairpin on`。',
  },
  PORT_ISOLATED: {
    why: '进出的两个网桥端口都是隔离的，隔离端口之间互不通信；{port|出口} 是其中之一。',
    fix: '如果它们应当互通，执行 `bridge link set dev {port|PORT} isolated off`。',
  },
  PORT_NOT_FORWARDING: {
    why: '网桥端口 {dev|（帧所在的）} 不在 forwarding 状态，{bridge|网桥} 在那里既不收也不发。',
    fix: '查看 `bridge link show dev {dev|DEV}`：可能被生成树阻塞，或者没有启用。',
  },
  PORT_NOT_IN_BRIDGE: {
    why: '{bridge|网桥} 要把帧从 {port|某个设备} 送出，而它已经不是网桥的端口。',
    fix: '执行 `ip link set {port|DEV} master {bridge|BRIDGE}`。',
  },
  NO_ROUTE: {
    why: '{node|本机} 没有到 {dst|目的地址} 的路由，也没有默认路由。',
    fix: '找出本该写这条路由的组件，看它是否在运行、是否知道对端：`ip route get {dst|DST}`。',
  },
  ROUTE_BLACKHOLE: {
    why: '{node|本机} 上最长的匹配是一条 blackhole 路由：包被丢弃，谁也不会得到通知。',
    fix: '查清这条路由是谁写的；缺了到 {dst|目的地址} 的更具体的路由，或者这个地址已经过期。',
  },
  ROUTE_UNREACHABLE: {
    why: '{node|本机} 上最长的匹配是一条 unreachable 路由：发送方会收到“主机不可达”。',
    fix: '删除这条路由，或者为 {dst|目的地址} 添加更具体的一条。',
  },
  ROUTE_PROHIBIT: {
    why: '{node|本机} 上有 prohibit 路由或规则匹配：发送方会收到“被管理策略禁止”。',
    fix: '用 `ip rule` 和 `ip route` 查是谁禁止的。',
  },
  FORWARDING_OFF: {
    why: '{node|本机} 需要转发这个包，但 {dev|入口设备} 上的转发是关闭的：它现在不是路由器。',
    fix: '如果 {node|它} 应当是路由器，就在那里执行 `sysctl -w net.ipv4.ip_forward=1`，并写入 /etc/sysctl.d；如果不是，就找出把包引到它那里的路由。',
  },
  RP_FILTER: {
    why: '反向路径过滤：来自 {src|这个源地址} 的包从 {dev|一个设备} 进来，而回去的路走 {other|另一个}。',
    fix: '让往返走同一个设备，或者把 rp_filter 设为 2 或 0：`all` 与 {dev|该设备} 中较大的值起作用。',
  },
  MARTIAN: {
    why: '来自 {src|这个源地址} 的包不可能从外面来：它是本机自己的地址、环回、组播或全零。',
    fix: '查清是谁改写了源地址；源是本机地址，通常意味着做了 NAT 之后又绕了回来。',
  },
  L2_BROADCAST: {
    why: '帧发往广播或组播 MAC 地址，里面的包却是给某一台主机的，内核不再处理它。',
    fix: '找出邻居表项写错的发送方。',
  },
  LOCALNET: {
    why: '来自或去往 127.0.0.0/8 的包要经过真实设备，而那里的 route_localnet 是 0。',
    fix: '用节点自己的地址代替 127.0.0.1，或者为该设备设置 route_localnet。',
  },
  TTL: {
    why: 'TTL 在 {node|本机} 用完了，它告诉发送方“超时”。',
    fix: '同一台主机反复出现就是环路；否则用更大的 TTL 发送。跨节点的 Pod 通信要用掉 2。',
  },
  LOOP: {
    why: '包原样不断回到 {node|本机} 的 {dev|某个设备}：它在兜圈子。',
    fix: '找出圈里那条指回来的路由。',
  },
  MTU_DF: {
    why: '包有 {len|过多} 字节，{dev|去路} 只能承载 {mtu|更少}，而 DF 不许切开：发送方会得知能承载多少。',
    fix: '把 Pod 的 MTU 设为整条路径能承载的大小：底层 MTU，减去隧道（若有）增加的开销。听到这个 ICMP 错误的发送方会自行变小。',
  },
  MTU_ASYMMETRIC: {
    why: '{dev|接收设备} 收到 {len|过多} 字节的帧，超过它的 MTU {mtu|（更小）}，于是不声不响地丢弃。',
    fix: '把链路两端设成相同的 MTU。',
  },
  FRAG_TIMEOUT: {
    why: '来自 {src|发送方} 的包缺了分片：其余的等了 30 秒后被丢弃。',
    fix: '查缺的那个分片丢在哪里；本次追踪里它自己的路径会显示出来。',
  },
  VXLAN_NO_VNI: {
    why: '外层包到了 {node|对端} 的 UDP 端口 {port|（VXLAN）}，但那里没有启用的设备使用 VNI {vni|（包中的）}。',
    fix: '对照两端的 VNI 和 dstport：`ip -d link show type vxlan`。',
  },
  VXLAN_OWN_MAC: {
    why: '内层帧的源 MAC 就是 {dev|VXLAN 设备} 自己的地址，内核当作自己发的帧丢弃。',
    fix: '两个节点的 VTEP 地址相同，或者帧被送了回来：对照各 VXLAN 设备的地址。',
  },
  VXLAN_SNOOP_CONFLICT: {
    why: '内层帧的源地址 {mac|某个地址} 来自 {remote|某个对端}，但 {dev|VXLAN 设备} 的 FDB 里有一条静态表项说它在另一个对端之后：内核不会改动该表项，而是丢弃这个帧。',
    fix: '改正这条表项（`bridge fdb replace … dst …`），或者删除它，让设备自己学习。',
  },
  TUNNEL_PORT_CLOSED: {
    why: '{pod|对端} 上没有人监听 UDP 端口 {port|（隧道）}：它的隧道设备没有启用或不存在。错误只到节点，Pod 看不到。',
    fix: '在对端启用隧道设备；重启 flanneld 会重新写入它的路由。',
  },
  TUNNEL_LOOP: {
    why: '外层包要从 {dev|隧道设备} 自己出去。',
    fix: '到对端节点的路由不能指进隧道：对对端地址执行 `ip route get`。',
  },
  TUNNEL_NO_ROUTE: {
    why: '{dev|隧道设备} 自己没有对端，而包到这里时没有路由，也就没有可以当对端的下一跳。',
    fix: '用路由发送（`ip route … via NODE dev … onlink`），不要直接往设备上发。',
  },
  TUNNEL_ECN: {
    why: '外层包说有拥塞，而内层的发送方不懂 ECN：{dev|隧道设备} 丢弃它，这样的发送方只懂丢包（RFC 6040）。',
    fix: '途中某个路由器打标记而不丢包：这本该如此。',
  },
  NO_TUNNEL: {
    why: '来自 {src|发送方} 的 IP in IP 包到了 {node|对端}，但那里没有启用的 ipip 设备接收发往 {dst|该地址} 的包；错误只到发送节点，Pod 看不到。',
    fix: '在对端执行 `ip -d link show type ipip`：tunl0 启用后什么都收，其他设备只收发往其 `local`、来自其 `remote` 的包。',
  },
  RELAY_NO_ROUTE: {
    why: 'flanneld 的 UDP 中继不认识 {dst|目的地址} 所在的子网。它发出的 ICMP 错误的源地址被内核当成自己的而丢弃：Pod 只看到超时。',
    fix: '查对端是否有租约：这个子网不在本节点知道的任何租约里。',
  },
  RELAY_TTL: {
    why: 'flanneld 的 UDP 中继也要减一次 TTL，而这是最后一次：不声不响地丢弃。',
    fix: '用更大的 TTL 发送：UDP 后端跨节点要用掉 4。',
  },
  TUN_NO_READER: {
    why: '没有程序读取 {dev|TUN 设备}，送进去的包都丢失了。',
    fix: '在本节点重新启动 flanneld。',
  },
  NF_DROP: {
    why: '{table|iptables}/{chain|链} 的第 {n|某} 条规则丢弃了它（{owner|来源不明}）；发送方什么也听不到。',
    fix: '读这条规则的条件和来源；它在 `iptables -t {table|filter} -L {chain|CHAIN} -v` 里的计数会增长。',
  },
  NF_REJECT: {
    why: '{table|iptables}/{chain|链} 的第 {n|某} 条规则以 {icmp|一个错误} 拒绝了它（{owner|来源不明}），错误发给它的发送方。',
    fix: '有人明确说了不：读这条规则的条件和来源。',
  },
  NF_POLICY_DROP: {
    why: '{table|iptables}/{chain|该链} 没有一条规则接受它，而链的默认策略是 DROP。',
    fix: '在 {chain|该链} 中添加接受它的规则（对 FORWARD 中的 Pod 来说，flanneld 的 FLANNEL-FWD 就是），或者 `iptables -P {chain|CHAIN} ACCEPT`。',
  },
  NAT_NO_TUPLE: {
    why: 'NAT 找不到空闲的源端口或地址，连接的第一个包被丢弃。',
    fix: '增加出口地址，或者让空闲连接早些结束。',
  },
  NAT_OIF_CHANGED: {
    why: '这个连接原先从 {was|另一个设备} 出去，源地址伪装为 {src|那里的地址}；现在路由改走 {dev|这个设备}：{node|本机} 忘掉该连接，并丢弃这个包。',
    fix: '重发即可：下一个包会得到新的源地址。TCP 连接需要重新建立；查清路由为什么变了。',
  },
  NAT_REDIRECT: {
    why: '关于经过地址转换的连接的 ICMP 重定向，其中的地址接收方并不认识：NAT 将它丢弃。',
    fix: '丢掉的只是一条建议：它所说的那个包照常转发。',
  },
  CT_CLASH: {
    why: '这个包还在途中，另一个包已经把同一个连接写进了跟踪表；两者只能有一个。',
    fix: '无需处理：连接已经存在，重发的包会通过。',
  },
  CT_INVALID: {
    why: '连接跟踪认为这个包是 INVALID：它不属于本机见过的任何连接。',
    fix: '让往返都经过同一台主机。',
  },
  REPLY_NOT_TRANSLATED: {
    why: '应答来自 {remote|后端}，而不是 {vip|所问的地址}：它绕过了做 DNAT 的连接跟踪，客户端因此拒收。',
    fix: '找出应答为什么没有经过转换请求的那台主机：请求没有做 masquerade，或者桥接的包没有经过 iptables。',
  },
  IPVS_NO_SERVER: {
    why: 'IPVS 没有可以接新连接的服务器（{service|该服务}）：{because|一个也没有}（共 {n|0} 个）。发送方会收到“端口不可达”。',
    fix: '在 {node|该主机} 上运行 `ipvsadm -Ln`。若由 kube-proxy 管理：没有就绪的后端，或后端都在终止；对照 selector 和 Pod。',
  },
  IPVS_SERVER_GONE: {
    why: '连接属于 {service|某服务} 的服务器 {server|（IPVS 中的）}，而它已被移除：IPVS 丢弃这个连接的包，也不通知任何人。',
    fix: '客户端需要重新建立连接。设置 `sysctl -w net.ipv4.vs.expire_nodest_conn=1`（kube-proxy 会设置）后，下一个包会分到别的服务器。',
  },
  IPVS_OLD_CONNECTION: {
    why: '这个包要在 {service|该服务} 上新建连接，端口却与旧连接相同，而 netfilter 仍把旧连接跟踪到 {server|原来的服务器}：IPVS 忘掉旧连接，并丢弃这个包。',
    fix: '重发即可：下一个包会分到服务器。`sysctl -w net.ipv4.vs.conn_reuse_mode=0` 则会沿用旧的服务器。',
  },
  IPVS_NO_CONNECTION: {
    why: '服务器 {server|（IPVS 中的）} 从服务端口发包，IPVS 却没有与之对应的连接；net.ipv4.vs.nat_icmp_send 已设置，服务器会收到“端口不可达”。',
    fix: '连接已超时（`ipvsadm -Lnc`），或者服务器先开口。`sysctl -w net.ipv4.vs.nat_icmp_send=0` 会让这样的包原样通过。',
  },
  NO_ENDPOINTS: {
    why: '这个 Service 没有就绪的后端，kube-proxy 因此拒绝到它的连接（{owner|它的规则}）。',
    fix: '看 `kubectl get endpointslices`：没有 selector 的 Service 要手工写 EndpointSlice；否则对照 selector 和 Pod 的标签，并看 Pod 是否就绪。',
  },
  NO_LOCAL_ENDPOINT: {
    why: '这个 Service 只用本节点上的后端，而 {node|本节点} 一个也没有：按要求丢弃（{owner|它的规则}）。',
    fix: '访问有后端的节点，或者把流量策略改回 Cluster。',
  },
  LB_SOURCE_RANGES: {
    why: '这个 Service 的负载均衡器只对 loadBalancerSourceRanges 开放，而没有规则把这个包转给端点：按要求丢弃（{owner|它的规则}）。',
    fix: '客户端不在任何一段之内：把它加入这些地址段，或者改用节点端口或 ClusterIP，它们不受此限制。',
  },
  NO_SOCKET: {
    why: '包到了 {pod|目的地}，但那里没有程序监听 {proto|端口} {port|（包中的）}；发送方会得到通知。',
    fix: '网络是通的：查程序、它的端口和地址，以及 Service 的 targetPort。',
  },
  NO_PROTOCOL: {
    why: '包到了目的地，但那里没有处理协议 {proto|（包中的）} 的东西。',
    fix: '加载处理它的模块，或者换一种协议。',
  },
  ICMP_IGNORED: {
    why: '主机被设置为不应答这种 ICMP 消息，或者用不着它。',
    fix: '对于 echo 请求，查 `sysctl net.ipv4.icmp_echo_ignore_all`。',
  },
  ERROR_IGNORED: {
    why: '这个 ICMP 错误不属于收到它的主机上的任何套接字，没有人会知道它。',
    fix: '看错误发给了哪个地址：做过 NAT 之后，那可能是另一台主机。',
  },
  LEFT_SCOPE: {
    why: '包从 {dev|一个没有对端的设备} 离开了实验所描述的范围，之后如何无从判断。',
    fix: '把 {dev|它} 后面的主机或路由器写进实验文件。',
  },
  UNSUPPORTED: {
    why: '结果取决于 podpath 还不会模拟的东西：{what|见该事件}。',
    fix: '在真实主机上核对这一步，或者提出需求。',
  },
};
