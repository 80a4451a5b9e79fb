import type { core } from 'zod/mini';
import * as z from 'zod/mini';
import { inside, keyOf, type LabContext, type Place } from './context.js';
import { problemsOf } from './issues.js';
import { namedSchema } from './kubernetes-schema.js';
import { misspeltKeys } from './misspelt.js';

/** An object that has the form of its kind; undefined, with all problems told, for one that has not. */
export function checkObject<T>(
  schema: z.ZodMiniType<T>,
  value: unknown,
  place: Place,
  context: LabContext,
): T | undefined {
  const result = z.safeParse(schema, value);
  const misspelt = misspeltKeys(schema, value);
  for (const { path, meant } of misspelt)
    context.complain(keyOf(inside(place, ...path)), 'unknown-key', `unknown key; did you mean "${meant.at(-1)}"?`);
  if (result.success) return result.data;
  const said = new Set(misspelt.map(({ meant }) => JSON.stringify(meant)));
  const issues = result.error.issues
    .filter(({ path }) => !said.has(JSON.stringify(path)))
    .map((issue): core.$ZodIssue => ({ ...issue, path: [...place.path, ...issue.path] }));
  context.problems.push(...problemsOf(issues, place.document, context.file));
  const named = z.safeParse(namedSchema, value);
  if (named.success) context.lost.add(named.data.metadata.name);
  return undefined;
}
