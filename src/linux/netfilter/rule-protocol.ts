import type { ProtocolMatch } from './match/protocol.js';
import type { Rule } from './rule.js';

/** The protocol that a rule is for; undefined when it names none, or only what it must not be. */
export function protocolOfRule(rule: Rule): number | undefined {
  const match = rule.matches.find((m): m is ProtocolMatch => m.match === 'protocol');
  return match === undefined || match.invert ? undefined : match.protocol;
}
