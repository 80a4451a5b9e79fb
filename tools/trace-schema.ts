import * as z from 'zod/mini';
import { DROP_CODES, type DropCode, HINT_CODES, type Outcome, type Trace } from '../src/trace/index.js';
import type { Same } from './same.js';
import { int, list, maybeInt, maybeText, text } from './schema-words.js';

/**
 * The twin of src/trace/trace.ts, from which the JSON Schema of `podpath-trace/1` is made. That it is the twin is
 * checked by the compiler, at the end of this file.
 */
const probability = z.nullable(z.number().check(z.minimum(0), z.maximum(1)));

/** Schemas that get a name of their own among the `$defs`. */
export const definitions: z.core.$ZodRegistry<{ id: string }> = z.registry<{ id: string }>();

function define<T extends z.ZodMiniType>(id: string, schema: T): T {
  definitions.add(schema, { id });
  return schema;
}

const header = define(
  'header',
  z.discriminatedUnion('l', [
    z.strictObject({ l: z.literal('eth'), src: text, dst: text, type: text }),
    z.strictObject({
      l: z.literal('arp'),
      op: z.enum(['request', 'reply']),
      sha: text,
      spa: text,
      tha: text,
      tpa: text,
    }),
    z.strictObject({
      l: z.literal('ip4'),
      src: text,
      dst: text,
      ttl: int,
      proto: text,
      len: int,
      id: int,
      df: z.boolean(),
      mf: z.boolean(),
      offset: int,
      tos: int,
    }),
    z.strictObject({
      l: z.literal('tcp'),
      sport: int,
      dport: int,
      flags: text,
      seq: int,
      ack: int,
      mss: maybeInt,
      payload: int,
    }),
    z.strictObject({ l: z.literal('udp'), sport: int, dport: int, len: int }),
    z.strictObject({ l: z.literal('sctp'), sport: int, dport: int, chunk: text }),
    z.strictObject({ l: z.literal('icmp'), type: int, code: int, id: int, seq: int, mtu: int, gateway: text }),
    z.strictObject({ l: z.literal('vxlan'), vni: int }),
  ]),
);
const headers = list(header);

const diff = define(
  'diff',
  z.discriminatedUnion('op', [
    z.strictObject({ op: z.literal('push'), headers }),
    z.strictObject({ op: z.literal('pop'), headers }),
    z.strictObject({ op: z.literal('set'), path: text, from: z.unknown(), to: z.unknown() }),
    z.strictObject({ op: z.literal('meta'), path: text, from: z.number(), to: z.number() }),
  ]),
);

const rule = define('rule', z.strictObject({ table: text, chain: text, n: int, text, origin: text }));
const maybeRule = z.nullable(rule);
/** Why a packet was dropped. */
export const code: z.ZodMiniEnum<{ [Code in DropCode]: Code }> = define(
  'dropCode',
  z.enum(Object.keys(DROP_CODES) as [DropCode, ...DropCode[]]),
);
const values = z.readonly(z.record(z.string(), z.union([z.string(), z.number()])));
const direction = z.enum(['in', 'in-bcast', 'in-mcast', 'in-otherhost', 'out']);

const lookup = { rule: maybeInt, table: maybeText, route: maybeText, origin: maybeText };
const got = define(
  'routeResult',
  z.discriminatedUnion('type', [
    z.strictObject({ ...lookup, type: z.literal('unicast'), dev: text, via: maybeText, src: maybeText }),
    z.strictObject({ ...lookup, type: z.enum(['local', 'broadcast', 'multicast']), dev: text }),
    z.strictObject({ ...lookup, type: z.literal('error'), errno: text }),
  ]),
);

const common = { id: text, fn: maybeText, diff: list(diff) };

function event<K extends string, S extends z.core.$ZodShape>(
  k: K,
  shape: S,
): z.ZodMiniObject<typeof common & { k: z.ZodMiniLiteral<K> } & S, z.core.$strict> {
  return z.strictObject({ ...common, k: z.literal(k), ...shape }) as never;
}

