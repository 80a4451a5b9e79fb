import { formatIpv4 } from '../address/index.js';
import type { Skb } from '../linux/index.js';
import { type Header, headersOf } from '../packet/index.js';
import { objectName } from '../topology/index.js';
import type { Branch } from './chance.js';
import { tuples } from './conntrack-hooks.js';
import { diffHeaders } from './diff.js';
import type { DropFields, EventFields, Net, Observer, Walk } from './net.js';
import { DROP_CODES, type DropCode } from './reason.js';
import { RELAY } from './relay.js';
import type { Choice, Diff, EventBody, LegKind, Outcome, TracedConnection, TraceEvent } from './trace.js';

/** A hop that is being written. */
interface HopDraft {
  readonly netns: string;
  readonly object: string | null;
  readonly host: string;
  readonly frame: number;
  readonly in: string | null;
  out: string | null;
  readonly events: TraceEvent[];
}

/** A leg of one run: it has one path. */
export interface LegDraft {
  readonly id: string;
  readonly kind: LegKind;
  /** The leg that provoked it. */
  readonly of: LegDraft | undefined;
  readonly packet: readonly Header[];
  readonly hops: HopDraft[];
  /** How each of its frames ended. */
  readonly ends: Map<number, { outcome: Outcome; code: DropCode | null; endpoint: string | null; event: string }>;
}

/** What is known of a frame. */
interface FrameState {
  readonly leg: LegDraft;
  stack: readonly Header[];
  mark: number;
  hop: HopDraft | undefined;
  /** Where it has come in, with which headers: the same again is a loop. */
  readonly visits: Map<string, number>;
  /** Hops from a visit to the next of the same kind; undefined while there was none. */
  period: number | undefined;
}

/** Writes down one run of a walk: its legs, and the choices that it made. */
export class Recorder implements Observer {
  readonly detail: 'hits' | 'all';
  readonly legs: LegDraft[] = [];
  readonly choices: Choice[] = [];
  readonly #frames = new Map<number, FrameState>();
  #events = 0;
  #last: { readonly net: Net; readonly skb: Skb } | undefined;

  constructor(detail: 'hits' | 'all') {
    this.detail = detail;
  }

  begin(_net: Net, skb: Skb, kind: LegKind, of: number | undefined): void {
    const cause = of === undefined ? undefined : this.#frames.get(of)?.leg;
    this.#open(skb, kind, cause);
  }

