import type { Hints } from './reason.js';

/** What the hints say, in Chinese. */
export const hintsZh: Hints = {
  POD_ROUTE_MISSING: {
    why: '{node|某个节点} 没有到 {owner|目的地} 所在的 {prefix|子网} 的路由，于是走了默认路由，而那条路到不了。',
    fix: '在 {node|该节点} 上执行 `ip route get {dst|ADDRESS}`：找出本该写 {prefix|该子网} 路由的组件，看它是否在运行、是否知道这个子网。',
  },
  GATEWAY_OFF_LINK: {
    why: '{by|某个组件} 写到 {prefix|该子网} 的路由时被内核拒绝：下一跳 {via|网关} 不在 {node|该节点} 的任何链路上（{errno|errno}，{message|没有说明}）。',
    fix: '下一跳必须在本机的链路上。跨网段时用隧道（VXLAN；加 DirectRouting 则只在必要时用），或者把这些路由告诉路由器。',
  },
  CALL_REFUSED: {
    why: '{by|某个组件} 执行了 `{call|一条命令}`，被内核拒绝：{errno|errno}，{message|没有说明}。',
    fix: '在 {node|该节点} 上手工执行这条命令，解决它抱怨的问题。',
  },
  CLUSTER_IP_UNTRANSLATED: {
    why: '{vip|它} 是 {service|某个 Service} 的 ClusterIP，只以针对其端口（{ports|没有}）的规则存在；没有任何规则转换过这个包。',
    fix: '访问它的某个端口。如果这已经是其中之一，就是规则不见了：在 {node|该节点} 上执行 `iptables -t nat -S KUBE-SERVICES | grep {vip|ADDRESS}`；规则由 kube-proxy 写入。',
  },
  CLUSTER_IP_NO_ROUTE: {
    why: '{vip|它} 是 {service|某个 Service} 的 ClusterIP。转换它的规则在路由选择之后，而 {node|发送方} 没有到它的路由。',
    fix: '给 {node|发送方} 一条覆盖 {vip|该地址} 的路由，默认路由即可：转换之后会重新选路。',
  },
  NEIGH_ENTRY_MISSING: {
    why: '{node|该节点} 在 {dev|隧道设备} 上没有 {ip|下一跳} 的邻居表项，而没有默认远端的 VXLAN 设备无人可问。',
    fix: '在 {node|该节点} 上查看 `ip neigh show dev {dev|DEV}`。flannel.1 上的表项由 flanneld 按租约逐条写入。',
  },
  TAKEN_BY_ANOTHER: {
    why: '收下它的是 {took|别人}，不是所问的那一个',
    fix: '',
  },
};
