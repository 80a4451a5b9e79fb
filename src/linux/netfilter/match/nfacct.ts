import type { MatchExtension } from '../extension.js';
import { VALUE } from '../option.js';
import { quoteWord } from '../spelling.js';

/** `-m nfacct` */
export interface NfacctMatch {
  readonly match: 'nfacct';
  readonly name: string;
}

const OPTIONS = { '--nfacct-name': VALUE } as const;

/** Counts the packet in a named counter, which nothing here reads, and matches (nfacct_mt(), linux net/netfilter/xt_nfacct.c). */
export const nfacct: MatchExtension<NfacctMatch> = {
  name: 'nfacct',
  options: OPTIONS,
  parse(words) {
    let name: string | undefined;
    for (const _ of words.options(OPTIONS)) name = words.next();
    if (name === undefined) words.fail('-m nfacct needs --nfacct-name', 'missing');
    return { match: 'nfacct', name: name ?? '' };
  },
  print: ({ name }) => `-m nfacct --nfacct-name ${/\s/.test(name) ? quoteWord(name) : name}`,
  test: () => true,
  have: () => 'any packet',
};
