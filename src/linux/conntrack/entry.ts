import { IPPROTO_ICMP, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP } from '../../packet/index.js';
import type { Journal } from '../journal.js';
import type { Origin } from '../origin.js';
import { type Connection, type Conntrack, TCP_STATES, type TcpState, type ToldConnection } from './table.js';
import { invertTuple, type Tuple } from './tuple.js';

/** One line of `conntrack -L`: a tracked connection, as libnetfilter_conntrack writes it. */
export type ConntrackEntry = {
  /** As it was written; `unknown` for a protocol without a tracker of its own. */
  readonly protocolName: string;
  /** uint8. */
  readonly protocol: number;
  /** Whether the family stands before it: `-o extended`, /proc/net/nf_conntrack. */
  readonly extended: boolean;
  readonly origin: Origin;
} & (TrackedFlow | UnmodelledFlow);

/** A connection of IPv4. */
export interface TrackedFlow {
  readonly family: 'ipv4';
  /** Seconds until it is forgotten; undefined for one that a flowtable holds. */
  readonly timeout: number | undefined;
  /** `ESTABLISHED`: of TCP, SCTP and DCCP. */
  readonly state: string | undefined;
  readonly original: Tuple;
  readonly reply: Tuple;
  /** What else is said of a direction, in order: `packets=1`, `srckey=0x0`, `zone-orig=2`. */
  readonly originalWords: readonly string[];
  readonly replyWords: readonly string[];
  /** No `[UNREPLIED]`. */
  readonly seenReply: boolean;
  /** At most one is printed. */
  readonly flag: 'ASSURED' | 'OFFLOAD' | 'HW_OFFLOAD' | undefined;
  /** connmark, uint32; undefined where the kernel has none. */
  readonly mark: number | undefined;
  /** uint16; undefined where none is printed, which is zone 0. */
  readonly zone: number | undefined;
  /** What follows besides, in order: `secctx=…`, `use=1`, `id=7`. */
  readonly words: readonly string[];
}

/** A connection of IPv6, which is not followed: the words behind the protocol. */
export interface UnmodelledFlow {
  readonly family: 'ipv6';
  readonly words: readonly string[];
}

/** Protocols with a name of their own in the dumps (l4proto2str[], libnetfilter_conntrack src/conntrack/snprintf.c). */
const NAMES: ReadonlyMap<number, string> = new Map([
  [IPPROTO_ICMP, 'icmp'],
  [IPPROTO_TCP, 'tcp'],
  [IPPROTO_UDP, 'udp'],
  [33, 'dccp'],
  [47, 'gre'],
  [IPPROTO_SCTP, 'sctp'],
  [136, 'udplite'],
]);

const TCP_STATE_NAMES: ReadonlyMap<string, TcpState> = new Map([
  ...TCP_STATES.map((state) => [state, state] as const),
  // The same number had this name before (TCP_CONNTRACK_LISTEN).
  ['LISTEN', 'SYN_SENT2'],
]);

/** States that a FIN leads to. */
const CLOSING: ReadonlySet<string> = new Set(['FIN_WAIT', 'CLOSE_WAIT', 'LAST_ACK', 'TIME_WAIT']);

/** The state of TCP that a dump names; undefined for no such state. */
export function tcpStateOf(state: string): TcpState | undefined {
  return TCP_STATE_NAMES.get(state);
}

