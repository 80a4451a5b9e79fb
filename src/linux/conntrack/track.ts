import { IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP, isIcmpError, type Tcp } from '../../packet/index.js';
import type { Journal } from '../journal.js';
import type { Netns } from '../netns.js';
import type { NetnsRuntime } from '../runtime.js';
import type { Skb } from '../skb.js';
import type { Connection, Found, LastSegment, TcpState } from './table.js';
import { segmentKind, TCP_TIMEOUTS, type Transition, tcpTransition } from './tcp.js';
import { invertTuple, quotedTuple, tupleOf } from './tuple.js';
import { firstSides, inWindow, isBefore, resyncedSides, segmentEnd } from './window.js';

/** What connection tracking works on. */
export interface TrackContext {
  readonly ns: Netns;
  readonly runtime: NetnsRuntime;
  readonly journal: Journal;
  /** ms of the virtual clock. */
  readonly now: number;
}

/**
 * Finds or makes the connection of a packet, and notes state and direction in the skb
 * (nf_conntrack_in(), linux net/netfilter/nf_conntrack_core.c).
 *
 * Leaves the skb without a connection when it belongs to none: `-m conntrack --ctstate INVALID`.
 */
export function track(context: TrackContext, skb: Skb): void {
  // Loopback and bridged packets come by twice; an ICMP error keeps what it got at the first time.
  if (skb.ct !== undefined || skb.untracked || skb.ip === undefined) return;
  if (skb.l4?.l4 === 'icmp' && isIcmpError(skb.l4.type)) {
    trackError(context, skb);
    return;
  }
  const tuple = skb.ip.offset > 0 ? undefined : tupleOf(skb.ip, skb.l4);
  if (tuple === undefined) return;
  // A packet that reopens a closed TCP connection is looked up once more, when the old entry is gone (NF_REPEAT).
  for (let attempt = 0; attempt < 2; attempt++) {
    const found = context.runtime.conntrack.find(tuple, skb.zone, context.now);
    const ct = found?.ct ?? context.runtime.conntrack.create(tuple, skb.zone, context.journal);
    if (ct === undefined) return;
    attach(skb, ct, found);
    const verdict = advance(context, skb, ct);
    if (verdict === 'accept') {
      if (skb.ctReply && !ct.seenReply) context.journal.set(ct, 'seenReply', true);
      return;
    }
    detach(skb);
    if (verdict === 'invalid') return;
  }
}

/** resolve_normal_ct(): ESTABLISHED once a reply was seen, NEW before. */
function attach(skb: Skb, ct: Connection, found: Found | undefined): void {
  skb.ct = ct;
  skb.ctReply = found?.dir === 'reply';
  if (skb.ctReply || ct.seenReply) skb.ctState = 'ESTABLISHED';
  else skb.ctState = ct.master === undefined ? 'NEW' : 'RELATED';
}

function detach(skb: Skb): void {
  skb.ct = undefined;
  skb.ctState = undefined;
  skb.ctReply = false;
}

/**
 * nf_conntrack_inet_error(): an error is RELATED to the connection of the packet that it quotes, if it goes to whom
 * that connection's packets come from.
 */
function trackError({ runtime, now }: TrackContext, skb: Skb): void {
  const quoted = quotedTuple(skb);
  const asked = quoted && invertTuple(quoted);
  const found = asked && runtime.conntrack.find(asked, skb.zone, now);
  if (found === undefined || found.ct[found.dir].dst !== skb.ip?.dst) return;
  skb.ct = found.ct;
  skb.ctState = 'RELATED';
  // The error goes against the direction of what it quotes, which is that of the tuple looked up here.
  skb.ctReply = found.dir === 'reply';
}

type Verdict = 'accept' | 'invalid' | 'repeat';

/** The protocol's own state machine. */
function advance(context: TrackContext, skb: Skb, ct: Connection): Verdict {
  const { protocol } = ct.original;
  if (protocol === IPPROTO_TCP && skb.l4?.l4 === 'tcp') return advanceTcp(context, skb, ct);
  if (protocol === IPPROTO_UDP) {
    advanceUdp(context, ct);
    return 'accept';
  }
  // Only a query can start an ICMP connection (nf_conntrack_icmp_packet()).
  if (protocol === IPPROTO_ICMP && !ct.confirmed && !QUERIES.has(ct.original.dport >> 8)) return 'invalid';
  refresh(context, ct, protocol === IPPROTO_ICMP ? 'nf_conntrack_icmp_timeout' : 'nf_conntrack_generic_timeout');
  return 'accept';
}