  #open(skb: Skb, kind: LegKind, of: LegDraft | undefined): LegDraft {
    const packet = headersOf(skb);
    const leg: LegDraft = { id: `l${this.legs.length + 1}`, kind, of, packet, hops: [], ends: new Map() };
    this.legs.push(leg);
    this.#frames.set(skb.frame, {
      leg,
      stack: packet,
      mark: skb.mark,
      hop: undefined,
      visits: new Map(),
      period: undefined,
    });
    return leg;
  }

  event(net: Net, skb: Skb, fields: EventFields): void {
    const { fn, ...body } = fields;
    const event = this.#push(net, skb, fn ?? null, body);
    const leg = this.#state(skb).leg;
    if (body.k === 'deliver') this.#end(leg, net, skb, 'delivered', null, event);
    else if (body.k === 'relay') this.#end(leg, net, skb, 'relayed', null, event);
  }

  #end(leg: LegDraft, net: Net, skb: Skb, outcome: Outcome, code: DropCode | null, event: TraceEvent): void {
    leg.ends.set(skb.frame, { outcome, code, endpoint: nameOf(net), event: event.id });
  }

  drop(net: Net, skb: Skb, fields: DropFields): void {
    const { rule } = fields;
    const { period } = this.#state(skb);
    const looped = fields.code === 'TTL' && period !== undefined;
    const code = looped ? 'LOOP' : fields.code;
    // Whose kernel drops it, and what for: a pod's namespace is named as itself, not as its node.
    const told = { dst: skb.ip === undefined ? '' : formatIpv4(skb.ip.dst), ...fields.values, node: net.ns.name };
    const values = looped ? { ...told, dev: skb.dev, n: period } : told;
    const kernel = DROP_CODES[code].kernel ?? null;
    const body: EventBody = { k: 'drop', code, kernel, rule: rule ?? null, values };
    const event = this.#push(net, skb, fields.fn === '' ? null : fields.fn, body);
    // A frame that somebody has taken stays taken, whatever becomes of it behind that; but not one that was only to be
    // sent on.
    const { leg } = this.#state(skb);
    if (leg.ends.get(skb.frame)?.outcome !== 'delivered' || fields.fn === RELAY)
      this.#end(leg, net, skb, OUTCOMES.get(code) ?? 'dropped', code, event);
  }

  crossing(net: Net, skb: Skb, dev: string, dir: 'in' | 'out', order: number): void {
    const state = this.#state(skb);
    const link = net.ns.links.get(dev);
    if (dir === 'in' && state.hop?.out !== null) {
      state.hop = this.#hop(net, state, skb.frame, dev);
      noteVisit(state, net.ns.name, dev, headersOf(skb));
    }
    this.#push(net, skb, null, {
      k: dir === 'in' ? 'rx' : 'tx',
      dev,
      dir: dir === 'out' ? 'out' : DIRECTIONS[skb.type],
      headers: headersOf(skb),
      gsoSize: skb.gsoSize,
      order,
      time: net.now,
    });
    const leaves = link?.kind === 'veth' || link?.kind === 'loopback' || link?.kind === 'physical';
    if (dir === 'out' && leaves && state.hop !== undefined) state.hop.out = dev;
  }

  split(net: Net, skb: Skb, pieces: readonly Skb[], why: string): void {
    const state = this.#state(skb);
    const told = pieces.map((piece) => ({ frame: piece.frame, headers: headersOf(piece) }));
    this.#push(net, skb, null, { k: 'split', why, pieces: told });
    for (const { frame, headers } of told) {
      const piece: FrameState = {
        leg: state.leg,
        stack: headers,
        mark: skb.mark,
        hop: undefined,
        visits: new Map(),
        period: undefined,
      };
      this.#frames.set(frame, piece);
      piece.hop = this.#hop(net, piece, frame, state.hop?.in ?? null);
    }
    state.leg.ends.delete(skb.frame);
  }

  join(net: Net, skb: Skb, frames: readonly number[]): void {
    const [first] = frames;
    const before = first === undefined ? undefined : this.#frames.get(first);
    if (before === undefined) throw new Error('a join of frames that nobody has seen');
    const headers = headersOf(skb);
    const state: FrameState = {
      leg: before.leg,
      stack: headers,
      mark: skb.mark,
      hop: undefined,
      visits: new Map(),
      period: undefined,
    };
    this.#frames.set(skb.frame, state);
    state.hop = this.#hop(net, state, skb.frame, before.hop?.in ?? null);
    for (const frame of frames) before.leg.ends.delete(frame);
    this.#push(net, skb, 'ip_defrag', { k: 'join', frames, headers });
  }

  copy(net: Net, skb: Skb, clone: Skb): void {
    const { leg } = this.#state(skb);
    const copy = this.#open(clone, 'copy', leg);
    this.#push(net, skb, 'skb_clone', { k: 'copy', leg: copy.id });
    const state = this.#state(clone);
    state.hop = this.#hop(net, state, clone.frame, this.#state(skb).hop?.in ?? null);
  }

  hold(net: Net, skb: Skb, why: string): void {
    const event = this.#push(net, skb, null, { k: 'queue', why });
    const { leg } = this.#state(skb);
    this.#end(leg, net, skb, 'held', null, event);
  }

  fork(about: string, taken: Branch): void {
    const p = taken.probability ?? null;
    this.choices.push({ about, take: taken.label, p });
    if (this.#last !== undefined)
      this.#push(this.#last.net, this.#last.skb, null, { k: 'fork', about, take: taken.label, p });
  }

  #state(skb: Skb): FrameState {
    const state = this.#frames.get(skb.frame);
    if (state === undefined) throw new Error(`frame ${skb.frame} was never begun`);
    return state;
  }

  #hop(net: Net, state: FrameState, frame: number, dev: string | null): HopDraft {
    const object = net.walk.network.directory.ofNetns(net.ns.name);
    const hop: HopDraft = {
      netns: net.ns.name,
      object: object === undefined ? null : objectName(object),
      host: net.ns.host,
      frame,
      in: dev,
      out: null,
      events: [],
    };
    state.leg.hops.push(hop);
    return hop;
  }

  #push(net: Net, skb: Skb, fn: string | null, body: EventBody): TraceEvent {
    this.#last = { net, skb };
    const state = this.#state(skb);
    if (state.hop === undefined || state.hop.netns !== net.ns.name) state.hop = this.#hop(net, state, skb.frame, null);
    const headers = headersOf(skb);
    const diff: Diff[] = diffHeaders(state.stack, headers);
    if (state.mark !== skb.mark) diff.push({ op: 'meta', path: '/skb/mark', from: state.mark, to: skb.mark });
    state.stack = headers;
    state.mark = skb.mark;
    // Whoever held the frame has let it go.
    if (state.leg.ends.get(skb.frame)?.outcome === 'held') state.leg.ends.delete(skb.frame);
    const event: TraceEvent = { id: `e${++this.#events}`, fn, ...body, diff };
    state.hop.events.push(event);
    return event;
  }
}

/** A frame that comes in where it was before, with nothing changed but its TTL, goes in circles. */
function noteVisit(state: FrameState, netns: string, dev: string, headers: readonly Header[]): void {
  const same = headers.map((h) => (h.l === 'ip4' ? { ...h, ttl: 0, id: 0 } : h));
  const key = JSON.stringify([netns, dev, state.mark, same]);
  const hop = state.leg.hops.length;
  const before = state.visits.get(key);
  if (before !== undefined) state.period = hop - before;
  state.visits.set(key, hop);
}

const DIRECTIONS = {
  host: 'in',
  broadcast: 'in-bcast',
  multicast: 'in-mcast',
  otherhost: 'in-otherhost',
  loopback: 'in',
} as const;

const OUTCOMES = new Map<DropCode, Outcome>([
  ['LEFT_SCOPE', 'left-scope'],
  ['UNSUPPORTED', 'unknown'],
  ['LOOP', 'looped'],
]);

function nameOf(net: Net): string {
  const object = net.walk.network.directory.ofNetns(net.ns.name);
  return object === undefined ? net.ns.name : objectName(object);
}

/** The connections of all namespaces that a walk has reached. */
export function connectionsOf(walk: Walk): TracedConnection[] {
  return walk.reached().flatMap((net) =>
    net.runtime.conntrack.list(net.now).map((ct) => ({
      netns: net.ns.name,
      id: ct.id,
      ...tuples(ct),
      state: ct.original.protocol === 6 ? ct.tcp : null,
      status: [
        ...(ct.seenReply ? ['SEEN_REPLY'] : ['UNREPLIED']),
        ...(ct.assured ? ['ASSURED'] : []),
        ...(ct.srcNat ? ['SRC_NAT'] : []),
        ...(ct.dstNat ? ['DST_NAT'] : []),
      ],
    })),
  );
}
