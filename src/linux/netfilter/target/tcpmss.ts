import { fibLookup, outputFlow, pathMtu } from '../../fib/lookup.js';
import { CONTINUE, DROP, type RuleContext } from '../context.js';
import type { TargetExtension } from '../extension.js';
import { ipOf } from '../header.js';
import type { TcpMatch } from '../match/tcp.js';
import { FLAG, VALUE } from '../option.js';
import { protocolOfRule } from '../rule-protocol.js';

/** `-j TCPMSS` */
export interface TcpmssTarget {
  readonly target: 'TCPMSS';
  /** Bytes; `clamp` for what fits into the path both ways. */
  readonly mss: number | 'clamp';
}

const OPTIONS = { '--set-mss': VALUE, '--clamp-mss-to-pmtu': FLAG } as const;
/** 65535 without an IPv4 header. */
const LARGEST_MSS = 65515;
const HEADERS = 40;
/** What a sender may send to who names no MSS (RFC 9293 §3.7.1). */
const DEFAULT_MSS = 536;
const TCPOLEN_MSS = 4;
const LONGEST_OPTIONS = 40;
const SYN = 0x02;

/** Lowers the MSS that a SYN names, or adds one (tcpmss_tg4(), linux net/netfilter/xt_TCPMSS.c). */
export const tcpmss: TargetExtension<TcpmssTarget> = {
  name: 'TCPMSS',
  options: OPTIONS,
  parse(words) {
    let mss: TcpmssTarget['mss'] | undefined;
    for (const { option } of words.options(OPTIONS)) {
      if (option === '--clamp-mss-to-pmtu') mss = 'clamp';
      else {
        const value = words.number(LARGEST_MSS);
        mss ??= value;
      }
    }
    if (mss === undefined) words.fail('-j TCPMSS needs --set-mss or --clamp-mss-to-pmtu', 'missing');
    return { target: 'TCPMSS', mss: mss ?? 'clamp' };
  },
  print: ({ mss }) => `-j TCPMSS ${mss === 'clamp' ? '--clamp-mss-to-pmtu' : `--set-mss ${mss}`}`,
  apply({ mss }, context) {
    const { l4, payload } = context.skb;
    if (l4?.l4 !== 'tcp') return CONTINUE;
    const mtu = mss === 'clamp' ? smallerMtu(context) : undefined;
    if (mtu !== undefined && mtu <= HEADERS) return DROP;
    const wanted = mss === 'clamp' ? (mtu ?? 0) - HEADERS : mss;
    if (l4.mss !== undefined) {
      // It is never raised: a host may rely on the small one.
      l4.mss = Math.min(l4.mss, wanted);
      return CONTINUE;
    }
    if (payload > 0 || l4.options >= LONGEST_OPTIONS) return CONTINUE;
    l4.mss = Math.min(wanted, DEFAULT_MSS);
    l4.options += TCPOLEN_MSS;
    ipOf(context).length += TCPOLEN_MSS;
    return CONTINUE;
  },
  checkentry({ mss }, { rule, hooks }) {
    if (protocolOfRule(rule) !== 6) return 'TCPMSS needs -p tcp';
    if (mss === 'clamp' && (hooks.has('PREROUTING') || hooks.has('INPUT')))
      return '--clamp-mss-to-pmtu works in FORWARD, OUTPUT and POSTROUTING only';
    const syn = rule.matches.some((m) => m.match === 'tcp' && wantsSyn(m as TcpMatch));
    return syn ? undefined : 'TCPMSS needs a match of the SYN flag';
  },
};

function wantsSyn({ flags }: TcpMatch): boolean {
  return (flags.set & SYN) !== 0 && !flags.invert;
}

/** The smaller of the MTUs towards the destination and back to the source. */
function smallerMtu(context: RuleContext): number {
  const { skb, ns } = context;
  const link = ns.links.get(context.out);
  const forth =
    skb.dst?.type === 'unicast' && link !== undefined
      ? pathMtu(context, skb.dst, ipOf(context).dst, link)
      : (link?.mtu ?? Number.POSITIVE_INFINITY);
  return Math.min(forth, reverseMtu(context));
}

/** tcpmss_reverse_mtu(): the MTU of the route to the source; without a route there is no limit. */
function reverseMtu(context: RuleContext): number {
  const { ns } = context;
  const { src } = ipOf(context);
  const result = fibLookup(ns, outputFlow(src));
  if (result.found !== 'route') return Number.POSITIVE_INFINITY;
  const { route } = result;
  const dev = route.type === 'unicast' ? route.nexthops[0].dev : 'lo';
  const own = ns.links.get(dev)?.mtu ?? Number.POSITIVE_INFINITY;
  return route.mtu ?? own;
}
