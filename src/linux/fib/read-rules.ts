import { type Ipv4, type Ipv4Prefix, prefixOf } from '../../address/index.js';
import { type Problem, type Read, readResult } from '../../problem/index.js';
import { type JsonRecord, jsonRecords } from '../json.js';
import { type KeptEntry, keptRecord, wordsOf } from '../kept.js';
import type { Source } from '../source.js';
import { LineWords, type PlacedWord, splitLine } from '../words.js';
import { nameAdvice, namedFields, parseTable, parseTos, typeName } from './names.js';
import type { RoutingRule } from './rule.js';
import { formatRuleFields, readRuleFields } from './rule-fields.js';
import { formatAction, isRuleOption, readProtocol, readRuleWords, ruleOf } from './rule-words.js';

/** What `ip rule` prints, or `ip -6 rule`. */
export interface RuleDump {
  /** In order of priority. */
  readonly inet: readonly RoutingRule[];
  /** Those that name an address of IPv6. */
  readonly inet6: readonly KeptEntry[];
}

/** Reads `ip -j rule`. A selector that is not modelled makes the rule's action `unmodelled`. */
export function readRules(source: Source): Read<RuleDump> {
  const problems: Problem[] = [];
  const records = jsonRecords(source, problems);
  const isIpv6 = ({ fields }: JsonRecord): boolean => ['src', 'dst'].some((key) => wordsOf(fields[key]).includes(':'));
  const rules = records.flatMap((record) => (isIpv6(record) ? [] : (readRule(record, source.file) ?? [])));
  const inet6 = records.filter(isIpv6).map((record) => namedRecord(record, source.file));
  return readResult({ inet: inOrder(rules), inet6 }, problems);
}

/** Reads the text of `ip rule`. */
export function readRuleText(source: Source): Read<RuleDump> {
  const problems: Problem[] = [];
  const rules: RoutingRule[] = [];
  const inet6: KeptEntry[] = [];
  source.text.split('\n').forEach((content, index) => {
    const place = { file: source.file, line: index + 1, problems };
    const [head, ...rest] = withNamedAction(splitLine(content));
    if (head === undefined || head.text.startsWith('#')) return;
    const priority = /^(\d+):$/.exec(head.text)?.[1];
    if (priority === undefined) {
      new LineWords([head], place).fail(`expected PRIORITY:, found "${head.text}"`, 'syntax');
      return;
    }
    const origin = { by: 'dump', file: source.file, line: index + 1 };
    if (rest.some(({ text }, i) => /^(from|to)$/.test(rest[i - 1]?.text ?? '') && text.includes(':'))) {
      const fields = readRuleFields(Number(priority), new LineWords(rest, place));
      inet6.push({ dev: undefined, fields, origin });
      return;
    }
    const spoken = readRuleWords(new LineWords(rest, place));
    const isWhole = spoken.action?.action !== 'unmodelled';
    const fields = isWhole ? {} : { fields: readRuleFields(Number(priority), new LineWords(rest, place)) };
    rules.push({ ...ruleOf(spoken), priority: Number(priority), ...fields, origin });
  });
  return readResult({ inet: inOrder(rules), inet6 }, problems);
}

function inOrder(rules: RoutingRule[]): RoutingRule[] {
  return rules.sort((a, b) => a.priority - b.priority);
}

/** What a rule does is a number in the text of `ip -N rule`: of words that are no option's value there is one. */
function withNamedAction(words: readonly PlacedWord[]): readonly PlacedWord[] {
  return words.map((word, i) =>
    i > 1 && /^\d+$/.test(word.text) && !isRuleOption(words[i - 1]?.text ?? '')
      ? { ...word, text: typeName(word.text) }
      : word,
  );
}

function namedRecord(record: JsonRecord, file: string): KeptEntry {
  const kept = keptRecord(record, file);
  return { ...kept, fields: namedFields(kept.fields) };
}

/** Fields that decide nothing, or that say what the kernel makes of the state of the links. */
const SILENT = ['protocol', 'iif_detached', 'oif_detached', 'unresolved'];
const KNOWN = new Set([
  'priority',
  'not',
  'src',
  'srclen',
  'dst',
  'dstlen',
  'fwmark',
  'fwmask',
  'iif',
  'oif',
  'tos',
  'table',
  'action',
  'goto',
  'nop',
  'suppress_prefixlen',
  ...SILENT,
]);

function readRule(record: JsonRecord, file: string): RoutingRule | undefined {
  const action = readAction(record);
  if (action === undefined) return undefined;
  const unmodelled = Object.entries(record.fields).filter(([key]) => !KNOWN.has(key));
  const text = unmodelled.length === 0 ? undefined : formatRuleFields(Object.fromEntries(unmodelled));
  const protocol = record.string('protocol');
  const mark = record.spelledNumber('fwmark');
  return {
    priority: record.requiredNumber('priority'),
    invert: record.has('not'),
    from: readPrefix(record, 'src', 'srclen'),
    to: readPrefix(record, 'dst', 'dstlen'),
    iif: record.string('iif'),
    oif: record.string('oif'),
    tos: tosOf(record),
    fwmark: mark === undefined ? undefined : { value: mark, mask: record.spelledNumber('fwmask') ?? 0xffffffff },
    suppressPrefixLength: record.number('suppress_prefixlen'),
    action: text === undefined ? action : { action: 'unmodelled', text: [text, ...actionText(action)].join(' ') },
    ...(protocol === undefined ? {} : { protocol: readProtocol(protocol) }),
    ...(text === undefined ? {} : { fields: namedFields(record.fields) }),
    origin: { by: 'dump', file },
  };
}

/** What is done behind a selector that is not modelled, where that is more than the selector itself. */
function actionText(action: RoutingRule['action']): string[] {
  return action.action === 'nop' ? [] : [formatAction(action)];
}

function readAction(record: JsonRecord): RoutingRule['action'] | undefined {
  // Of `lookup [l3mdev-table]` the whole is a selector that is not modelled, behind which nothing is done.
  if (record.has('nop') || record.has('l3mdev')) return { action: 'nop' };
  if (record.has('goto')) return { action: 'goto', priority: record.spelledNumber('goto') ?? 0 };
  const action = typeName(record.string('action') ?? '');
  if (action === 'blackhole' || action === 'unreachable' || action === 'prohibit') return { action };
  if (action !== '') return { action: 'unmodelled', text: action };
  const name = record.requiredString('table');
  const table = parseTable(name);
  if (table !== undefined) return { action: 'lookup', table };
  return name === ''
    ? undefined
    : record.fail(
        'table',
        `expected local, main, default or a number, found "${name}"${nameAdvice('table')}`,
        'unknown-name',
      );
}

/** The TOS byte of a route or rule: JSON has it as text. */
export function tosOf(record: JsonRecord): number {
  const { tos = 0 } = record.fields;
  if (tos === 0) return 0;
  const value = parseTos(String(tos));
  return (
    value ??
    record.fail('tos', `expected a number or name, found "${String(tos)}"${nameAdvice('tos')}`, 'unknown-name') ??
    0
  );
}

function readPrefix(record: JsonRecord, key: 'src' | 'dst', lengthKey: string): Ipv4Prefix | undefined {
  if (!record.has(key) || record.fields[key] === 'all') return undefined;
  const address: Ipv4 | undefined = record.ipv4(key);
  return address === undefined ? undefined : prefixOf(address, Math.min(32, record.number(lengthKey) ?? 32));
}
