import { type Manip, type NatRange, setupNat } from '../conntrack/nat.js';
import type { Connection } from '../conntrack/table.js';
import { type AddressRange, parseAddressRange } from './address.js';
import { ACCEPT, type RuleContext, type TargetVerdict } from './context.js';
import type { RulePlace } from './extension.js';
import { type PortRange, parsePortRange } from './port.js';
import type { Hook } from './rule.js';
import { protocolOfRule } from './rule-protocol.js';
import type { Words } from './words.js';

/** The connection that a NAT target decides about. Throws where the nat table is not consulted: past the first packet. */
export function newConnection({ skb, table, hook, at }: RuleContext): Connection {
  if (skb.ct === undefined || (skb.ctState !== 'NEW' && skb.ctState !== 'RELATED'))
    throw new Error(`${at.chain} rule ${at.n} in ${table} ${hook} reached by a packet that starts no connection`);
  return skb.ct;
}

/** Decides the translation of the packet's connection and ends the table (nf_nat_setup_info()). */
export function translate(context: RuleContext, manip: Manip, range: NatRange): TargetVerdict {
  const { runtime, journal, choose, ns, now } = context;
  const nat = { conntrack: runtime.conntrack, journal, choose, netns: ns.name, now };
  setupNat(nat, newConnection(context), manip, range);
  return ACCEPT;
}

/** What `--random` and `--random-fully` together come to. */
export function randomness(flags: { readonly random: boolean; readonly randomFully?: boolean }): NatRange['random'] {
  if (flags.randomFully === true) return 'random-fully';
  return flags.random ? 'random' : 'no';
}

/** What stands behind `--to-destination` and `--to-source`. */
export interface NatTo {
  readonly addresses: AddressRange | undefined;
  readonly ports: PortRange | undefined;
  /** `1000-2000/1500`: the first of the original ports, which all move by the same number. */
  readonly base: number | undefined;
}

/** Takes a word `[address[-address]][:port[-port[/base]]]`. */
export function readNatTo(words: Words): NatTo {
  const word = words.next();
  const [head = '', tail, ...rest] = word.split(':');
  const addresses = head === '' ? undefined : parseAddressRange(head);
  if (rest.length > 0 || word === '' || (head !== '' && addresses === undefined))
    words.fail(`expected an address, with a port or without, found "${word}"`, 'bad-address');
  if (tail === undefined) return { addresses, ports: undefined, base: undefined };
  const [portText = '', baseText, ...more] = tail.split('/');
  const ports = /^-|-$/.test(portText) ? undefined : parsePortRange(portText, '-');
  const base = baseText === undefined ? undefined : parsePortRange(baseText, '-')?.min;
  const shifted = baseText === undefined || (base !== undefined && portText.includes('-'));
  if (ports === undefined || !shifted || more.length > 0) words.fail(`expected a port or a range, found "${tail}"`);
  return { addresses, ports, base };
}

/** Takes a word `port[-port]`. */
export function readNatPorts(words: Words): PortRange {
  const word = words.next();
  const ports = /^-|-$/.test(word) ? undefined : parsePortRange(word, '-');
  if (ports === undefined) words.fail(`expected a port or a range such as 1024-2048, found "${word}"`);
  return ports ?? { min: 0, max: 0 };
}

/** TCP, UDP, SCTP, DCCP, and ICMP, whose identifier counts as port. */
const WITH_PORTS = new Set([1, 6, 17, 33, 132]);

/** Why a NAT target can't stand in that place: in the nat table, at its hooks, and ports need a protocol that has some. */
export function refuseNat(
  target: string,
  ports: PortRange | undefined,
  { rule, table, hooks }: RulePlace,
  allowed: readonly Hook[],
): string | undefined {
  if (table !== 'nat') return `${target} belongs into the nat table`;
  const wrong = [...hooks].find((hook) => !allowed.includes(hook));
  if (wrong !== undefined) return `${target} works in ${allowed.join(' and ')}, not in ${wrong}`;
  return ports !== undefined && !namesPorts(rule) ? `${target} with ports needs a protocol with ports` : undefined;
}

/** A negated protocol counts as named: iptables looks at the number alone. */
function namesPorts(rule: RulePlace['rule']): boolean {
  const negated = rule.matches.find((m) => m.match === 'protocol' && 'invert' in m && m.invert === true);
  const protocol = protocolOfRule(rule) ?? (negated !== undefined && 'protocol' in negated ? negated.protocol : 0);
  return typeof protocol === 'number' && WITH_PORTS.has(protocol);
}
