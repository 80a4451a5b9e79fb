import type { Language } from '../text/phrases.js';
import type { ActionRow, ConditionKind } from './explanation.js';
import type { KnownName } from './known-names.js';

/** What an explanation says in one language. Names of Linux and Kubernetes are not translated. */
export interface ExplainPhrases {
  readonly label: Readonly<Record<ExplainLabel, string>>;
  readonly kind: Readonly<Record<KnownName['kind'], string>>;
  readonly inTable: (kind: string, table: string) => string;
  readonly nowhere: string;
  readonly nowhereYet: string;
  readonly byHash: string;
  readonly byComment: string;
  readonly ofEndpoint: (endpoint: string) => string;
  readonly policy: (policy: string) => string;
  readonly empty: string;
  readonly unused: string;
  readonly condition: Readonly<Record<ConditionKind, (value: string, not: string) => string>>;
  readonly not: string;
  readonly and: string;
  readonly when: (conditions: string, action: string) => string;
  readonly action: Readonly<Record<ActionRow['does'], (value: string) => string>>;
  readonly at: (table: string, chain: string, n: number) => string;
  readonly matched: (packets: number) => string;
  readonly up: string;
  readonly down: string;
  readonly more: (count: number) => string;
}

/** What stands at the beginning of a line. */
export type ExplainLabel =
  | 'is'
  | 'by'
  | 'for'
  | 'on'
  | 'origin'
  | 'from'
  | 'rule'
  | 'otherwise'
  | 'type'
  | 'members'
  | 'address'
  | 'peer'
  | 'ports'
  | 'tunnel'
  | 'routes'
  | 'set'
  | 'read'
  | 'routed'
  | 'value';

const not = (word: string): string => (word === '' ? '' : `${word} `);

const en: ExplainPhrases = {
  label: {
    is: 'is',
    by: 'known of',
    for: 'for',
    on: 'on',
    origin: 'made by',
    from: 'comes from',
    rule: 'rule',
    otherwise: 'else',
    type: 'type',
    members: 'members',
    address: 'addresses',
    peer: 'other end',
    ports: 'ports',
    tunnel: 'tunnel',
    routes: 'routes',
    set: 'set by',
    read: 'read by',
    routed: 'routed by',
    value: 'value',
  },
  kind: {
    chain: 'chain',
    ipset: 'IP set',
    device: 'device',
    mark: 'mark',
    sysctl: 'sysctl',
    table: 'routing table',
    address: 'address',
    protocol: 'protocol of routes',
  },
  inTable: (kind, table) => `${kind} of table ${table}`,
  nowhere: 'no namespace has it',
  nowhereYet: 'no namespace has it now: the Service port has no such endpoints, or needs no such chain',
  byHash: 'the hash in the name is of that',
  byComment: 'as the comments say; the hash in the name is of something else',
  ofEndpoint: (endpoint) => `endpoint ${endpoint}`,
  policy: (policy) => `policy ${policy}`,
  empty: 'it has no rules',
  unused: 'no rule leads to it',
  condition: {
    source: (value, n) => `the source is ${not(n)}${value}`,
    destination: (value, n) => `the destination is ${not(n)}${value}`,
    protocol: (value, n) => `the protocol is ${not(n)}${value}`,
    sport: (value, n) => `the source port is ${not(n)}${value}`,
    dport: (value, n) => `the port is ${not(n)}${value}`,
    in: (value, n) => `it came ${n === '' ? 'in by' : 'not in by'} ${value}`,
    out: (value, n) => `it leaves ${n === '' ? 'by' : 'not by'} ${value}`,
    mark: (value, n) => `the mark has ${not(n)}${value}`,
    state: (value, n) => `the connection is ${not(n)}${value}`,
    'source-type': (value, n) => `the source is ${not(n)}of type ${value}`,
    'destination-type': (value, n) => `the destination is ${not(n)}of type ${value}`,
    set: (value, n) => `it is ${not(n)}in the set ${value}`,
    share: (value, n) => (n === '' ? `chance has it, ${value}` : `chance does not have it, ${value}`),
    recent: (value, n) => `the client was ${not(n)}here lately (${value})`,
    other: (value) => value,
  },
  not: 'not',
  and: ' and ',
  when: (conditions, action) => (conditions === '' ? action : `if ${conditions}: ${action}`),
  action: {
    jump: (chain) => `jump to ${chain}`,
    goto: (chain) => `go to ${chain}, without coming back`,
    accept: () => 'accept',
    drop: () => 'drop',
    return: () => 'return to where the chain was called from',
    reject: (answer) => `reject, with ${answer}`,
    dnat: (to) => `translate the destination to ${to}`,
    snat: (to) => `translate the source to ${to}`,
    masquerade: () => 'translate the source to the address of the device that it leaves by',
    'mark-set': (bits) => `set the mark ${bits}`,
    'mark-flip': (bits) => `flip the mark ${bits}`,
    'mark-change': (value) => `change the mark to ${value}`,
    count: () => 'only count it',
    other: (text) => text,
  },
  at: (table, chain, n) => `${table} ${chain} rule ${n}`,
  matched: (packets) => `  (${packets} ${packets === 1 ? 'packet' : 'packets'})`,
  up: 'up',
  down: 'down',
  more: (count) => `and ${count} more`,
};

