import type { Ipv4, Ipv4Prefix } from '../../address/index.js';
import type { LineWords } from '../words.js';
import type { JsonObject } from '../write-json.js';
import { nameAdvice, parseProtocol, parseScope, parseTable, parseTos, SCOPE_NAMES, TABLE_NAMES } from './names.js';
import { type ModelledRoute, type NewRoute, type Nexthop, RT_TABLE_LOCAL, RT_TABLE_MAIN } from './route.js';
import { readMetric, readRealm } from './route-fields.js';

/** The words of a route, as `ip route` prints and takes them; undefined is what was not said. */
export interface RouteWords {
  readonly type: ModelledRoute['type'] | undefined;
  readonly dst: Ipv4Prefix;
  readonly nexthop: SpokenNexthop;
  /** Those behind the word `nexthop`. */
  readonly nexthops: readonly SpokenNexthop[];
  readonly table: number | undefined;
  readonly protocol: string | undefined;
  readonly scope: number | undefined;
  readonly prefsrc: Ipv4 | undefined;
  readonly metric: number | undefined;
  readonly tos: number | undefined;
  readonly mtu: number | undefined;
  readonly mtuLock: boolean;
  /** What changes no packet's way, as `ip -j route` names it. */
  readonly kept: JsonObject | undefined;
}

/** One next hop as it was written. */
export interface SpokenNexthop {
  readonly dev: string | undefined;
  readonly via: Ipv4 | undefined;
  readonly onlink: boolean;
  readonly weight: number;
}

const TYPES = ['unicast', 'local', 'broadcast', 'blackhole', 'unreachable', 'prohibit', 'throw'] as const;
const UNMODELLED_TYPES = ['multicast', 'anycast', 'nat', 'xresolve'];
/** What the kernel computes from the state of the links, and what only offloading hardware sets. */
const STATE_FLAGS = [
  'dead',
  'linkdown',
  'pervasive',
  'offload',
  'trap',
  'rt_offload',
  'rt_trap',
  'unresolved',
  'notify',
] as const;
const OPTIONS = [
  'via',
  'dev',
  'table',
  'proto',
  'scope',
  'src',
  'metric',
  'tos',
  'mtu',
  'onlink',
  'nexthop',
  'weight',
  ...STATE_FLAGS,
  'advmss',
  'hoplimit',
  'initcwnd',
  'initrwnd',
  'quickack',
  'congctl',
  'window',
  'rtt',
  'rttvar',
  'ssthresh',
  'cwnd',
  'reordering',
  'rto_min',
  'features',
  'realms',
  'fastopen_no_cookie',
  'nhid',
  'error',
  'pref',
] as const;
type Option = (typeof OPTIONS)[number];
const ALIASES: ReadonlyMap<string, Option> = new Map([
  ['protocol', 'proto'],
  ['preference', 'metric'],
  ['priority', 'metric'],
  ['dsfield', 'tos'],
]);

/** Reads the words of one route: of a line of `ip route`, or behind `ip route add`. */
export function readRouteWords(words: LineWords): RouteWords {
  const draft: Draft = { nexthop: newNexthop(), nexthops: [], mtuLock: false, kept: {}, metrics: {} };
  const type = readType(words);
  // `to PREFIX` is the same as the prefix alone.
  words.accept('to');
  const dst = words.prefix('destination');
  while (words.has()) {
    const option = words.keyword(OPTIONS, 'route option', ALIASES);
    if (option !== undefined) readOption(words, option, draft);
  }
  const { nexthop, nexthops, mtuLock } = draft;
  if (type !== undefined && type !== 'unicast') checkTyped(words, type, draft);
  return {
    type,
    dst,
    nexthop,
    nexthops,
    table: draft.table,
    protocol: draft.protocol,
    scope: draft.scope,
    prefsrc: draft.prefsrc,
    metric: draft.metric,
    tos: draft.tos,
    mtu: draft.mtu,
    mtuLock,
    kept: keptOf(draft),
  };
}

/** What the other types can't have (fib_create_info()). */
function checkTyped(words: LineWords, type: ModelledRoute['type'], { nexthop, nexthops }: Draft): void {
  const leads = type === 'local' || type === 'broadcast';
  if (nexthops.length > 0 || nexthop.via !== undefined) words.fail(`a ${type} route has no gateway`);
  else if (!leads && nexthop.dev !== undefined) words.fail(`a ${type} route has no device`);
}

function keptOf({ kept, metrics }: Draft): JsonObject | undefined {
  const whole = Object.keys(metrics).length === 0 ? kept : { ...kept, metrics: [metrics] };
  return Object.keys(whole).length === 0 ? undefined : whole;
}

interface MutableNexthop {
  dev: string | undefined;
  via: Ipv4 | undefined;
  onlink: boolean;
  weight: number;
}

