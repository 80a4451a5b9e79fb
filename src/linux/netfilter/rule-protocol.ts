import type { ProtocolMatch } from './match/protocol.js';
import { formatProtocol } from './protocol.js';
import type { Match, Rule } from './rule.js';

/** The protocol that a rule is for; undefined when it names none, or only what it must not be. */
export function protocolOfRule(rule: Rule): number | undefined {
  const match = rule.matches.find(isProtocol);
  return match === undefined || match.invert ? undefined : match.protocol;
}

/**
 * The rule with one name for each protocol, so that texts of two rules can be compared: Felix writes `-p 4`, of which
 * iptables-save makes `-p ipencap` or `-p ipv4` where the machine has an /etc/protocols.
 */
export function withProtocolNames(rule: Rule): Rule {
  const matches = rule.matches.map((match) =>
    isProtocol(match) ? { ...match, spelling: formatProtocol(match.protocol) } : match,
  );
  return { ...rule, matches };
}

function isProtocol(match: Match): match is ProtocolMatch {
  return match.match === 'protocol';
}
