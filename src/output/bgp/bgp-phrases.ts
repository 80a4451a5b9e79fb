import type { Language } from '../text/phrases.js';
import type { BgpCountsRow, BgpOriginRow, BgpRule } from './bgp-rows.js';

/** What is said of BGP in one language. What `birdc` prints is not translated. */
export interface BgpPhrases {
  readonly label: Readonly<Record<BgpLabel, string>>;
  readonly allUp: (sessions: number, speakers: number) => string;
  readonly someDown: (down: number, sessions: number) => string;
  readonly stopped: (speaker: string) => string;
  readonly noSessions: string;
  readonly notFound: string;
  readonly fibDiffers: string;
  readonly notInstalled: (why: string) => string;
  readonly onlyHere: (via: string) => string;
  readonly stale: string;
  readonly bestIs: (net: string, speaker: string, way: string) => string;
  readonly unknownHere: (asked: string, speaker: string) => string;
  readonly fallsBack: (insteadOf: string, net: string, speaker: string, way: string) => string;
  readonly kernelsOwn: string;
  readonly sessionless: (speakers: readonly string[]) => string;
  readonly times: string;
  readonly onlyDown: string;
  readonly moreDown: (count: number) => string;
  readonly unusable: (net: string, speaker: string) => string;
  readonly ofAddress: (address: string) => string;
  readonly alone: string;
  readonly rule: Readonly<Record<BgpRule, string>>;
  readonly merged: string;
  readonly compared: (best: string, own: string) => string;
  readonly lostBy: (path: string, why: string) => string;
  readonly ownRoute: (protocol: string) => string;
  readonly announcedBy: (neighbor: string, session: string) => string;
  readonly origin: (row: BgpOriginRow) => string;
  readonly nobody: string;
  readonly noParts: string;
  readonly suppressed: (by: string) => string;
  readonly silent: (from: readonly string[], why: string) => string;
  readonly lost: (from: readonly string[], to: string, session: string, why: string) => string;
  readonly noWay: string;
  readonly counts: (counts: BgpCountsRow) => string;
  readonly shown: (shown: number, all: number) => string;
  readonly more: (count: number) => string;
}

/** What stands at the beginning of a line. */
export type BgpLabel =
  | 'address'
  | 'best'
  | 'path'
  | 'also'
  | 'why'
  | 'way'
  | 'parts'
  | 'hidden'
  | 'origin'
  | 'silent'
  | 'fib'
  | 'lost';

const s = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

