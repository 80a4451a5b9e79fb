import type { KnownName } from './known-names.js';

const FELIX = 'Felix, calico 3.21 felix/rules/rule_defs.go';
const FELIX_SETS = 'Felix, calico 3.21 felix/dataplane/linux';
const CNI = 'CNI plug-in calico 3.21, pkg/dataplane/linux';
const CONFD = 'BIRD, by calico 3.21 confd/etc/calico/confd/templates';

function named(kind: KnownName['kind'], by: string): (name: string, en: string, zh: string) => KnownName {
  return (name, en, zh) => ({ name, kind, by, means: { en, zh } });
}

const chain = named('chain', FELIX);
const ipset = named('ipset', FELIX_SETS);
const mark = named('mark', FELIX);

/** Names that Calico gives, longer ones before their beginnings. */
export const KNOWN_CALICO: readonly KnownName[] = [
  chain(
    'cali-PREROUTING',
    'in table raw: clears the marks, drops what a pod sends from an address that is not its own, and asks untracked policies; in mangle: policies before DNAT; in nat: floating IPs',
    '在 raw 表：清除标记，丢弃 pod 以非自身地址发出的包，并查询 untracked 策略；在 mangle 表：DNAT 之前的策略；在 nat 表：浮动 IP',
  ),
  chain(
    'cali-INPUT',
    'packets to the node itself: tunnel packets only from known nodes, what pods send goes to cali-wl-to-host, the rest to the policies of host endpoints',
    '发往节点自身的包：隧道包只收已知节点的，pod 发来的转到 cali-wl-to-host，其余查询 host endpoint 的策略',
  ),
  chain(
    'cali-FORWARD',
    'forwarded packets: the policies of the pod that sends, then of the pod that receives; a rule at the end of FORWARD accepts what they have marked',
    '转发的包：先查发送 pod 的策略，再查接收 pod 的策略；FORWARD 末尾的规则放行它们打上标记的包',
  ),
  chain(
    'cali-OUTPUT',
    'in table filter: what the node itself sends; to its own pods it always may. In raw: clears the marks, untracked policies; in nat: floating IPs',
    '在 filter 表：节点自己发出的包；发往本机 pod 的总是放行。在 raw 表：清除标记、untracked 策略；在 nat 表：浮动 IP',
  ),
  chain(
    'cali-POSTROUTING',
    'in table nat: floating IPs, cali-nat-outgoing, and the address of the tunnel for what the node itself sends through it; in mangle: policies of host endpoints for what was translated',
    '在 nat 表：浮动 IP、cali-nat-outgoing，以及节点自己经隧道发出的包改用隧道地址；在 mangle 表：对做过 DNAT 的包查询 host endpoint 的策略',
  ),
  chain(
    'cali-nat-outgoing',
    'masquerades what pods of pools with natOutgoing send to addresses outside all pools: to nodes too',
    '对 natOutgoing 的地址池中的 pod 发往所有地址池之外的包做地址伪装：发往节点的也算',
  ),
  chain(
    'cali-fip-dnat',
    'floating IPs: translates the destination; none, so empty',
    '浮动 IP：转换目的地址；没有浮动 IP 时为空',
  ),
  chain(
    'cali-fip-snat',
    'floating IPs: translates the source; none, so empty',
    '浮动 IP：转换源地址；没有浮动 IP 时为空',
  ),
  chain(
    'cali-wl-to-host',
    'packets from pods to their own node: the policies of the pod, then FelixConfiguration defaultEndpointToHostAction',
    'pod 发往所在节点的包：先查该 pod 的策略，再按 FelixConfiguration 的 defaultEndpointToHostAction 处理',
  ),
  chain(
    'cali-from-wl-dispatch',
    'finds the chain of the pod that sends, by its device; an unknown device is dropped',
    '按设备找到发送 pod 的链；未知设备的包被丢弃',
  ),
  chain(
    'cali-from-wl-dispatch-*',
    'the same for devices whose names go on with these characters',
    '同上，只针对名字以这些字符继续的设备',
  ),
  chain(
    'cali-to-wl-dispatch',
    'finds the chain of the pod that receives, by its device; an unknown device is dropped',
    '按设备找到接收 pod 的链；未知设备的包被丢弃',
  ),
  chain(
    'cali-to-wl-dispatch-*',
    'the same for devices whose names go on with these characters',
    '同上，只针对名字以这些字符继续的设备',
  ),
  chain(
    'cali-from-host-endpoint',
    'policies of host endpoints, of packets that come in',
    'host endpoint 的策略：进入的包',
  ),
  chain(
    'cali-to-host-endpoint',
    'policies of host endpoints, of packets that go out',
    'host endpoint 的策略：离开的包',
  ),
  chain(
    'cali-from-hep-forward',
    'policies of host endpoints with applyOnForward, of forwarded packets that come in',
    '带 applyOnForward 的 host endpoint 策略：转发且进入的包',
  ),
  chain(
    'cali-to-hep-forward',
    'policies of host endpoints with applyOnForward, of forwarded packets that go out',
    '带 applyOnForward 的 host endpoint 策略：转发且离开的包',
  ),
  chain(
    'cali-cidr-block',
    'drops packets to Service addresses that are advertised by BGP and that kube-proxy has not translated: else they would loop (serviceLoopPrevention)',
    '丢弃发往经 BGP 通告的 Service 地址、而 kube-proxy 没有转换的包：否则会成环（serviceLoopPrevention）',
  ),
  chain(
    'cali-failsafe-in',
    'ports of a host endpoint that no policy can close, inbound',
    'host endpoint 上任何策略都不能关闭的端口（入）',
  ),
  chain(
    'cali-failsafe-out',
    'ports of a host endpoint that no policy can close, outbound',
    'host endpoint 上任何策略都不能关闭的端口（出）',
  ),
  chain(
    'cali-forward-check',
    'with kube-proxy in IPVS mode: marks what INPUT sees and is forwarded all the same',
    'kube-proxy 为 IPVS 模式时：给经过 INPUT 但实际要转发的包打标记',
  ),
  chain(
    'cali-forward-endpoint-mark',
    'with kube-proxy in IPVS mode: the policies of what was marked as forwarded',
    'kube-proxy 为 IPVS 模式时：对标记为转发的包查询策略',
  ),
  chain(
    'cali-set-endpoint-mark',
    'with kube-proxy in IPVS mode: remembers in the mark where a packet came from',
    'kube-proxy 为 IPVS 模式时：在标记中记下包从哪里来',
  ),
  chain(
    'cali-set-endpoint-mark-*',
    'the same for devices whose names go on with these characters',
    '同上，只针对名字以这些字符继续的设备',
  ),
  chain(
    'cali-from-endpoint-mark',
    'with kube-proxy in IPVS mode: finds the chain of the sender by the mark',
    'kube-proxy 为 IPVS 模式时：按标记找到发送者的链',
  ),
  chain('cali-tw-*', 'packets to one pod: its policies for ingress', '发往某个 pod 的包：它的入方向策略'),
  chain('cali-fw-*', 'packets from one pod: its policies for egress', '来自某个 pod 的包：它的出方向策略'),
  chain(
    'cali-sm-*',
    'with kube-proxy in IPVS mode: sets the mark of one pod',
    'kube-proxy 为 IPVS 模式时：打上某个 pod 的标记',
  ),
  chain('cali-th-*', 'packets out of one host endpoint: its policies', '从某个 host endpoint 离开的包：它的策略'),
  chain('cali-fh-*', 'packets into one host endpoint: its policies', '进入某个 host endpoint 的包：它的策略'),
  chain('cali-thfw-*', 'forwarded packets out of one host endpoint', '从某个 host endpoint 离开的转发包'),
  chain('cali-fhfw-*', 'forwarded packets into one host endpoint', '进入某个 host endpoint 的转发包'),
  chain('cali-pi-*', 'one policy for ingress; the name is a hash', '一条入方向策略；名字是哈希'),
  chain('cali-po-*', 'one policy for egress; the name is a hash', '一条出方向策略；名字是哈希'),
  chain(
    'cali-pri-*',
    'one profile for ingress: kns. of a namespace, ksa. of a service account',
    '一个入方向 profile：kns. 对应命名空间，ksa. 对应 service account',
  ),
  chain(
    'cali-pro-*',
    'one profile for egress: kns. of a namespace, ksa. of a service account',
    '一个出方向 profile：kns. 对应命名空间，ksa. 对应 service account',
  ),
  chain('cali-*', 'a chain of Calico, for policies or NAT', 'Calico 的链，用于策略或 NAT'),
  ipset(
    'cali40masq-ipam-pools',
    'pools with natOutgoing: whose packets are masqueraded',
    'natOutgoing 的地址池：它们发出的包要做地址伪装',
  ),
  ipset(
    'cali40all-ipam-pools',
    'all pools: packets to them are not masqueraded',
    '所有地址池：发往它们的包不做地址伪装',
  ),
  ipset(
    'cali40all-hosts-net',
    'addresses of all nodes: whom IPIP packets are taken from',
    '所有节点的地址：只收它们的 IPIP 包',
  ),
  ipset(
    'cali40all-vxlan-net',
    'addresses of all nodes with VXLAN: whom VXLAN packets are taken from',
    '所有使用 VXLAN 的节点的地址：只收它们的 VXLAN 包',
  ),
  ipset('cali40this-host', "the node's own addresses", '本节点自己的地址'),
  ipset('cali40*', 'IPv4 addresses of a Calico policy; the name is a hash', 'Calico 策略的一组 IPv4 地址；名字是哈希'),
  ipset('cali60*', 'IPv6 addresses of a Calico policy; the name is a hash', 'Calico 策略的一组 IPv6 地址；名字是哈希'),
  named('device', CNI)(
    'cali*',
    'one end of a veth pair; the other end is eth0 of a pod. The name is cali and 11 characters of the SHA-1 of namespace.pod, its address is ee:ee:ee:ee:ee:ee',
    'veth 对的一端；另一端是某个 pod 的 eth0。名字是 cali 加上 namespace.pod 的 SHA-1 前 11 个字符，地址是 ee:ee:ee:ee:ee:ee',
  ),
  named('device', FELIX_SETS)(
    'vxlan.calico',
    'VXLAN tunnel of Calico to the pods of other nodes',
    'Calico 通往其他节点上 pod 的 VXLAN 隧道',
  ),
  named('device', 'kernel, module ipip; Felix gives it its address')(
    'tunl0',
    'IPIP tunnel without a remote address: the routes of BIRD say with their next hop which node a packet goes to',
    '没有固定对端的 IPIP 隧道：BIRD 的路由用下一跳指出包发往哪个节点',
  ),
  named('address', CNI)(
    '169.254.1.1',
    "the gateway of every pod. No device has this address: the node's end of the veth pair answers ARP for it (proxy_arp)",
    '每个 pod 的网关。没有设备拥有这个地址：veth 对在节点上的一端为它应答 ARP（proxy_arp）',
  ),
  named('address', CNI)(
    'ee:ee:ee:ee:ee:ee',
    "the hardware address of the node's end of every pod's veth pair: one pair is one link, so they need not differ",
    '每个 pod 的 veth 对在节点一端的硬件地址：一对就是一条链路，所以不必各不相同',
  ),
  named('protocol', CONFD)(
    'bird',
    'in ip route: routes that BIRD has learned by BGP, and the blackholes of own blocks (12 in /etc/iproute2/rt_protos)',
    '在 ip route 中：BIRD 经 BGP 学到的路由，以及自有地址块的 blackhole（/etc/iproute2/rt_protos 中的 12）',
  ),
  mark(
    '0x10000',
    'accepted by a policy (the lowest bit of iptablesMarkMask 0xffff0000)',
    '被策略放行（iptablesMarkMask 0xffff0000 的最低位）',
  ),
  mark('0x20000', 'a policy has passed it on to the next tier or the profiles', '策略把它交给下一层或 profile'),
  mark(
    '0x40000',
    'scratch 0: in raw, that it came from a pod; else, a step within a rule of a policy',
    'scratch 0：在 raw 表表示来自 pod；其他时候是策略规则内部的一步',
  ),
  mark('0x80000', 'scratch 1: a step within a rule of a policy', 'scratch 1：策略规则内部的一步'),
  mark(
    '0xf0000',
    'all four bits of Calico together: cleared where a packet begins anew',
    'Calico 的四个位一起：在包重新开始处清除',
  ),
  mark(
    '0xfff00000',
    'with kube-proxy in IPVS mode: which endpoint a packet came from',
    'kube-proxy 为 IPVS 模式时：包来自哪个 endpoint',
  ),
];
