import { parseUint, UINT16 } from './spelling.js';
import type { Words } from './words.js';

/** Ports from `min` to `max`, both included. */
export interface PortRange {
  readonly min: number;
  readonly max: number;
}

/** Every port. */
export const ANY_PORT: PortRange = { min: 0, max: UINT16 };

/** Services that rules are written with (/etc/services); dumps have numbers. */
const SERVICES: ReadonlyMap<string, number> = new Map([
  ['ftp-data', 20],
  ['ftp', 21],
  ['ssh', 22],
  ['telnet', 23],
  ['smtp', 25],
  ['domain', 53],
  ['bootps', 67],
  ['bootpc', 68],
  ['tftp', 69],
  ['http', 80],
  ['kerberos', 88],
  ['pop3', 110],
  ['sunrpc', 111],
  ['ntp', 123],
  ['imap2', 143],
  ['snmp', 161],
  ['bgp', 179],
  ['ldap', 389],
  ['https', 443],
  ['syslog', 514],
  ['ldaps', 636],
  ['imaps', 993],
  ['pop3s', 995],
  ['nfs', 2049],
  ['mysql', 3306],
  ['postgresql', 5432],
]);

/** Reads a port by number or service name. */
export function parsePort(text: string): number | undefined {
  return parseUint(text, UINT16) ?? SERVICES.get(text);
}

/**
 * Reads `80` or `80SEPARATOR90`, where one end of a range may be left out.
 *
 * @returns undefined for anything else, and for a range that runs backwards.
 */
export function parsePortRange(text: string, separator: ':' | '-'): PortRange | undefined {
  const at = text.indexOf(separator);
  const single = parsePort(text);
  if (single !== undefined) return { min: single, max: single };
  if (at < 0) return undefined;
  const min = at === 0 ? 0 : parsePort(text.slice(0, at));
  const max = at === text.length - 1 ? UINT16 : parsePort(text.slice(at + 1));
  return min === undefined || max === undefined || min > max ? undefined : { min, max };
}

/** Writes `80` or `80SEPARATOR90`. */
export function formatPortRange({ min, max }: PortRange, separator: ':' | '-'): string {
  return min === max ? `${min}` : `${min}${separator}${max}`;
}

/** Takes a word as a port or range of ports. */
export function readPortRange(words: Words, separator: ':' | '-'): PortRange {
  const word = words.next();
  const range = parsePortRange(word, separator);
  if (range === undefined) words.fail(`expected a port or a range such as 80${separator}90, found "${word}"`);
  return range ?? ANY_PORT;
}

/** Whether `port` is in `range`. */
export function inRange(range: PortRange, port: number): boolean {
  return port >= range.min && port <= range.max;
}
