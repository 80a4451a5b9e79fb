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
import { drop, type HookName, type HookState, type HookVerdict, type Net, tell } from './net.js';
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
  if (state.hook === 'OUTPUT' && needsNewRoute(skb, ct)) {
    const errno = ipRouteMeHarder(net, skb);
    if (errno !== undefined) {
      tell(net, skb, () => ({ k: 'errno', fn: 'nf_nat_ipv4_local_fn', call: 'the send call', errno }));
      drop(net, skb, 'nf_nat_ipv4_local_fn', errno === 'EINVAL' ? 'LOCALNET' : 'NO_ROUTE', () => ({
        values: { errno },
      }));
      return 'drop';
    }
  }
  return 'accept';
}

/** nf_nat_ipv4_local_fn(): the destination of this direction is not where the other direction comes from. */
function needsNewRoute(skb: Skb, ct: Connection): boolean {
  return skb.ctReply ? ct.reply.dst !== ct.original.src : ct.original.dst !== ct.reply.src;
}

function natFn(net: Net, skb: Skb, state: HookState, ct: Connection): HookVerdict {
  const manip = manipOf(state.hook);
  if (skb.ctState === 'RELATED' && skb.ip?.protocol === IPPROTO_ICMP) {
    if (translateIcmpError(skb, ct, manip)) {
      tellTranslation(net, skb, ct, manip, 'nf_nat_icmp_reply_translation', undefined);
      return 'accept';
    }
    drop(net, skb, 'nf_nat_icmp_reply_translation', 'NF_DROP', () => ({ values: { chain: 'NAT of a redirect' } }));
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
  }
  if (manipulate(skb, ct, manip)) tellTranslation(net, skb, ct, manip, 'nf_nat_packet', by);
  return 'accept';
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
