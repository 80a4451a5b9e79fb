import type { BgpReasonCode } from '../../bgp/index.js';
import { fill } from '../reason/reason.js';
import type { BgpReasonRow } from './bgp-rows.js';

/** What keeps a session down, or a route away. What BIRD itself prints stays as it is. */
const TEXTS: Readonly<Record<BgpReasonCode, string>> = {
  'session-down': '会话没有建立',
  'daemon-down': '守护进程没有运行',
  disabled: '已被禁用',
  'second-session': '邻居 {neighbor|} 已被另一个会话占用',
  'not-connected': '邻居 {neighbor|} 不在直连子网上',
  'no-speaker': '没有 speaker 使用地址 {neighbor|}',
  unreachable: '邻居 {neighbor|} 不可达',
  refused: '连接被拒绝：{speaker|} 的守护进程没有运行',
  'no-session': '{speaker|} 没有配置与 {local|} 的会话',
  'other-disabled': '{speaker|} 一侧的会话已被禁用',
  'other-not-connected': '对 {speaker|} 来说，{local|} 不在直连子网上',
  'both-passive': '两侧都是 passive，谁也不发起连接',
  passwords: '两侧的 TCP MD5 密码不同',
  'hold-time': '不可接受的 hold time：{seconds|} s',
  'no-router-id': 'BGP 标识错误：{speaker|} 的 router id 是 0.0.0.0',
  'same-router-id': 'BGP 标识错误：{speaker|} 的 router id 与这里相同',
  'other-as': '邻居 AS 错误：{speaker|} 是 {as|}，这里期望 {expected|}',
  'own-as': '邻居 AS 错误：{speaker|} 期望 {expected|}，这里是 {as|}',
  'not-yet': '尚未建立',
  said: '{text|}',
  'foreign-address': '{speaker|} 没有地址 {address|}',
  'no-link': '{speaker|} 没有 {dev|}',
  'tcp-astray': '{speaker|} 发出的 TCP 179 到了 {at|} 的 {to|}，来源变成 {source|}',
  unanswered: '{speaker|} 发出的 TCP 179 没有应答（{drop|}）',
  'tcp-ends': '{speaker|} 发出的 TCP 179 止于 {at|}（{drop|}）',
  'tcp-ends-rule': '{speaker|} 发出的 TCP 179 止于 {at|}（{drop|}，{chain|} 的第 {rule|} 条规则）',
  'tcp-ends-policy': '{speaker|} 发出的 TCP 179 止于 {at|}（{drop|}，{chain|} 的默认策略）',
  'answer-ends': '{speaker|} 对 TCP 179 的应答止于 {at|}（{drop|}）',
  'answer-ends-rule': '{speaker|} 对 TCP 179 的应答止于 {at|}（{drop|}，{chain|} 的第 {rule|} 条规则）',
  'answer-ends-policy': '{speaker|} 对 TCP 179 的应答止于 {at|}（{drop|}，{chain|} 的默认策略）',
  recovering: '{speaker|} 正在恢复，等待它的邻居',
  'export-filter': '被它的导出过滤器拒绝',
  'not-reflected': '它来自 iBGP，而两个邻居都不是客户端（RFC 4271 §9.2）',
  'learned-there': '它就是从那里学到的',
  aggregated: '由聚合 {net|} 代替（summary-only）',
  'cluster-seen': '它的 CLUSTER_LIST 里有 cluster id {cluster|}（RFC 4456 §8）',
  'no-advertise': '它带有团体属性 NO_ADVERTISE',
  'no-export': '它带有团体属性 NO_EXPORT',
  'no-export-subconfed': '它带有团体属性 NO_EXPORT_SUBCONFED',
  'neighbour-is-next-hop': '它的 NEXT_HOP 就是邻居自己',
  'under-way': '通告还在途中',
  dropped: '已通告，在这里被丢弃',
  'own-as-in-path': '它的 AS_PATH 里有自己的 AS {as|}（RFC 4271 §9）',
  'own-originator': '它的 ORIGINATOR_ID 是自己的 router id（RFC 4456 §8）',
  'own-cluster': '它的 CLUSTER_LIST 里有自己的 cluster id {cluster|}（RFC 4456 §8）',
  'import-filter': '被导入过滤器拒绝',
  'next-hop-not-connected': 'NEXT_HOP 不在直连子网上',
  'own-next-hop': 'NEXT_HOP 是自己的地址',
  'fib-full': '转发表已满（{limit|} 条路由）',
  'no-route': '没有路由',
  'kernel-filter': '被内核协议的导出过滤器拒绝',
  'kernels-own': '它就是从转发表学到的',
};

/** Each the cause of the one before. */
export function reasonsZh(reasons: readonly BgpReasonRow[]): string {
  return reasons.map(({ code, values }) => fill(TEXTS[code], values)).join('：');
}
