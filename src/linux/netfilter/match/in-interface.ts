import type { MatchExtension } from '../extension.js';
import { formatInterface, isInterface, readInterface } from '../interface.js';
import { NOT_VALUE } from '../option.js';

/** `-i`; a name that ends in `+` stands for every name that begins so. */
export interface InInterfaceMatch {
  readonly match: 'in-interface';
  readonly name: string;
  readonly invert: boolean;
}

const OPTIONS = { '-i': NOT_VALUE, '--in-interface': '-i' } as const;

/** The device that the packet came in by (ip_packet_match(), linux net/ipv4/netfilter/ip_tables.c). */
export const inInterface: MatchExtension<InInterfaceMatch> = {
  name: 'in-interface',
  options: OPTIONS,
  parse(words) {
    const { invert } = words.one(OPTIONS);
    return { match: 'in-interface', name: readInterface(words), invert };
  },
  print: (m) => formatInterface('-i', m),
  test: (m, context) => isInterface(m.name, context.in) !== m.invert,
  have: (_, context) => (context.in === '' ? 'no device' : context.in),
};
