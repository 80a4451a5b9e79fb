import { ANY, type Ipv4, parseIpv4 } from '../../address/index.js';
import { type Problem, type Read, readResult } from '../../problem/index.js';
import { type KeptEntry, keptBut } from '../kept.js';
import type { Source } from '../source.js';
import { type PlacedWord, splitLine } from '../words.js';
import type { Socket } from './socket.js';

/** What `ss` says of sockets. */
export interface SocketDump {
  /** Those that take packets of IPv4. */
  readonly inet: readonly Socket[];
  /** Those that do not, by the columns of `ss`. */
  readonly inet6: readonly KeptEntry[];
}

/**
 * Reads `ss -lntuH`, with `-p` or without: the sockets that listen (TCP) or are bound (UDP). What the programs behind
 * them say is not in a dump: they read and answer nothing. Their names, where they are told, become the origin's object.
 *
 * `*` is an IPv6 socket that takes IPv4 as well, `[::]` one that does not, `[::ffff:10.0.0.1]` one of an IPv4 address
 * (inet_addr_print(), iproute2 misc/ss.c). See {@link isOldSs} for what did not say so yet.
 */
export function readSockets(source: Source): Read<SocketDump> {
  const problems: Problem[] = [];
  const inet: Socket[] = [];
  const inet6: KeptEntry[] = [];
  const rows = source.text.split('\n').flatMap((content, index) => {
    const fail = (message: string, col: number): undefined => {
      problems.push({ code: 'syntax', message, file: source.file, path: [], line: index + 1, col });
    };
    const words = splitLine(content);
    const columns = readColumns(words, fail);
    return columns === undefined ? [] : [{ ...columns, content, words, line: index + 1, fail }];
  });
  const familyOf = isOldSs(source) ? oldFamilies(rows) : familyOfHost;
  for (const { protocol, local, host, port, content, words, line, fail } of rows) {
    // `127.0.0.53%lo` is bound to a device besides.
    const [bare = '', dev] = host.split('%');
    const object = programsOf(content);
    const origin = { by: 'dump', file: source.file, line, ...(object !== undefined && { object }) };
    const family = familyOf(bare, portKey(protocol, port));
    const fields = fieldsOf(words);
    if (family === undefined) fail(`expected an address, found "${host}"`, local.col);
    else if (family.takes === 'inet6') inet6.push({ dev, fields, origin });
    else {
      const { address, dualStack } = family;
      const bound = { ...(dev === undefined ? {} : { dev }), ...(dualStack ? { dualStack } : {}) };
      inet.push({ protocol, address, port, ...bound, ...keptBut(fields, isRead), behaviour: 'sink', origin });
    }
  }
  return readResult({ inet, inet6 }, problems);
}

type Fail = (message: string, col: number) => undefined;

interface Columns {
  readonly protocol: Socket['protocol'];
  readonly local: PlacedWord;
  readonly host: string;
  readonly port: number;
}

/** A line's columns; undefined for the heading, for a socket that is connected, and for what is none. */
function readColumns(words: readonly PlacedWord[], fail: Fail): Columns | undefined {
  const [netid, state, , , local] = words;
  if (netid === undefined || netid.text === 'Netid') return undefined;
  if (state === undefined || local === undefined)
    return fail('expected NETID STATE RECV-Q SEND-Q LOCAL PEER, as `ss -lntuH` prints', netid.col);
  const protocol = (['tcp', 'udp', 'sctp'] as const).find((p) => p === netid.text);
  if (protocol === undefined) return fail(`expected tcp, udp or sctp, found "${netid.text}"`, netid.col);
  if (state.text !== 'LISTEN' && state.text !== 'UNCONN') return undefined;
  const [, host, port] = /^(.*):(\d+)$/.exec(local.text) ?? [];
  if (host === undefined || Number(port) > 65535)
    return fail(`expected ADDRESS:PORT, found "${local.text}"`, local.col);
  return { protocol, local, host, port: Number(port) };
}

type Family =
  | { readonly takes: 'inet'; readonly address: Ipv4; readonly dualStack: boolean }
  | { readonly takes: 'inet6' };

function familyOfHost(host: string): Family | undefined {
  if (host === '*') return { takes: 'inet', address: ANY, dualStack: true };
  const mapped = /^\[::ffff:(.*)\]$/.exec(host)?.[1];
  const address = parseIpv4(mapped ?? host);
  if (address !== undefined) return { takes: 'inet', address, dualStack: mapped !== undefined };
  return host.includes(':') ? { takes: 'inet6' } : undefined;
}

/**
 * Whether an older ss wrote this: it has `*` for any address of IPv4, and `:::80` or `[::]:80` of an IPv6 socket whether
 * that takes IPv4 or not.
 */
export function isOldSs({ text }: Source): boolean {
  return /\s(:::\d+|\d+(\.\d+){3}(%\S+)?:\d+\s+\*:\*)(\s|$)/.test(text);
}

/**
 * The families of what an older ss printed. Any address of IPv6 counts as IPv4's too, unless an IPv4 socket has the port,
 * which the kernel would refuse then.
 */
function oldFamilies(rows: readonly Columns[]): (host: string, key: string) => Family | undefined {
  const taken = new Set(rows.flatMap(({ protocol, host, port }) => (host === '*' ? [portKey(protocol, port)] : [])));
  return (host, key) => {
    if (host === '*') return { takes: 'inet', address: ANY, dualStack: false };
    const isAny = host === '::' || host === '[::]';
    if (isAny && !taken.has(key)) return { takes: 'inet', address: ANY, dualStack: true };
    return familyOfHost(host.replace(/^(::ffff:.*)$/, '[$1]'));
  };
}

function portKey(protocol: Socket['protocol'], port: number): string {
  return `${protocol} ${port}`;
}

/** The columns by the names of their heading. */
function fieldsOf(words: readonly PlacedWord[]): KeptEntry['fields'] {
  const [netid, state, receive, send, local, peer, ...rest] = words.map(({ text }) => text);
  const more = rest.length === 0 ? {} : { process: rest.join(' ') };
  return { netid, state, 'recv-q': receive, 'send-q': send, local, peer, ...more };
}

const READ: ReadonlySet<string> = new Set(['netid', 'state', 'local', 'peer']);

/** Whether a column is read into a field, or is of an empty queue. */
function isRead(key: string, value: unknown): boolean {
  return READ.has(key) || (key !== 'process' && value === '0');
}

/** `sshd` of `users:(("sshd",pid=1,fd=3))`; each program once. */
function programsOf(content: string): string | undefined {
  const [, users] = /\busers:\((.*)\)/.exec(content) ?? [];
  const names = new Set([...(users ?? '').matchAll(/\("([^"]*)"/g)].map((match) => match[1]));
  return names.size === 0 ? undefined : [...names].join(', ');
}
