import type { MatchExtension } from '../extension.js';
import type { Match } from '../rule.js';
import { destination6, source6 } from './address6.js';
import { addrtype } from './addrtype.js';
import { comment } from './comment.js';
import { connmark } from './connmark.js';
import { conntrack } from './conntrack.js';
import { destination } from './destination.js';
import { dscp } from './dscp.js';
import { fragment } from './fragment.js';
import { icmp } from './icmp.js';
import { inInterface } from './in-interface.js';
import { ipvs } from './ipvs.js';
import { length } from './length.js';
import { limit } from './limit.js';
import { mac } from './mac.js';
import { mark } from './mark.js';
import { multiport } from './multiport.js';
import { nfacct } from './nfacct.js';
import { outInterface } from './out-interface.js';
import { owner } from './owner.js';
import { physdev } from './physdev.js';
import { pkttype } from './pkttype.js';
import { protocol } from './protocol.js';
import { recent } from './recent.js';
import { rpfilter } from './rpfilter.js';
import { sctp } from './sctp.js';
import { set } from './set.js';
import { source } from './source.js';
import { state } from './state.js';
import { statistic } from './statistic.js';
import { tcp } from './tcp.js';
import { tos } from './tos.js';
import { ttl } from './ttl.js';
import { udp } from './udp.js';
import { unmodelled } from './unmodelled.js';

/** What a rule can ask without `-m`, in the order in which it is printed and checked (ip_packet_match()). */
export const BASE_MATCHES: Readonly<Record<'ip' | 'ip6', readonly MatchExtension<Match>[]>> = {
  ip: [source, destination, inInterface, outInterface, protocol, fragment],
  ip6: [source6, destination6, inInterface, outInterface, protocol],
};

/** The matches behind `-m`. */
const EXTENSIONS: readonly MatchExtension<Match>[] = [
  addrtype,
  comment,
  connmark,
  conntrack,
  dscp,
  icmp,
  ipvs,
  length,
  limit,
  mac,
  mark,
  multiport,
  nfacct,
  owner,
  physdev,
  pkttype,
  recent,
  rpfilter,
  sctp,
  set,
  state,
  statistic,
  tcp,
  tos,
  ttl,
  udp,
];

/** The matches behind `-m`, by name. */
export const MATCHES: ReadonlyMap<string, MatchExtension<Match>> = new Map(EXTENSIONS.map((e) => [e.name, e]));

const ALL: ReadonlyMap<string, MatchExtension<Match>> = new Map(
  [...BASE_MATCHES.ip, ...BASE_MATCHES.ip6, ...EXTENSIONS, unmodelled].map((e) => [e.name, e]),
);

/** The extension that knows a match; throws for one that no reader can have made. */
export function extensionOf(match: Match): MatchExtension<Match> {
  const extension = ALL.get(match.match);
  if (extension === undefined) throw new Error(`no match is called ${match.match}`);
  return extension;
}
