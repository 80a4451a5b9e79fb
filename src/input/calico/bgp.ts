import { type Ipv4, type Ipv4Prefix, parseAddress, parseIpv4 } from '../../address/index.js';
import {
  type BGPConfiguration,
  type BGPFilter,
  type BGPFilterRule,
  type BGPPeer,
  CALICO_DEFAULTS,
  type Community,
  type Node,
  parseASNumber,
  parseCommunity,
  parseDuration,
} from '../../cluster/index.js';
import { didYouMean } from '../../problem/index.js';
import type { LabContext, Place } from '../context.js';
import type { ASNumberFile, BGPConfigurationFile, BGPFilterRuleFile, BGPPeerFile } from './calico-file.js';
import type { EntryOf } from './entries.js';
import { checkSelector, readCidr, selectsAny } from './pools.js';

/** BGPConfiguration `default`; what it leaves out is as nothing were said. */
export function readBgpConfiguration(
  entry: EntryOf<'BGPConfiguration'> | undefined,
  context: LabContext,
): BGPConfiguration {
  const fallback = CALICO_DEFAULTS.bgpConfiguration;
  if (entry === undefined) return fallback;
  const { spec, at } = entry;
  const where = `bgpconfiguration/${entry.name}`;
  const prefixes = (key: 'serviceClusterIPs' | 'serviceExternalIPs' | 'serviceLoadBalancerIPs'): Ipv4Prefix[] =>
    (spec[key] ?? []).flatMap((said, i) => {
      const text = typeof said === 'string' ? said : said.cidr;
      return readCidr(text, typeof said === 'string' ? at(key, i) : at(key, i, 'cidr'), where, context) ?? [];
    });
  return {
    asNumber: readAS(spec.asNumber, at('asNumber'), context) ?? fallback.asNumber,
    nodeToNodeMeshEnabled: spec.nodeToNodeMeshEnabled ?? fallback.nodeToNodeMeshEnabled,
    serviceClusterIPs: prefixes('serviceClusterIPs'),
    serviceExternalIPs: prefixes('serviceExternalIPs'),
    serviceLoadBalancerIPs: prefixes('serviceLoadBalancerIPs'),
    ...readCommunities(spec, entry, context),
    nodeMeshMaxRestartTime: parseDuration(spec.nodeMeshMaxRestartTime ?? '') ?? fallback.nodeMeshMaxRestartTime,
  };
}

/** validateBGPConfigurationSpec(), libcalico-go 3.21 lib/validator/v3. */
function readCommunities(
  { communities = [], prefixAdvertisements = [] }: BGPConfigurationFile,
  { at, name }: EntryOf<'BGPConfiguration'>,
  context: LabContext,
): Pick<BGPConfiguration, 'communities' | 'prefixAdvertisements'> {
  if (communities.length > 0 && prefixAdvertisements.length === 0)
    context.complain(at('communities'), 'bad-value', 'no entry of prefixAdvertisements uses these communities');
  const names = communities.map((each) => each.name);
  return {
    communities: communities.flatMap(({ name: called, value }, i) => {
      const read = readCommunity(value, at('communities', i, 'value'), context);
      return read === undefined ? [] : [{ name: called, value: read }];
    }),
    prefixAdvertisements: prefixAdvertisements.flatMap(({ cidr: text, communities: said = [] }, i) => {
      for (const [j, each] of said.entries()) {
        const place = at('prefixAdvertisements', i, 'communities', j);
        if (/^\d+(:\d+){1,2}$/.test(each)) readCommunity(each, place, context);
        else if (!names.includes(each))
          context.unknownName(place, each, `no community is called "${each}"`, () => names);
      }
      const place = at('prefixAdvertisements', i, 'cidr');
      const cidr = readCidr(text, place, `bgpconfiguration/${name}`, context);
      return cidr === undefined ? [] : [{ cidr, communities: said }];
    }),
  };
}

function readCommunity(text: string, place: Place, context: LabContext): Community | undefined {
  const most = text.split(':').length === 2 ? 0xffff : 0xffff_ffff;
  return parseCommunity(text) ?? context.complain(place, 'bad-value', `${text}: expected numbers up to ${most}`);
}

