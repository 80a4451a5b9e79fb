import { formatIpv4 } from '../address/index.js';
import {
  type Connection,
  type DecidedBy,
  type Manip,
  manipulate,
  nullBinding,
  type Skb,
  setupNat,
  translateIcmpError,
} from '../linux/index.js';
import { IPPROTO_ICMP } from '../packet/index.js';
import { ipRouteMeHarder } from './ip-output.js';
import { drop, type HookName, type HookState, type HookVerdict, type Net } from './net.js';
import { describeRule, runTable } from './table-hooks.js';

/** HOOK2MANIP(): PREROUTING and OUTPUT change the destination, INPUT and POSTROUTING the source. */
function manipOf(hook: HookName): Manip {
  return hook === 'PREROUTING' || hook === 'OUTPUT' ? 'dst' : 'src';
}

/**
 * nf_nat_ipv4_fn() with what is special at each hook: the nat table decides once for a connection, then every packet
 * is rewritten as decided (linux net/netfilter/nf_nat_core.c, nf_nat_proto.c).
 */
export function natHook(net: Net, skb: Skb, state: HookState): HookVerdict {
  const { ct, ip } = skb;
  if (ct === undefined || ip === undefined) return 'accept';
  const before = ip.dst;
  const verdict = natFn(net, skb, state, ct);
  if (verdict !== 'accept') return verdict;
  // nf_nat_ipv4_pre_routing(): a new destination is routed anew.
  if (state.hook === 'PREROUTING' && ip.dst !== before) skb.dst = undefined;
  const rerouted = state.hook === 'OUTPUT' && needsNewRoute(skb, ct);
  return rerouted && !ipRouteMeHarder(net, skb, 'nf_nat_ipv4_local_fn') ? 'drop' : 'accept';
}

/** nf_nat_ipv4_local_fn(): the destination of this direction is not where the other direction comes from. */
function needsNewRoute(skb: Skb, ct: Connection): boolean {
  return skb.ctReply ? ct.reply.dst !== ct.original.src : ct.original.dst !== ct.reply.src;
}

function natFn(net: Net, skb: Skb, state: HookState, ct: Connection): HookVerdict {
  const manip = manipOf(state.hook);
  if (skb.ctState === 'RELATED' && skb.ip?.protocol === IPPROTO_ICMP) {
    const result = translateIcmpError(skb, ct, manip);
    if (result === 'translated') tellTranslation(net, skb, ct, manip, 'nf_nat_icmp_reply_translation', undefined);
    if (result !== 'refused') return 'accept';
    drop(net, skb, 'nf_nat_icmp_reply_translation', 'NAT_REDIRECT');
    return 'drop';
  }
  let by: DecidedBy | undefined;
  const done = manip === 'src' ? ct.srcNatDone : ct.dstNatDone;
  if (skb.ctState !== 'ESTABLISHED' && !done) {
    const result = runTable(net, skb, state, 'nat');
    if (result.verdict !== 'accept') return result.verdict;
    by = result.by;
    const decided = manip === 'src' ? ct.srcNatDone : ct.dstNatDone;
    if (!decided) bindNull(net, ct, manip);
    else if (by !== undefined && !(manip === 'src' ? ct.srcNat : ct.dstNat)) by = undefined;
  } else if (outputChanged(skb, state, ct)) {
    net.runtime.conntrack.delete(ct, net.journal);
    drop(net, skb, 'nf_nat_inet_fn', 'NAT_OIF_CHANGED', () => ({
      values: { node: net.ns.host, was: ct.masqueradeDev ?? '', dev: state.out, src: formatIpv4(ct.reply.dst) },
    }));
    return 'drop';
  }
  if (manipulate(skb, ct, manip)) tellTranslation(net, skb, ct, manip, 'nf_nat_packet', by);
  return 'accept';
}

/** nf_nat_oif_changed(): a masqueraded connection would leave by another device, where its source is not at home. */
function outputChanged(skb: Skb, { hook, out }: HookState, ct: Connection): boolean {
  return hook === 'POSTROUTING' && !skb.ctReply && ct.masqueradeDev !== undefined && ct.masqueradeDev !== out;
}

/** nf_nat_alloc_null_binding(): nothing is to be changed, unless the port is taken. */
function bindNull(net: Net, ct: Connection, manip: Manip): void {
  const address = manip === 'src' ? ct.reply.dst : ct.reply.src;
  setupNat(natContext(net), ct, manip, nullBinding(address));
}

function natContext(net: Net): Parameters<typeof setupNat>[0] {
  const { runtime, journal, choose, now, ns } = net;
  return { conntrack: runtime.conntrack, journal, choose, netns: ns.name, now };
}

function tellTranslation(
  net: Net,
  skb: Skb,
  ct: Connection,
  manip: Manip,
  fn: string,
  by: DecidedBy | undefined,
): void {
  const { observer } = net.walk;
  if (observer === undefined) return;
  observer.event(net, skb, {
    k: 'nat',
    fn,
    manip,
    connection: ct.id,
    rule: by === undefined ? null : describeRule(by),
  });
}
