import { type Ipv4, isMulticast, isZeronet } from '../../../address/index.js';
import { fibLookup } from '../../fib/lookup.js';
import { RT_SCOPE_UNIVERSE } from '../../fib/route.js';
import type { RuleContext } from '../context.js';
import type { MatchExtension } from '../extension.js';
import { ipOf } from '../header.js';
import { FLAG } from '../option.js';

/** `-m rpfilter` */
export interface RpfilterMatch {
  readonly match: 'rpfilter';
  /** Any device will do. */
  readonly loose: boolean;
  /** The route back is looked up with the packet's mark. */
  readonly validmark: boolean;
  /** A source that is this host's own is accepted. */
  readonly acceptLocal: boolean;
  readonly invert: boolean;
}

const OPTIONS = { '--loose': FLAG, '--validmark': FLAG, '--accept-local': FLAG, '--invert': FLAG } as const;
/** Without ECN and precedence (IPTOS_RT_MASK). */
const RT_TOS = 0x1c;

/** Whether the answer would leave by the device that the packet came in by (rpfilter_mt(), linux net/ipv4/netfilter/ipt_rpfilter.c). */
export const rpfilter: MatchExtension<RpfilterMatch> = {
  name: 'rpfilter',
  options: OPTIONS,
  parse(words) {
    const flags = { loose: false, validmark: false, acceptLocal: false, invert: false };
    for (const { option } of words.options(OPTIONS)) {
      switch (option) {
        case '--loose':
          flags.loose = true;
          break;
        case '--validmark':
          flags.validmark = true;
          break;
        case '--accept-local':
          flags.acceptLocal = true;
          break;
        case '--invert':
          flags.invert = true;
          break;
        default:
          option satisfies never;
      }
    }
    return { match: 'rpfilter', ...flags };
  },
  print({ loose, validmark, acceptLocal, invert }) {
    const flags = [
      loose && '--loose',
      validmark && '--validmark',
      acceptLocal && '--accept-local',
      invert && '--invert',
    ];
    return ['-m rpfilter', ...flags.filter((flag) => flag !== false)].join(' ');
  },
  test(m, context) {
    const { src, dst } = ipOf(context);
    if (context.ns.links.get(context.in)?.kind === 'loopback') return !m.invert;
    if (isZeronet(src) && (dst === 0xffffffff || dst >>> 8 === 0xe00000)) return !m.invert;
    const found = hasWayBack(m, context);
    return found === 'unsupported' ? found : found !== m.invert;
  },
  have(m, context) {
    const result = lookup(m, context);
    if (result.found === 'unsupported') return result.text;
    if (result.found === 'error') return 'no route back';
    const { route } = result;
    const devs = route.type === 'unicast' ? route.nexthops.map(({ dev }) => dev).join(', ') : route.dev;
    return `the route back is ${route.type} dev ${devs}`;
  },
  checkentry(_, { table, hooks }) {
    if (table !== 'raw' && table !== 'mangle') return '-m rpfilter belongs into raw or mangle';
    return [...hooks].every((hook) => hook === 'PREROUTING') ? undefined : '-m rpfilter works in PREROUTING only';
  },
};

/** rpfilter_lookup_reverse() */
function hasWayBack(m: RpfilterMatch, context: RuleContext): boolean | 'unsupported' {
  const result = lookup(m, context);
  if (result.found === 'unsupported') return 'unsupported';
  if (result.found === 'error') return false;
  const { route } = result;
  if (route.type !== 'unicast' && !(route.type === 'local' && m.acceptLocal)) return false;
  if (m.loose) return true;
  return route.type === 'unicast' ? route.nexthops.some(({ dev }) => dev === context.in) : route.dev === context.in;
}

function lookup(m: RpfilterMatch, context: RuleContext): ReturnType<typeof fibLookup> {
  const { src, dst, tos } = ipOf(context);
  const noSource = isMulticast(dst) || dst === 0xffffffff || isZeronet(dst);
  return fibLookup(context.ns, {
    dst: src,
    src: noSource ? (0 as Ipv4) : dst,
    iif: 'lo',
    oif: '',
    mark: m.validmark ? context.skb.mark : 0,
    tos: tos & RT_TOS,
    scope: RT_SCOPE_UNIVERSE,
  });
}
