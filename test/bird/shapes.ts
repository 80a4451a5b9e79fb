import { formatIpv4 } from '../../src/address/index.js';
import type { SessionConfig } from '../../src/bgp/index.js';
import { type Draft, type Draw, ip, unicast } from './draft.js';

/** Who speaks with whom, before chance adds routes, filters and mistakes. */
export type Shape = (draw: Draw) => void;

const AS = 64512;

/** Calico's default: all with all, and the one with the larger address (as text) waits. */
function mesh(draw: Draw): void {
  const { dice } = draw;
  const nodes = many(draw, dice.between(2, 8), AS);
  const waits = dice.percent(60);
  for (const [n, a] of nodes.entries())
    for (const b of nodes.slice(n + 1)) {
      const ends = draw.join(a, b);
      for (const end of ends) if (waits) end.passive = formatIpv4(end.neighbor) > formatIpv4(end.local);
    }
}

/** Reflectors of one cluster, of one each, or with their router ids; clients of some of them. */
function reflectors(draw: Draw): void {
  const { dice } = draw;
  const tops = many(draw, dice.between(1, 3), AS);
  const ids = clusterIds(draw, tops);
  const clients = many(draw, dice.between(2, 6), AS);
  for (const [n, a] of tops.entries())
    for (const b of tops.slice(n + 1)) if (dice.percent(80)) joinReflectors(draw, a, b, ids);
  for (const client of clients) {
    const mine = dice.percent(70) ? tops : dice.some(tops, 60);
    for (const top of mine) reflect(draw, top, client, ids);
  }
  if (dice.percent(25)) {
    // Two clients that speak with each other as well.
    const [a, b] = dice.shuffled(clients);
    if (a !== undefined && b !== undefined) draw.join(a, b);
  }
}

/** Reflectors that are clients of others. */
function hierarchy(draw: Draw): void {
  const { dice } = draw;
  const tops = many(draw, dice.between(1, 2), AS);
  const middle = many(draw, dice.between(2, 3), AS);
  const leaves = many(draw, dice.between(2, 4), AS);
  const ids = clusterIds(draw, [...tops, ...middle]);
  const [a, b] = tops;
  if (a !== undefined && b !== undefined) joinReflectors(draw, a, b, ids);
  for (const one of middle) for (const top of tops) if (dice.percent(80)) reflect(draw, top, one, ids);
  for (const leaf of leaves) {
    const above = dice.some(middle, 50);
    for (const one of above.length > 0 ? above : middle.slice(0, 1)) reflect(draw, one, leaf, ids);
  }
}

/** eBGP between leaves and spines: an AS each, one for all spines, or one for all leaves with or without `allow local as`. */
function leafSpine(draw: Draw): void {
  const { dice } = draw;
  const [oneSpineAs, oneLeafAs] = [dice.percent(60), dice.percent(35)];
  const spines = Array.from({ length: dice.between(1, 3) }, (_, n) => draw.speaker(oneSpineAs ? 65000 : 65000 + n, 0));
  const leaves = Array.from({ length: dice.between(2, 5) }, (_, n) => draw.speaker(oneLeafAs ? 65100 : 65100 + n, 0));
  const allowLocalAs = dice.oneOf(0, 1, 1, 2);
  const keep = dice.percent(20);
  for (const leaf of leaves)
    for (const spine of spines) {
      const [, end] = draw.join(spine, leaf, { nextHopKeep: keep, multihop: dice.percent(15) });
      end.allowLocalAs = oneLeafAs ? allowLocalAs : 0;
    }
}

/** Racks with a segment each behind a ToR: the AS of the rack with the ToR for its reflector, or an AS per node. */
function racks(draw: Draw): void {
  const { dice } = draw;
  const kind = dice.oneOf('as-per-rack', 'as-per-node', 'one-as');
  const tors: Draft[] = [];
  const racked: Racked[] = [];
  const n = dice.between(2, 3);
  for (let rack = 1; rack <= n; rack++) {
    const tor = draw.speaker(65000 + rack, rack, 0);
    tors.push(tor);
    const size = dice.between(1, 3);
    for (let i = 0; i < size; i++) {
      const as = kind === 'as-per-rack' ? tor.as : kind === 'one-as' ? AS : 65100 + rack * 10 + i;
      racked.push({ tor, node: draw.speaker(as, rack) });
    }
  }
  const self = dice.percent(70);
  const multihop = dice.percent(30);
  const allowLocalAs = dice.oneOf(0, 1);
  for (const { tor, node } of racked) {
    const internal = tor.as === node.as;
    const [up, down] = draw.join(tor, node, internal ? {} : { multihop });
    if (internal) Object.assign(up, { rrClient: true, nextHopSelf: self });
    if (kind === 'one-as') down.allowLocalAs = allowLocalAs;
    behind(tor, node, dice.percent(70) ? 'kernel' : 'static');
  }
  core(draw, tors);
  if (kind === 'as-per-rack' && dice.percent(50)) acrossRacks(draw, racked);
}