/** Reads BGPPeers (validateBGPPeerSpec()). */
export function readPeers(
  entries: readonly EntryOf<'BGPPeer'>[],
  filters: readonly BGPFilter[],
  nodes: readonly Node[],
  context: LabContext,
): readonly BGPPeer[] {
  const names = new Set(nodes.map(({ name }) => name));
  const known = filters.map(({ name }) => name);
  return entries.flatMap((entry) => {
    const { name, spec, at } = entry;
    checkPeer(entry, context);
    if (given(spec.node) !== undefined && !names.has(spec.node ?? '')) {
      const hint = didYouMean(spec.node ?? '', names);
      context.note(at('node'), `BGPPeer ${name} is of no node: none is called "${spec.node}"${hint}`);
    }
    for (const key of ['nodeSelector', 'peerSelector'] as const)
      if (given(spec[key]) !== undefined && checkSelector(spec[key] ?? '', at(key), context))
        if (nodes.length > 0 && !selectsAny(spec[key] ?? '', nodes))
          context.note(at(key), `${key} of BGPPeer ${name} selects no node`);
    for (const [i, filter] of (spec.filters ?? []).entries())
      if (!known.includes(filter))
        context.note(at('filters', i), `no BGPFilter is called "${filter}"${didYouMean(filter, known)}`);
    const peerIP = given(spec.peerIP) === undefined ? undefined : readPeerIP(entry, context);
    // One that can't be read is not one of all peers.
    if (peerIP === undefined && given(spec.peerIP) !== undefined) return [];
    return [peerOf(entry, peerIP, context)];
  });
}

