import { type Ipv4, type Ipv4Prefix, parseIpv4, parsePrefix } from '../address/index.js';
import {
  type BGPConfiguration,
  type BGPFilterRule,
  type BGPPeer,
  CALICO_DEFAULTS,
  type CalicoObjects,
  type IPPool,
  parseASNumber,
  parseCommunity,
  parseDuration,
  parseSelector,
} from '../cluster/index.js';
import { didYouMean, showValue } from '../problem/index.js';

/** Kinds of objects that a patch can change, as calicoctl calls them. */
export const PATCHABLE = ['bgpconfiguration', 'bgppeer', 'bgpfilter', 'ippool', 'felixconfiguration'] as const;
export type Patchable = (typeof PATCHABLE)[number];

export function isPatchable(kind: string): kind is Patchable {
  return PATCHABLE.some((each) => each === kind);
}

/** The objects as they are then, or what is wrong with the change. */
export type Patched = { readonly calico: CalicoObjects } | { readonly problem: string };

/** Where objects of a kind are kept; the configurations are one object each, `default`. */
const LISTS = { bgppeer: 'bgpPeers', bgpfilter: 'bgpFilters', ippool: 'ipPools' } as const;
const SINGLE = { bgpconfiguration: 'bgpConfiguration', felixconfiguration: 'felixConfiguration' } as const;

/**
 * A merge patch on the spec of an object (RFC 7396, as `calicoctl patch` makes it): a key of null takes its default, a list
 * is replaced as a whole.
 */
export function patchObject(
  calico: CalicoObjects,
  kind: Patchable,
  name: string,
  spec: Readonly<Record<string, unknown>>,
): Patched {
  const fields = FIELDS[kind];
  const read = readFields(spec, fields);
  if (typeof read === 'string') return { problem: read };
  if (kind === 'bgpconfiguration' || kind === 'felixconfiguration') {
    if (name !== 'default') return { problem: unknown(kind, name, ['default']) };
    const key = SINGLE[kind];
    return { calico: { ...calico, [key]: { ...calico[key], ...read } } };
  }
  const key = LISTS[kind];
  const list: readonly Listed[] = calico[key];
  const old = list.find((each) => each.name === name);
  if (old === undefined) return { problem: unknown(kind, name, namesOf(list)) };
  const patched = { ...old, ...read };
  const problem = conflict(patched);
  if (problem !== undefined) return { problem };
  return { calico: { ...calico, [key]: list.map((each) => (each === old ? patched : each)) } };
}

/** What the kinds of which there are several have in common, and what may not be said together. */
type Listed = Pick<IPPool, 'name'> & Partial<Pick<IPPool, 'ipipMode' | 'vxlanMode'> & Pick<BGPPeer, Exclusive>>;
type Exclusive = (typeof EXCLUSIVE)[number][number];

const EXCLUSIVE = [
  ['nodeSelector', 'node'],
  ['peerSelector', 'peerIP'],
  ['asNumber', 'peerSelector'],
] as const;

/** As calicoctl refuses it (libcalico-go 3.21 lib/validator/v3, validateIPPoolSpec() and validateBGPPeerSpec()). */
function conflict(object: Listed): string | undefined {
  if ((object.ipipMode ?? 'Never') !== 'Never' && (object.vxlanMode ?? 'Never') !== 'Never')
    return 'ipipMode and vxlanMode: one of them has to be Never';
  const pair = EXCLUSIVE.find((keys) => keys.every((key) => object[key] !== undefined));
  return pair === undefined ? undefined : `${pair[0]} and ${pair[1]} exclude each other`;
}

/** The objects without one. */
export function deleteObject(calico: CalicoObjects, kind: Patchable, name: string): Patched {
  if (kind === 'bgpconfiguration' || kind === 'felixconfiguration')
    return name === 'default'
      ? { calico: { ...calico, [SINGLE[kind]]: CALICO_DEFAULTS[SINGLE[kind]] } }
      : { problem: unknown(kind, name, ['default']) };
  const key = LISTS[kind];
  const list: readonly { readonly name: string }[] = calico[key];
  if (!list.some((each) => each.name === name)) return { problem: unknown(kind, name, namesOf(list)) };
  return { calico: { ...calico, [key]: list.filter((each) => each.name !== name) } };
}

