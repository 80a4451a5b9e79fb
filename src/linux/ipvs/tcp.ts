import { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } from '../../packet/index.js';

/** States of a TCP connection of IPVS (IP_VS_TCP_S_…), in their order. */
export type IpvsTcpState = (typeof IPVS_TCP_STATES)[number];

/** In the order of their numbers. */
export const IPVS_TCP_STATES = [
  'NONE',
  'ESTABLISHED',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT',
  'TIME_WAIT',
  'CLOSE',
  'CLOSE_WAIT',
  'LAST_ACK',
  'LISTEN',
  'SYNACK',
] as const;

const SHORT = { NO: 0, ES: 1, SS: 2, SR: 3, FW: 4, TW: 5, CL: 6, CW: 7, LA: 8, LI: 9, SA: 10 } as const;

/** Whose packets are seen: `input only` where the answers do not come by (IP_VS_CONN_F_NOOUTPUT). */
export type IpvsDirection = 'input' | 'output' | 'input only';

/** tcp_states[] (linux net/netfilter/ipvs/ip_vs_proto_tcp.c): by what is seen, the next state for each of them. */
const TABLE: Readonly<Record<IpvsDirection, Readonly<Record<'syn' | 'fin' | 'ack' | 'rst', string>>>> = {
  input: {
    syn: 'SR ES ES SR SR SR SR SR SR SR SR',
    fin: 'CL CW SS TW TW TW CL CW LA LI TW',
    ack: 'ES ES SS ES FW TW CL CW CL LI ES',
    rst: 'CL CL CL SR CL CL CL CL LA LI SR',
  },
  output: {
    syn: 'SS ES SS SR SS SS SS SS SS LI SR',
    fin: 'TW FW SS TW FW TW CL TW LA LI TW',
    ack: 'ES ES SS ES FW TW CL CW LA ES ES',
    rst: 'CL CL SS CL CL TW CL CL CL CL CL',
  },
  'input only': {
    syn: 'SR ES ES SR SR SR SR SR SR SR SR',
    fin: 'CL FW SS TW FW TW CL CW LA LI TW',
    ack: 'ES ES SS ES FW TW CL CW CL LI ES',
    rst: 'CL CL CL SR CL CL CL CL LA LI CL',
  },
};

/** How long each is remembered, s (tcp_timeouts[]). */
const TIMEOUTS: Readonly<Record<Exclude<IpvsTcpState, 'ESTABLISHED' | 'FIN_WAIT'>, number>> = {
  NONE: 2,
  SYN_SENT: 120,
  SYN_RECV: 60,
  TIME_WAIT: 120,
  CLOSE: 10,
  CLOSE_WAIT: 60,
  LAST_ACK: 30,
  LISTEN: 120,
  SYNACK: 120,
};

/** What `ipvsadm --set` changes, s: ESTABLISHED, FIN_WAIT, datagrams (ip_vs_set_timeout(), ip_vs_ctl.c). */
export interface IpvsTimeouts {
  readonly tcp: number;
  readonly tcpFin: number;
  readonly udp: number;
}

/** Those of a new namespace (tcp_timeouts[], udp_timeouts[]). */
export const IPVS_TIMEOUTS: IpvsTimeouts = { tcp: 900, tcpFin: 120, udp: 300 };

/** tcp_state_active_table[]: which of them count as active. */
const ACTIVE: ReadonlySet<IpvsTcpState> = new Set(['ESTABLISHED', 'SYN_SENT', 'SYN_RECV', 'SYNACK']);

/** The state that a segment leads to, its timeout in ms, and whether it counts as active (set_tcp_state()). */
export function ipvsTcpState(
  state: IpvsTcpState,
  flags: number,
  direction: IpvsDirection,
  timeouts: IpvsTimeouts,
): { readonly state: IpvsTcpState; readonly timeout: number; readonly active: boolean } {
  const row = rowOf(flags);
  const name = row === undefined ? 'CL' : TABLE[direction][row].split(' ')[IPVS_TCP_STATES.indexOf(state)];
  const next = IPVS_TCP_STATES[SHORT[name as keyof typeof SHORT]] ?? 'CLOSE';
  return { state: next, timeout: ipvsTcpTimeout(next, timeouts) * 1000, active: isActiveTcp(next) };
}

/** tcp_state_idx() */
function rowOf(flags: number): 'syn' | 'fin' | 'ack' | 'rst' | undefined {
  if (flags & TCP_RST) return 'rst';
  if (flags & TCP_SYN) return 'syn';
  if (flags & TCP_FIN) return 'fin';
  return flags & TCP_ACK ? 'ack' : undefined;
}

/** How long a connection in a state is remembered, s. */
export function ipvsTcpTimeout(state: IpvsTcpState, timeouts: IpvsTimeouts): number {
  if (state === 'ESTABLISHED') return timeouts.tcp;
  return state === 'FIN_WAIT' ? timeouts.tcpFin : TIMEOUTS[state];
}

/** Whether a state counts as active (tcp_state_active()). */
export function isActiveTcp(state: IpvsTcpState): boolean {
  return ACTIVE.has(state);
}
