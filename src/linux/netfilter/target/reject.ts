import type { RejectWith } from '../context.js';
import type { TargetExtension } from '../extension.js';
import { VALUE } from '../option.js';
import { protocolOfRule } from '../rule-protocol.js';

/** What `--reject-with` takes in ip6tables; read and written, IPv6 packets are not walked yet. */
export type RejectWith6 =
  | 'icmp6-no-route'
  | 'icmp6-adm-prohibited'
  | 'icmp6-addr-unreachable'
  | 'icmp6-port-unreachable'
  | 'icmp6-policy-fail'
  | 'icmp6-reject-route';

/** `-j REJECT` */
export interface RejectTarget {
  readonly target: 'REJECT';
  readonly with: RejectWith | RejectWith6;
}

const OPTIONS = { '--reject-with': VALUE } as const;
/** Each answer, and what else it can be called. */
const NAMES: Readonly<Record<'ip' | 'ip6', ReadonlyMap<string, RejectTarget['with']>>> = {
  ip: new Map([
    ['icmp-net-unreachable', 'icmp-net-unreachable'],
    ['net-unreach', 'icmp-net-unreachable'],
    ['icmp-host-unreachable', 'icmp-host-unreachable'],
    ['host-unreach', 'icmp-host-unreachable'],
    ['icmp-proto-unreachable', 'icmp-proto-unreachable'],
    ['proto-unreach', 'icmp-proto-unreachable'],
    ['icmp-port-unreachable', 'icmp-port-unreachable'],
    ['port-unreach', 'icmp-port-unreachable'],
    ['icmp-net-prohibited', 'icmp-net-prohibited'],
    ['net-prohib', 'icmp-net-prohibited'],
    ['icmp-host-prohibited', 'icmp-host-prohibited'],
    ['host-prohib', 'icmp-host-prohibited'],
    ['tcp-reset', 'tcp-reset'],
    ['tcp-rst', 'tcp-reset'],
    ['icmp-admin-prohibited', 'icmp-admin-prohibited'],
    ['admin-prohib', 'icmp-admin-prohibited'],
  ]),
  ip6: new Map([
    ['icmp6-no-route', 'icmp6-no-route'],
    ['no-route', 'icmp6-no-route'],
    ['icmp6-adm-prohibited', 'icmp6-adm-prohibited'],
    ['adm-prohibited', 'icmp6-adm-prohibited'],
    ['icmp6-addr-unreachable', 'icmp6-addr-unreachable'],
    ['addr-unreach', 'icmp6-addr-unreachable'],
    ['icmp6-port-unreachable', 'icmp6-port-unreachable'],
    ['port-unreach', 'icmp6-port-unreachable'],
    ['tcp-reset', 'tcp-reset'],
    ['icmp6-policy-fail', 'icmp6-policy-fail'],
    ['policy-fail', 'icmp6-policy-fail'],
    ['icmp6-reject-route', 'icmp6-reject-route'],
    ['reject-route', 'icmp6-reject-route'],
  ]),
};

/** Drops the packet and answers (reject_tg(), linux net/ipv4/netfilter/ipt_REJECT.c). */
export const reject: TargetExtension<RejectTarget> = {
  name: 'REJECT',
  options: OPTIONS,
  parse(words) {
    const { family } = words.source;
    let answer: RejectTarget['with'] = family === 'ip' ? 'icmp-port-unreachable' : 'icmp6-port-unreachable';
    for (const _ of words.options(OPTIONS)) {
      const word = words.next();
      // iptables takes the first answer that begins so.
      const [, found] = [...NAMES[family]].find(([name]) => word !== '' && name.startsWith(word.toLowerCase())) ?? [];
      if (found === undefined) words.fail(`expected an answer such as ${answer}, found "${word}"`);
      answer = found ?? answer;
    }
    return { target: 'REJECT', with: answer };
  },
  print: (t) => `-j REJECT --reject-with ${t.with}`,
  apply(t) {
    return isFor4(t.with)
      ? { verdict: 'REJECT', with: t.with }
      : { verdict: 'UNSUPPORTED', what: `-j REJECT --reject-with ${t.with}` };
  },
  checkentry(t, { rule, table, hooks }) {
    if (table !== 'filter') return 'REJECT belongs into the filter table';
    const wrong = [...hooks].find((hook) => hook === 'PREROUTING' || hook === 'POSTROUTING');
    if (wrong !== undefined) return `REJECT does not work in ${wrong}`;
    return t.with === 'tcp-reset' && protocolOfRule(rule) !== 6 ? '--reject-with tcp-reset needs -p tcp' : undefined;
  },
};

function isFor4(answer: RejectTarget['with']): answer is RejectWith {
  return !answer.startsWith('icmp6-');
}
