import type * as z from 'zod/mini';
import { nearest } from '../problem/index.js';
import type { Path } from './yaml.js';

/** A key of a Kubernetes object that is nearly one which is read. */
export interface Misspelt {
  readonly path: Path;
  /** The path that was probably meant. */
  readonly meant: Path;
}

/** Fields of the API that are not read, though they are nearly called as one that is (k8s 1.33 core/v1). */
const NAMESAKES = ['appProtocol', 'clusterIPs', 'podCIDRs', 'podIPs'];

/** An object may hold anything besides what is read; what is nearly a key that is read, and not there, is meant as it. */
export function misspeltKeys(schema: z.core.$ZodType, value: unknown, path: Path = []): readonly Misspelt[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === 'optional' || def.type === 'nullable') return misspeltKeys(def.innerType, value, path);
  if (def.type === 'array')
    return Array.isArray(value) ? value.flatMap((each, i) => misspeltKeys(def.element, each, [...path, i])) : [];
  if (def.type !== 'object' || typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  const known = Object.keys(def.shape);
  return Object.entries(value).flatMap(([key, inner]) => {
    const own = Object.hasOwn(def.shape, key) ? def.shape[key] : undefined;
    if (own !== undefined) return misspeltKeys(own, inner, [...path, key]);
    const near = nearest(key, [...known, ...NAMESAKES]);
    if (near === undefined || !known.includes(near) || Object.hasOwn(value, near)) return [];
    return [{ path: [...path, key], meant: [...path, near] }];
  });
}