/** The lines that `conntrack -L` would print of a table at `now` (ms), without counters. */
export function conntrackEntries(conntrack: Conntrack, now: number): ConntrackEntry[] {
  // What is in two zones is in the table twice.
  const seen = new Set<ToldConnection>();
  return conntrack.list(now).flatMap((ct) => {
    const { told, original, reply, seenReply, mark } = ct;
    if (told !== undefined && seen.has(told)) return [];
    if (told !== undefined) seen.add(told);
    const { protocol } = original;
    const flag = told?.flag ?? (ct.assured ? 'ASSURED' : undefined);
    return {
      family: 'ipv4',
      extended: false,
      protocol,
      protocolName: NAMES.get(protocol) ?? 'unknown',
      origin: { by: 'kernel' },
      timeout: Number.isFinite(ct.expires) ? Math.floor((ct.expires - now) / 1000) : undefined,
      state: protocol === IPPROTO_TCP && flag !== 'OFFLOAD' && flag !== 'HW_OFFLOAD' ? ct.tcp : told?.state,
      original,
      reply,
      originalWords: uncounted(told?.originalWords),
      replyWords: uncounted(told?.replyWords),
      seenReply,
      flag,
      mark,
      zone: told === undefined ? ct.zone || undefined : told.zone,
      words: told?.words ?? ['use=1'],
    };
  });
}

function uncounted(words: readonly string[] = []): string[] {
  return words.filter((word) => !/^(packets|bytes)=/.test(word));
}

/** Puts a connection of a dump that was taken at `now` (ms) into a table. */
export function trackEntry(conntrack: Conntrack, entry: ConntrackEntry, now: number, journal: Journal): void {
  if (entry.family !== 'ipv4') return;
  const { state: toldState, flag, zone: toldZone, originalWords, replyWords, words } = entry;
  const others = { state: toldState, flag, zone: toldZone, originalWords, replyWords, words };
  const told: ToldConnection = { ...others, unmodelled: unmodelledIn(entry) };
  for (const zone of zonesOf(entry)) {
    const ct = conntrack.create(entry.original, zone, journal);
    // The reader has refused what has no answer.
    if (ct === undefined) continue;
    const asked = invertTuple(entry.reply) ?? entry.original;
    const { original } = entry;
    const state: Partial<Connection> = {
      reply: entry.reply,
      confirmed: true,
      seenReply: entry.seenReply,
      // Of a connection that is offloaded nothing else is told; it has been answered both ways.
      assured: entry.flag !== undefined,
      // Once confirmed, NAT has decided, be it to change nothing.
      srcNatDone: true,
      dstNatDone: true,
      srcNat: asked.src !== original.src || asked.sport !== original.sport,
      dstNat: asked.dst !== original.dst || asked.dport !== original.dport,
      mark: entry.mark ?? 0,
      tcp: tcpStateOf(entry.state ?? '') ?? 'NONE',
      tcpClosing: CLOSING.has(entry.state ?? ''),
      tcpLast: undefined,
      tcpSides: undefined,
      // When it began is not told: an assured one has been a stream for long, of any other the time begins now.
      streamFrom: entry.flag === undefined ? now + 2000 : now - 1,
      expires: entry.timeout === undefined ? Number.POSITIVE_INFINITY : now + entry.timeout * 1000,
      told,
    };
    conntrack.insert(Object.assign(ct, state), journal);
  }
}

/** What of an entry decides about its packets and is not modelled. */
function unmodelledIn({ flag, words, originalWords, replyWords }: TrackedFlow): string | undefined {
  if (flag === 'OFFLOAD' || flag === 'HW_OFFLOAD') return `a connection in a flowtable ([${flag}])`;
  const names = /^(helper|zone-orig|zone-reply)=|^(srckey|dstkey)=0x0*[1-9a-f]/;
  const word = [...originalWords, ...replyWords, ...words].find((each) => names.test(each));
  return word === undefined ? undefined : `a connection with ${word}`;
}

/** The zones that its two directions are found in. */
function zonesOf({ zone, originalWords, replyWords }: TrackedFlow): ReadonlySet<number> {
  const said = (words: readonly string[], name: string): number | undefined => {
    const word = words.find((each) => each.startsWith(name));
    return word === undefined ? undefined : Number(word.slice(name.length));
  };
  const orig = said(originalWords, 'zone-orig=');
  const reply = said(replyWords, 'zone-reply=');
  // A direction without a zone of its own is in zone 0 (nf_ct_zone_id()).
  return orig === undefined && reply === undefined ? new Set([zone ?? 0]) : new Set([orig ?? 0, reply ?? 0]);
}
