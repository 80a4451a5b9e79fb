import { formatIpv4, type Ipv4, parseIpv4 } from '../../../address/index.js';
import type { Journal } from '../../journal.js';
import type { RecentEntry } from '../../runtime.js';
import type { RuleContext } from '../context.js';
import type { MatchExtension } from '../extension.js';
import { ipOf } from '../header.js';
import { FLAG, NOT_FLAG, VALUE } from '../option.js';
import type { Ruleset } from '../rule.js';
import { negation, UINT32 } from '../spelling.js';
import type { Words } from '../words.js';

/** `-m recent` */
export interface RecentMatch {
  readonly match: 'recent';
  readonly command: 'set' | 'rcheck' | 'update' | 'remove';
  readonly invert: boolean;
  /** Seen within so many seconds; 0 for ever. */
  readonly seconds: number;
  readonly reap: boolean;
  /** Seen so often; 0 is as good as 1. */
  readonly hitcount: number;
  /** With the same TTL as the packet that was noted. */
  readonly rttl: boolean;
  readonly name: string;
  /** undefined: the whole of an IPv6 address. */
  readonly mask: Ipv4 | undefined;
  readonly side: 'rsource' | 'rdest';
}

const OPTIONS = {
  '--set': NOT_FLAG,
  '--rcheck': NOT_FLAG,
  '--update': NOT_FLAG,
  '--remove': NOT_FLAG,
  '--seconds': VALUE,
  '--reap': FLAG,
  '--hitcount': VALUE,
  '--rttl': FLAG,
  '--name': VALUE,
  '--mask': VALUE,
  '--rsource': FLAG,
  '--rdest': FLAG,
} as const;

/** XT_RECENT_MAX_NSTAMPS */
const MAX_STAMPS = 65536;
/** Stamps that a list keeps of an address while no rule asks for more hits; ip_list_tot addresses in one list. */
const DEFAULT_STAMPS = 32;
const LIST_SIZE = 100;

const WHOLE_IPV6 = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';

/** Addresses seen before (recent_mt(), linux net/netfilter/xt_recent.c). */
export const recent: MatchExtension<RecentMatch> = {
  name: 'recent',
  options: OPTIONS,
  parse(words) {
    let command: RecentMatch['command'] | undefined;
    let inverted = false;
    let seconds = 0;
    let hitcount = 0;
    let name = 'DEFAULT';
    let mask = wholeMask(words);
    let side: RecentMatch['side'] = 'rsource';
    const flags = { reap: false, rttl: false };
    for (const { option, invert } of words.options(OPTIONS)) {
      switch (option) {
        case '--set':
        case '--rcheck':
        case '--update':
        case '--remove':
          if (command !== undefined) words.fail(`--${command} and ${option} exclude each other`, 'conflict');
          command = option.slice(2) as RecentMatch['command'];
          inverted = invert;
          break;
        case '--seconds':
          seconds = words.number(UINT32, 1);
          break;
        case '--hitcount':
          hitcount = words.number(MAX_STAMPS - 1);
          break;
        case '--name':
          name = words.next();
          if (!/^[^/\s]{1,199}$/.test(name)) words.fail(`expected the name of a list, found "${name}"`);
          break;
        case '--mask':
          mask = readMask(words);
          break;
        case '--reap':
        case '--rttl':
          flags[option === '--reap' ? 'reap' : 'rttl'] = true;
          break;
        default:
          side = option === '--rsource' ? 'rsource' : 'rdest';
      }
    }
    if (command === undefined) words.fail('-m recent needs --set, --rcheck, --update or --remove', 'missing');
    if (flags.reap && seconds === 0) words.fail('--reap needs --seconds', 'missing');
    const noting = command === 'set' || command === 'remove';
    if (noting && (seconds > 0 || hitcount > 0 || flags.rttl || flags.reap))
      words.fail(`--${command} takes no --seconds, --hitcount, --rttl or --reap`, 'conflict');
    return {
      match: 'recent',
      command: command ?? 'set',
      invert: inverted,
      seconds,
      hitcount,
      name,
      mask,
      side,
      ...flags,
    };
  },
  print(m) {
    const parts = [`-m recent ${negation(m.invert)}--${m.command}`];
    if (m.seconds !== 0) parts.push(`--seconds ${m.seconds}`);
    if (m.reap) parts.push('--reap');
    if (m.hitcount !== 0) parts.push(`--hitcount ${m.hitcount}`);
    if (m.rttl) parts.push('--rttl');
    const mask = m.mask === undefined ? WHOLE_IPV6 : formatIpv4(m.mask);
    parts.push(`--name ${m.name} --mask ${mask} --${m.side}`);
    return parts.join(' ');
  },
  test(m, context) {
    const { runtime, journal, now } = context;
    const ttl = ttlBeforeForwarding(context);
    const address = addressOf(m, context);
    const list = runtime.recent.get(m.name);
    const noted = list?.get(address);
    const entry = noted !== undefined && (!m.rttl || noted.ttl === ttl || noted.ttl === 0) ? noted : undefined;
    if (entry === undefined) {
      if (m.command !== 'set') return m.invert;
      note(context, m.name, address, { stamps: [now], ttl });
      return !m.invert;
    }
    let result = !m.invert;
    if (m.command === 'remove') {
      if (list !== undefined) journal.put(list, address, undefined);
      return result;
    }
    const since = m.seconds === 0 ? Number.NEGATIVE_INFINITY : now - m.seconds * 1000;
    if (m.command !== 'set') {
      const hits = entry.stamps.filter((stamp) => stamp >= since).length;
      result = hits >= Math.max(1, m.hitcount) !== m.invert;
    }
    const updates = m.command === 'set' || (m.command === 'update' && result);
    if (m.reap && list !== undefined) reap(journal, list, since, updates ? address : undefined);
    if (updates) {
      const stamps = [...entry.stamps, now].slice(-stampsOf(context.ns.iptables, m.name));
      note(context, m.name, address, { stamps, ttl });
    }
    return result;
  },
  have(m, context) {
    const address = addressOf(m, context);
    const entry = context.runtime.recent.get(m.name)?.get(address);
    const last = entry?.stamps.at(-1);
    if (entry === undefined || last === undefined) return `${formatIpv4(address)} is not in list ${m.name}`;
    const seconds = Math.floor((context.now - last) / 1000);
    return `${formatIpv4(address)} in list ${m.name}: seen ${entry.stamps.length} times, ${seconds} s ago`;
  },
};

