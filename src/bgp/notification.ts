/** An error that a NOTIFICATION tells (RFC 4271 §4.5), in the words of BIRD's log and of `birdc show protocols`. */
export interface Notification {
  readonly code: number;
  /** 0: unspecific. */
  readonly subcode: number;
  readonly text: string;
}

/** Those that speakers send, by bgp_msg_table of BIRD 2.0.12 proto/bgp/packets.c. Subcodes of Cease: RFC 4486 §3. */
export const NOTIFICATIONS = {
  badPeerAs: { code: 2, subcode: 2, text: 'Bad peer AS' },
  badIdentifier: { code: 2, subcode: 3, text: 'Bad BGP identifier' },
  badHoldTime: { code: 2, subcode: 6, text: 'Unacceptable hold time' },
  holdTimer: { code: 4, subcode: 0, text: 'Hold timer expired' },
  cease: { code: 6, subcode: 0, text: 'Cease' },
  shutdown: { code: 6, subcode: 2, text: 'Administrative shutdown' },
  deconfigured: { code: 6, subcode: 3, text: 'Peer de-configured' },
  reconfigured: { code: 6, subcode: 6, text: 'Other configuration change' },
  collision: { code: 6, subcode: 7, text: 'Connection collision resolution' },
} as const;
