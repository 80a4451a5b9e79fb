import * as z from 'zod/mini';
import { ENTRY_KINDS } from '../src/output/index.js';
import { maybeText, text } from './schema-words.js';

/** What `podpath diff --json` prints. */

const side = z.nullable(
  z.strictObject({
    /** As the native tool prints it; of a link's setting and a sysctl the value. */
    text,
    origin: z.nullable(
      z.strictObject({ by: text, object: maybeText, file: maybeText, line: z.nullable(z.int().check(z.minimum(1))) }),
    ),
  }),
);

export const diffSchema: z.ZodMiniType = z.strictObject({
  schema: z.literal('podpath-diff/1'),
  a: text,
  b: text,
  same: z.boolean(),
  compared: z.array(text),
  differences: z.array(
    z.strictObject({
      netns: text,
      kind: z.enum(ENTRY_KINDS),
      is: z.enum(['missing', 'extra', 'different']),
      entry: text,
      a: side,
      b: side,
    }),
  ),
  notCompared: z.array(z.strictObject({ what: text, why: text })),
});