interface Racked {
  readonly tor: Draft;
  readonly node: Draft;
}

function core(draw: Draw, tors: readonly Draft[]): void {
  for (const [i, a] of tors.entries())
    for (const b of tors.slice(i + 1)) {
      draw.join(a, b, { multihop: draw.dice.percent(15) });
      over(a, b);
      over(b, a);
    }
}

/** Through the routers, as Calico's mesh does. */
function acrossRacks(draw: Draw, racked: readonly Racked[]): void {
  for (const [i, { node: a, tor }] of racked.entries())
    for (const { node: b, tor: other } of racked.slice(i + 1))
      if (tor !== other && draw.dice.percent(50)) draw.join(a, b, { multihop: true });
}

/** Anything: speakers on some segments, any AS, any sessions between those that share one. */
function anything(draw: Draw): void {
  const { dice } = draw;
  const numbers = [AS, AS + 1, 4_200_000_001].slice(0, dice.between(1, 3));
  const segments = dice.between(1, 3);
  const size = dice.between(3, 8);
  for (let n = 0; n < size; n++) {
    const own = dice.below(segments);
    const both = dice.percent(30) ? [(own + 1) % segments] : [];
    draw.speaker(dice.of(numbers) ?? AS, ...new Set([own, ...both]));
  }
  const density = dice.between(30, 80);
  for (const [n, a] of draw.speakers.entries())
    for (const b of draw.speakers.slice(n + 1)) {
      const near = a.interfaces.some((x) => b.interfaces.some((y) => x.address >>> 8 === y.address >>> 8));
      if (!near || !dice.percent(density)) continue;
      const client = a.as === b.as && dice.percent(40);
      const ends = draw.join(a, b, { multihop: dice.percent(a.as === b.as ? 75 : 20) });
      if (client) Object.assign(dice.oneOf(...ends), { rrClient: true });
      for (const end of ends) Object.assign(end, oddity(draw));
    }
}

export const SHAPES: Readonly<Record<string, Shape>> = { mesh, reflectors, hierarchy, leafSpine, racks, anything };

function oddity({ dice }: Draw): Partial<SessionConfig> {
  const own: { -readonly [K in keyof SessionConfig]?: SessionConfig[K] } = {};
  if (dice.percent(20)) own.nextHopSelf = true;
  else if (dice.percent(10)) own.nextHopKeep = true;
  if (dice.percent(15)) own.allowLocalAs = 1;
  return own;
}

function many(draw: Draw, n: number, as: number): Draft[] {
  return Array.from({ length: n }, () => draw.speaker(as, 0));
}

function clusterIds({ dice }: Draw, tops: readonly Draft[]): ReadonlyMap<Draft, SessionConfig['clusterId']> {
  const kind = dice.oneOf('same', 'own', 'router-id');
  return new Map(
    tops.map((top, n) => [top, kind === 'router-id' ? undefined : ip(`244.0.0.${kind === 'same' ? 1 : n + 1}`)]),
  );
}

function reflect(draw: Draw, top: Draft, client: Draft, ids: ReadonlyMap<Draft, SessionConfig['clusterId']>): void {
  const [end] = draw.join(top, client);
  end.rrClient = true;
  end.clusterId = ids.get(top);
}

/** Plain, as Calico does it with one cluster, or each a client of the other, as it does with two. */
function joinReflectors(draw: Draw, a: Draft, b: Draft, ids: ReadonlyMap<Draft, SessionConfig['clusterId']>): void {
  const [to, from] = draw.join(a, b);
  if (ids.get(a) === ids.get(b) && draw.dice.percent(80)) return;
  Object.assign(to, { rrClient: true, clusterId: ids.get(a) });
  Object.assign(from, { rrClient: true, clusterId: ids.get(b) });
}

/** What is elsewhere goes by the router of the rack. */
function behind(tor: Draft, node: Draft, source: 'kernel' | 'static'): void {
  const [gateway] = tor.interfaces;
  if (gateway === undefined) return;
  // The sessions need it in the kernel, and its daemon takes it from there or has it itself.
  unicast(node, 'kernel', '0.0.0.0/0', gateway.address, 'eth0');
  if (source === 'static') unicast(node, 'static', '10.0.0.0/16', gateway.address, 'eth0');
}

function over(from: Draft, to: Draft): void {
  const [rack, core] = to.interfaces;
  if (rack === undefined || core === undefined) return;
  unicast(from, 'kernel', `${formatIpv4(rack.address).replace(/\d+$/, '0')}/24`, core.address, 'eth1');
}
