import type { DropCode, HintCode } from '../../trace/index.js';

/**
 * What a reason code means, as templates: `{dev|the device}` is the drop's value `dev`, or `the device` where it tells
 * none. What Linux or Kubernetes calls by a name keeps it in every language.
 */
export interface Reason {
  /** What was done with the packet, and why: one or two sentences. */
  readonly why: string;
  /** What to look at or to do first. */
  readonly fix: string;
}

/** One language's sentences for every code. */
export type Reasons = Readonly<Record<DropCode, Reason>>;

/** One language's sentences for every hint; a fix may be empty. */
export type Hints = Readonly<Record<HintCode, Reason>>;

/** Puts values into a template. */
export function fill(template: string, values: Readonly<Record<string, string | number>>): string {
  return template.replace(/\{(\w+)\|([^{}]*)\}/g, (_, name: string, fallback: string) => {
    const value = values[name];
    return value === undefined || value === '' ? fallback : String(value);
  });
}
