import type { Mac } from '../../address/index.js';
import { parseMac } from '../../address/index.js';
import { type Problem, type Read, readResult } from '../../problem/index.js';
import { type JsonRecord, jsonRecords } from '../json.js';
import { type KeptEntry, keptRecord, wordsOf } from '../kept.js';
import type { LearnedNeighbour } from '../runtime.js';
import type { Source } from '../source.js';
import { type Neighbour, type NudState, neighbourKey, type ProxyNeighbour } from './neigh.js';

/** What `ip -j neigh` says: what somebody configured, and what ARP found. */
export interface NeighbourDump {
  /** By `dev|ip`. */
  readonly configured: ReadonlyMap<string, Neighbour>;
  readonly proxies: readonly ProxyNeighbour[];
  /** By `dev|ip`; runtime. */
  readonly learned: ReadonlyMap<string, LearnedNeighbour>;
  readonly inet6: readonly KeptEntry[];
}

const STATES: readonly NudState[] = [
  'NONE',
  'INCOMPLETE',
  'REACHABLE',
  'STALE',
  'DELAY',
  'PROBE',
  'FAILED',
  'NOARP',
  'PERMANENT',
];

/**
 * Reads `ip -j neigh`, and `ip -j neigh show proxy`, which prints the same records with `proxy`. Whether an
 * entry has been used is not in a dump: one with a link-layer address counts as used. Nor is when it changed: long ago.
 *
 * @param now when the dump was taken, ms of the virtual clock.
 */
export function readNeighbours(source: Source, now = 0): Read<NeighbourDump> {
  const problems: Problem[] = [];
  const configured = new Map<string, Neighbour>();
  const proxies: ProxyNeighbour[] = [];
  const learned = new Map<string, LearnedNeighbour>();
  const inet6: KeptEntry[] = [];
  const origin = { by: 'dump', file: source.file };
  const updated = Number.NEGATIVE_INFINITY;
  for (const record of jsonRecords(source, problems)) {
    if (wordsOf(record.fields['dst']).includes(':')) {
      inet6.push(keptRecord(record, source.file));
      continue;
    }
    const dev = record.requiredString('dev');
    const ip = record.ipv4('dst');
    if (ip === undefined) {
      if (!record.has('dst')) record.fail('', '"dst" is missing', 'missing');
      continue;
    }
    if (record.has('proxy')) {
      proxies.push({ dev, ip, origin });
      continue;
    }
    const state = readState(record);
    const lladdr = readLladdr(record);
    const key = neighbourKey(dev, ip);
    if (state === 'PERMANENT' || state === 'NOARP')
      configured.set(key, { dev, ip, lladdr: lladdr ?? (0 as Mac), state, ...keptOf(record), origin });
    else learned.set(key, { lladdr: lladdr ?? (0 as Mac), state, used: lladdr !== undefined, confirmed: now, updated });
  }
  return readResult({ configured, proxies, learned, inet6 }, problems);
}

function keptOf({ fields }: JsonRecord): Pick<Neighbour, 'kept'> {
  const { dst: _, dev: __, lladdr: ___, state: ____, ...kept } = fields;
  return Object.keys(kept).length === 0 ? {} : { kept };
}

function readState(record: JsonRecord): NudState {
  const found = record.strings('state');
  const state = STATES.find((s) => found.includes(s));
  if (state === undefined && found.length > 0)
    record.fail('state', `expected one of ${STATES.join(', ')}, found "${found.join(', ')}"`);
  return state ?? 'NONE';
}

/** Devices without Ethernet have neighbours too, with addresses of other forms: those count as 0. */
function readLladdr(record: JsonRecord): Mac | undefined {
  const text = record.string('lladdr');
  return text === undefined ? undefined : (parseMac(text) ?? (0 as Mac));
}
