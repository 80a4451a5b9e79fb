import type { TargetExtension } from '../extension.js';
import { spellWord } from '../words.js';

/** A target that is not modelled: its name, and its words as they were written. */
export interface UnmodelledTarget {
  readonly target: 'unmodelled';
  readonly name: string;
  readonly words: readonly string[];
}

/** Any target without a file here. The reader of rules hands it the name as first word. */
export const unmodelledTarget: TargetExtension<UnmodelledTarget> = {
  name: 'unmodelled',
  options: {},
  parse(words) {
    const name = words.next();
    const rest: string[] = [];
    for (let word = words.take(); word !== undefined; word = words.take()) rest.push(spellWord(word));
    return { target: 'unmodelled', name, words: rest };
  },
  print: ({ name, words }) => ['-j', name, ...words].join(' '),
  apply: ({ name }) => ({ verdict: 'UNSUPPORTED', what: `-j ${name}` }),
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
