import type { MatchExtension } from '../extension.js';
import { formatInterface, isInterface, readInterface } from '../interface.js';
import { NOT_VALUE } from '../option.js';

/** `-o`; a name that ends in `+` stands for every name that begins so. */
export interface OutInterfaceMatch {
  readonly match: 'out-interface';
  readonly name: string;
  readonly invert: boolean;
}

const OPTIONS = { '-o': NOT_VALUE, '--out-interface': '-o' } as const;

/** The device that the packet leaves by (ip_packet_match(), linux net/ipv4/netfilter/ip_tables.c). */
export const outInterface: MatchExtension<OutInterfaceMatch> = {
  name: 'out-interface',
  options: OPTIONS,
  parse(words) {
    const { invert } = words.one(OPTIONS);
    return { match: 'out-interface', name: readInterface(words), invert };
  },
  print: (m) => formatInterface('-o', m),
  test: (m, context) => isInterface(m.name, context.out) !== m.invert,
  have: (_, context) => (context.out === '' ? 'no device' : context.out),
};