/** An empty text is the same as none. */
function given(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

function peerOf({ name, spec, at }: EntryOf<'BGPPeer'>, peerIP: Ipv4 | undefined, context: LabContext): BGPPeer {
  const secret = spec.password?.secretKeyRef;
  const asNumber = readAS(spec.asNumber, at('asNumber'), context);
  return {
    name,
    node: given(spec.node),
    nodeSelector: given(spec.nodeSelector),
    peerIP,
    asNumber: asNumber === 0 ? undefined : asNumber,
    peerSelector: given(spec.peerSelector),
    keepOriginalNextHop: spec.keepOriginalNextHop ?? false,
    nextHopMode: spec.nextHopMode,
    filters: spec.filters ?? [],
    maxRestartTime: parseDuration(spec.maxRestartTime ?? ''),
    numAllowedLocalASNumbers: spec.numAllowedLocalASNumbers ?? 0,
    // What is in the Secret no object says: one key of one Secret is one password.
    password: secret === undefined ? undefined : `${secret.name}/${secret.key}`,
  };
}

function checkPeer({ name, spec, place, at }: EntryOf<'BGPPeer'>, context: LabContext): void {
  const has = (key: keyof BGPPeerFile): boolean => spec[key] !== undefined && spec[key] !== '' && spec[key] !== 0;
  const clash = (key: keyof BGPPeerFile, other: keyof BGPPeerFile): void => {
    if (has(key) && has(other)) context.complain(at(key), 'conflict', `${key} and ${other} exclude each other`);
  };
  clash('nodeSelector', 'node');
  clash('peerSelector', 'peerIP');
  clash('asNumber', 'peerSelector');
  if (!has('peerIP') && !has('peerSelector'))
    context.note(place, `BGPPeer ${name} has no peer: neither peerIP nor peerSelector is given`);
  else if (has('peerIP') && !has('asNumber')) context.note(place, `BGPPeer ${name} has a peerIP and no asNumber`);
}

/** `192.168.56.1`, or with the port of BGP behind it. */
function readPeerIP({ name, spec, at }: EntryOf<'BGPPeer'>, context: LabContext): Ipv4 | undefined {
  const text = spec.peerIP ?? '';
  const where = `bgppeer/${name}`;
  const [, host = '', port] = /^([\d.]+):(\d+)$/.exec(text) ?? [undefined, text];
  const address = parseIpv4(host);
  if (address === undefined) {
    const bare = host.replace(/^\[|\](:\d+)?$/g, '');
    if (parseAddress(bare) !== undefined)
      context.notModelled(at('peerIP'), { what: `peerIP: ${text}, which is IPv6`, where });
    else context.complain(at('peerIP'), 'bad-address', `expected an IP address such as 192.168.56.1, found "${text}"`);
    return undefined;
  }
  if (port !== undefined && Number(port) !== 179)
    context.notModelled(at('peerIP'), { what: `peerIP: port ${port}`, where });
  return address;
}

/** Reads BGPFilters. */
export function readFilters(entries: readonly EntryOf<'BGPFilter'>[], context: LabContext): readonly BGPFilter[] {
  return entries.map((entry) => {
    const rules = (key: 'exportV4' | 'importV4'): readonly BGPFilterRule[] =>
      (entry.spec[key] ?? []).map((rule, i) => readRule(rule, entry, [key, i], context));
    return { name: entry.name, exportV4: rules('exportV4'), importV4: rules('importV4') };
  });
}

function readRule(
  said: BGPFilterRuleFile,
  { name, at }: EntryOf<'BGPFilter'>,
  path: readonly (string | number)[],
  context: LabContext,
): BGPFilterRule {
  const place = at(...path);
  if ((said.cidr === undefined) !== (said.matchOperator === undefined))
    context.complain(place, 'missing', 'expected cidr and matchOperator together');
  const { min = 0, max = 32 } = said.prefixLength ?? {};
  if (said.prefixLength !== undefined && said.cidr === undefined)
    context.complain(at(...path, 'prefixLength'), 'missing', 'expected cidr beside prefixLength');
  if (min > max) context.complain(at(...path, 'prefixLength'), 'bad-value', `min ${min} is above max ${max}`);
  // Of IPv6 there are other rules, exportV6 and importV6.
  const ipv6 = said.cidr?.includes(':') === true;
  if (ipv6) context.complain(at(...path, 'cidr'), 'bad-address', `expected an IPv4 subnet, found "${said.cidr}"`);
  const text = said.cidr === undefined || ipv6 ? undefined : said.cidr;
  const cidr = text === undefined ? undefined : readCidr(text, at(...path, 'cidr'), `bgpfilter/${name}`, context);
  // `[ 10.0.0.0/24{24,20} ]` is an "Invalid prefix pattern range" to BIRD (filter/config.Y), which then reads no bird.cfg.
  if (cidr !== undefined && max < cidr.length && min <= max)
    context.complain(at(...path, 'prefixLength'), 'bad-value', `max ${max} is shorter than cidr ${said.cidr}`);
  noteNeverEqual(said, at(...path, 'matchOperator'), context);
  return {
    action: said.action,
    matchOperator: said.matchOperator,
    cidr,
    prefixLength: said.prefixLength === undefined ? undefined : { min, max },
    source: said.source,
    interface: said.interface,
  };
}

/** A prefixLength makes a set of the cidr, to which BIRD compares the route's prefix: they are never the same. */
function noteNeverEqual({ matchOperator, prefixLength }: BGPFilterRuleFile, place: Place, context: LabContext): void {
  if (prefixLength === undefined) return;
  const way = 'confd writes a set of prefixes, and to BIRD no prefix equals a set;';
  if (matchOperator === 'Equal')
    context.note(place, `Equal with prefixLength holds for no route: ${way} In compares with its members`);
  if (matchOperator === 'NotEqual')
    context.note(place, `NotEqual with prefixLength holds for every route: ${way} NotIn compares with its members`);
}

/** `64512`, or `"1.10"` for 65546. */
export function readAS(said: ASNumberFile | undefined, place: Place, context: LabContext): number | undefined {
  if (said === undefined || typeof said === 'number') return said;
  const message = `expected an AS number such as 64512 or 1.10, found "${said}"`;
  return parseASNumber(said) ?? context.complain(place, 'bad-value', message);
}
