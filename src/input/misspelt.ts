import type * as z from 'zod/mini';
import { nearest } from '../problem/index.js';
import type { Path } from './yaml.js';

/** A key of a Kubernetes object that is nearly one which is read. */
export interface Misspelt {
  readonly path: Path;
  /** The path that was probably meant. */
  readonly meant: Path;
}

/**
 * An object may hold anything besides what is read; what is nearly a key that is read, and not there, is meant as it. A
 * field that the API has is never taken for another: a schema names those it does not read as `unknown`.
 */
export function misspeltKeys(schema: z.core.$ZodType, value: unknown, path: Path = []): readonly Misspelt[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === 'optional' || def.type === 'nullable') return misspeltKeys(def.innerType, value, path);
  if (def.type === 'array')
    return Array.isArray(value) ? value.flatMap((each, i) => misspeltKeys(def.element, each, [...path, i])) : [];
  if (def.type !== 'object' || typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  const field = (key: string): z.core.$ZodType | undefined =>
    Object.hasOwn(def.shape, key) ? def.shape[key] : undefined;
  return Object.entries(value).flatMap(([key, inner]) => {
    const own = field(key);
    if (own !== undefined) return misspeltKeys(own, inner, [...path, key]);
    const near = nearest(key, Object.keys(def.shape));
    if (near === undefined || isUnread(field(near)) || Object.hasOwn(value, near)) return [];
    return [{ path: [...path, key], meant: [...path, near] }];
  });
}

function isUnread(schema: z.core.$ZodType | undefined): boolean {
  if (schema === undefined) return true;
  const { def } = (schema as z.core.$ZodTypes)._zod;
  return def.type === 'optional' ? isUnread(def.innerType) : def.type === 'unknown';
}
