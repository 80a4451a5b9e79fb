import type { core } from 'zod/mini';
import { nearest } from '../problem/index.js';
import { isOfKind } from './issues.js';
import { valueAt } from './value-at.js';

/** A document without what is wrong in it. */
export interface Pruned {
  readonly value: unknown;
  /** Names of the entries that are gone: that they are unknown now is no fault of those who use them. */
  readonly lost: readonly string[];
  /** Where it was, as paths in the document before. */
  readonly removed: readonly (readonly PropertyKey[])[];
  /** Whether addresses and sizes are now defaults that nobody meant: whether they fit together says nothing. */
  readonly guessed: boolean;
}

/** Keys that decide what addresses, ports and sizes the rest of the file must have. */
const LAYOUT = ['podCIDR', 'serviceCIDR', 'serviceNodePortRange', 'mtu', 'segments', 'routers'];

/**
 * Takes out of a document the values that issues were found with, and their parents where a key is missing.
 *
 * undefined when it is the whole document.
 */
export function prune(document: unknown, issues: readonly core.$ZodIssue[]): Pruned | undefined {
  const lost: string[] = [];
  const removed: PropertyKey[][] = [];
  const value = copy(document);
  let guessed = false;
  for (const path of issues.flatMap((issue) => culprits(issue, document))) {
    const [root] = path;
    if (root === undefined) return undefined;
    if (nearest(String(root), LAYOUT) !== undefined) guessed = true;
    if (path.length === 1) {
      // A misspelt `pods` takes all of its entries with it.
      const entries = valueAt(value, path);
      if (typeof entries === 'object' && entries !== null) lost.push(...Object.keys(entries));
    }
    let at = [...path];
    while (at.length > 2 && valueAt(value, at) === undefined) at = at.slice(0, -1);
    remove(value, at);
    removed.push(at);
    if (at.length === 2) lost.push(String(at[1]));
  }
  return { value: compact(value), lost, removed, guessed };
}

/** The paths of the values that an issue is about. */
function culprits(issue: core.$ZodIssue, document: unknown): PropertyKey[][] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => [...issue.path, key]);
  if (issue.code !== 'invalid_union') return [issue.path];
  const option = issue.errors.find((inner) => isOfKind(inner, valueAt(document, issue.path)));
  if (option === undefined) return [issue.path];
  return option.flatMap((inner) => culprits({ ...inner, path: [...issue.path, ...inner.path] }, document));
}

/** Deep, so that removing does not change the document that positions are looked up in. */
function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copy);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copy(inner)]));
}

/** Expectations keep their places, from which their lines are found. */
function remove(root: unknown, path: readonly PropertyKey[]): void {
  const parent = valueAt(root, path.slice(0, -1));
  const key = path.at(-1);
  if (typeof parent !== 'object' || parent === null || key === undefined) return;
  if (!Array.isArray(parent)) Reflect.deleteProperty(parent, key);
  else parent[Number(key)] = path[0] === 'expect' && path.length === 2 ? {} : undefined;
}

/** Lists without what was removed: at once at the end, since each removal would move the others. */
function compact(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((each) => each !== undefined).map(compact);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, compact(inner)]));
}
