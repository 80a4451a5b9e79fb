import type { End } from './hint-end.js';
import type { Hint, TraceEvent } from './trace.js';

/**
 * A rule stopped the outer packet of a tunnel, which is the node's own: neither the rules for pods nor the sender of
 * what is in it have to do with that.
 */
export function stoppedInTunnel({ leg, path, hop, drop }: End): readonly Hint[] {
  const before = path.hops
    .slice(0, path.hops.indexOf(hop) + 1)
    .flatMap(({ host, events }) => events.map((event) => ({ host, event })));
  const until = before.slice(0, before.findIndex(({ event }) => event === drop) + 1);
  const last = until.findLast(({ event }) => event.k === 'encap' || event.k === 'decap');
  if (last?.event.k !== 'encap') return [];
  const { dev, remote } = last.event;
  const { table = '', chain = '' } = drop.values;
  const sender = leg.paths[0]?.hops[0];
  const from = sender?.object ?? sender?.netns ?? '';
  const values = { dev, remote, table, chain, node: last.host, at: hop.host, from, port: outerPort(last.event) };
  return [{ code: 'TUNNEL_PACKET_STOPPED', values }];
}

/** The UDP port that an encapsulated packet is for. */
function outerPort({ diff }: TraceEvent): string | number {
  const pushed = diff.flatMap((each) => (each.op === 'push' ? each.headers : []));
  const udp = pushed.find((header) => header.l === 'udp');
  return udp?.l === 'udp' ? udp.dport : '';
}
