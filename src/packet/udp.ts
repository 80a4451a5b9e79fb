/** UDP header, 8 bytes (RFC 768). */
export interface Udp {
  l4: 'udp';
  sport: number;
  dport: number;
  /** Length field, bytes: this header and all that follows it in the whole datagram. */
  length: number;
}

export const UDP_HLEN = 8;
