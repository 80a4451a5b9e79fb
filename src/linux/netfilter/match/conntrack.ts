import { formatIpv4, type Ipv4, netmask } from '../../../address/index.js';
import type { Connection } from '../../conntrack/table.js';
import { parseAddressMask } from '../address.js';
import type { RuleContext } from '../context.js';
import type { MatchExtension } from '../extension.js';
import { NOT_VALUE, VALUE } from '../option.js';
import { formatPortRange, inRange, type PortRange, readPortRange } from '../port.js';
import { formatProtocol, parseProtocol } from '../protocol.js';
import { negation, parseUint, UINT32 } from '../spelling.js';
import type { Words } from '../words.js';
import { CT_STATES, type CtStateName, readNames, stateOf } from './conntrack-state.js';

/** Something wanted, or not wanted. */
interface Wanted<T> {
  readonly is: T;
  readonly invert: boolean;
}

/** An address with a prefix length; iptables keeps the bits below it. */
interface Network {
  readonly address: Ipv4;
  readonly length: number;
}

const STATUSES = ['EXPECTED', 'SEEN_REPLY', 'ASSURED', 'CONFIRMED'] as const;
type Status = (typeof STATUSES)[number];
const ADDRESSES = ['--ctorigsrc', '--ctorigdst', '--ctreplsrc', '--ctrepldst'] as const;
type AddressOption = (typeof ADDRESSES)[number];
const PORTS = ['--ctorigsrcport', '--ctorigdstport', '--ctreplsrcport', '--ctrepldstport'] as const;
type PortOption = (typeof PORTS)[number];

/** `-m conntrack` */
export interface ConntrackMatch {
  readonly match: 'conntrack';
  readonly states: Wanted<readonly CtStateName[]> | undefined;
  readonly protocol: Wanted<number> | undefined;
  readonly addresses: ReadonlyMap<AddressOption, Wanted<Network>>;
  readonly ports: ReadonlyMap<PortOption, Wanted<PortRange>>;
  readonly statuses: Wanted<readonly Status[]> | undefined;
  /** Seconds that are left, from and to. */
  readonly expire: Wanted<PortRange> | undefined;
  readonly dir: 'ORIGINAL' | 'REPLY' | undefined;
}

const OPTIONS = {
  '--ctstate': NOT_VALUE,
  '--ctproto': NOT_VALUE,
  '--ctorigsrc': NOT_VALUE,
  '--ctorigdst': NOT_VALUE,
  '--ctreplsrc': NOT_VALUE,
  '--ctrepldst': NOT_VALUE,
  '--ctorigsrcport': NOT_VALUE,
  '--ctorigdstport': NOT_VALUE,
  '--ctreplsrcport': NOT_VALUE,
  '--ctrepldstport': NOT_VALUE,
  '--ctstatus': NOT_VALUE,
  '--ctexpire': NOT_VALUE,
  '--ctdir': VALUE,
} as const;

/** What connection tracking knows of the packet (conntrack_mt(), linux net/netfilter/xt_conntrack.c). */
export const conntrack: MatchExtension<ConntrackMatch> = {
  name: 'conntrack',
  options: OPTIONS,
  parse(words) {
    let states: ConntrackMatch['states'];
    let protocol: ConntrackMatch['protocol'];
    const addresses = new Map<AddressOption, Wanted<Network>>();
    const ports = new Map<PortOption, Wanted<PortRange>>();
    let statuses: ConntrackMatch['statuses'];
    let expire: ConntrackMatch['expire'];
    let dir: ConntrackMatch['dir'];
    if (!words.has()) words.fail('-m conntrack needs an option', 'missing');
    for (const { option, invert } of words.options(OPTIONS)) {
      switch (option) {
        case '--ctstate':
          states = { is: readNames(words, CT_STATES), invert };
          break;
        case '--ctproto':
          protocol = { is: readProtocol(words), invert };
          break;
        case '--ctstatus':
          statuses = { is: readStatuses(words), invert };
          break;
        case '--ctexpire':
          expire = { is: readSeconds(words), invert };
          break;
        case '--ctdir':
          dir = readDir(words);
          break;
        case '--ctorigsrc':
        case '--ctorigdst':
        case '--ctreplsrc':
        case '--ctrepldst':
          addresses.set(option, { is: readNetwork(words), invert });
          break;
        default:
          ports.set(option, { is: readPortRange(words, ':'), invert });
      }
    }
    return { match: 'conntrack', states, protocol, addresses, ports, statuses, expire, dir };
  },
  print(m) {
    const parts = ['-m conntrack'];
    if (m.states !== undefined) parts.push(`${negation(m.states.invert)}--ctstate ${m.states.is.join(',')}`);
    if (m.protocol !== undefined) parts.push(`${negation(m.protocol.invert)}--ctproto ${m.protocol.is}`);
    for (const option of ADDRESSES) {
      const wanted = m.addresses.get(option);
      if (wanted !== undefined) parts.push(`${negation(wanted.invert)}${option} ${formatNetwork(wanted.is)}`);
    }
    for (const option of PORTS) {
      const wanted = m.ports.get(option);
      if (wanted !== undefined) parts.push(`${negation(wanted.invert)}${option} ${formatPortRange(wanted.is, ':')}`);
    }
    if (m.statuses !== undefined)
      parts.push(`${negation(m.statuses.invert)}--ctstatus ${m.statuses.is.join(',') || 'NONE'}`);
    if (m.expire !== undefined)
      parts.push(`${negation(m.expire.invert)}--ctexpire ${formatPortRange(m.expire.is, ':')}`);
    if (m.dir !== undefined) parts.push(`--ctdir ${m.dir}`);
    return parts.join(' ');
  },
  test(m, { skb }) {
    const { ct } = skb;
    if (m.states !== undefined && hasState(m.states.is, stateOf(skb), ct) === m.states.invert) return false;
    // Without a connection nothing but the state is looked at.
    if (ct === undefined) return m.states !== undefined;
    if (m.dir !== undefined && skb.ctReply !== (m.dir === 'REPLY')) return false;
    if (m.protocol !== undefined && (ct.original.protocol === m.protocol.is) === m.protocol.invert) return false;
    for (const [option, { is, invert }] of m.addresses) if (holds(is, addressOf(ct, option)) === invert) return false;
    for (const [option, { is, invert }] of m.ports) if (inRange(is, portOf(ct, option)) === invert) return false;
    if (m.statuses !== undefined && m.statuses.is.some((name) => hasStatus(ct, name)) === m.statuses.invert)
      return false;
    return m.expire === undefined ? true : 'unsupported';
  },
  have: (m, context) => describe(m, context),
  tracks: () => true,
};

