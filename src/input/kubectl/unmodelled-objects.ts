import type { Place } from '../context.js';
import { valueAt } from '../value-at.js';

/** An object that the lab keeps as one, so that each trace names what is not modelled of it. */
export interface Aside {
  /** `shop/web`. */
  readonly name: string;
  readonly object: Readonly<Record<string, unknown>>;
}

/** Kinds of which the lab's own entry says all that is needed to send a packet, and another that something is missing. */
const ENTRY = new Set(['Node', 'Pod', 'Service', 'EndpointSlice', 'ConfigMap']);

/** The object as the lab's manifest has it; nothing where the lab has an entry of its own for it. */
export function keepUnmodelled({ document, path }: Place): Aside[] {
  const at = (...keys: readonly string[]): unknown => valueAt(document.value, [...path, ...keys]);
  const kind = String(at('kind'));
  if (ENTRY.has(kind)) return [];
  const [name, namespace] = [at('metadata', 'name'), at('metadata', 'namespace')];
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
  const object = { apiVersion: at('apiVersion'), kind, metadata };
  return [{ name: `${namespace ?? 'default'}/${name}`, object }];
}
