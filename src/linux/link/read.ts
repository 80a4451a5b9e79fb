import { type Mac, parseMac } from '../../address/index.js';
import { type Problem, type Read, readResult } from '../../problem/index.js';
import { type JsonRecord, jsonRecords } from '../json.js';
import { createNetns, type Netns } from '../netns.js';
import type { Source } from '../source.js';
import { keptOfLink } from './kept.js';
import type { BridgePort, Link } from './link.js';
import { readKind } from './read-kind.js';
import { linkJson } from './write-json.js';

/** What `ip -j -d link` says of a namespace's devices. */
export interface LinkDump {
  /** By name, in order of ifindex. */
  readonly links: ReadonlyMap<string, Link>;
  /** Of each veth whose other end is in another namespace: the index that it has there, and the namespace's number here. */
  readonly farEnds: ReadonlyMap<string, { readonly ifindex: number; readonly netnsid: number }>;
}

/** Where the links are, and what is known of them besides. */
export interface LinkContext {
  /** Name of the namespace, for peers within it. */
  readonly netns: string;
  /** `bridge -j -d link`, which knows port flags that `ip` may leave out. */
  readonly bridgeLink?: Source;
}

/**
 * Reads `ip -j -d link`. The other end of a veth pair is known only if it is in the same namespace; `connectLinks` joins
 * the others.
 */
export function readLinks(source: Source, { netns, bridgeLink }: LinkContext): Read<LinkDump> {
  const problems: Problem[] = [];
  const ports = new Map<string, JsonRecord>();
  if (bridgeLink !== undefined)
    for (const record of jsonRecords(bridgeLink, problems)) ports.set(record.requiredString('ifname'), record);
  const links: Link[] = [];
  const records = new Map<string, JsonRecord>();
  const farEnds = new Map<string, { ifindex: number; netnsid: number }>();
  for (const record of jsonRecords(source, problems)) {
    const link = readLink(record, netns, ports, source.file);
    links.push(link);
    records.set(link.name, record);
    const netnsid = record.number('link_netnsid');
    const ifindex = record.number('link_index');
    if (link.kind === 'veth' && netnsid !== undefined && ifindex !== undefined)
      farEnds.set(link.name, { ifindex, netnsid });
  }
  links.sort((a, b) => a.ifindex - b.ifindex);
  const followed = links.map((link) => followsPorts(link, links));
  const ns: Netns = { ...createNetns(netns, 'host'), links: new Map(followed.map((link) => [link.name, link])) };
  const all = followed.map((link): [string, Link] => {
    const kept = keptOfLink(link, records.get(link.name)?.fields ?? {}, linkJson(ns, link));
    return [link.name, kept === undefined ? link : { ...link, kept }];
  });
  return readResult({ links: new Map(all), farEnds }, problems);
}

function readLink(record: JsonRecord, netns: string, ports: ReadonlyMap<string, JsonRecord>, file: string): Link {
  const name = record.requiredString('ifname');
  const flags = record.strings('flags');
  if (!record.has('flags')) record.fail('', '"flags" is missing', 'missing');
  const linkinfo = record.record('linkinfo');
  const slave = linkinfo?.string('info_slave_kind');
  const bridge = slave === undefined || slave === 'bridge' ? record.string('master') : undefined;
  const port =
    bridge === undefined ? undefined : readPort(record, linkinfo?.record('info_slave_data'), ports.get(name));
  const kind = readKind(record, netns);
  const common = {
    name,
    ifindex: record.requiredNumber('ifindex'),
    mtu: record.requiredNumber('mtu'),
    address: readAddress(record),
    up: flags.includes('UP'),
    carrier: flags.includes('LOWER_UP'),
    noarp: flags.includes('NOARP'),
    promisc: flags.includes('PROMISC'),
    master: bridge,
    port,
    origin: { by: 'dump', file },
  };
  // A port of a bond, VRF or team forwards by their rules: not as the device that it is.
  return slave === undefined || slave === 'bridge'
    ? { ...kind, ...common }
    : { kind: 'unmodelled', type: `${slave}_slave`, data: linkinfo?.fields ?? {}, ...common };
}

function readAddress(record: JsonRecord): Mac {
  return parseMac(record.string('address') ?? '') ?? (0 as Mac);
}

const STATES: readonly BridgePort['state'][] = ['disabled', 'listening', 'learning', 'forwarding', 'blocking'];

function readPort(
  record: JsonRecord,
  slave: JsonRecord | undefined,
  extra: JsonRecord | undefined,
): BridgePort | undefined {
  if (slave === undefined) {
    const message = 'is a bridge port, but its port number and flags are missing; use `ip -j -d link`';
    return record.fail('master', message, 'missing');
  }
  const on = (key: string, alternative = true): boolean => extra?.boolean(key) ?? slave.boolean(key) ?? alternative;
  const state = slave.string('state');
  const known = STATES.find((s) => s === state);
  if (known === undefined) slave.fail('state', `expected one of ${STATES.join(', ')}, found "${state ?? ''}"`);
  return {
    no: slave.spelledNumber('no') ?? 0,
    state: known ?? 'disabled',
    hairpin: on('hairpin', false),
    isolated: on('isolated', false),
    learning: on('learning'),
    flood: on('flood'),
    mcastFlood: on('mcast_flood'),
    bcastFlood: on('bcast_flood'),
  };
}

/**
 * Whether a bridge's address and MTU still follow its ports is not in a dump: they do if they are what they would
 * be (br_stp_recalculate_bridge_id(), br_mtu_auto_adjust(), linux net/bridge).
 */
function followsPorts(link: Link, links: readonly Link[]): Link {
  if (link.kind !== 'bridge') return link;
  const ports = links.filter((port) => port.master === link.name);
  if (ports.length === 0) return { ...link, mtuSet: link.mtu !== 1500 };
  const addressSet = link.address !== Math.min(...ports.map((port) => port.address));
  return { ...link, addressSet, mtuSet: link.mtu !== Math.min(...ports.map((port) => port.mtu)) };
}
