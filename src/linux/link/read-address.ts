import { type Problem, type Read, readResult } from '../../problem/index.js';
import { parseScope } from '../fib/names.js';
import { type JsonRecord, jsonRecords } from '../json.js';
import type { Source } from '../source.js';
import type { InetAddress } from './link.js';

/** Reads `ip -j addr`: the IPv4 addresses, by link and in the kernel's order within a link. */
export function readAddresses(source: Source): Read<InetAddress[]> {
  const problems: Problem[] = [];
  const addresses = jsonRecords(source, problems).flatMap((link) => {
    const dev = link.requiredString('ifname');
    return link
      .records('addr_info')
      .filter((record) => record.string('family') === 'inet')
      .map((record) => readAddress(record, dev, source.file));
  });
  return readResult(addresses, problems);
}

function readAddress(record: JsonRecord, dev: string, file: string): InetAddress {
  const local = record.ipv4('local');
  if (local === undefined && !record.has('local')) record.fail('', '"local" is missing', 'missing');
  const prefixLength = record.requiredNumber('prefixlen');
  if (!Number.isInteger(prefixLength) || prefixLength < 0 || prefixLength > 32)
    record.fail('prefixlen', `expected a length from 0 to 32, found ${prefixLength}`);
  const scopeName = record.string('scope') ?? 'global';
  const scope = parseScope(scopeName);
  if (scope === undefined) record.fail('scope', `expected a scope, found "${scopeName}"`, 'unknown-name');
  const own = local ?? (0 as InetAddress['local']);
  return {
    dev,
    local: own,
    prefixLength,
    peer: record.ipv4('address') ?? own,
    broadcast: record.ipv4('broadcast'),
    scope: scope ?? 0,
    secondary: record.boolean('secondary') ?? false,
    label: record.string('label') ?? dev,
    origin: { by: 'dump', file },
  };
}
