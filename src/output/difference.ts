/** What the entries of a namespace are. */
export const ENTRY_KINDS = [
  'namespace',
  'link',
  'address',
  'route',
  'rule',
  'neighbour',
  'fdb',
  'sysctl',
  'iptables',
  'ip6tables',
  'ipset',
  'socket',
] as const;

export type EntryKind = (typeof ENTRY_KINDS)[number];

/** Who put an entry there: an agent and the object that it did so for, or a file. */
export interface EntryOrigin {
  readonly by: string;
  readonly object?: string;
  readonly file?: string;
  /** 1-based. */
  readonly line?: number;
}

/** An entry as one of two networks has it. */
export interface EntryText {
  /** As the native tool prints it; of a setting of a link and of a sysctl the value. */
  readonly text: string;
  /** undefined where nobody notes it, as for sysctls. */
  readonly origin: EntryOrigin | undefined;
}

/** One entry that two networks do not share. */
export interface Difference {
  readonly netns: string;
  readonly kind: EntryKind;
  /** Seen from the first network: the second lacks it, has it besides, or has another in its place. */
  readonly is: 'missing' | 'extra' | 'different';
  /** What it is for: `10.244.2.0/24`, `flannel.1 mtu`, `filter FORWARD`. */
  readonly entry: string;
  readonly a: EntryText | undefined;
  readonly b: EntryText | undefined;
}

/** What is left out of a comparison, and why. */
export interface NotCompared {
  readonly what: string;
  readonly why: string;
}

/** Two networks compared, entry by entry. */
export interface NetworkDiff {
  /** By namespace, in the first network's order. */
  readonly differences: readonly Difference[];
  readonly notCompared: readonly NotCompared[];
  /** Names of the namespaces that were looked at. */
  readonly compared: readonly string[];
}
