import type { TargetExtension } from '../extension.js';

/** A target that is not modelled: its name, and its words as they were written. */
export interface UnmodelledTarget {
  readonly target: 'unmodelled';
  readonly name: string;
  readonly words: readonly string[];
}

/** Those of them that turn connection tracking on. */
const TRACKING: ReadonlySet<string> = new Set(['CLUSTERIP', 'CONNSECMARK', 'NETMAP', 'SYNPROXY']);

/** Any target without a file here. The reader of rules hands it the name as first word. */
export const unmodelledTarget: TargetExtension<UnmodelledTarget> = {
  name: 'unmodelled',
  options: {},
  parse(words) {
    return { target: 'unmodelled', name: words.next(), words: words.spellRest() };
  },
  print: ({ name, words }) => ['-j', name, ...words].join(' '),
  apply: ({ name }) => ({ verdict: 'UNSUPPORTED', what: `-j ${name}` }),
  tracks: ({ name }) => TRACKING.has(name),
};

/** Targets that iptables 1.8 has and this model has not. Any other unknown name can only be a chain's. */
export const UNMODELLED_TARGETS: ReadonlySet<string> = new Set([
  'CHECKSUM',
  'CLASSIFY',
  'CLUSTERIP',
  'CONNSECMARK',
  'DNPT',
  'DSCP',
  'ECN',
  'HL',
  'HMARK',
  'IDLETIMER',
  'LED',
  'NETMAP',
  'NFQUEUE',
  'QUEUE',
  'RATEEST',
  'SECMARK',
  'SNPT',
  'SYNPROXY',
  'TCPOPTSTRIP',
  'TEE',
  'TOS',
  'TPROXY',
  'TTL',
  'ULOG',
]);