const zh: ExplainPhrases = {
  label: {
    is: '含义',
    by: '依据',
    for: '对象',
    on: '位于',
    origin: '创建者',
    from: '来自',
    rule: '规则',
    otherwise: '否则',
    type: '类型',
    members: '成员',
    address: '地址',
    peer: '另一端',
    ports: '端口',
    tunnel: '隧道',
    routes: '路由',
    set: '由谁设置',
    read: '由谁读取',
    routed: '策略路由',
    value: '值',
  },
  kind: {
    chain: '链',
    ipset: 'IP 集合',
    device: '设备',
    mark: '标记',
    sysctl: 'sysctl',
    table: '路由表',
    address: '地址',
    protocol: '路由协议',
  },
  inTable: (kind, table) => `${table} 表的${kind}`,
  nowhere: '哪里都没有它',
  nowhereYet: '现在哪里都没有它：这个 Service 端口没有相应的 endpoint，或者不需要这条链',
  byHash: '名字中的哈希就是由此计算的',
  byComment: '注释这么说；名字中的哈希却不是由此计算的',
  ofEndpoint: (endpoint) => `endpoint ${endpoint}`,
  policy: (policy) => `策略 ${policy}`,
  empty: '没有规则',
  unused: '没有规则通向它',
  condition: {
    source: (value, n) => `源地址${n}是 ${value}`,
    destination: (value, n) => `目的地址${n}是 ${value}`,
    protocol: (value, n) => `协议${n}是 ${value}`,
    sport: (value, n) => `源端口${n}是 ${value}`,
    dport: (value, n) => `端口${n}是 ${value}`,
    in: (value, n) => `${n}从 ${value} 进入`,
    out: (value, n) => `${n}从 ${value} 离开`,
    mark: (value, n) => `标记${n}含 ${value}`,
    state: (value, n) => `连接状态${n}是 ${value}`,
    'source-type': (value, n) => `源地址的类型${n}是 ${value}`,
    'destination-type': (value, n) => `目的地址的类型${n}是 ${value}`,
    set: (value, n) => `${n}在集合 ${value} 中`,
    share: (value, n) => `随机${n}命中 ${value}`,
    recent: (value, n) => `客户端最近${n}来过（${value}）`,
    other: (value) => value,
  },
  not: '不',
  and: '，且',
  when: (conditions, action) => (conditions === '' ? action : `若${conditions}：${action}`),
  action: {
    jump: (chain) => `跳到 ${chain}`,
    goto: (chain) => `转到 ${chain}，不再返回`,
    accept: () => '放行',
    drop: () => '丢弃',
    return: () => '返回调用处',
    reject: (answer) => `拒绝，回应 ${answer}`,
    dnat: (to) => `目的地址转换为 ${to}`,
    snat: (to) => `源地址转换为 ${to}`,
    masquerade: () => '源地址转换为离开设备的地址（地址伪装）',
    'mark-set': (bits) => `打上标记 ${bits}`,
    'mark-flip': (bits) => `翻转标记 ${bits}`,
    'mark-change': (value) => `标记改为 ${value}`,
    count: () => '只计数',
    other: (text) => text,
  },
  at: (table, chain, n) => `${table} ${chain} 第 ${n} 条规则`,
  matched: (packets) => `（${packets} 个包）`,
  up: '启用',
  down: '停用',
  more: (count) => `另有 ${count} 个`,
};

/** All languages. */
export const EXPLAIN_PHRASES: Readonly<Record<Language, ExplainPhrases>> = { en, zh };
