import type { MatchExtension } from '../extension.js';
import { ipOf } from '../header.js';
import { NOT_FLAG } from '../option.js';
import { negation } from '../spelling.js';

/** `-f`: second and later fragments. */
export interface FragmentMatch {
  readonly match: 'fragment';
  readonly invert: boolean;
}

const OPTIONS = { '-f': NOT_FLAG, '--fragment': '-f' } as const;

/** Whether the packet is a fragment other than the first (ip_packet_match(), IPT_F_FRAG). */
export const fragment: MatchExtension<FragmentMatch> = {
  name: 'fragment',
  options: OPTIONS,
  parse: (words) => ({ match: 'fragment', invert: words.one(OPTIONS).invert }),
  print: (m) => `${negation(m.invert)}-f`,
  test: (m, context) => ipOf(context).offset > 0 !== m.invert,
  have: (_, context) => (ipOf(context).offset > 0 ? 'a later fragment' : 'no later fragment'),
};