/**
 * nf_conntrack_tcp_set_closing(): a RST that a REJECT sends ends a connection that is in the table, though it passes no
 * state machine.
 */
export function setClosing(context: TrackContext, ct: Connection): void {
  if (!ct.confirmed || ct.original.protocol !== IPPROTO_TCP || ct.tcp === 'CLOSE') return;
  context.journal.set(ct, 'tcp', 'CLOSE');
  refresh(context, ct, TCP_TIMEOUTS.CLOSE);
}

/** nf_ct_refresh_acct(): from now on it is remembered for so many seconds, by a sysctl or fixed. */
function refresh({ ns, journal, now }: TrackContext, ct: Connection, timeout: string | number): void {
  const seconds = typeof timeout === 'number' ? timeout : ns.sysctls.number(`net/netfilter/${timeout}`);
  journal.set(ct, 'expires', now + seconds * 1000);
}

/** How long both directions have to be in use before it is a stream, ms. */
const UDP_STREAM = 2000;

/** nf_conntrack_udp_packet(): in use both ways for more than 2 s, it is a stream, remembered for longer. */
function advanceUdp(context: TrackContext, ct: Connection): void {
  const { journal, now } = context;
  if (!ct.confirmed) journal.set(ct, 'streamFrom', now + UDP_STREAM);
  const stream = ct.seenReply && now > ct.streamFrom;
  refresh(context, ct, stream ? 'nf_conntrack_udp_timeout_stream' : 'nf_conntrack_udp_timeout');
  if (stream && !ct.assured) journal.set(ct, 'assured', true);
}

/** Echo, timestamp, information, address mask requests. */
const QUERIES = new Set([8, 13, 15, 17]);

/** nf_conntrack_tcp_packet(); of windows there is what `window.ts` says. */
function advanceTcp(context: TrackContext, skb: Skb, ct: Connection): Verdict {
  const { runtime, journal } = context;
  const { l4 } = skb;
  if (l4?.l4 !== 'tcp') return 'invalid';
  const segment: LastSegment = { kind: segmentKind(l4), reply: skb.ctReply, end: segmentEnd(l4, skb.payload) };
  const dir = skb.ctReply ? 'reply' : 'original';
  let old = ct.tcp;
  let next = tcpTransition(old, segment.kind, dir);
  if (!ct.confirmed && old === 'NONE' && !begins(context, ct, l4, segment, next)) return 'invalid';
  if (next === 'INVALID') return 'invalid';
  if (next === 'SYN_SENT' && (old === 'TIME_WAIT' || old === 'CLOSE')) {
    if (reopens(ct, segment)) {
      runtime.conntrack.delete(ct, journal);
      return 'repeat';
    }
    next = 'IGNORE';
  }
  if (next === 'IGNORE') {
    if (!answersIgnoredSyn(ct, segment, l4)) {
      journal.set(ct, 'tcpLast', segment);
      return 'accept';
    }
    old = 'SYN_SENT';
    next = 'SYN_RECV';
    journal.set(ct, 'tcpSides', resyncedSides(dir === 'reply' ? 'original' : 'reply', l4.ack));
  }
  const reset = next === 'CLOSE' && segment.kind === 'rst' ? resetBy(context, ct, segment, l4) : 'looked at';
  if (reset === 'kept') next = old;
  if (reset === 'invalid' || (reset !== 'believed' && !followWindow(context, skb, ct, segment))) return 'invalid';
  enter(context, ct, segment, old, next);
  return 'accept';
}

/** A segment for which there is no connection makes one (tcp_new()). */
function begins(
  { ns, journal }: TrackContext,
  ct: Connection,
  header: Tcp,
  { end }: LastSegment,
  next: Transition,
): boolean {
  if (next !== 'SYN_SENT' && next !== 'ESTABLISHED') return false;
  // A connection is picked up in the middle only while tcp_loose allows it.
  if (next === 'ESTABLISHED' && ns.sysctls.number('net/netfilter/nf_conntrack_tcp_loose') === 0) return false;
  journal.set(ct, 'tcpSides', firstSides(header, end));
  return true;
}

