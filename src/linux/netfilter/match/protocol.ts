import type { MatchExtension } from '../extension.js';
import { ipOf } from '../header.js';
import { NOT_VALUE } from '../option.js';
import { formatProtocol, parseProtocol } from '../protocol.js';
import { negation } from '../spelling.js';

/** `-p` */
export interface ProtocolMatch {
  readonly match: 'protocol';
  /** IANA number; 0 is every protocol. */
  readonly protocol: number;
  readonly invert: boolean;
  /** How the line calls it: `ipencap`, `ipv4` and `4` are one protocol, and each system prints its own name. */
  readonly spelling: string;
}

const OPTIONS = { '-p': NOT_VALUE, '--protocol': '-p', '--proto': '-p' } as const;
/** These iptables knows itself, so they are called the same everywhere. */
const WELL_KNOWN = new Set([1, 6, 17, 50, 51, 132, 136]);

/** Protocol of the IP header. */
export const protocol: MatchExtension<ProtocolMatch> = {
  name: 'protocol',
  options: OPTIONS,
  parse(words) {
    const { invert } = words.one(OPTIONS);
    const word = words.next();
    const number = parseProtocol(word);
    if (number === undefined) words.fail(`expected a protocol, found "${word}"`);
    else if (number === 0 && invert) words.fail('no packet could match: every packet has some protocol');
    const spelling = number === undefined || WELL_KNOWN.has(number) ? formatProtocol(number ?? 0) : word.toLowerCase();
    return { match: 'protocol', protocol: number ?? 0, invert, spelling };
  },
  print: (m) => (m.protocol === 0 ? '' : `${negation(m.invert)}-p ${m.spelling}`),
  test: (m, context) => m.protocol === 0 || (ipOf(context).protocol === m.protocol) !== m.invert,
  have: (_, context) => formatProtocol(ipOf(context).protocol),
};
