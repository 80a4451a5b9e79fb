import * as z from 'zod/mini';
import type {
  BgpAttributesRow,
  BgpCandidateRow,
  BgpContributorRow,
  BgpCountsRow,
  BgpExplanation,
  BgpFibDifference,
  BgpFibRow,
  BgpLostRow,
  BgpMessageRow,
  BgpMessages,
  BgpNextHopRow,
  BgpNotificationRow,
  BgpOriginRow,
  BgpProtocolRow,
  BgpRib,
  BgpRouteRow,
  BgpSessionRow,
  BgpSessions,
  BgpSpeakerRow,
  BgpStepRow,
} from '../src/output/index.js';
import type { InJson, Same } from './same.js';
import { int, list, maybeInt, maybeText, text } from './schema-words.js';

const state = z.enum(['Idle', 'Connect', 'Active', 'OpenSent', 'OpenConfirm', 'Established', 'Passive', 'Down']);
const session = z.strictObject({
  name: text,
  local: text,
  neighbor: text,
  neighborName: maybeText,
  neighborAs: int,
  type: z.enum(['internal', 'external']),
  rrClient: z.boolean(),
  state,
  reason: maybeText,
  lastError: maybeText,
  since: z.number(),
  imported: int,
  exported: int,
  preferred: int,
});
const protocol = z.strictObject({ name: text, proto: z.enum(['Static', 'Kernel', 'Device', 'Direct', 'Aggregator']) });
const speaker = z.strictObject({
  name: text,
  as: int,
  routerId: text,
  running: z.boolean(),
  protocols: list(protocol),
  sessions: list(session),
});
const nextHop = z.strictObject({ via: maybeText, dev: text, weight: int });
const type = z.enum(['unicast', 'blackhole', 'unreachable', 'prohibit']);
const attributes = z.strictObject({
  origin: z.enum(['IGP', 'EGP', 'INCOMPLETE']),
  asPath: text,
  nextHop: text,
  med: maybeInt,
  localPref: maybeInt,
  atomicAggregate: z.boolean(),
  aggregator: maybeText,
  communities: list(text),
  largeCommunities: list(text),
  originatorId: maybeText,
  clusterList: list(text),
});
const route = z.strictObject({
  net: text,
  type,
  source: z.enum(['device', 'static', 'kernel', 'aggregate', 'bgp']),
  protocol: text,
  preference: int,
  metric: z.nullable(z.enum(['direct', 'unknown', 'unresolvable'])),
  nexthops: list(nextHop),
  attributes: z.nullable(attributes),
  originAs: maybeInt,
  from: maybeText,
  best: z.boolean(),
  stale: z.boolean(),
});
const fib = z.strictObject({ net: text, type, nexthops: list(nextHop), tunnel: maybeText, protocol: text });
const difference = z.strictObject({ net: text, fib: z.nullable(fib), why: maybeText });
const candidate = z.strictObject({
  route,
  neighbor: maybeText,
  lostBy: z.nullable(
    z.enum([
      'preference',
      'nexthop-unresolvable',
      'stale',
      'local-pref',
      'as-path-length',
      'origin',
      'med',
      'ebgp-over-ibgp',
      'igp-metric',
      'router-id',
      'cluster-list-length',
      'neighbor-address',
      'older',
    ]),
  ),
  compared: z.nullable(z.strictObject({ best: text, own: text })),
  merged: z.boolean(),
});
const step = z.strictObject({ speaker: text, session: maybeText });
const origin = z.strictObject({
  speaker: text,
  source: z.enum(['device', 'static', 'kernel', 'aggregate']),
  protocol: text,
  net: text,
});
const contributor = z.strictObject({ net: text, neighbor: maybeText, protocol: text });
const lost = z.strictObject({ from: text, to: text, session: text, why: text });
const notification = z.strictObject({ code: int, subcode: int, text });
const message = z.strictObject({
  at: z.number(),
  from: text,
  to: text,
  session: text,
  type: z.enum(['OPEN', 'UPDATE', 'KEEPALIVE', 'NOTIFICATION', 'ROUTE-REFRESH', 'END-OF-RIB']),
  announced: list(text),
  withdrawn: list(text),
  notification: z.nullable(notification),
});
const counts = z.strictObject({
  open: int,
  announce: int,
  withdraw: int,
  endOfRib: int,
  notification: int,
  keepalive: int,
  routeRefresh: int,
  nlri: int,
  withdrawn: int,
});