function wholeMask({ source }: Words): Ipv4 | undefined {
  return source.family === 'ip6' ? undefined : (0xffffffff as Ipv4);
}

function readMask(words: Words): Ipv4 | undefined {
  const word = words.next();
  if (words.source.family === 'ip6' && word === WHOLE_IPV6) return undefined;
  const mask = parseIpv4(word);
  if (mask === undefined) words.fail(`expected a netmask, found "${word}"`, 'bad-address');
  return mask ?? (0 as Ipv4);
}

function addressOf({ side, mask = 0xffffffff as Ipv4 }: RecentMatch, context: RuleContext): Ipv4 {
  const ip = ipOf(context);
  return (((side === 'rdest' ? ip.dst : ip.src) & mask) >>> 0) as Ipv4;
}

/** Where there is a device to leave by, a packet of another host has lost one hop already. */
function ttlBeforeForwarding(context: RuleContext): number {
  const { skb, out, hook } = context;
  const own = hook === 'OUTPUT' || skb.dst?.direction === 'output';
  return ipOf(context).ttl + (out !== '' && !own ? 1 : 0);
}

/** recent_entry_init() and recent_entry_update(): a new address pushes out the one not seen for longest. */
function note({ runtime, journal }: RuleContext, name: string, address: Ipv4, entry: RecentEntry): void {
  let list = runtime.recent.get(name);
  if (list === undefined) {
    list = new Map();
    journal.put(runtime.recent, name, list);
  }
  if (!list.has(address) && list.size >= LIST_SIZE) {
    const eldest = leastRecent(list);
    if (eldest !== undefined) journal.put(list, eldest, undefined);
  }
  journal.put(list, address, entry);
}

/** recent_entry_reap(): of all entries only the one not seen for longest is looked at. */
function reap(journal: Journal, list: Map<number, RecentEntry>, since: number, keep: number | undefined): void {
  const eldest = leastRecent(list);
  if (eldest === undefined || eldest === keep) return;
  if ((list.get(eldest)?.stamps.at(-1) ?? 0) < since) journal.put(list, eldest, undefined);
}

function leastRecent(list: ReadonlyMap<number, RecentEntry>): number | undefined {
  let eldest: number | undefined;
  let oldest = Number.POSITIVE_INFINITY;
  for (const [address, { stamps }] of list) {
    const last = stamps.at(-1) ?? 0;
    if (last < oldest) {
      eldest = address;
      oldest = last;
    }
  }
  return eldest;
}

const STAMPS = new WeakMap<Ruleset, Map<string, number>>();

/** How many stamps the list keeps of an address: the next power of two that all rules on it are content with. */
function stampsOf(ruleset: Ruleset, name: string): number {
  let byName = STAMPS.get(ruleset);
  if (byName === undefined) {
    byName = new Map();
    STAMPS.set(ruleset, byName);
    for (const m of recentMatches(ruleset)) {
      const stamps = m.hitcount === 0 ? DEFAULT_STAMPS : 2 ** Math.ceil(Math.log2(m.hitcount));
      byName.set(m.name, Math.max(stamps, byName.get(m.name) ?? 0));
    }
  }
  return byName.get(name) ?? DEFAULT_STAMPS;
}

function* recentMatches(ruleset: Ruleset): Generator<RecentMatch> {
  for (const table of ruleset.values())
    for (const chain of table.chains.values())
      for (const rule of chain.rules) for (const m of rule.matches) if (m.match === 'recent') yield m as RecentMatch;
}
