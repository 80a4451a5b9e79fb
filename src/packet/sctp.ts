/** SCTP common header, 12 bytes (RFC 9260 §3.1); `chunk` is the first chunk's type. */
export interface Sctp {
  l4: 'sctp';
  sport: number;
  dport: number;
  chunk: 'INIT' | 'INIT-ACK' | 'ABORT' | 'DATA';
}

export const SCTP_HLEN = 12;
