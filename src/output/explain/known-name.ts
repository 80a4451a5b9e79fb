import type { Language } from '../text/phrases.js';
import type { Thing } from './explanation.js';

/** What a name of a component means, wherever it is met. */
export interface KnownName {
  /** Ends in `*` for every name that begins so. */
  readonly name: string;
  readonly kind: Thing['kind'] | 'address' | 'protocol';
  /** The component that makes it, and the version of which this is known. */
  readonly by: string;
  readonly means: Readonly<Record<Language, string>>;
}
