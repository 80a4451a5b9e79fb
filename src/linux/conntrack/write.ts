import { formatIpv4 } from '../../address/index.js';
import { IPPROTO_ICMP, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP } from '../../packet/index.js';
import type { ConntrackEntry, TrackedFlow } from './entry.js';
import type { Tuple } from './tuple.js';

/** Protocols whose tuples have ports: those above, DCCP and UDP-Lite. */
const WITH_PORTS = new Set([IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP, 33, 136]);

/** Writes as `conntrack -L` does (nfct_snprintf(), libnetfilter_conntrack src/conntrack/snprintf_default.c). */
export function formatConntrack(entries: readonly ConntrackEntry[]): string {
  return entries.map((entry) => `${formatEntry(entry)}\n`).join('');
}

function formatEntry(entry: ConntrackEntry): string {
  const family = entry.family === 'ipv4' ? 2 : 10;
  const head = `${entry.protocolName.padEnd(8)} ${entry.protocol}`;
  const words = entry.family === 'ipv4' ? flowWords(entry) : entry.words;
  return [...(entry.extended ? [`${entry.family.padEnd(8)} ${family}`] : []), head, ...words].join(' ');
}

/** The words that stand before the zone; what is not listed comes behind it. */
const BEFORE_ZONE = /^(secmark|secctx)=/;

function flowWords(flow: TrackedFlow): string[] {
  const { timeout, state, original, reply, originalWords, replyWords, seenReply, flag, mark, zone, words } = flow;
  return [
    ...(timeout === undefined ? [] : [`${timeout}`]),
    ...(state === undefined ? [] : [state]),
    ...tupleWords(original),
    ...originalWords,
    ...(seenReply ? [] : ['[UNREPLIED]']),
    ...tupleWords(reply),
    ...replyWords,
    ...(flag === undefined ? [] : [`[${flag}]`]),
    ...(mark === undefined ? [] : [`mark=${mark}`]),
    ...words.filter((word) => BEFORE_ZONE.test(word)),
    ...(zone === undefined ? [] : [`zone=${zone}`]),
    ...words.filter((word) => !BEFORE_ZONE.test(word)),
  ];
}

function tupleWords({ src, dst, protocol, sport, dport }: Tuple): string[] {
  const words = [`src=${formatIpv4(src)}`, `dst=${formatIpv4(dst)}`];
  if (protocol === IPPROTO_ICMP) words.push(`type=${dport >> 8}`, `code=${dport & 255}`, `id=${sport}`);
  else if (WITH_PORTS.has(protocol)) words.push(`sport=${sport}`, `dport=${dport}`);
  return words;
}