/** A segment that belongs to a connection has led to a state. */
function enter(context: TrackContext, ct: Connection, segment: LastSegment, old: TcpState, next: TcpState): void {
  const { runtime, journal } = context;
  journal.set(ct, 'tcpLast', segment);
  journal.set(ct, 'tcp', next);
  if (old !== next && next === 'FIN_WAIT') journal.set(ct, 'tcpClosing', true);
  if (!ct.seenReply && segment.kind === 'rst') {
    // A RST before any other answer: that was no connection, and its entry goes at once.
    runtime.conntrack.delete(ct, journal);
    return;
  }
  if (!ct.assured && ct.seenReply && (old === 'SYN_RECV' || old === 'ESTABLISHED') && next === 'ESTABLISHED')
    journal.set(ct, 'assured', true);
  // A SYN sent again does not keep alive what nobody answers.
  if (!ct.seenReply && old === 'SYN_SENT' && segment.kind === 'syn') return;
  const pickedUp = !ct.seenReply && next === 'ESTABLISHED';
  refresh(context, ct, pickedUp ? 'nf_conntrack_tcp_timeout_unacknowledged' : TCP_TIMEOUTS[next]);
}

/** What becomes of a connection by a RST, as far as its sequence number tells; `kept` until the other side has answered. */
function resetBy(
  { ns }: TrackContext,
  ct: Connection,
  { reply }: LastSegment,
  { seq, ack }: Tcp,
): 'looked at' | 'invalid' | 'kept' | 'believed' {
  const { tcpSides, tcpLast, tcp, assured, seenReply } = ct;
  const maxAck = tcpSides?.[reply ? 'original' : 'reply'].maxAck;
  if (maxAck !== undefined) {
    const established = tcp === 'ESTABLISHED' && assured;
    if (seq === 0 && !established) return 'looked at';
    const old = isBefore(seq, maxAck) && ns.sysctls.number('net/netfilter/nf_conntrack_tcp_ignore_invalid_rst') === 0;
    if (old) return 'invalid';
    const train = tcpLast?.kind === 'ack' && tcpLast.reply === reply && seq === tcpLast.end;
    return !established || seq === maxAck || train ? 'looked at' : 'kept';
  }
  // It answers a SYN or an ACK that was let pass.
  const doubtful = (seenReply && tcpLast?.kind === 'syn') || (!assured && tcpLast?.kind === 'ack');
  return doubtful && ack === tcpLast?.end ? 'believed' : 'looked at';
}

/** Whether a segment can belong to the connection by its numbers; nf_conntrack_tcp_be_liberal does not look at them. */
function followWindow({ ns, journal }: TrackContext, skb: Skb, ct: Connection, { end }: LastSegment): boolean {
  const { tcpSides, tcp } = ct;
  if (tcpSides === undefined || skb.l4?.l4 !== 'tcp') return true;
  const unanswered = tcp === 'SYN_SENT';
  const opening = unanswered || tcp === 'SYN_RECV';
  const dir = skb.ctReply ? 'reply' : 'original';
  const sides = inWindow(tcpSides, { dir, header: skb.l4, end, opening, unanswered });
  if (sides !== undefined) journal.set(ct, 'tcpSides', sides);
  return sides !== undefined || ns.sysctls.number('net/netfilter/nf_conntrack_tcp_be_liberal') !== 0;
}

/** A SYN starts a closed connection anew: after a FIN, or where who sends it has just sent a RST. */
function reopens({ tcpClosing, tcpLast }: Connection, { reply }: LastSegment): boolean {
  return tcpClosing || (tcpLast?.kind === 'rst' && tcpLast.reply === reply);
}

/** A SYN/ACK for a SYN that was let pass though it did not belong: both ends agree, so they must be right. */
function answersIgnoredSyn({ tcpLast }: Connection, { kind, reply }: LastSegment, { ack }: Tcp): boolean {
  return kind === 'synack' && tcpLast?.kind === 'syn' && tcpLast.reply !== reply && ack === tcpLast.end;
}