function namesOf(list: readonly { readonly name: string }[]): readonly string[] {
  return list.map(({ name }) => name);
}

function unknown(kind: string, name: string, known: readonly string[]): string {
  const near = didYouMean(name, known);
  const has = known.length === 0 ? '; there is none' : `; there is ${known.join(', ')}`;
  return `no ${kind} is called "${name}"${near === '' ? has : near}`;
}

/** Reads a value of JSON; undefined is what a key of null means. Throws {@link Unreadable}. */
type Field = (value: unknown) => unknown;

/** What a field should have been. */
class Unreadable extends Error {}

function readFields(
  spec: Readonly<Record<string, unknown>>,
  fields: Readonly<Record<string, { readonly read: Field; readonly otherwise: unknown }>>,
): Readonly<Record<string, unknown>> | string {
  const read: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(spec)) {
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (field === undefined) return `"${key}" can't be patched here${didYouMean(key, Object.keys(fields))}`;
    try {
      read[key] = value === null ? field.otherwise : field.read(value);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      return `${key}: expected ${error.message}, found ${showValue(value)}`;
    }
  }
  return read;
}

const bool: Field = (value) => (typeof value === 'boolean' ? value : fail('true or false'));

function oneOf(...words: readonly string[]): Field {
  return (value) => (typeof value === 'string' && words.includes(value) ? value : fail(words.join(', ')));
}

