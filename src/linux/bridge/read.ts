import { type Mac, parseMac } from '../../address/index.js';
import { type Problem, type Read, readResult } from '../../problem/index.js';
import { type JsonRecord, jsonRecords } from '../json.js';
import { type KeptEntry, keptRecord, wordsOf } from '../kept.js';
import type { LearnedRemote, LearnedStation } from '../runtime.js';
import type { Source } from '../source.js';
import { type BridgeFdbEntry, fdbKey, type VxlanFdbEntry, type VxlanRemote } from './fdb.js';

/** What `bridge -j fdb` says, taken apart: configured and learned, of bridges and of VXLAN devices. */
export interface FdbDump {
  /** By `bridge|mac`. */
  readonly bridge: ReadonlyMap<string, BridgeFdbEntry>;
  /** By `dev|mac`. */
  readonly vxlan: ReadonlyMap<string, VxlanFdbEntry>;
  /** By `bridge|mac`; runtime. */
  readonly stations: ReadonlyMap<string, LearnedStation>;
  /** By `dev|mac`; runtime. */
  readonly vxlanStations: ReadonlyMap<string, LearnedRemote>;
  /**
   * What decides about no frame that is followed: addresses that devices listen to, further VLANs of a station, remotes
   * of IPv6.
   */
  readonly others: readonly KeptEntry[];
}

/**
 * Reads `bridge -j fdb`. The addresses that devices listen to (`self`, without a remote) are kept as they are.
 *
 * @param now when the dump was taken, ms of the virtual clock.
 */
export function readFdb(source: Source, now = 0): Read<FdbDump> {
  const problems: Problem[] = [];
  const dump = {
    bridge: new Map<string, BridgeFdbEntry>(),
    vxlan: new Map<string, VxlanFdbEntry>(),
    stations: new Map<string, LearnedStation>(),
    vxlanStations: new Map<string, LearnedRemote>(),
    others: [] as KeptEntry[],
  };
  for (const record of jsonRecords(source, problems)) {
    const mac = readMac(record);
    const dev = record.requiredString('ifname');
    if (mac === undefined) continue;
    const whole: KeptEntry = { ...keptRecord(record, source.file), dev };
    const state = record.string('state') ?? '';
    const origin = { by: 'dump', file: source.file };
    const bridge = record.string('master');
    if (bridge !== undefined) {
      const key = fdbKey(bridge, mac);
      if (state === 'permanent' || state === 'static') {
        // One entry for each VLAN; the address leads to the same port in all of them.
        if (dump.bridge.has(key)) dump.others.push(whole);
        else dump.bridge.set(key, { bridge, mac, dev, state, ...keptOf(record), origin });
      } else dump.stations.set(key, { dev, updated: now });
    } else if (wordsOf(record.fields['dst']).includes(':')) {
      // A device with remotes of IPv6 has no others (vxlan_fdb_create()), and is not modelled.
      dump.others.push(whole);
    } else if (record.has('dst')) {
      const remote = readRemote(record);
      if (remote === undefined) continue;
      const key = fdbKey(dev, mac);
      const old = dump.vxlan.get(key);
      if (old !== undefined) dump.vxlan.set(key, { ...old, remotes: [...old.remotes, remote] });
      else if (state === 'permanent' || state === 'static')
        dump.vxlan.set(key, { dev, mac, remotes: [remote], state, origin });
      else dump.vxlanStations.set(key, { ...remote, updated: now });
    } else if (record.has('nhid')) record.fail('nhid', 'next hop groups of VXLAN devices are not modelled');
    else dump.others.push(whole);
  }
  return readResult(dump, problems);
}

function keptOf({ fields }: JsonRecord): Pick<BridgeFdbEntry, 'kept'> {
  const { mac: _, ifname: __, flags, master: ___, state: ____, ...kept } = fields;
  const flagged = Array.isArray(flags) && flags.length > 0 ? { flags, ...kept } : kept;
  return Object.keys(flagged).length === 0 ? {} : { kept: flagged };
}

function readMac(record: JsonRecord): Mac | undefined {
  const text = record.requiredString('mac');
  const mac = parseMac(text);
  if (mac === undefined && text !== '') record.fail('mac', `expected a MAC address, found "${text}"`, 'bad-address');
  return mac;
}

function readRemote(record: JsonRecord): VxlanRemote | undefined {
  const ip = record.ipv4('dst');
  if (ip === undefined) return undefined;
  const vni = record.number('vni');
  return { ip, port: record.number('port'), vni, via: record.string('viaIf') };
}
