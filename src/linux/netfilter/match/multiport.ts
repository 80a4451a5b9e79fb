import type { MatchExtension } from '../extension.js';
import { portsOf } from '../header.js';
import { NOT_VALUE } from '../option.js';
import { formatPortRange, inRange, type PortRange, parsePortRange } from '../port.js';
import { protocolOfRule } from '../rule-protocol.js';
import { negation } from '../spelling.js';
import type { Words } from '../words.js';

/** `-m multiport` */
export interface MultiportMatch {
  readonly match: 'multiport';
  /** Which of the two ports is looked at; `--ports` is content with either. */
  readonly which: '--sports' | '--dports' | '--ports';
  readonly ports: readonly PortRange[];
  readonly invert: boolean;
}

const OPTIONS = {
  '--sports': NOT_VALUE,
  '--source-ports': '--sports',
  '--dports': NOT_VALUE,
  '--destination-ports': '--dports',
  '--ports': NOT_VALUE,
} as const;
/** XT_MULTI_PORTS: a range takes two places. */
const PLACES = 15;
/** TCP, UDP, DCCP, SCTP, UDP-Lite. */
const WITH_PORTS = new Set([6, 17, 33, 132, 136]);

/** One of up to 15 ports (multiport_mt(), linux net/netfilter/xt_multiport.c). */
export const multiport: MatchExtension<MultiportMatch> = {
  name: 'multiport',
  options: OPTIONS,
  parse(words) {
    let which: MultiportMatch['which'] | undefined;
    let ports: readonly PortRange[] = [];
    let inverted = false;
    for (const { option, invert } of words.options(OPTIONS)) {
      if (which !== undefined) words.fail('-m multiport takes one list of ports', 'conflict');
      which = option;
      ports = readPorts(words);
      inverted = invert;
    }
    if (which === undefined) words.fail('-m multiport needs --sports, --dports or --ports', 'missing');
    return { match: 'multiport', which: which ?? '--ports', ports, invert: inverted };
  },
  print({ which, ports, invert }) {
    return `-m multiport ${negation(invert)}${which} ${ports.map((range) => formatPortRange(range, ':')).join(',')}`;
  },
  test({ which, ports, invert }, context) {
    const has = portsOf(context);
    if (has === undefined) return false;
    for (let i = 0; i < ports.length; i++) {
      const range = ports[i];
      if (range === undefined) break;
      if (which !== '--dports' && inRange(range, has.sport)) return !invert;
      if (which !== '--sports' && inRange(range, has.dport)) return !invert;
    }
    return invert;
  },
  have(_, context) {
    const has = portsOf(context);
    return has === undefined ? 'no ports' : `ports ${has.sport} > ${has.dport}`;
  },
  checkentry(_, { rule }) {
    return WITH_PORTS.has(protocolOfRule(rule) ?? 0) ? undefined : '-m multiport needs a protocol with ports';
  },
};

function readPorts(words: Words): PortRange[] {
  const word = words.next();
  const ports: PortRange[] = [];
  for (const part of word.split(',')) {
    const range = parsePortRange(part, ':');
    if (range === undefined || (part.includes(':') && range.min === range.max))
      words.fail(`expected ports such as 80,443,8000:8080, found "${word}"`);
    else ports.push(range);
  }
  const places = ports.reduce((sum, { min, max }) => sum + (min === max ? 1 : 2), 0);
  if (places > PLACES) words.fail(`at most ${PLACES} ports, where a range counts twice`);
  return ports;
}
