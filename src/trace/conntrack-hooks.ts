import { formatIpv4 } from '../address/index.js';
import { type Connection, confirm, type Skb, type Tuple, track } from '../linux/index.js';
import { protocolName } from '../packet/index.js';
import { type DefragUser, defrag, isFragment } from './fragment.js';
import { drop, type HookEntry, type HookState, type Net, tell } from './net.js';

const NF_IP_PRI_CONNTRACK_DEFRAG = -400;
const NF_IP_PRI_CONNTRACK = -200;
const NF_IP_PRI_CONNTRACK_CONFIRM = 2 ** 31 - 1;

/** ipv4_conntrack_defrag(): connection tracking sees whole packets only (linux net/ipv4/netfilter/nf_defrag_ipv4.c). */
export const DEFRAG: HookEntry = {
  name: 'ipv4_conntrack_defrag',
  priority: NF_IP_PRI_CONNTRACK_DEFRAG,
  run(net, skb, state) {
    if (skb.ct !== undefined || skb.untracked || skb.ip === undefined || !isFragment(skb.ip)) return 'accept';
    return defrag(net, skb, defragUser(skb, state)) ? 'accept' : 'stolen';
  },
};

function defragUser(skb: Skb, state: HookState): DefragUser {
  if (skb.nfBridge?.inPrerouting === true) return 'conntrack bridge in';
  return state.hook === 'PREROUTING' ? 'conntrack in' : 'conntrack out';
}

/** nf_conntrack_in(), at PREROUTING and OUTPUT. */
export const CONNTRACK_IN: HookEntry = {
  name: 'nf_conntrack_in',
  priority: NF_IP_PRI_CONNTRACK,
  run(net, skb) {
    const before = skb.ct;
    track(net, skb);
    if (before === undefined) tellTracked(net, skb);
    const unmodelled = skb.ct?.told?.unmodelled;
    if (unmodelled === undefined) return 'accept';
    drop(net, skb, 'nf_conntrack_in', 'UNSUPPORTED', () => ({ values: { what: unmodelled } }));
    return 'drop';
  },
};

/** nf_confirm(), last at INPUT and POSTROUTING: a packet that came so far has made a connection, if that is a new one. */
export const CONFIRM: HookEntry = {
  name: 'nf_confirm',
  priority: NF_IP_PRI_CONNTRACK_CONFIRM,
  run(net, skb) {
    const result = confirm(net, skb);
    switch (result) {
      case 'as before':
        return 'accept';
      case 'confirmed':
      case 'merged':
        tellConnection(net, skb, result === 'confirmed' ? 'confirmed' : 'found');
        return 'accept';
      case 'unsupported':
        drop(net, skb, 'nf_ct_resolve_clash_harder', 'UNSUPPORTED', () => ({
          values: { what: 'two packets of one flow at one time, which NAT sends to different places' },
        }));
        return 'drop';
      case 'reply taken':
      case 'tuple taken':
        drop(net, skb, '__nf_conntrack_confirm', result === 'reply taken' ? 'NAT_NO_TUPLE' : 'CT_CLASH');
        return 'drop';
    }
  },
};

function tellTracked(net: Net, skb: Skb): void {
  const { ct } = skb;
  if (ct !== undefined) tellConnection(net, skb, ct.confirmed ? 'found' : 'new');
  else
    tell(net, skb, () => ({
      k: 'ct',
      fn: 'nf_conntrack_in',
      what: skb.untracked ? 'untracked' : 'invalid',
      connection: null,
      state: null,
      dir: null,
      original: null,
      reply: null,
    }));
}

function tellConnection(net: Net, skb: Skb, what: 'new' | 'found' | 'confirmed'): void {
  const { ct } = skb;
  if (ct === undefined) return;
  tell(net, skb, () => ({
    k: 'ct',
    fn: what === 'confirmed' ? '__nf_conntrack_confirm' : 'nf_conntrack_in',
    what,
    connection: ct.id,
    state: skb.ctState ?? null,
    dir: skb.ctReply ? 'reply' : 'original',
    ...tuples(ct),
  }));
}

/** Both tuples of a connection as text. */
export function tuples(ct: Connection): { readonly original: string; readonly reply: string } {
  return { original: formatTuple(ct.original), reply: formatTuple(ct.reply) };
}

function formatTuple(t: Tuple): string {
  const proto = protocolName(t.protocol);
  if (proto === 'icmp') return `icmp ${formatIpv4(t.src)} > ${formatIpv4(t.dst)} type ${t.dport >> 8} id ${t.sport}`;
  return `${proto} ${formatIpv4(t.src)}:${t.sport} > ${formatIpv4(t.dst)}:${t.dport}`;
}
