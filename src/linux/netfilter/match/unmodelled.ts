import type { MatchExtension } from '../extension.js';

/** A match that is not modelled: its name, and its words as they were written. */
export interface UnmodelledMatch {
  readonly match: 'unmodelled';
  readonly name: string;
  readonly words: readonly string[];
}

/** Those of them that turn connection tracking on. */
const TRACKING: ReadonlySet<string> = new Set(['cluster', 'connbytes', 'connlabel', 'connlimit', 'helper']);

/** Any match without a file here. The reader of rules hands it the name as first word. */
export const unmodelled: MatchExtension<UnmodelledMatch> = {
  name: 'unmodelled',
  options: {},
  parse(words) {
    return { match: 'unmodelled', name: words.next(), words: words.spellRest() };
  },
  print: ({ name, words }) => ['-m', name, ...words].join(' '),
  test: () => 'unsupported',
  have: ({ name }) => `-m ${name} is not modelled`,
  tracks: ({ name }) => TRACKING.has(name),
};

/** Matches that iptables 1.8 has and this model has not. */
export const UNMODELLED_MATCHES: ReadonlySet<string> = new Set([
  'ah',
  'bpf',
  'cgroup',
  'cluster',
  'connbytes',
  'connlabel',
  'connlimit',
  'cpu',
  'dccp',
  'devgroup',
  'dst',
  'ecn',
  'esp',
  'eui64',
  'frag',
  'hashlimit',
  'hbh',
  'helper',
  'hl',
  'icmp6',
  'icmpv6',
  'ipcomp',
  'iprange',
  'ipv6header',
  'mh',
  'osf',
  'policy',
  'quota',
  'rateest',
  'realm',
  'rt',
  'socket',
  'srh',
  'string',
  'tcpmss',
  'time',
  'u32',
]);