interface Draft {
  nexthop: MutableNexthop;
  nexthops: MutableNexthop[];
  table?: number;
  protocol?: string;
  scope?: number;
  prefsrc?: Ipv4;
  metric?: number;
  tos?: number;
  mtu?: number;
  mtuLock: boolean;
  kept: Record<string, unknown>;
  metrics: Record<string, unknown>;
}

function newNexthop(): MutableNexthop {
  return { dev: undefined, via: undefined, onlink: false, weight: 1 };
}

function readType(words: LineWords): ModelledRoute['type'] | undefined {
  const word = words.peek() ?? '';
  const type = TYPES.find((t) => t === word);
  if (type !== undefined) words.take('type');
  else if (UNMODELLED_TYPES.includes(word)) {
    words.take('type');
    words.fail(`routes of type ${word} are not modelled`);
  }
  return type;
}

function readOption(words: LineWords, option: Option, draft: Draft): void {
  const nexthop = draft.nexthops.at(-1) ?? draft.nexthop;
  switch (option) {
    case 'via':
      words.accept('inet');
      if (words.accept('inet6')) words.fail('an IPv6 next hop of an IPv4 route is not modelled');
      nexthop.via = words.ipv4('via');
      return;
    case 'dev':
      nexthop.dev = words.take('dev');
      return;
    case 'weight':
      nexthop.weight = words.number('weight', 256, 1);
      return;
    case 'onlink':
      nexthop.onlink = true;
      return;
    case 'nexthop':
      draft.nexthops.push(newNexthop());
      return;
    case 'table':
      draft.table = readName(words, 'table', parseTable, TABLE_NAMES);
      return;
    case 'scope':
      draft.scope = readName(words, 'scope', parseScope, SCOPE_NAMES);
      return;
    case 'proto':
      draft.protocol = readName(words, 'proto', parseProtocol, ['kernel', 'boot', 'static', 'bird']);
      return;
    case 'src': {
      const source = words.ipv4('src');
      // 0.0.0.0 is how netlink says "none".
      if (source !== 0) draft.prefsrc = source;
      return;
    }
    case 'metric':
      draft.metric = words.number('metric');
      return;
    case 'tos':
      draft.tos = readName(words, 'tos', parseTos, ['EF', 'CS1', 'AF11']);
      return;
    case 'mtu':
      draft.mtuLock = words.accept('lock');
      draft.mtu = words.number('mtu', 65535);
      return;
    case 'nhid':
      draft.kept[option] = words.number(option);
      return;
    case 'realms':
      draft.kept['flow'] = readRealm(words);
      return;
    case 'error':
    case 'pref':
      draft.kept[option] = words.take(option);
      return;
    default:
      // TCP's own limits, which no forwarding decision reads; some may be locked.
      if (!(STATE_FLAGS as readonly string[]).includes(option)) readMetric(words, option, draft.metrics);
  }
}

/** Takes a name that has a number, or the number; a problem with a suggestion when it is neither. */
export function readName<T>(
  words: LineWords,
  what: string,
  parse: (text: string) => T | undefined,
  names: readonly string[],
): T {
  const word = words.take(what);
  const value = parse(word);
  if (value !== undefined) return value;
  if (word !== '')
    words.fail(
      `${what}: expected a number or one of ${names.join(', ')}, found "${word}"${nameAdvice(what)}`,
      'unknown-name',
    );
  return parse('0') as T;
}

/** The table that is meant: routes of this host's own addresses go to `local` unless another is said. */
export function tableOf({ type, table }: RouteWords): number {
  return table ?? (type === 'local' || type === 'broadcast' ? RT_TABLE_LOCAL : RT_TABLE_MAIN);
}

/** The route that the words describe. */
export function routeOf(spoken: RouteWords): NewRoute {
  const { type = 'unicast', dst, scope, prefsrc, mtu, mtuLock, protocol = 'boot', tos = 0, metric = 0 } = spoken;
  const kept = spoken.kept === undefined ? {} : { kept: spoken.kept };
  const common = { dst, tos, metric, protocol, scope, mtu, mtuLock, ...kept };
  if (type === 'local' || type === 'broadcast') return { ...common, type, dev: spoken.nexthop.dev ?? '', prefsrc };
  if (type !== 'unicast') return { ...common, type };
  const [first, ...others] = spoken.nexthops.length === 0 ? [spoken.nexthop] : spoken.nexthops;
  const asNexthop = (n: SpokenNexthop | undefined): Nexthop => ({
    dev: n?.dev ?? '',
    via: n?.via,
    onlink: n?.onlink ?? false,
    weight: n?.weight ?? 1,
  });
  return { ...common, type, nexthops: [asNexthop(first), ...others.map(asNexthop)], prefsrc };
}
