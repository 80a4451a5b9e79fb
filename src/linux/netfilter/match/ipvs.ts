import type { MatchExtension } from '../extension.js';
import { NOT_FLAG, NOT_VALUE, VALUE } from '../option.js';
import { negation } from '../spelling.js';

/** `-m ipvs` */
export interface IpvsMatch {
  readonly match: 'ipvs';
  /** The options in the order of printing, values as they were written. */
  readonly options: readonly { readonly option: string; readonly value: string; readonly invert: boolean }[];
}

const OPTIONS = {
  '--ipvs': NOT_FLAG,
  '--vproto': NOT_VALUE,
  '--vaddr': NOT_VALUE,
  '--vport': NOT_VALUE,
  '--vdir': VALUE,
  '--vmethod': NOT_VALUE,
  '--vportctl': NOT_VALUE,
} as const;
const ORDER = Object.keys(OPTIONS);

/** Properties of an IPVS connection (ipvs_mt(), linux net/netfilter/xt_ipvs.c): read and written, but not known here. */
export const ipvs: MatchExtension<IpvsMatch> = {
  name: 'ipvs',
  options: OPTIONS,
  parse(words) {
    if (!words.has()) words.fail('-m ipvs needs an option', 'missing');
    const options: IpvsMatch['options'][number][] = [];
    for (const { option, invert } of words.options(OPTIONS))
      options.push({ option, value: option === '--ipvs' ? '' : words.next(), invert });
    options.sort((a, b) => ORDER.indexOf(a.option) - ORDER.indexOf(b.option));
    return { match: 'ipvs', options };
  },
  print({ options }) {
    const parts = options.map(({ option, value, invert }) => `${negation(invert)}${option} ${value}`.trimEnd());
    return ['-m ipvs', ...parts].join(' ');
  },
  test: () => 'unsupported',
  have: () => 'an IPVS connection that is not modelled',
};
