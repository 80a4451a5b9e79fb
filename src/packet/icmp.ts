/** ICMP header, 8 bytes (RFC 792). An error quotes the offending packet, which is the packet's `inner`. */
export interface Icmp {
  l4: 'icmp';
  /** uint8. */
  type: number;
  /** uint8. */
  code: number;
  /** Identifier of a query, uint16; 0 in errors. */
  id: number;
  /** Sequence number of a query, uint16; 0 in errors. */
  seq: number;
  /** Next-hop MTU of "fragmentation needed", bytes (RFC 1191 §4); otherwise 0. */
  mtu: number;
  /** Gateway of a redirect, uint32; otherwise 0. */
  gateway: number;
}

export const ICMP_ECHOREPLY = 0;
export const ICMP_DEST_UNREACH = 3;
export const ICMP_REDIRECT = 5;
export const ICMP_ECHO = 8;
export const ICMP_TIME_EXCEEDED = 11;
export const ICMP_PARAMETERPROB = 12;

export const ICMP_NET_UNREACH = 0;
export const ICMP_HOST_UNREACH = 1;
export const ICMP_PROT_UNREACH = 2;
export const ICMP_PORT_UNREACH = 3;
export const ICMP_FRAG_NEEDED = 4;
/** RFC 792: a source route failed. */
export const ICMP_SR_FAILED = 5;
export const ICMP_NET_ANO = 9;
export const ICMP_HOST_ANO = 10;
/** RFC 1812 §5.2.7.1: communication administratively prohibited. */
export const ICMP_PKT_FILTERED = 13;

/** An ICMP header; what is left out is 0. */
export function icmpHeader(type: number, code: number, rest: Partial<Omit<Icmp, 'l4' | 'type' | 'code'>> = {}): Icmp {
  return { l4: 'icmp', type, code, id: 0, seq: 0, mtu: 0, gateway: 0, ...rest };
}

/** Whether a message of this type quotes another packet (RFC 1122 §3.2.2). */
export function isIcmpError(type: number): boolean {
  return (
    type === ICMP_DEST_UNREACH ||
    type === 4 ||
    type === ICMP_REDIRECT ||
    type === ICMP_TIME_EXCEEDED ||
    type === ICMP_PARAMETERPROB
  );
}

const UNREACHABLE = new Map([
  [ICMP_NET_UNREACH, 'net unreachable'],
  [ICMP_HOST_UNREACH, 'host unreachable'],
  [ICMP_PROT_UNREACH, 'protocol unreachable'],
  [ICMP_PORT_UNREACH, 'port unreachable'],
  [ICMP_FRAG_NEEDED, 'fragmentation needed'],
  [ICMP_NET_ANO, 'net prohibited'],
  [ICMP_HOST_ANO, 'host prohibited'],
  [ICMP_PKT_FILTERED, 'administratively prohibited'],
]);

/** The usual English name of an ICMP message: `echo request`, `host unreachable`. */
export function icmpName(type: number, code: number): string {
  switch (type) {
    case ICMP_ECHOREPLY:
      return 'echo reply';
    case ICMP_ECHO:
      return 'echo request';
    case ICMP_DEST_UNREACH:
      return UNREACHABLE.get(code) ?? `unreachable, code ${code}`;
    case ICMP_REDIRECT:
      return 'redirect';
    case ICMP_TIME_EXCEEDED:
      return code === 0 ? 'time exceeded' : 'reassembly time exceeded';
    default:
      return `type ${type} code ${code}`;
  }
}
