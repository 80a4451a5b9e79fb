/** By namespace, what a packet moved: the names of /proc/net/snmp and netstat, and `dev.NAME.what` of /proc/net/dev. */
export type Counters = Readonly<Record<string, Readonly<Record<string, number>>>>;

/**
 * What is compared, every one of it; with the drop reasons of `drop-reasons.ts`. Where a packet is dropped without a
 * counter, these tell at least how far it came.
 */
const COMPARED = [
  /^Ip\.(InReceives|InHdrErrors|InAddrErrors|ForwDatagrams|InUnknownProtos|InDiscards|InDelivers)$/,
  /^Ip\.(OutRequests|OutTransmits|OutDiscards|OutNoRoutes|ReasmReqds|ReasmOKs|FragOKs|FragFails|FragCreates)$/,
  /^IpExt\.(InNoRoutes|InTruncatedPkts|InBcastPkts|InMcastPkts|OutBcastPkts|OutMcastPkts|ReasmOverlaps)$/,
  /^Icmp\.(InMsgs|InErrors|OutMsgs|InDestUnreachs|InTimeExcds|InRedirects|InEchos|InEchoReps)$/,
  /^Icmp\.(OutDestUnreachs|OutTimeExcds|OutRedirects|OutEchos|OutEchoReps)$/,
  /^Udp\.(InDatagrams|NoPorts|OutDatagrams|IgnoredMulti|SndbufErrors)$/,
  /^TcpExt\.IPReversePathFilter$/,
  /^dev\./,
];

/** What is not, and why; nothing else may be left out. */
const LEFT_OUT: readonly (readonly [name: RegExp, why: string])[] = [
  [/^Tcp\./, 'of sockets and their states, which the programs of a recorder close in a way of their own'],
  [/^TcpExt\.(?!IP)/, 'the same'],
  [/^IpExt\.In(NoECT|ECT0|ECT1|CE)Pkts$/, 'what the TOS of each frame tells'],
  [/^Ip\.Reasm(Fails|Timeout)$/, 'ip_expire() counts after 30 s, when no case is watched any more'],
];

/** The counters that are compared; throws at one that neither list names. */
export function comparedCounters(counters: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  const found = Object.entries(counters).filter(([name, count]) => {
    if (count === 0 || LEFT_OUT.some(([left]) => left.test(name))) return false;
    if (COMPARED.some((one) => one.test(name))) return true;
    throw new Error(`nobody says what becomes of the counter ${name}`);
  });
  return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}