const crossing = { dev: text, dir: direction, headers, gsoSize: int, order: int, time: z.number() };
const traceEvent = define(
  'event',
  z.discriminatedUnion('k', [
    event('origin', { note: text }),
    event('rx', crossing),
    event('tx', crossing),
    event('bridge', {
      bridge: text,
      decision: z.enum(['local', 'forward', 'flood']),
      mac: text,
      ports: list(text),
      fdb: maybeText,
    }),
    event('hook', {
      hook: text,
      via: z.enum(['ip', 'bridge']),
      verdict: z.enum(['accept', 'drop', 'stolen', 'skipped']),
      because: maybeText,
    }),
    event('rule', {
      hook: text,
      in: maybeText,
      out: maybeText,
      mark: int,
      rule,
      hit: z.boolean(),
      next: text,
      fail: z.nullable(z.strictObject({ match: text, have: text })),
      missesBefore: int,
    }),
    event('nat', { manip: z.enum(['src', 'dst']), rule: maybeRule, connection: int }),
    event('ipvs', {
      way: z.enum(['in', 'out']),
      service: text,
      server: text,
      forwarding: z.enum(['masq', 'route', 'tunnel', 'local']),
      because: text,
      connection: text,
      state: maybeText,
      origin: maybeText,
    }),
    event('ct', {
      what: z.enum(['new', 'found', 'confirmed', 'invalid', 'untracked']),
      connection: maybeInt,
      state: maybeText,
      dir: z.nullable(z.enum(['original', 'reply'])),
      original: maybeText,
      reply: maybeText,
    }),
    event('route', { want: z.strictObject({ dst: text, src: text, iif: text, mark: int }), got }),
    event('neigh', { ip: text, dev: text, mac: maybeText, state: text, origin: maybeText }),
    event('forward', { ttl: int, mtu: int, length: int }),
    event('check', { what: text, result: text }),
    event('encap', {
      dev: text,
      remote: text,
      fdb: z.nullable(z.strictObject({ mac: text, state: text, origin: text })),
      overhead: int,
    }),
    event('decap', { dev: text, vni: maybeInt, remote: text }),
    event('split', { why: text, pieces: list(z.strictObject({ frame: int, headers })) }),
    event('join', { frames: list(int), headers }),
    event('copy', { leg: text }),
    event('queue', { why: text }),
    event('deliver', { to: text, local: text, remote: text }),
    event('relay', { process: text, note: text }),
    event('icmp', { type: int, code: int, name: text, leg: maybeText }),
    event('drop', {
      code,
      kernel: maybeText,
      rule: maybeRule,
      values,
    }),
    event('fork', { about: text, take: text, p: probability }),
    event('unsupported', { what: text, rule: maybeRule }),
    event('errno', { errno: text, call: text }),
    event('note', { note: text }),
  ]),
);

/** How a packet ends. */
export const outcome: z.ZodMiniEnum<{ [Word in Outcome]: Word }> = define(
  'outcome',
  z.enum(['delivered', 'dropped', 'rejected', 'looped', 'left-scope', 'unknown', 'relayed', 'held']),
);
const hop = z.strictObject({
  netns: text,
  object: maybeText,
  host: text,
  frame: int,
  in: maybeText,
  out: maybeText,
  events: list(traceEvent),
});
const path = z.strictObject({
  id: text,
  p: probability,
  choices: list(z.strictObject({ about: text, take: text, p: probability })),
  forkOf: z.nullable(z.strictObject({ path: text, event: text })),
  outcome,
  code: z.nullable(code),
  endpoint: maybeText,
  hops: list(hop),
});
const leg = z.strictObject({
  id: text,
  kind: z.enum(['forward', 'reply', 'icmp-error', 'arp', 'copy', 'proxied']),
  of: maybeText,
  packet: headers,
  paths: list(path),
});

const trace = z.strictObject({
  format: z.literal('podpath-trace/1'),
  query: z.strictObject({ from: text, to: text, proto: text, port: maybeInt }),
  verdict: z.strictObject({
    forward: outcome,
    reply: z.nullable(outcome),
    code: z.nullable(code),
    event: maybeText,
    hints: list(z.strictObject({ code: z.enum(HINT_CODES), values })),
    errno: maybeText,
    branches: int,
    pDelivered: probability,
    notExplored: probability,
    exit: z.union([z.literal(0), z.literal(1), z.literal(3)]),
  }),
  legs: list(leg),
  owners: z.readonly(z.record(text, text)),
  assumptions: list(text),
  conntrack: list(
    z.strictObject({
      netns: text,
      id: int,
      original: text,
      reply: text,
      state: maybeText,
      status: list(text),
    }),
  ),
});

/** The schema of a trace. */
export const traceSchema: z.ZodMiniType<unknown> = trace;

// Does not compile when one of them changes.
true satisfies Same<z.infer<typeof trace>, Trace>;
