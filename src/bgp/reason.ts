/** What keeps a session down, or a route away, in English: `{name}` stands for a value. */
const TEXTS = {
  // Of sessions.
  'session-down': 'the session is not established',
  'daemon-down': 'the daemon does not run',
  disabled: 'disabled',
  'second-session': 'another session has the neighbor {neighbor}',
  'not-connected': 'neighbor {neighbor} is not on a connected subnet',
  'no-speaker': 'no speaker has the address {neighbor}',
  unreachable: 'neighbor {neighbor} is unreachable',
  refused: 'connection refused: the daemon of {speaker} does not run',
  'no-session': '{speaker} has no session with {local}',
  'other-disabled': 'the session of {speaker} is disabled',
  'other-not-connected': '{speaker} does not have {local} on a connected subnet',
  'both-passive': 'both sides are passive',
  passwords: 'the TCP MD5 passwords differ',
  'hold-time': 'unacceptable hold time: {seconds} s',
  'no-router-id': 'bad BGP identifier: {speaker} has the router id 0.0.0.0',
  'same-router-id': 'bad BGP identifier: {speaker} has the same router id',
  'other-as': 'bad peer AS: {speaker} has {as}, {expected} is expected',
  'own-as': 'bad peer AS: {speaker} expects {expected}, {as} is here',
  'not-yet': 'not yet established',
  // BIRD's own words, or those of who was asked what comes through.
  said: '{text}',
  // Of TCP between two speakers.
  'foreign-address': '{address} is no address of {speaker}',
  'no-link': '{speaker} has no {dev}',
  unanswered: 'TCP 179 from {speaker} is not answered ({drop})',
  'tcp-astray': 'TCP 179 from {speaker} comes to {to} of {at} as from {source}',
  'tcp-ends': 'TCP 179 from {speaker} ends on {at} ({drop})',
  'tcp-ends-rule': 'TCP 179 from {speaker} ends on {at} ({drop}, rule {rule} of {chain})',
  'tcp-ends-policy': 'TCP 179 from {speaker} ends on {at} ({drop}, the policy of {chain})',
  'answer-ends': 'the answer of {speaker} to TCP 179 ends on {at} ({drop})',
  'answer-ends-rule': 'the answer of {speaker} to TCP 179 ends on {at} ({drop}, rule {rule} of {chain})',
  'answer-ends-policy': 'the answer of {speaker} to TCP 179 ends on {at} ({drop}, the policy of {chain})',
  // Of announcements.
  recovering: '{speaker} recovers and waits for its neighbours',
  'export-filter': 'its export filter rejects it',
  'not-reflected': 'it is from iBGP, and neither neighbour is a client (RFC 4271 §9.2)',
  'learned-there': 'it was learned from there',
  aggregated: 'the aggregate {net} stands for it (summary-only)',
  'cluster-seen': 'its CLUSTER_LIST has the cluster id {cluster} (RFC 4456 §8)',
  'no-advertise': 'it has the community NO_ADVERTISE',
  'no-export': 'it has the community NO_EXPORT',
  'no-export-subconfed': 'it has the community NO_EXPORT_SUBCONFED',
  'neighbour-is-next-hop': 'its NEXT_HOP is the neighbour itself',
  'under-way': 'the announcement is under way',
  dropped: 'announced, and dropped here',
  'own-as-in-path': 'its AS_PATH has the own AS {as} (RFC 4271 §9)',
  'own-originator': 'its ORIGINATOR_ID is the own router id (RFC 4456 §8)',
  'own-cluster': 'its CLUSTER_LIST has the own cluster id {cluster} (RFC 4456 §8)',
  'import-filter': 'the import filter rejects it',
  'next-hop-not-connected': 'NEXT_HOP is not directly reachable',
  'own-next-hop': 'NEXT_HOP is an own address',
  // Of the forwarding table.
  'fib-full': 'the forwarding table is full ({limit} routes)',
  'no-route': 'there is no route',
  'kernel-filter': "the kernel's export filter rejects it",
  'kernels-own': 'the forwarding table is where it was learned from',
} as const;

/** What keeps a session down, or a route away. */
export type BgpReasonCode = keyof typeof TEXTS;

/** All of them. */
export const BGP_REASON_CODES = Object.keys(TEXTS) as readonly BgpReasonCode[];

/** A reason and what it is about: names, addresses and numbers. */
export class BgpReason {
  readonly code: BgpReasonCode;
  readonly values: Readonly<Record<string, string | number>>;

  constructor(code: BgpReasonCode, values: Readonly<Record<string, string | number>> = {}) {
    this.code = code;
    this.values = values;
  }
}

/** One reason after another, each the cause of the one before, in English. */
export function reasonText(reasons: readonly BgpReason[]): string {
  return reasons.map(({ code, values }) => fillIn(TEXTS[code], values)).join(': ');
}

function fillIn(template: string, values: BgpReason['values']): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));
}
