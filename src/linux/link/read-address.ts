import { type Problem, type Read, readResult } from '../../problem/index.js';
import { parseScope } from '../fib/names.js';
import { type JsonRecord, jsonRecords } from '../json.js';
import type { KeptEntry } from '../kept.js';
import type { Origin } from '../origin.js';
import type { Source } from '../source.js';
import type { InetAddress } from './link.js';
import { FOREVER } from './write-address.js';

/** What `ip addr` says of addresses, by link and in the kernel's order within a link. */
export interface AddressDump {
  readonly inet: readonly InetAddress[];
  readonly inet6: readonly KeptEntry[];
}

/** Reads `ip -j addr`. */
export function readAddresses(source: Source): Read<AddressDump> {
  const problems: Problem[] = [];
  const found = jsonRecords(source, problems).flatMap((link) => {
    const dev = link.requiredString('ifname');
    return link.records('addr_info').map((record) => ({ dev, record }));
  });
  return readResult(addressesOf(found, source.file), problems);
}

/** The addresses that these records tell of, each with its device and, where that is known, its line. */
export function addressesOf(
  found: readonly { readonly dev: string; readonly record: JsonRecord; readonly line?: number }[],
  file: string,
): AddressDump {
  const inet: InetAddress[] = [];
  const inet6: KeptEntry[] = [];
  for (const { dev, record, line } of found) {
    const origin: Origin = { by: 'dump', file, ...(line === undefined ? {} : { line }) };
    if (record.string('family') === 'inet') inet.push(readAddress(record, dev, origin));
    else inet6.push({ dev, fields: record.fields, origin });
  }
  return { inet, inet6 };
}

/** What an address is read into; lifetimes too, if it has the usual ones. */
const MODELLED = new Set(['family', 'local', 'address', 'prefixlen', 'broadcast', 'scope', 'secondary', 'label']);

function readAddress(record: JsonRecord, dev: string, origin: Origin): InetAddress {
  const local = record.ipv4('local');
  if (local === undefined && !record.has('local')) record.fail('', '"local" is missing', 'missing');
  const prefixLength = record.requiredNumber('prefixlen');
  if (!Number.isInteger(prefixLength) || prefixLength < 0 || prefixLength > 32)
    record.fail('prefixlen', `expected a length from 0 to 32, found ${prefixLength}`);
  const scopeName = record.string('scope') ?? 'global';
  const scope = parseScope(scopeName);
  if (scope === undefined) record.fail('scope', `expected a scope, found "${scopeName}"`, 'unknown-name');
  const own = local ?? (0 as InetAddress['local']);
  const kept = Object.entries(record.fields).filter(
    ([key, value]) => !MODELLED.has(key) && !(/_life_time$/.test(key) && value === FOREVER),
  );
  return {
    dev,
    local: own,
    prefixLength,
    peer: record.ipv4('address') ?? own,
    broadcast: record.ipv4('broadcast'),
    scope: scope ?? 0,
    secondary: record.boolean('secondary') ?? false,
    label: record.string('label') ?? dev,
    ...(kept.length === 0 ? {} : { kept: Object.fromEntries(kept) }),
    origin,
  };
}
