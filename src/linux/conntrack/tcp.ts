import { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN, type Tcp } from '../../packet/index.js';
import { type SegmentKind, TCP_STATES, type TcpState } from './table.js';

/** What a segment does to a connection: its next state, that it changes nothing, or that it does not belong. */
export type Transition = TcpState | 'IGNORE' | 'INVALID';

/** A column for each state, in the order of {@link TCP_STATES}. */
type Row = readonly Transition[];

const ABBREVIATIONS: Readonly<Record<string, Transition>> = {
  NO: 'NONE',
  SS: 'SYN_SENT',
  SR: 'SYN_RECV',
  ES: 'ESTABLISHED',
  FW: 'FIN_WAIT',
  CW: 'CLOSE_WAIT',
  LA: 'LAST_ACK',
  TW: 'TIME_WAIT',
  CL: 'CLOSE',
  S2: 'SYN_SENT2',
  IV: 'INVALID',
  IG: 'IGNORE',
};

function row(text: string): Row {
  return text.split(' ').map((word) => ABBREVIATIONS[word] ?? 'INVALID');
}

/** tcp_conntracks[][][] (linux net/netfilter/nf_conntrack_proto_tcp.c), with RFC 793's states. */
const TABLE = {
  original: {
    syn: row('SS SS IG IG IG IG IG SS SS S2'),
    synack: row('IV IV SR IV IV IV IV IV IV SR'),
    fin: row('IV IV FW FW LA LA LA TW CL IV'),
    ack: row('ES IV ES ES CW CW TW TW CL IV'),
    rst: row('IV CL CL CL CL CL CL CL CL CL'),
    none: row('IV IV IV IV IV IV IV IV IV IV'),
  },
  reply: {
    syn: row('IV S2 IV IV IV IV IV SS IV S2'),
    synack: row('IV SR IG IG IG IG IG IG IG SR'),
    fin: row('IV IV FW FW LA LA LA TW CL IV'),
    ack: row('IV IG SR ES CW CW TW TW CL IG'),
    rst: row('IV CL CL CL CL CL CL CL CL CL'),
    none: row('IV IV IV IV IV IV IV IV IV IV'),
  },
} as const satisfies Readonly<Record<string, Readonly<Record<SegmentKind, Row>>>>;

/** What a segment counts as (get_conntrack_index()). */
export function segmentKind({ flags }: Tcp): SegmentKind {
  if (flags & TCP_RST) return 'rst';
  if (flags & TCP_SYN) return flags & TCP_ACK ? 'synack' : 'syn';
  if (flags & TCP_FIN) return 'fin';
  return flags & TCP_ACK ? 'ack' : 'none';
}

/** The state after a segment. */
export function tcpTransition(state: TcpState, kind: SegmentKind, dir: 'original' | 'reply'): Transition {
  return TABLE[dir][kind][TCP_STATES.indexOf(state)] ?? 'INVALID';
}

/**
 * How long a connection in a state is remembered, s (tcp_timeouts[]): by the sysctl below net/netfilter/, or always the
 * same where there is none.
 */
export const TCP_TIMEOUTS: Readonly<Record<TcpState, string | number>> = {
  NONE: 0,
  SYN_SENT: 'nf_conntrack_tcp_timeout_syn_sent',
  SYN_RECV: 'nf_conntrack_tcp_timeout_syn_recv',
  ESTABLISHED: 'nf_conntrack_tcp_timeout_established',
  FIN_WAIT: 'nf_conntrack_tcp_timeout_fin_wait',
  CLOSE_WAIT: 'nf_conntrack_tcp_timeout_close_wait',
  LAST_ACK: 'nf_conntrack_tcp_timeout_last_ack',
  TIME_WAIT: 'nf_conntrack_tcp_timeout_time_wait',
  CLOSE: 'nf_conntrack_tcp_timeout_close',
  SYN_SENT2: 120,
};
