import type { Journal } from '../journal.js';
import { type Direction, hashTuple, invertTuple, sameTuple, type Tuple } from './tuple.js';
import type { TcpSides } from './window.js';

/** States of a TCP connection, by their numbers (enum tcp_conntrack). */
export const TCP_STATES = [
  'NONE',
  'SYN_SENT',
  'SYN_RECV',
  'ESTABLISHED',
  'FIN_WAIT',
  'CLOSE_WAIT',
  'LAST_ACK',
  'TIME_WAIT',
  'CLOSE',
  'SYN_SENT2',
] as const;
export type TcpState = (typeof TCP_STATES)[number];

/** One tracked connection (struct nf_conn). Written through the journal only. */
export interface Connection {
  /** Unique within the namespace, for traces. */
  readonly id: number;
  /** Conntrack zone, uint16; it is part of the key. */
  readonly zone: number;
  original: Tuple;
  reply: Tuple;
  /** In the table (IPS_CONFIRMED). */
  confirmed: boolean;
  /** IPS_SEEN_REPLY. */
  seenReply: boolean;
  /** IPS_ASSURED. */
  assured: boolean;
  /** The manipulation has been decided, be it to change nothing (IPS_SRC_NAT_DONE, IPS_DST_NAT_DONE). */
  srcNatDone: boolean;
  dstNatDone: boolean;
  /** The manipulation changes something (IPS_SRC_NAT, IPS_DST_NAT). */
  srcNat: boolean;
  dstNat: boolean;
  /** The device that MASQUERADE sent it out of: when that goes down the entry goes too. */
  masqueradeDev: string | undefined;
  /** connmark, uint32. */
  mark: number;
  tcp: TcpState;
  /** Of TCP: somebody has begun to close it by a FIN (IP_CT_TCP_FLAG_CLOSE_INIT). */
  tcpClosing: boolean;
  /** Of TCP: the last segment that belonged to it; undefined before, and of a dump, which does not tell. */
  tcpLast: LastSegment | undefined;
  /** Of TCP: what both sides have sent; undefined where any segment is believed: picked up in its middle, or of a dump. */
  tcpSides: TcpSides | undefined;
  /** Of UDP: from when on it counts as a stream if it has been answered, ms (stream_ts). */
  streamFrom: number;
  /** When it is forgotten, ms. */
  expires: number;
  /** The connection that this one is RELATED to. */
  readonly master: Connection | undefined;
  /** What the dump that it is from says besides; undefined for one that is from none. */
  told: ToldConnection | undefined;
}

/** What a segment counts as (enum tcp_bit_set). */
export type SegmentKind = 'syn' | 'synack' | 'fin' | 'ack' | 'rst' | 'none';

/** What is remembered of a segment (ip_ct_tcp.last_index, last_dir, last_end). */
export interface LastSegment {
  readonly kind: SegmentKind;
  readonly reply: boolean;
  /** The sequence number after it, uint32. */
  readonly end: number;
}

/** What is not modelled of a connection in a dump: kept, and printed again. */
export interface ToldConnection {
  /** What of it decides about its packets; undefined when nothing does. */
  readonly unmodelled: string | undefined;
  /** Of a protocol whose states are not followed. */
  readonly state: string | undefined;
  readonly flag: 'ASSURED' | 'OFFLOAD' | 'HW_OFFLOAD' | undefined;
  readonly zone: number | undefined;
  readonly originalWords: readonly string[];
  readonly replyWords: readonly string[];
  readonly words: readonly string[];
}

/** A connection and the direction of the tuple that was asked for. */
export interface Found {
  readonly ct: Connection;
  readonly dir: Direction;
}

/** The connection tracking table of one namespace, by tuple and zone. */
export class Conntrack {
  readonly #buckets = new Map<number, readonly Found[]>();
  readonly #counter = { next: 1 };

  /** A new connection, not yet in the table; undefined for a tuple that has no inverse. */
  create(original: Tuple, zone: number, journal: Journal, master?: Connection): Connection | undefined {
    const reply = invertTuple(original);
    if (reply === undefined) return undefined;
    const id = this.#counter.next;
    journal.set(this.#counter, 'next', id + 1);
    return {
      id,
      zone,
      original,
      reply,
      confirmed: false,
      seenReply: false,
      assured: false,
      srcNatDone: false,
      dstNatDone: false,
      srcNat: false,
      dstNat: false,
      masqueradeDev: undefined,
      mark: 0,
      tcp: 'NONE',
      tcpClosing: false,
      tcpLast: undefined,
      tcpSides: undefined,
      streamFrom: 0,
      expires: 0,
      master,
      told: undefined,
    };
  }

  /** The connection that `tuple` belongs to and that has not expired at `now` (ms). */
  find(tuple: Tuple, zone: number, now: number): Found | undefined {
    const bucket = this.#buckets.get(hashTuple(tuple, zone));
    return bucket?.find(
      ({ ct, dir }) =>
        ct.zone === zone && ct.expires > now && sameTuple(dir === 'original' ? ct.original : ct.reply, tuple),
    );
  }

  /** Puts a connection into the table, under both tuples. */
  insert(ct: Connection, journal: Journal): void {
    for (const dir of ['original', 'reply'] as const) {
      const key = hashTuple(ct[dir], ct.zone);
      journal.put(this.#buckets, key, [...(this.#buckets.get(key) ?? []), { ct, dir }]);
    }
  }

  /** Takes a connection out of the table. */
  delete(ct: Connection, journal: Journal): void {
    for (const dir of ['original', 'reply'] as const) {
      const key = hashTuple(ct[dir], ct.zone);
      const rest = (this.#buckets.get(key) ?? []).filter((found) => found.ct !== ct);
      journal.put(this.#buckets, key, rest.length === 0 ? undefined : rest);
    }
  }

  /** All connections that have not expired at `now` (ms), each once, in order of creation. */
  list(now: number): Connection[] {
    const all: Connection[] = [];
    for (const bucket of this.#buckets.values())
      for (const { ct, dir } of bucket) if (dir === 'original' && ct.expires > now) all.push(ct);
    return all.sort((a, b) => a.id - b.id);
  }
}
