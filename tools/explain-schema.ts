import * as z from 'zod/mini';
import type {
  ActionRow,
  ConditionRow,
  Explanation,
  KnownName,
  PlacedThing,
  RuleRow,
  SubjectRow,
} from '../src/output/index.js';
import type { InJson, Same } from './same.js';
import { int, list, maybeText, text } from './schema-words.js';

/** What `podpath explain --json` prints. */

const condition = z.strictObject({
  is: z.enum([
    'source',
    'destination',
    'protocol',
    'sport',
    'dport',
    'in',
    'out',
    'mark',
    'state',
    'source-type',
    'destination-type',
    'set',
    'share',
    'recent',
    'other',
  ]),
  value: text,
  not: z.boolean(),
});
const action = z.strictObject({
  does: z.enum([
    'jump',
    'goto',
    'accept',
    'drop',
    'return',
    'reject',
    'dnat',
    'snat',
    'masquerade',
    'mark-set',
    'mark-flip',
    'mark-change',
    'count',
    'other',
  ]),
  value: text,
});
const rule = z.strictObject({
  table: text,
  chain: text,
  n: int,
  conditions: list(condition),
  action,
  comment: maybeText,
  origin: text,
  packets: z.nullable(int),
});
const subject = z.strictObject({
  service: text,
  protocol: maybeText,
  endpoint: maybeText,
  owner: maybeText,
  by: z.enum(['hash', 'comment']),
});

/** Schemas that get a name of their own among the `$defs`. */
export const explainDefinitions: z.core.$ZodRegistry<{ id: string }> = z.registry<{ id: string }>();
explainDefinitions.add(rule, { id: 'rule' });
explainDefinitions.add(subject, { id: 'subject' });

const on = list(text);
const thing = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('chain'),
    family: z.enum(['iptables', 'ip6tables']),
    table: text,
    policy: maybeText,
    subject: z.nullable(subject),
    from: list(rule),
    rules: list(rule),
    origins: list(text),
    on,
  }),
  z.strictObject({
    kind: z.literal('ipset'),
    type: text,
    members: list(text),
    from: list(rule),
    origins: list(text),
    on,
  }),
  z.strictObject({
    kind: z.literal('device'),
    type: text,
    up: z.boolean(),
    mtu: int,
    mac: text,
    master: maybeText,
    addresses: list(text),
    peer: maybeText,
    ports: list(text),
    tunnel: maybeText,
    routes: list(text),
    origins: list(text),
    on,
  }),
  z.strictObject({ kind: z.literal('mark'), setBy: list(rule), readBy: list(rule), routedBy: list(text), on }),
  z.strictObject({ kind: z.literal('sysctl'), value: text, on }),
  z.strictObject({ kind: z.literal('table'), routes: list(text), lookedUpBy: list(text), on }),
]);
const explanation = { name: text, things: list(thing), subject: z.nullable(subject) };
const known = z.strictObject({
  name: text,
  kind: z.enum(['chain', 'ipset', 'device', 'mark', 'sysctl', 'table', 'address', 'protocol']),
  by: text,
  means: z.readonly(z.strictObject({ en: text, zh: text })),
});

export const explainSchema: z.ZodMiniType = z.strictObject({
  schema: z.literal('podpath-explain/1'),
  ...explanation,
  /** What the name is for, as the sources of the component have it. */
  known: list(known),
});

true satisfies Same<z.infer<typeof condition>, InJson<ConditionRow>>;
true satisfies Same<z.infer<typeof action>, InJson<ActionRow>>;
true satisfies Same<z.infer<typeof rule>, InJson<RuleRow>>;
true satisfies Same<z.infer<typeof subject>, InJson<SubjectRow>>;
true satisfies Same<z.infer<typeof thing>, InJson<PlacedThing>>;
true satisfies Same<keyof typeof explanation, keyof Explanation>;
true satisfies Same<z.infer<typeof known>, InJson<KnownName>>;