const sessions = { show: z.literal('sessions'), now: z.number(), speakers: list(speaker) };
const rib = {
  show: z.literal('rib'),
  now: z.number(),
  speaker: text,
  running: z.boolean(),
  asked: maybeText,
  routes: list(route),
  differences: list(difference),
};
const explanation = {
  show: z.literal('explain'),
  now: z.number(),
  speaker: text,
  running: z.boolean(),
  asked: text,
  net: maybeText,
  insteadOf: maybeText,
  candidates: list(candidate),
  way: list(step),
  withheld: list(lost),
  contributors: z.nullable(list(contributor)),
  suppressedBy: maybeText,
  fib: z.nullable(fib),
  missing: maybeText,
  origins: list(origin),
  lost: list(lost),
  sessionless: list(text),
};
const messages = {
  show: z.literal('messages'),
  now: z.number(),
  from: maybeText,
  to: maybeText,
  messages: list(message),
  counts,
};
/** `ok`: each session is established, or the prefix that was asked for is known. */
const head = { schema: z.literal('podpath-bgp/1'), ok: z.boolean() };

/** What `podpath bgp --json` prints. */
export const bgpSchema: z.ZodMiniType = z.discriminatedUnion('show', [
  z.strictObject({ ...head, ...sessions }),
  z.strictObject({ ...head, ...rib }),
  z.strictObject({ ...head, ...explanation }),
  z.strictObject({ ...head, ...messages }),
]);

const _sessions = z.strictObject(sessions);
const _rib = z.strictObject(rib);
const _explanation = z.strictObject(explanation);
const _messages = z.strictObject(messages);
true satisfies Same<z.infer<typeof session>, InJson<BgpSessionRow>>;
true satisfies Same<z.infer<typeof protocol>, InJson<BgpProtocolRow>>;
true satisfies Same<z.infer<typeof speaker>, InJson<BgpSpeakerRow>>;
true satisfies Same<z.infer<typeof nextHop>, InJson<BgpNextHopRow>>;
true satisfies Same<z.infer<typeof attributes>, InJson<BgpAttributesRow>>;
true satisfies Same<z.infer<typeof route>, InJson<BgpRouteRow>>;
true satisfies Same<z.infer<typeof fib>, InJson<BgpFibRow>>;
true satisfies Same<z.infer<typeof difference>, InJson<BgpFibDifference>>;
true satisfies Same<z.infer<typeof candidate>, InJson<BgpCandidateRow>>;
true satisfies Same<z.infer<typeof step>, InJson<BgpStepRow>>;
true satisfies Same<z.infer<typeof origin>, InJson<BgpOriginRow>>;
true satisfies Same<z.infer<typeof contributor>, InJson<BgpContributorRow>>;
true satisfies Same<z.infer<typeof lost>, InJson<BgpLostRow>>;
true satisfies Same<z.infer<typeof notification>, InJson<BgpNotificationRow>>;
true satisfies Same<z.infer<typeof message>, InJson<BgpMessageRow>>;
true satisfies Same<z.infer<typeof counts>, InJson<BgpCountsRow>>;
true satisfies Same<z.infer<typeof _sessions>, InJson<BgpSessions>>;
true satisfies Same<z.infer<typeof _rib>, InJson<BgpRib>>;
true satisfies Same<z.infer<typeof _explanation>, InJson<BgpExplanation>>;
true satisfies Same<z.infer<typeof _messages>, InJson<BgpMessages>>;