function integer(min: number, max: number): (value: unknown) => number {
  return (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
      ? value
      : fail(`a whole number, ${min} to ${max}`);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : fail('text');
}

const asNumber: Field = (value) =>
  typeof value === 'number'
    ? integer(1, 2 ** 32 - 1)(value)
    : (parseASNumber(text(value)) ?? fail('an AS number such as 64512 or "1.10"'));

const selector: Field = (value) => ('selector' in parseSelector(text(value)) ? value : fail('a selector of nodes'));

function address(value: unknown): Ipv4 {
  return parseIpv4(text(value)) ?? fail('an IPv4 address');
}

function cidr(value: unknown): Ipv4Prefix {
  return parsePrefix(text(value)) ?? fail('a subnet such as 10.96.0.0/12');
}

/** An empty text is the same as none. */
function orNone(read: Field): Field {
  return (value) => (value === '' ? undefined : read(value));
}

function listOf<T>(read: (value: unknown) => T): (value: unknown) => readonly T[] {
  return (value) => (Array.isArray(value) ? value.map(read) : fail('a list'));
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : fail('a map');
}

const seconds: Field = (value) => parseDuration(text(value)) ?? fail('a duration such as 120s');

const cidrs = listOf((value) => cidr(record(value)['cidr']));

const community = (value: unknown): BGPConfiguration['communities'][number] => {
  const { name, value: said } = record(value);
  return { name: text(name), value: parseCommunity(text(said)) ?? fail('a community such as 64512:100') };
};

const advertisement = (value: unknown): BGPConfiguration['prefixAdvertisements'][number] => {
  const { cidr: prefix, communities } = record(value);
  return { cidr: cidr(prefix), communities: listOf(text)(communities) };
};

const filterRule = (value: unknown): BGPFilterRule => {
  const { action, matchOperator, cidr: prefix, prefixLength, source, interface: dev, ...others } = record(value);
  const [other] = Object.keys(others);
  if (other !== undefined) return fail(`no "${other}"`);
  if ((prefix === undefined) !== (matchOperator === undefined)) return fail('cidr and matchOperator together');
  const net = prefix === undefined ? undefined : cidr(prefix);
  const bounds = prefixLength === undefined ? undefined : record(prefixLength);
  const min = integer(0, 32)(bounds?.['min'] ?? 0);
  const max = integer(0, 32)(bounds?.['max'] ?? 32);
  // BIRD refuses such a range, and all of the configuration with it.
  if (max < Math.max(min, net?.length ?? 0)) return fail('prefixLength with a max that is not below min and cidr');
  return {
    action: action === 'Accept' || action === 'Reject' ? action : fail('action Accept or Reject'),
    matchOperator:
      matchOperator === undefined
        ? undefined
        : (OPERATORS.find((each) => each === matchOperator) ?? fail(`matchOperator ${OPERATORS.join(', ')}`)),
    cidr: net,
    prefixLength: bounds === undefined ? undefined : { min, max },
    source: source === undefined || source === 'RemotePeers' ? source : fail('source RemotePeers'),
    interface: dev === undefined ? undefined : text(dev),
  };
};

const OPERATORS = ['Equal', 'NotEqual', 'In', 'NotIn'] as const;

function fail(expected: string): never {
  throw new Unreadable(expected);
}

const CONFIG = CALICO_DEFAULTS.bgpConfiguration;
const FELIX = CALICO_DEFAULTS.felixConfiguration;
const mode = { read: oneOf('Always', 'CrossSubnet', 'Never'), otherwise: 'Never' };
const off = { read: bool, otherwise: false };

/** What a patch can set of each kind, by the names of the API. What of a pool is left out can't be changed once it is made. */
const FIELDS: Readonly<
  Record<Patchable, Readonly<Record<string, { readonly read: Field; readonly otherwise: unknown }>>>
> = {
  bgpconfiguration: {
    asNumber: { read: asNumber, otherwise: CONFIG.asNumber },
    nodeToNodeMeshEnabled: { read: bool, otherwise: true },
    serviceClusterIPs: { read: cidrs, otherwise: [] },
    serviceExternalIPs: { read: cidrs, otherwise: [] },
    serviceLoadBalancerIPs: { read: cidrs, otherwise: [] },
    communities: { read: listOf(community), otherwise: [] },
    prefixAdvertisements: { read: listOf(advertisement), otherwise: [] },
    nodeMeshMaxRestartTime: { read: seconds, otherwise: CONFIG.nodeMeshMaxRestartTime },
  },
  bgppeer: {
    node: { read: orNone(text), otherwise: undefined },
    nodeSelector: { read: orNone(selector), otherwise: undefined },
    peerIP: { read: orNone(address), otherwise: undefined },
    asNumber: { read: asNumber, otherwise: undefined },
    peerSelector: { read: orNone(selector), otherwise: undefined },
    keepOriginalNextHop: off,
    nextHopMode: { read: oneOf('Auto', 'Self', 'Keep'), otherwise: undefined },
    filters: { read: listOf(text), otherwise: [] },
    maxRestartTime: { read: seconds, otherwise: undefined },
    numAllowedLocalASNumbers: { read: integer(0, 255), otherwise: 0 },
  },
  bgpfilter: {
    exportV4: { read: listOf(filterRule), otherwise: [] },
    importV4: { read: listOf(filterRule), otherwise: [] },
  },
  ippool: {
    ipipMode: mode,
    vxlanMode: mode,
    natOutgoing: off,
    disabled: off,
    disableBGPExport: off,
    nodeSelector: { read: selector, otherwise: 'all()' },
  },
  felixconfiguration: {
    defaultEndpointToHostAction: { read: oneOf('Drop', 'Return', 'Accept'), otherwise: 'Drop' },
    chainInsertMode: {
      read: (value) => (oneOf('Insert', 'Append')(value) === 'Insert' ? 'insert' : 'append'),
      otherwise: FELIX.chainInsertMode,
    },
    iptablesFilterAllowAction: { read: oneOf('Accept', 'Return'), otherwise: 'Accept' },
    iptablesMangleAllowAction: { read: oneOf('Accept', 'Return'), otherwise: 'Accept' },
    serviceLoopPrevention: { read: oneOf('Drop', 'Reject', 'Disabled'), otherwise: 'Drop' },
  },
};