function hasState(wanted: readonly CtStateName[], state: CtStateName, ct: Connection | undefined): boolean {
  if (wanted.includes(state)) return true;
  if (ct === undefined) return false;
  return (ct.srcNat && wanted.includes('SNAT')) || (ct.dstNat && wanted.includes('DNAT'));
}

function hasStatus(ct: Connection, status: Status): boolean {
  switch (status) {
    case 'EXPECTED':
      return ct.master !== undefined;
    case 'SEEN_REPLY':
      return ct.seenReply;
    case 'ASSURED':
      return ct.assured;
    case 'CONFIRMED':
      return ct.confirmed;
  }
}

function holds({ address, length }: Network, has: Ipv4): boolean {
  return ((has ^ address) & netmask(length)) === 0;
}

function addressOf({ original, reply }: Connection, option: AddressOption): Ipv4 {
  switch (option) {
    case '--ctorigsrc':
      return original.src;
    case '--ctorigdst':
      return original.dst;
    case '--ctreplsrc':
      return reply.src;
    case '--ctrepldst':
      return reply.dst;
  }
}

function portOf({ original, reply }: Connection, option: PortOption): number {
  switch (option) {
    case '--ctorigsrcport':
      return original.sport;
    case '--ctorigdstport':
      return original.dport;
    case '--ctreplsrcport':
      return reply.sport;
    case '--ctrepldstport':
      return reply.dport;
  }
}

/** Says of the packet all that the match asks about. */
function describe(m: ConntrackMatch, { skb }: RuleContext): string {
  const { ct } = skb;
  const parts: string[] = [];
  if (m.states !== undefined || ct === undefined) {
    const nat = ct === undefined ? [] : [ct.srcNat ? 'SNAT' : '', ct.dstNat ? 'DNAT' : ''];
    parts.push([stateOf(skb), ...nat].filter((name) => name !== '').join(','));
  }
  if (ct === undefined) return parts.join(', ');
  if (m.dir !== undefined) parts.push(skb.ctReply ? 'REPLY' : 'ORIGINAL');
  if (m.protocol !== undefined) parts.push(formatProtocol(ct.original.protocol));
  for (const option of m.addresses.keys()) parts.push(`${option.slice(2)} ${formatIpv4(addressOf(ct, option))}`);
  for (const option of m.ports.keys()) parts.push(`${option.slice(2)} ${portOf(ct, option)}`);
  if (m.statuses !== undefined) parts.push(STATUSES.filter((name) => hasStatus(ct, name)).join(',') || 'NONE');
  return parts.join(', ');
}

function readProtocol(words: Words): number {
  const word = words.next();
  const protocol = parseProtocol(word);
  if (protocol === undefined) words.fail(`expected a protocol, found "${word}"`);
  return protocol ?? 0;
}

function readStatuses(words: Words): Status[] {
  return readNames(words, ['NONE', ...STATUSES]).filter((name) => name !== 'NONE');
}

function readDir(words: Words): ConntrackMatch['dir'] {
  const word = words.next().toUpperCase();
  if (word === 'ORIGINAL' || word === 'REPLY') return word;
  words.fail(`expected ORIGINAL or REPLY, found "${word}"`);
  return undefined;
}

function readSeconds(words: Words): PortRange {
  const word = words.next();
  const [from = '', to = from, ...rest] = word.split(':');
  const min = from === '' ? 0 : parseUint(from, UINT32);
  const max = to === '' ? UINT32 : parseUint(to, UINT32);
  if (min !== undefined && max !== undefined && rest.length === 0 && word !== '') return { min, max };
  words.fail(`expected seconds such as 10:20, found "${word}"`);
  return { min: 0, max: UINT32 };
}

function readNetwork(words: Words): Network {
  const word = words.next();
  const [head = '', tail] = word.split('/');
  const address = parseAddressMask(head)?.address;
  const mask = tail === undefined ? 0xffffffff : parseAddressMask(`0/${tail}`)?.mask;
  const length = mask === undefined ? -1 : Math.clz32(~mask >>> 0);
  if (address !== undefined && mask !== undefined && netmask(length) === mask && word.split('/').length < 3)
    return { address, length };
  words.fail(`expected an address such as 10.0.0.0/8, found "${word}"`, 'bad-address');
  return { address: 0 as Ipv4, length: 0 };
}

function formatNetwork({ address, length }: Network): string {
  return length === 32 ? formatIpv4(address) : `${formatIpv4(address)}/${length}`;
}