const en: BgpPhrases = {
  label: {
    address: 'address',
    best: 'best',
    path: 'not used',
    also: 'also',
    why: 'why',
    way: 'way',
    parts: 'made of',
    hidden: 'not told',
    origin: 'originated',
    silent: 'not told by',
    fib: 'FIB',
    lost: 'lost',
  },
  allUp: (sessions, speakers) => `${s(sessions, 'side')} of sessions on ${s(speakers, 'speaker')}, all established`,
  someDown: (down, sessions) =>
    `${down} of ${s(sessions, 'side')} of sessions ${down === 1 ? 'is' : 'are'} not established`,
  stopped: (speaker) => `the BGP daemon of ${speaker} does not run`,
  noSessions: 'no sessions are configured',
  notFound: 'Network not found',
  fibDiffers: 'Forwarding table, where it differs from the best paths:',
  notInstalled: (why) => `not installed${why === '' ? '' : `: ${why}`}`,
  onlyHere: (via) => `installed ${via}`,
  stale: 'stale',
  bestIs: (net, speaker, way) => `${net} on ${speaker}: ${way}`,
  unknownHere: (asked, speaker) => `${speaker} knows no path to ${asked}`,
  fallsBack: (insteadOf, net, speaker, way) =>
    `${speaker} knows no path to ${insteadOf} and falls back on ${net}: ${way}`,
  kernelsOwn: "the kernel's own",
  sessionless: (speakers) => `${speakers.join(', ')}: no sessions are configured`,
  times: 'Since is virtual time: daemons are started at 00:00:00.000',
  onlyDown: 'Only what is not established is listed: sessions NODE lists all of one node.',
  moreDown: (count) => `and ${count} more that ${count === 1 ? 'is' : 'are'} not established`,
  unusable: (net, speaker) => `${speaker} has no usable path to ${net}`,
  ofAddress: (address) => `${address}: the longest match`,
  alone: 'it is the only path',
  rule: {
    preference:
      "BIRD's preference of the protocol, before all rules of BGP (240 device, 200 static, 150 aggregate, 100 BGP, 10 kernel)",
    'nexthop-unresolvable': 'its next hop cannot be resolved (RFC 4271 §9.1.2.1)',
    stale: 'it is stale: its neighbour has gone (RFC 9494 §4.3)',
    'local-pref': 'LOCAL_PREF, the higher (RFC 4271 §9.1.1)',
    'as-path-length': 'the length of AS_PATH, the shorter (RFC 4271 §9.1.2.2 a)',
    origin: 'ORIGIN, IGP before EGP before INCOMPLETE (RFC 4271 §9.1.2.2 b)',
    med: 'MULTI_EXIT_DISC of one neighbouring AS, the lower (RFC 4271 §9.1.2.2 c)',
    'ebgp-over-ibgp': 'eBGP before iBGP (RFC 4271 §9.1.2.2 d)',
    'igp-metric': 'the cost of the way to the next hop, the lower (RFC 4271 §9.1.2.2 e)',
    'router-id': 'the router id, or ORIGINATOR_ID where there is one, the lower (RFC 4271 §9.1.2.2 f, RFC 4456 §9)',
    'cluster-list-length': 'the length of CLUSTER_LIST, the shorter (RFC 4456 §9)',
    'neighbor-address': "the neighbour's address, the lower (RFC 4271 §9.1.2.2 g)",
    older: 'no rule tells them apart: the one that came first stays',
  },
  merged: 'used as well (merge paths); not the best:',
  compared: (best, own) => `${best} against ${own}`,
  lostBy: (path, why) => `${path}: ${why}`,
  ownRoute: (protocol) => `its own, ${protocol}`,
  announcedBy: (neighbor, session) => `from ${neighbor} (${session})`,
  origin: ({ speaker, source, protocol, net }) => `${net} on ${speaker}, ${ORIGIN_EN[source]} (${protocol})`,
  nobody: 'by no speaker of this network',
  noParts: 'nothing: BGP has no more specific route here, so the aggregate is not announced',
  suppressed: (by) => `to any neighbour: the aggregate ${by} stands for it (summary-only)`,
  silent: (from, why) => `${from.join(', ')}: ${why}`,
  lost: (from, to, session, why) =>
    from.length === 1
      ? `${from[0]} does not get it to ${to} (${session}): ${why}`
      : `${from.join(', ')} do not get it to ${to}: ${why}`,
  noWay: 'no session leads from who has it to here',
  counts: (c) =>
    [
      s(c.open, 'OPEN'),
      `${s(c.announce, 'UPDATE')} that ${c.announce === 1 ? 'announces' : 'announce'} (${prefixes(c.nlri)})`,
      `${s(c.withdraw, 'UPDATE')} that only ${c.withdraw === 1 ? 'withdraws' : 'withdraw'} (${prefixes(c.withdrawn)} withdrawn in all)`,
      `${c.endOfRib} End-of-RIB`,
      s(c.keepalive, 'KEEPALIVE'),
      ...(c.routeRefresh === 0 ? [] : [s(c.routeRefresh, 'ROUTE-REFRESH')]),
      s(c.notification, 'NOTIFICATION'),
    ].join(', '),
  shown: (shown, all) => `the last ${shown} of ${all} messages`,
  more: (count) => `and ${count} more`,
};

const prefixes = (count: number): string => `${count} ${count === 1 ? 'prefix' : 'prefixes'}`;

const ORIGIN_EN: Readonly<Record<BgpOriginRow['source'], string>> = {
  device: 'a connected network',
  static: 'a static route',
  kernel: "a route of the machine's own",
  aggregate: 'an aggregate',
};

