import * as z from 'zod/mini';
import type {
  AnswerRow,
  BranchRow,
  Comparison,
  LookedAt,
  ModeRow,
  ShareRow,
  TranslationRow,
} from '../src/output/index.js';
import type { InJson, Same } from './same.js';
import { int, list, maybeText, text } from './schema-words.js';
import { code, outcome } from './trace-schema.js';

const maybeCode = z.nullable(code);

const answer = z.strictObject({
  outcome,
  reply: z.nullable(outcome),
  code: maybeCode,
  errno: maybeText,
  at: maybeText,
  by: maybeText,
  icmp: maybeText,
  unknown: maybeText,
});
const looked = z.strictObject({ netns: text, rules: int, sets: int, ipvs: int });
const translation = z.strictObject({
  netns: text,
  hook: maybeText,
  manip: z.enum(['src', 'dst']),
  from: text,
  to: text,
  by: text,
});
const branch = z.strictObject({
  p: z.nullable(z.number().check(z.minimum(0), z.maximum(1))),
  outcome,
  code: maybeCode,
  endpoint: maybeText,
  there: list(looked),
  back: list(looked),
  translations: list(translation),
  seen: maybeText,
  replyPath: list(text),
});
const share = z.union([
  z.strictObject({ by: z.literal('chance'), p: branch.shape.p }),
  z.strictObject({ by: z.literal('scheduler'), delivered: int, tried: int, servers: int }),
]);
const mode = z.union([
  z.strictObject({
    mode: text,
    problem: z.null(),
    probe: answer,
    share: z.nullable(share),
    branches: list(branch),
    wrongPort: z.nullable(answer),
    empty: z.nullable(answer),
    exit: z.union([z.literal(0), z.literal(1), z.literal(3)]),
  }),
  z.strictObject({ mode: text, problem: text, exit: z.literal(3) }),
]);
const comparison = {
  from: text,
  to: text,
  proto: text,
  service: maybeText,
  wrongPort: z.nullable(int),
  modes: list(mode),
};

/** What `podpath compare --json` prints. */
export const compareSchema: z.ZodMiniType = z.strictObject({
  schema: z.literal('podpath-compare/1'),
  ...comparison,
});

true satisfies Same<z.infer<typeof answer>, InJson<AnswerRow>>;
true satisfies Same<z.infer<typeof looked>, InJson<LookedAt>>;
true satisfies Same<z.infer<typeof translation>, InJson<TranslationRow>>;
true satisfies Same<z.infer<typeof branch>, InJson<BranchRow>>;
true satisfies Same<z.infer<typeof share>, InJson<ShareRow>>;
true satisfies Same<z.infer<typeof mode>, InJson<ModeRow>>;
true satisfies Same<keyof typeof comparison, keyof Comparison>;
