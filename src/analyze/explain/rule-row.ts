import { formatIpv4, type Ipv4 } from '../../address/index.js';
import {
  formatMark,
  formatOrigin,
  type KnownMatch,
  type KnownTarget,
  type Match,
  printMatch,
  printTarget,
  protocolName,
  type Rule,
  type Target,
} from '../../linux/index.js';
import type { ActionRow, ConditionKind, ConditionRow, RuleRow } from '../../output/index.js';

/** A rule in parts, as it has been read. */
export function ruleRow(table: string, chain: string, n: number, rule: Rule): RuleRow {
  const comment = rule.matches.map((match) => match as KnownMatch).find((match) => match.match === 'comment');
  return {
    table,
    chain,
    n,
    conditions: rule.matches.flatMap(conditionsOf),
    action: actionOf(rule.target),
    comment: comment?.match === 'comment' ? comment.comment : undefined,
    origin: formatOrigin(rule.origin),
    packets: rule.counters?.packets,
  };
}

function condition(is: ConditionKind, value: string, not = false): ConditionRow {
  return { is, value, not };
}

function conditionsOf(match: Match): ConditionRow[] {
  const known = match as KnownMatch;
  switch (known.match) {
    case 'comment':
      return [];
    case 'source':
    case 'destination':
      return [condition(known.match, addressText(known), known.invert)];
    case 'protocol':
      return [condition('protocol', protocolName(known.protocol), known.invert)];
    case 'in-interface':
      return [condition('in', known.name, known.invert)];
    case 'out-interface':
      return [condition('out', known.name, known.invert)];
    case 'mark':
      return [condition('mark', formatMark(known), known.invert)];
    case 'tcp':
    case 'udp':
      return portConditions(known);
    case 'multiport':
      return [condition(known.which === '--sports' ? 'sport' : 'dport', listText(known), known.invert)];
    case 'conntrack':
      return stateConditions(known);
    case 'state':
      return [condition('state', known.states.join(', '), known.invert)];
    case 'addrtype':
      return typeConditions(known);
    case 'set':
      return [condition('set', `${known.set} (${known.dimensions.join(',')})`, known.invert)];
    case 'statistic':
      return known.mode === 'random' ? [condition('share', shareText(known.probability), known.invert)] : other(match);
    case 'recent':
      return known.command === 'rcheck'
        ? [condition('recent', `${known.name}, ${known.seconds} s`, known.invert)]
        : other(match);
    default:
      return other(match);
  }
}

type Known<M extends KnownMatch['match']> = Extract<KnownMatch, { readonly match: M }>;

function other(match: Match): ConditionRow[] {
  const text = printMatch(match);
  return text === '' ? [] : [condition('other', text)];
}

function addressText({ address, mask }: { readonly address: Ipv4; readonly mask: number }): string {
  const length = Math.clz32(~mask >>> 0);
  return length === 32 ? formatIpv4(address) : `${formatIpv4(address)}/${length}`;
}

interface Ports {
  readonly min: number;
  readonly max: number;
}

function rangeText({ min, max }: Ports): string {
  return min === max ? `${min}` : `${min}-${max}`;
}

function listText({ ports }: Known<'multiport'>): string {
  return ports.map(rangeText).join(', ');
}

/** What else `-m tcp` may ask is told as it is written. */
function portConditions(known: Known<'tcp' | 'udp'>): ConditionRow[] {
  const { sport, dport } = known;
  const more = known.match === 'tcp' && (known.flags.mask !== 0 || known.option !== undefined);
  if (more) return other(known);
  return [
    ...(isAny(sport) ? [] : [condition('sport', rangeText(sport), sport.invert)]),
    ...(isAny(dport) ? [] : [condition('dport', rangeText(dport), dport.invert)]),
  ];
}

function isAny({ min, max, invert }: Ports & { readonly invert: boolean }): boolean {
  return min === 0 && max === 65535 && !invert;
}

function stateConditions(known: Known<'conntrack'>): ConditionRow[] {
  const { states, protocol, addresses, ports, statuses, expire, dir } = known;
  const rest = [protocol, statuses, expire, dir].some((each) => each !== undefined);
  if (states === undefined || rest || addresses.size + ports.size > 0) return other(known);
  return [condition('state', states.is.join(', '), states.invert)];
}

function typeConditions({ source, destination, limitIface, ...match }: Known<'addrtype'>): ConditionRow[] {
  if (limitIface !== undefined) return other({ ...match, source, destination, limitIface } as Match);
  const rows: ConditionRow[] = [];
  if (source !== undefined) rows.push(condition('source-type', source.types.join(', '), source.invert));
  if (destination !== undefined)
    rows.push(condition('destination-type', destination.types.join(', '), destination.invert));
  return rows;
}

/** `33.3 %`, of 2^31 (struct xt_statistic_info). */
function shareText(probability: number): string {
  return `${Number(((probability / 2 ** 31) * 100).toFixed(1))} %`;
}

function actionOf(target: Target | undefined): ActionRow {
  if (target === undefined) return { does: 'count', value: '' };
  const known = target as KnownTarget;
  switch (known.target) {
    case 'jump':
    case 'goto':
      return { does: known.target, value: known.chain };
    case 'ACCEPT':
      return { does: 'accept', value: '' };
    case 'DROP':
      return { does: 'drop', value: '' };
    case 'RETURN':
      return { does: 'return', value: '' };
    case 'REJECT':
      return { does: 'reject', value: known.with };
    case 'DNAT':
      return { does: 'dnat', value: natText(known) };
    case 'SNAT':
      return { does: 'snat', value: natText(known) };
    case 'MASQUERADE':
      return { does: 'masquerade', value: '' };
    case 'MARK':
      return markAction(known);
    default:
      return { does: 'other', value: printTarget(target) };
  }
}

function natText({ addresses, ports }: Extract<KnownTarget, { readonly target: 'DNAT' | 'SNAT' }>): string {
  const port = ports === undefined ? '' : `:${rangeText(ports)}`;
  if (addresses === undefined) return port;
  const { min, max } = addresses;
  return `${min === max ? formatIpv4(min) : `${formatIpv4(min)}-${formatIpv4(max)}`}${port}`;
}

/** mark_tg(): the mark becomes (mark & ~mask) ^ value (linux net/netfilter/xt_mark.c). */
function markAction({ value, mask }: Extract<KnownTarget, { readonly target: 'MARK' }>): ActionRow {
  const hex = `0x${value.toString(16)}`;
  if (value === mask) return { does: 'mark-set', value: hex };
  if (mask === 0) return { does: 'mark-flip', value: hex };
  return { does: 'mark-change', value: formatMark({ value, mask }) };
}
