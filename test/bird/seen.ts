import { formatIpv4, formatPrefix } from '../../src/address/index.js';
import type { FibRoute, NextHop, RibRoute } from '../../src/bgp/index.js';
import type { ShownStatus } from './parse.js';

/** What is to be seen at one time, in BIRD or in the simulation, of each speaker. */
export type Seen = readonly SeenSpeaker[];

export interface SeenSpeaker {
  readonly name: string;
  readonly running: boolean;
  readonly sessions: readonly ShownStatus[];
  readonly rib: readonly RibRoute[];
  readonly fib: readonly SeenFibRoute[];
}

export type SeenFibRoute = Pick<FibRoute, 'net' | 'type' | 'nexthops' | 'tunnel'>;

/**
 * The same as lines, by what they are about: `n1 rib 10.244.1.0/26`. That is what is recorded and compared: the order of
 * paths counts only in which is best.
 */
export type SeenLines = Readonly<Record<string, readonly string[]>>;

export function linesOf(seen: Seen): SeenLines {
  const lines: Record<string, string[]> = {};
  const add = (key: string, line: string): void => {
    lines[key] = [...(lines[key] ?? []), line].sort();
  };
  for (const { name, running, sessions, rib, fib } of seen) {
    for (const session of sessions) add(`${name} session ${session.name}`, sessionLine(session));
    for (const route of rib) add(`${name} rib ${formatPrefix(route.net)}`, ribLine(route));
    // BIRD 2 puts what is connected into the table once more, Calico's does not, and packets go the same way.
    const connected = new Set(rib.filter(({ source }) => source === 'device').map(({ net }) => formatPrefix(net)));
    // A speaker that is gone has left what it had, and who shows it the devices?
    if (!running) continue;
    for (const route of fib) {
      const net = formatPrefix(route.net);
      if (!connected.has(net)) add(`${name} fib ${net}`, fibLine(route));
    }
  }
  return lines;
}

/** In which state one that is not established is depends on the moment, and so does how often it has failed. */
function sessionLine({ neighbor, neighborAs, state, ...session }: ShownStatus): string {
  const who = `${formatIpv4(neighbor)} AS ${neighborAs}`;
  if (state !== 'Established') return `${who} ${state === 'Down' ? 'Down' : 'not established'}`;
  const { type, rrClient, imported, exported, preferred } = session;
  const counts = `${imported} imported, ${exported} exported, ${preferred} preferred`;
  return `${who} Established ${type}${rrClient ? ' route-reflector' : ''}: ${counts}`;
}

function ribLine(route: RibRoute): string {
  const { type, source, protocol, preference, from, best, stale, nexthops, attributes } = route;
  const words = [
    `${best ? '* ' : ''}${type} ${source} [${protocol}${from === undefined ? '' : ` from ${formatIpv4(from)}`}]`,
    `(${preference}${stale ? 's' : ''})`,
    ...nexthops.map(hopText),
  ];
  if (attributes === undefined) return words.join(' ');
  const { origin, asPath, nextHop, med, localPref, communities, largeCommunities } = attributes;
  const { originatorId, clusterList, atomicAggregate, aggregator } = attributes;
  words.push(
    `; ${origin}`,
    `path ${asPath.map(({ type: kind, as }) => (kind === 'set' ? `{${as.join(' ')}}` : as.join(' '))).join(' ')}`,
    `next hop ${formatIpv4(nextHop)}`,
  );
  const some = (name: string, value: string | number | undefined): void => {
    if (value !== undefined && value !== '') words.push(`${name} ${value}`);
  };
  some('med', med);
  some('local pref', localPref);
  some('communities', communities.map((value) => `${value >>> 16}:${value & 0xffff}`).join(' '));
  some('large', largeCommunities.map((value) => value.join(':')).join(' '));
  some('originator', originatorId && formatIpv4(originatorId));
  some('clusters', clusterList.map(formatIpv4).join(' '));
  some('atomic', atomicAggregate ? 'aggregate' : undefined);
  some('aggregator', aggregator && `${formatIpv4(aggregator.address)} AS ${aggregator.as}`);
  return words.join(' ');
}

function fibLine({ type, nexthops, tunnel }: SeenFibRoute): string {
  return [type, ...nexthops.map(hopText).sort(), tunnel === undefined ? '' : `by ${tunnel}`].filter(Boolean).join(' ');
}

function hopText({ via, dev, weight }: NextHop): string {
  const way = via === undefined ? `dev ${dev}` : `via ${formatIpv4(via)} ${dev}`;
  return weight === 1 ? way : `${way} weight ${weight}`;
}