const zh: BgpPhrases = {
  label: {
    address: '地址',
    best: '最优',
    path: '未选用',
    also: '同用',
    why: '原因',
    way: '途径',
    parts: '组成',
    hidden: '不通告',
    origin: '始发',
    silent: '未通告',
    fib: 'FIB',
    lost: '丢失于',
  },
  allUp: (sessions, speakers) => `${speakers} 个 speaker 上的 ${sessions} 个会话端全部 Established`,
  someDown: (down, sessions) => `${sessions} 个会话端中有 ${down} 个未建立`,
  stopped: (speaker) => `${speaker} 上的 BGP 守护进程没有运行`,
  noSessions: '没有配置会话',
  notFound: 'Network not found',
  fibDiffers: '转发表与最优路径不同之处：',
  notInstalled: (why) => `未写入${why === '' ? '' : `：${why}`}`,
  onlyHere: (via) => `写入的是 ${via}`,
  stale: 'stale',
  bestIs: (net, speaker, way) => `${speaker} 上的 ${net}：${way}`,
  unknownHere: (asked, speaker) => `${speaker} 没有到 ${asked} 的路径`,
  fallsBack: (insteadOf, net, speaker, way) => `${speaker} 没有到 ${insteadOf} 的路径，只能用 ${net}：${way}`,
  kernelsOwn: '内核自有',
  sessionless: (speakers) => `${speakers.join('、')}：没有配置会话`,
  times: 'Since 是虚拟时间：守护进程在 00:00:00.000 启动',
  onlyDown: '只列出未建立的会话：sessions NODE 列出一个节点的全部会话。',
  moreDown: (count) => `另有 ${count} 个未建立`,
  unusable: (net, speaker) => `${speaker} 没有到 ${net} 的可用路径`,
  ofAddress: (address) => `${address}：按最长匹配`,
  alone: '只有这一条路径',
  rule: {
    preference: 'BIRD 的协议优先级，先于 BGP 的一切规则（240 device，200 static，150 聚合，100 BGP，10 kernel）',
    'nexthop-unresolvable': '下一跳无法解析（RFC 4271 §9.1.2.1）',
    stale: '已 stale：它的邻居已离开（RFC 9494 §4.3）',
    'local-pref': 'LOCAL_PREF，大者优先（RFC 4271 §9.1.1）',
    'as-path-length': 'AS_PATH 的长度，短者优先（RFC 4271 §9.1.2.2 a）',
    origin: 'ORIGIN，IGP 先于 EGP 先于 INCOMPLETE（RFC 4271 §9.1.2.2 b）',
    med: '同一邻居 AS 的 MULTI_EXIT_DISC，小者优先（RFC 4271 §9.1.2.2 c）',
    'ebgp-over-ibgp': 'eBGP 先于 iBGP（RFC 4271 §9.1.2.2 d）',
    'igp-metric': '到下一跳的开销，小者优先（RFC 4271 §9.1.2.2 e）',
    'router-id': 'router id（有 ORIGINATOR_ID 时用它），小者优先（RFC 4271 §9.1.2.2 f，RFC 4456 §9）',
    'cluster-list-length': 'CLUSTER_LIST 的长度，短者优先（RFC 4456 §9）',
    'neighbor-address': '邻居地址，小者优先（RFC 4271 §9.1.2.2 g）',
    older: '没有规则能区分：先到的保留',
  },
  merged: '同样使用（merge paths）；并非最优：',
  compared: (best, own) => `${best} 对 ${own}`,
  lostBy: (path, why) => `${path}：${why}`,
  ownRoute: (protocol) => `自有，${protocol}`,
  announcedBy: (neighbor, session) => `来自 ${neighbor}（${session}）`,
  origin: ({ speaker, source, protocol, net }) => `${speaker} 上的 ${net}，${ORIGIN_ZH[source]}（${protocol}）`,
  nobody: '这个网络里没有 speaker 始发它',
  noParts: '无：这里的 BGP 没有更具体的路由，所以不通告这个聚合',
  suppressed: (by) => `任何邻居：由聚合 ${by} 代替（summary-only）`,
  silent: (from, why) => `${from.join('、')}：${why}`,
  lost: (from, to, session, why) =>
    `${from.join('、')} 没有把它通告给 ${to}${from.length === 1 ? `（${session}）` : ''}：${why}`,
  noWay: '没有会话从拥有它的 speaker 通到这里',
  counts: (c) =>
    [
      `OPEN ${c.open}`,
      `通告的 UPDATE ${c.announce}（${c.nlri} 个前缀）`,
      `只撤销的 UPDATE ${c.withdraw}（共撤销 ${c.withdrawn} 个前缀）`,
      `End-of-RIB ${c.endOfRib}`,
      `KEEPALIVE ${c.keepalive}`,
      ...(c.routeRefresh === 0 ? [] : [`ROUTE-REFRESH ${c.routeRefresh}`]),
      `NOTIFICATION ${c.notification}`,
    ].join('，'),
  shown: (shown, all) => `${all} 条消息中的最后 ${shown} 条`,
  more: (count) => `另有 ${count} 个`,
};

const ORIGIN_ZH: Readonly<Record<BgpOriginRow['source'], string>> = {
  device: '直连网络',
  static: '静态路由',
  kernel: '本机自己的路由',
  aggregate: '聚合',
};

/** All languages. */
export const BGP_PHRASES: Readonly<Record<Language, BgpPhrases>> = { en, zh };
