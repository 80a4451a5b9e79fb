/** What the tracer says in words of its own, piece by piece: the English, and the Chinese in its place. */
const PIECES: readonly (readonly [english: RegExp, chinese: string])[] = [
  // Assumptions.
  [
    /^ICMP rate limits are not applied, but for redirects: every other error that may be sent is\.$/,
    'ICMP 限速未计入（重定向除外）：凡是可以发送的错误都会发送。',
  ],
  [/^Only (\d+) branches were explored\.$/, '只展开了 $1 条分支。'],
  [/^Not modelled: (.*?)(?: and (\d+) more)\)\.$/, '未建模：$1 等，另有 $2 个）。'],
  [/^Not modelled: (.*)\.$/, '未建模：$1。'],
  // Notes of events.
  [/^br_netfilter has run it at the bridge port$/, '已由 br_netfilter 在网桥端口上执行过'],
  [/^DNAT on the bridge$/, '网桥上的 DNAT'],
  [/^the new destination is on the same bridge: still bridged$/, '新目的地在同一网桥上：仍走桥接'],
  [/^the new destination is elsewhere: routed$/, '新目的地在别处：改走路由'],
  [/^route to the address$/, '到该地址的路由'],
  [/^not answered$/, '不应答'],
  [/^answers for (\S+)$/, '代 $1 应答'],
  [/^fragments of at most (\d+) bytes$/, '每个分片至多 $1 字节'],
  [/^segmentation of a GSO packet$/, 'GSO 包的分段'],
  [/^waits for the other fragments$/, '等待其余分片'],
  [/^ARP for (\S+) on (\S+)$/, '等待 $2 上对 $1 的 ARP 应答'],
  [/^sends it to (\S+)$/, '把它发往 $1'],
  [/^writes the packet into (\S+)$/, '把包写入 $1'],
  [/^(\S+) is (UNICAST|LOCAL|BROADCAST|MULTICAST|UNSPEC)$/, '$1 属于 $2'],
  // Why IPVS chose a server.
  [/^(.*)a dump does not tell whose turn it is$/, '$1转储里看不出轮到谁'],
  [/^of its connection$/, '其连接的服务器'],
  [/^an answer$/, '应答'],
  [/^an error about it$/, '关于它的错误'],
  [/^the client stays with it \(-p\)$/, '客户端保持在同一服务器（-p）'],
  [/: the next of (\d+)(?: with a weight of (\d+) or more)?$/, '：$1 个中的下一个'],
  [/: (another one than )?the hash of (\S+)$/, '：按 $2 的散列$1'],
  [/another one than $/, '，改用另一个'],
  [/: the fewest connections(?: for its weight)?: (\d+) active, (\d+) inactive$/, '：连接最少（活动 $1，不活动 $2）'],
  [/: the shortest delay for its weight: (\d+) active, (\d+) inactive$/, '：预期延迟最短（活动 $1，不活动 $2）'],
  [/: the first that is idle: (\d+) active, (\d+) inactive$/, '：第一个空闲的（活动 $1，不活动 $2）'],
  [/: the greatest weight(?: that is not used up)?: (\d+) active, (\d+) inactive$/, '：权重最大（活动 $1，不活动 $2）'],
  // What chance decides, and how.
  [/^(\S+ \S+ \S+) rule (\d+)/, '$1 第 $2 条'],
  [/^(\S+) route$/, '$1 的路由'],
  [/^does not match$/, '不匹配'],
  [/^matches$/, '匹配'],
  // Packets.
  [/\babout\b/g, '，关于'],
  [/\bfragment at (\d+)/g, '偏移 $1 处的分片'],
  [/\becho request\b/g, '回显请求'],
  [/\becho reply\b/g, '回显应答'],
  [/\bnet unreachable\b/g, '网络不可达'],
  [/\bhost unreachable\b/g, '主机不可达'],
  [/\bprotocol unreachable\b/g, '协议不可达'],
  [/\bport unreachable\b/g, '端口不可达'],
  [/\bunreachable, code (\d+)/g, '不可达，代码 $1'],
  [/\bfragmentation needed\b/g, '需要分片'],
  [/\bnet prohibited\b/g, '网络被禁止'],
  [/\bhost prohibited\b/g, '主机被禁止'],
  [/\badministratively prohibited\b/g, '被管理策略禁止'],
  [/\breassembly time exceeded\b/g, '重组超时'],
  [/\btime exceeded\b/g, 'TTL 超时'],
  [/\bredirect\b/g, '重定向'],
  [/^ARP who has (\S+)\? tell (\S+)$/, 'ARP 谁是 $1？请告诉 $2'],
  [/^ARP (\S+) is at (\S+)$/, 'ARP $1 的 MAC 是 $2'],
];

/** The same in Chinese. Names of Linux and Kubernetes stay, and so does what is not known here. */
export function saidZh(text: string): string {
  let said = text;
  for (const [english, chinese] of PIECES) said = said.replace(english, chinese);
  return said.replaceAll(' ，', '，');
}
