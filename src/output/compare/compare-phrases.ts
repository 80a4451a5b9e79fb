import type { Language } from '../text/phrases.js';
import type { ShareRow } from './compare-rows.js';

/** What a comparison says in one language. Names of Linux and Kubernetes are not translated. */
export interface ComparePhrases {
  readonly label: Readonly<Record<CompareLabel, string>>;
  readonly cannot: string;
  readonly rules: (there: number, back: number) => string;
  readonly range: (low: number, high: number) => string;
  readonly none: string;
  readonly wrongPort: (port: number) => string;
  readonly empty: string;
  readonly gets: (errno: string) => string;
  readonly answerLost: (outcome: string) => string;
  readonly at: (place: string) => string;
  readonly icmp: (name: string) => string;
  readonly looked: (netns: string, rules: number, sets: number, ipvs: number) => string;
  readonly unknownChance: string;
  readonly turn: (n: number, of: number) => string;
  readonly share: (share: ShareRow) => string;
  readonly thereBack: string;
}

/** What stands at the beginning of a line. */
export type CompareLabel =
  | 'outcome'
  | 'rules'
  | 'sets'
  | 'ipvs'
  | 'endpoint'
  | 'there'
  | 'back'
  | 'translated'
  | 'seen'
  | 'reply'
  | 'problem';

const en: ComparePhrases = {
  label: {
    outcome: 'outcome',
    rules: 'iptables rules',
    sets: 'ipset lookups',
    ipvs: 'IPVS finds',
    endpoint: 'endpoint',
    there: 'there',
    back: 'back',
    translated: 'translated',
    seen: 'server sees',
    reply: 'reply by',
    problem: 'unknown',
  },
  cannot: '? unknown',
  rules: (there, back) => `${there} + ${back}`,
  range: (low, high) => (low === high ? `${low}` : `${low}-${high}`),
  none: 'not',
  wrongPort: (port) => `port ${port}`,
  empty: 'no endpoints',
  gets: (errno) => `the program gets ${errno}`,
  answerLost: (outcome) => `answer ${outcome}`,
  at: (place) => `at ${place}`,
  icmp: (name) => `ICMP ${name}`,
  looked: (netns, rules, sets, ipvs) =>
    [
      `${netns} ${rules} ${rules === 1 ? 'rule' : 'rules'}`,
      ...(sets === 0 ? [] : [`${sets} ${sets === 1 ? 'set' : 'sets'}`]),
      ...(ipvs === 0 ? [] : ['IPVS']),
    ].join(' + '),
  unknownChance: 'chance unknown',
  turn: (n, of) => `server ${n} of ${of}`,
  share: (share) => {
    if (share.by === 'chance') return share.p === null ? 'chance unknown' : `${percent(share.p)} delivered`;
    const { delivered, tried, servers } = share;
    return `delivered by ${delivered} of ${servers} servers${tried < servers ? ` (${tried} tried)` : ''}`;
  },
  thereBack: 'Numbers are of the first packet + of its answer.',
};

const zh: ComparePhrases = {
  label: {
    outcome: '结果',
    rules: 'iptables 规则',
    sets: 'ipset 查找',
    ipvs: 'IPVS 命中',
    endpoint: 'endpoint',
    there: '去程',
    back: '回程',
    translated: '地址转换',
    seen: '服务端看到',
    reply: '回程经过',
    problem: '未知',
  },
  cannot: '? 无法判断',
  rules: (there, back) => `${there} + ${back}`,
  range: (low, high) => (low === high ? `${low}` : `${low}-${high}`),
  none: '无',
  wrongPort: (port) => `端口 ${port}`,
  empty: '没有 endpoint',
  gets: (errno) => `程序得到 ${errno}`,
  answerLost: (outcome) => `应答${outcome}`,
  at: (place) => `在 ${place}`,
  icmp: (name) => `ICMP ${name}`,
  looked: (netns, rules, sets, ipvs) =>
    [`${netns} ${rules} 条规则`, ...(sets === 0 ? [] : [`${sets} 次集合查找`]), ...(ipvs === 0 ? [] : ['IPVS'])].join(
      ' + ',
    ),
  unknownChance: '概率未知',
  turn: (n, of) => `第 ${n} 台，共 ${of} 台`,
  share: (share) => {
    if (share.by === 'chance') return share.p === null ? '概率未知' : `${percent(share.p)} 送达`;
    const { delivered, tried, servers } = share;
    return `${servers} 台服务器中 ${delivered} 台送达${tried < servers ? `（试了 ${tried} 台）` : ''}`;
  },
  thereBack: '数字依次是第一个包和它的应答。',
};

/** `33.3 %`. */
export function percent(p: number): string {
  return `${Number((p * 100).toFixed(1))} %`;
}

/** All languages. */
export const COMPARE_PHRASES: Readonly<Record<Language, ComparePhrases>> = { en, zh };
