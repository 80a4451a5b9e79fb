import { addressesOf } from '../linux/index.js';
import type { Network } from '../topology/index.js';
import type { End } from './hint-end.js';
import type { Hint, TraceEvent } from './trace.js';

/** How the packet that ended was put into a tunnel. */
interface Encapsulation {
  readonly dev: string;
  readonly remote: string;
  /** The machine that did it, and the address that it used. */
  readonly host: string;
  readonly src: string;
  /** UDP port that it is for; undefined for IP in IP. */
  readonly port: number | undefined;
}

/** The tunnel that a packet was in when it ended; undefined for none. */
export function tunnelAt({ path, hop, drop }: End): Encapsulation | undefined {
  const before = path.hops
    .slice(0, path.hops.indexOf(hop) + 1)
    .flatMap(({ host, events }) => events.map((event) => ({ host, event })));
  const until = before.slice(0, before.findIndex(({ event }) => event === drop) + 1);
  const last = until.findLast(({ event }) => event.k === 'encap' || event.k === 'decap');
  if (last?.event.k !== 'encap') return undefined;
  const { dev, remote } = last.event;
  return { dev, remote, host: last.host, ...outerOf(last.event) };
}

function outerOf({ diff }: TraceEvent): Pick<Encapsulation, 'src' | 'port'> {
  const pushed = diff.flatMap((each) => (each.op === 'push' ? each.headers : []));
  const udp = pushed.find((header) => header.l === 'udp');
  const ip = pushed.find((header) => header.l === 'ip4');
  return { port: udp?.l === 'udp' ? udp.dport : undefined, src: ip?.l === 'ip4' ? ip.src : '' };
}

/**
 * A rule stopped the outer packet of a tunnel, which is the node's own: neither the rules for pods nor the sender of
 * what is in it have to do with that.
 */
export function stoppedInTunnel(end: End): readonly Hint[] {
  const { leg, hop, drop } = end;
  const tunnel = tunnelAt(end);
  if (tunnel === undefined) return [];
  const { table = '', chain = '' } = drop.values;
  const { dev, remote, host, port } = tunnel;
  const sender = leg.paths[0]?.hops[0];
  const from = sender?.object ?? sender?.netns ?? '';
  const values = { dev, remote, table, chain, node: host, at: hop.host, from };
  if (port === undefined) return [{ code: 'IPIP_PACKET_STOPPED', values }];
  return [{ code: 'TUNNEL_PACKET_STOPPED', values: { ...values, port } }];
}

/** Nobody took the outer packet where the tunnel ends: a device of its kind is down there. */
export function downAtTheEnd(network: Network, end: End): readonly Hint[] {
  const ns = network.netns(end.hop.netns);
  const tunnel = tunnelAt(end);
  if (ns === undefined || tunnel === undefined) return [];
  const kind = tunnel.port === undefined ? 'ipip' : 'vxlan';
  return [...ns.links.values()]
    .filter((link) => link.kind === kind && !link.up && addressesOf(ns, link.name).length > 0)
    .map(({ name }): Hint => ({ code: 'TUNNEL_DEVICE_DOWN', values: { node: ns.name, dev: name } }));
}
