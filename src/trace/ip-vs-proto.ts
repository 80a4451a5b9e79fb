import { type IpvsConnection, ipvsTcpState, type Skb } from '../linux/index.js';
import { TCP_RST, TCP_SYN } from '../packet/index.js';
import type { Net } from './net.js';

/** Whether a packet can begin a connection (tcp_conn_schedule(), sctp_conn_schedule(), udp_conn_schedule()). */
export function maySchedule(net: Net, { l4 }: Skb): boolean {
  const { sysctls } = net.ns;
  if (l4?.l4 === 'tcp')
    return !(l4.flags & TCP_RST) && ((l4.flags & TCP_SYN) !== 0 || sysctls.number('net/ipv4/vs/sloppy_tcp') !== 0);
  if (l4?.l4 === 'sctp') return l4.chunk === 'INIT' || sysctls.number('net/ipv4/vs/sloppy_sctp') !== 0;
  return l4?.l4 === 'udp';
}

/** is_new_conn() */
export function isNewConn({ l4 }: Skb): boolean {
  return (l4?.l4 === 'tcp' && (l4.flags & TCP_SYN) !== 0) || (l4?.l4 === 'sctp' && l4.chunk === 'INIT');
}

/** is_new_conn_expected(): the old connection is over, so that a SYN begins another one. */
export function isNewConnExpected(cp: IpvsConnection, mode: number): boolean {
  if (cp.control !== undefined) return false;
  if (cp.protocol === 'sctp') return cp.closed;
  if (cp.protocol !== 'tcp') return false;
  return cp.tcp === 'TIME_WAIT' || cp.tcp === 'CLOSE' || ((mode & 2) !== 0 && cp.tcp === 'FIN_WAIT' && cp.noOutput);
}

/** sctp_timeouts[] of all states on the way to a connection, and of the end of one, ms. */
const SCTP_TIMEOUT = 60_000;

/** ip_vs_set_state(): the protocol's state, and with it the timeout and what counts as active. */
export function setState(net: Net, skb: Skb, cp: IpvsConnection, way: 'input' | 'output'): void {
  const { journal } = net;
  const { l4 } = skb;
  const before = cp.tcp;
  if (l4?.l4 === 'tcp') {
    if (cp.noOutput && way === 'output') journal.set(cp, 'noOutput', false);
    const direction = cp.noOutput ? 'input only' : way;
    const { state, timeout, active } = ipvsTcpState(cp.tcp, l4.flags, direction, net.ns.ipvsTimeouts);
    journal.set(cp, 'tcp', state);
    journal.set(cp, 'timeout', timeout);
    journal.set(cp, 'active', active);
  } else if (l4?.l4 === 'udp') journal.set(cp, 'timeout', net.ns.ipvsTimeouts.udp * 1000);
  else if (l4?.l4 === 'sctp') {
    journal.set(cp, 'timeout', SCTP_TIMEOUT);
    if (l4.chunk === 'ABORT') journal.set(cp, 'closed', true);
  }
  // ip_vs_control_assure_ct()
  const answered =
    l4?.l4 === 'tcp' ? before !== cp.tcp && cp.tcp === 'ESTABLISHED' : l4?.l4 === 'udp' && way === 'output';
  if (answered && cp.control?.assured === false) journal.set(cp.control, 'assured', true);
}
