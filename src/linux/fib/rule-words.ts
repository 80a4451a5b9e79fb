import type { Ipv4Prefix } from '../../address/index.js';
import type { LineWords } from '../words.js';
import { formatTable, parseProtocol, parseTable, parseTos, TABLE_NAMES } from './names.js';
import { readName } from './route-words.js';
import type { RoutingRule } from './rule.js';

/** The words of a rule, as `ip rule` prints and takes them; undefined is what was not said. */
export interface RuleWords {
  readonly priority: number | undefined;
  readonly invert: boolean;
  readonly from: Ipv4Prefix | undefined;
  readonly to: Ipv4Prefix | undefined;
  readonly iif: string | undefined;
  readonly oif: string | undefined;
  readonly tos: number | undefined;
  /** A mask of undefined is all bits. */
  readonly fwmark: { readonly value: number; readonly mask: number | undefined } | undefined;
  readonly suppressPrefixLength: number | undefined;
  readonly action: RoutingRule['action'] | undefined;
  readonly protocol: string | undefined;
}

const OPTIONS = [
  'not',
  'from',
  'to',
  'preference',
  'order',
  'priority',
  'tos',
  'dsfield',
  'fwmark',
  'iif',
  'dev',
  'oif',
  'lookup',
  'table',
  'suppress_prefixlength',
  'goto',
  'nop',
  'blackhole',
  'unreachable',
  'prohibit',
  'type',
  'protocol',
  '[detached]',
  '[unresolved]',
  // Selectors that are not modelled. Each has one value.
  'realms',
  'suppress_ifgroup',
  'l3mdev',
  'uidrange',
  'ipproto',
  'sport',
  'dport',
  'tun_id',
] as const;
type Option = (typeof OPTIONS)[number];
const ALIASES: ReadonlyMap<string, Option> = new Map([['sup_pl', 'suppress_prefixlength']]);
const ACTIONS = ['blackhole', 'unreachable', 'prohibit'] as const;

/** Whether a word is an option, with a value behind it or not. */
export function isRuleOption(word: string): boolean {
  return word === 'proto' || (OPTIONS as readonly string[]).includes(word);
}

interface Draft {
  priority?: number;
  invert: boolean;
  from?: Ipv4Prefix;
  to?: Ipv4Prefix;
  iif?: string;
  oif?: string;
  tos?: number;
  fwmark?: { value: number; mask: number | undefined };
  suppressPrefixLength?: number;
  action?: RoutingRule['action'];
  protocol?: string;
  unmodelled: string[];
}

/**
 * Reads the words of one rule: behind `ip rule add`, or of a line of `ip rule` behind its priority. A selector that is
 * not modelled makes the whole action `unmodelled`.
 */
export function readRuleWords(words: LineWords): RuleWords {
  const draft: Draft = { invert: false, unmodelled: [] };
  while (words.has()) {
    const option = words.keyword(OPTIONS, 'rule option', ALIASES);
    if (option !== undefined) readOption(words, option, draft);
  }
  const { action, unmodelled } = draft;
  const text = action === undefined ? '' : ` ${formatAction(action)}`;
  return {
    priority: draft.priority,
    invert: draft.invert,
    from: draft.from,
    to: draft.to,
    iif: draft.iif,
    oif: draft.oif,
    tos: draft.tos,
    fwmark: draft.fwmark,
    suppressPrefixLength: draft.suppressPrefixLength,
    protocol: draft.protocol,
    action: unmodelled.length === 0 ? action : { action: 'unmodelled', text: `${unmodelled.join(' ')}${text}` },
  };
}

function readOption(words: LineWords, option: Option, draft: Draft): void {
  switch (option) {
    case 'not':
      draft.invert = true;
      return;
    case 'from':
    case 'to': {
      const prefix = words.prefix(option);
      if (prefix.length > 0) draft[option] = prefix;
      return;
    }
    case 'preference':
    case 'order':
    case 'priority':
      draft.priority = words.number(option);
      return;
    case 'tos':
    case 'dsfield':
      draft.tos = readName(words, option, parseTos, ['EF', 'CS1', 'AF11']);
      return;
    case 'fwmark':
      draft.fwmark = readMark(words);
      return;
    case 'iif':
    case 'dev':
      draft.iif = words.take(option);
      return;
    case 'oif':
      draft.oif = words.take(option);
      return;
    case 'suppress_prefixlength':
      draft.suppressPrefixLength = words.number(option, 32);
      return;
    case 'lookup':
    case 'table':
      if (words.accept('[l3mdev-table]')) draft.unmodelled.push('lookup', '[l3mdev-table]');
      else draft.action = { action: 'lookup', table: readName(words, option, parseTable, TABLE_NAMES) };
      return;
    case 'goto':
      draft.action = { action: 'goto', priority: words.number(option) };
      return;
    case 'nop':
      draft.action = { action: 'nop' };
      return;
    case 'type': {
      const action = words.keyword(ACTIONS, 'type');
      if (action !== undefined) draft.action = { action };
      return;
    }
    case 'blackhole':
    case 'unreachable':
    case 'prohibit':
      draft.action = { action: option };
      return;
    case 'protocol':
      draft.protocol = readProtocol(words.take(option));
      return;
    case '[detached]':
    case '[unresolved]':
      return;
    default:
      draft.unmodelled.push(option, words.take(option));
  }
}

/** Who made a rule decides nothing, and so any name will do. */
export function readProtocol(text: string): string {
  return parseProtocol(text) ?? text;
}

/** `VALUE` or `VALUE/MASK`. */
function readMark(words: LineWords): { value: number; mask: number | undefined } {
  const word = words.take('fwmark');
  const [value = '', mask, ...rest] = word.split('/');
  const isNumber = (text: string): boolean => /^(0x[0-9a-fA-F]+|\d+)$/.test(text) && Number(text) <= 0xffffffff;
  if (!isNumber(value) || (mask !== undefined && !isNumber(mask)) || rest.length > 0) {
    if (word !== '') words.fail(`fwmark: expected VALUE or VALUE/MASK, found "${word}"`);
    return { value: 0, mask: undefined };
  }
  return { value: Number(value), mask: mask === undefined ? undefined : Number(mask) };
}

/** A rule's action as `ip rule` prints it. */
export function formatAction(action: RoutingRule['action']): string {
  switch (action.action) {
    case 'lookup':
      return `lookup ${formatTable(action.table)}`;
    case 'goto':
      return `goto ${action.priority}`;
    case 'unmodelled':
      return action.text;
    default:
      return action.action;
  }
}

/** The rule that the words describe; a priority of undefined leaves the choice to the kernel. */
export function ruleOf(spoken: RuleWords): Omit<RoutingRule, 'origin' | 'priority'> & { priority: number | undefined } {
  // A value of 0 without a mask compares no bit at all (fib_nl2rule()).
  const fwmark = spoken.fwmark?.mask === undefined && spoken.fwmark?.value === 0 ? undefined : spoken.fwmark;
  return {
    priority: spoken.priority,
    invert: spoken.invert,
    from: spoken.from,
    to: spoken.to,
    iif: spoken.iif,
    oif: spoken.oif,
    tos: spoken.tos ?? 0,
    fwmark: fwmark === undefined ? undefined : { value: fwmark.value, mask: fwmark.mask ?? 0xffffffff },
    suppressPrefixLength: spoken.suppressPrefixLength,
    action: spoken.action ?? { action: 'lookup', table: 254 },
    ...(spoken.protocol === undefined ? {} : { protocol: spoken.protocol }),
  };
}
