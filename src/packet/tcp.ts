/** TCP header (RFC 9293 §3.1). */
export interface Tcp {
  l4: 'tcp';
  sport: number;
  dport: number;
  /** The sum of `TCP_…` bits. */
  flags: number;
  /** uint32. */
  seq: number;
  /** uint32, 0 without ACK. */
  ack: number;
  /** Bytes of options after the 20 fixed ones. */
  options: number;
  /** The MSS option, bytes; undefined where the segment carries none. */
  mss: number | undefined;
}

/** Bytes without options. */
export const TCP_HLEN = 20;

export const TCP_FIN = 1;
export const TCP_SYN = 2;
export const TCP_RST = 4;
export const TCP_PSH = 8;
export const TCP_ACK = 16;

const LETTERS = ['F', 'S', 'R', 'P', 'A', 'U'] as const;
/** The order in which tcpdump-like tools and our recordings write flags. */
const ORDER = ['S', 'A', 'F', 'R', 'P', 'U'];

/** Writes flags as letters: SYN and ACK give `SA`. */
export function formatTcpFlags(flags: number): string {
  return ORDER.filter((letter) => flags & (1 << LETTERS.indexOf(letter as 'F'))).join('');
}

/** Reads letters in any order; undefined for an unknown one. */
export function parseTcpFlags(text: string): number | undefined {
  let flags = 0;
  for (const letter of text) {
    const bit = LETTERS.indexOf(letter as 'F');
    if (bit < 0) return undefined;
    flags |= 1 << bit;
  }
  return flags;
}

/** The RST that answers a segment of `payload` bytes for which there is no connection (RFC 9293 §3.10.7.1). */
export function resetOf({ sport, dport, flags, seq, ack }: Tcp, payload: number): Tcp {
  const acks = (flags & TCP_ACK) !== 0;
  const length = payload + (flags & TCP_SYN ? 1 : 0) + (flags & TCP_FIN ? 1 : 0);
  return {
    l4: 'tcp',
    sport: dport,
    dport: sport,
    flags: acks ? TCP_RST : TCP_RST | TCP_ACK,
    seq: acks ? ack : 0,
    ack: acks ? 0 : (seq + length) >>> 0,
    options: 0,
    mss: undefined,
  };
}
