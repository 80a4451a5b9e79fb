import { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN, type Tcp } from '../../packet/index.js';
import type { Direction } from './tuple.js';

/** What is remembered of one side of a TCP connection (struct ip_ct_tcp_state); sequence numbers, uint32. */
interface TcpSide {
  /** After the last byte that it has sent (td_end). */
  readonly end: number;
  /** After the last byte that it may send (td_maxend). */
  readonly maxEnd: number;
  /** What it has offered to take; 0 for one that has not been heard of (td_maxwin). */
  readonly window: number;
  /** The last that it has acknowledged (td_maxack). */
  readonly maxAck: number | undefined;
}

/** Both sides of a TCP connection. */
export type TcpSides = Readonly<Record<Direction, TcpSide>>;

const UNHEARD: TcpSide = { end: 0, maxEnd: 0, window: 0, maxAck: undefined };

/**
 * Headers have no window here: everybody offers 1 MiB. That is more than any conversation of a trace sends, and little
 * beside the 4 GiB over which the numbers of two connections are apart.
 */
const WINDOW = 2 ** 20;

/** segment_seq_plus_len() */
export function segmentEnd({ seq, flags }: Tcp, payload: number): number {
  return (seq + payload + (flags & TCP_SYN ? 1 : 0) + (flags & TCP_FIN ? 1 : 0)) >>> 0;
}

/**
 * What a connection begins with (tcp_new()).
 *
 * @returns undefined for one that is picked up in its middle: of that everything is believed (IP_CT_TCP_FLAG_BE_LIBERAL).
 */
export function firstSides({ flags }: Tcp, end: number): TcpSides | undefined {
  return flags & TCP_SYN ? { original: { ...UNHEARD, end, maxEnd: end, window: WINDOW }, reply: UNHEARD } : undefined;
}

/** A SYN that was let pass has been answered, so that a connection begins: its side, and nothing of the other's. */
export function resyncedSides(syn: Direction, end: number): TcpSides {
  const side = { ...UNHEARD, end, maxEnd: end, window: WINDOW };
  return syn === 'original' ? { original: side, reply: UNHEARD } : { original: UNHEARD, reply: side };
}

/** Whether the sequence number `a` comes before `b`. */
export function isBefore(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}

/** A segment of a connection. */
interface Segment {
  readonly dir: Direction;
  readonly header: Tcp;
  /** {@link segmentEnd} */
  readonly end: number;
  /** Whether the handshake goes on (SYN_SENT, SYN_RECV). */
  readonly opening: boolean;
  /** Whether it is in SYN_SENT. */
  readonly unanswered: boolean;
}

/**
 * Whether a segment can belong to a connection by its numbers, and what both sides have sent then (tcp_in_window(), linux
 * net/netfilter/nf_conntrack_proto_tcp.c), without window scaling and SACK.
 *
 * @returns undefined for one that can't.
 */
export function inWindow(sides: TcpSides, segment: Segment): TcpSides | undefined {
  const { dir, header, end, opening, unanswered } = segment;
  const { flags } = header;
  let sender = sides[dir];
  let receiver = sides[dir === 'original' ? 'reply' : 'original'];
  const initial = (): TcpSides => bothSides(dir, sender, receiver);
  if (flags & TCP_SYN && (sender.window === 0 || (opening && isBefore(sender.end, end)))) {
    sender = { ...sender, end, maxEnd: end, window: WINDOW };
    // Both have begun at once.
    if (!(flags & TCP_ACK)) return initial();
  } else if (sender.window === 0) {
    sender = { ...sender, end, maxEnd: (end + WINDOW) >>> 0, window: WINDOW };
    if (receiver.window === 0) receiver = { ...receiver, end: header.ack, maxEnd: header.ack };
    else if (header.ack === (receiver.end + 1) >>> 0) receiver = { ...receiver, end: header.ack };
  }
  const acknowledges = (flags & TCP_ACK) !== 0 && !(flags & TCP_RST && header.ack === 0);
  const ack = acknowledges ? header.ack : receiver.end;
  const answersSyn = (flags & TCP_RST) !== 0 && header.seq === 0 && unanswered;
  const seq = answersSyn ? sender.end : header.seq;
  const last = answersSyn ? sender.end : end;
  if (
    isBefore(sender.maxEnd, seq) ||
    (receiver.window !== 0 && !isBefore(sender.end - receiver.window - 1, last)) ||
    isBefore(receiver.end, ack) ||
    !isBefore(receiver.end - WINDOW - 1, ack)
  )
    return undefined;
  const { maxAck = ack } = sender;
  return bothSides(
    dir,
    {
      ...sender,
      end: later(sender.end, last),
      maxAck: flags & TCP_ACK ? later(maxAck, ack) : sender.maxAck,
    },
    { ...receiver, maxEnd: later(receiver.maxEnd, (ack + WINDOW) >>> 0) },
  );
}

function bothSides(dir: Direction, sender: TcpSide, receiver: TcpSide): TcpSides {
  return dir === 'original' ? { original: sender, reply: receiver } : { original: receiver, reply: sender };
}

function later(a: number, b: number): number {
  return isBefore(a, b) ? b : a;
}
