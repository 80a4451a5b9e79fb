import {
  ICMP_DEST_UNREACH,
  ICMP_FRAG_NEEDED,
  ICMP_PARAMETERPROB,
  ICMP_PROT_UNREACH,
  ICMP_TIME_EXCEEDED,
} from '../packet/index.js';
import type { PmtuDiscovery } from './client.js';

/** What an ICMP error means to a socket. */
interface IcmpErrno {
  readonly errno: string;
  /** Whether a socket that did not ask for errors (IP_RECVERR) is told as well. */
  readonly fatal: boolean;
}

/** icmp_err_convert[], linux net/ipv4/icmp.c: by the code of a "destination unreachable". */
const UNREACHABLE: readonly (readonly [errno: string, fatal: boolean])[] = [
  ['ENETUNREACH', false], // ICMP_NET_UNREACH
  ['EHOSTUNREACH', false], // ICMP_HOST_UNREACH
  ['ENOPROTOOPT', true], // ICMP_PROT_UNREACH
  ['ECONNREFUSED', true], // ICMP_PORT_UNREACH
  ['EMSGSIZE', false], // ICMP_FRAG_NEEDED
  ['EOPNOTSUPP', false], // ICMP_SR_FAILED
  ['ENETUNREACH', true], // ICMP_NET_UNKNOWN
  ['EHOSTDOWN', true], // ICMP_HOST_UNKNOWN
  ['ENONET', true], // ICMP_HOST_ISOLATED
  ['ENETUNREACH', true], // ICMP_NET_ANO
  ['EHOSTUNREACH', true], // ICMP_HOST_ANO
  ['ENETUNREACH', false], // ICMP_NET_UNR_TOS
  ['EHOSTUNREACH', false], // ICMP_HOST_UNR_TOS
  ['EHOSTUNREACH', true], // ICMP_PKT_FILTERED
  ['EHOSTUNREACH', true], // ICMP_PREC_VIOLATION
  ['EHOSTUNREACH', true], // ICMP_PREC_CUTOFF
];

/** What an error says; undefined for what is none, such as a redirect. */
function icmpErrno(type: number, code: number): IcmpErrno | undefined {
  if (type === ICMP_TIME_EXCEEDED) return { errno: 'EHOSTUNREACH', fatal: false };
  if (type === ICMP_PARAMETERPROB) return { errno: 'EPROTO', fatal: true };
  if (type !== ICMP_DEST_UNREACH) return undefined;
  const [errno, fatal] = UNREACHABLE[code] ?? ['EHOSTUNREACH', false];
  return { errno, fatal };
}

/** What a UDP socket has been set to. */
interface UdpSocketOptions {
  readonly connected: boolean;
  readonly recverr: boolean;
  readonly pmtuDiscovery: PmtuDiscovery;
}

/**
 * What a UDP socket is told: with IP_RECVERR every error, without it what is fatal, and that only where it is connected
 * (__udp4_lib_err(), linux net/ipv4/udp.c: `if (!harderr || sk->sk_state != TCP_ESTABLISHED) goto out`).
 */
export function udpErrno(type: number, code: number, socket: UdpSocketOptions): string | undefined {
  const error = icmpErrno(type, code);
  if (error === undefined) return undefined;
  const tooLong = type === ICMP_DEST_UNREACH && code === ICMP_FRAG_NEEDED;
  if (tooLong && socket.pmtuDiscovery === 'dont') return undefined;
  const told = socket.recverr || (socket.connected && (error.fatal || tooLong));
  return told ? error.errno : undefined;
}

/**
 * What connect(2) of TCP gives while the SYN is unanswered: any error ends it, but "fragmentation needed"
 * (tcp_v4_err(), linux net/ipv4/tcp_ipv4.c: TCP_SYN_SENT).
 */
export function tcpErrno(type: number, code: number): string | undefined {
  if (type === ICMP_DEST_UNREACH && (code === ICMP_FRAG_NEEDED || code >= UNREACHABLE.length)) return undefined;
  return icmpErrno(type, code)?.errno;
}

/** What `ping` is told, which sets IP_RECVERR: every error (ping_err(), raw_err(), linux net/ipv4; iputils ping4_run()). */
export function pingErrno(type: number, code: number): string | undefined {
  return icmpErrno(type, code)?.errno;
}

/**
 * What an SCTP socket without IP_RECVERR is told: nothing, but of a host without SCTP (sctp_v4_err(),
 * sctp_icmp_proto_unreachable(), linux net/sctp/input.c); other errors are kept for when it gives up.
 */
export function sctpErrno(type: number, code: number): string | undefined {
  return type === ICMP_DEST_UNREACH && code === ICMP_PROT_UNREACH ? 'ENOPROTOOPT' : undefined;
}
