import { ANY, type Ipv4, parseIpv4 } from '../../address/index.js';
import { type Problem, type Read, readResult } from '../../problem/index.js';
import type { KeptEntry } from '../kept.js';
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
  const isOld = isOldSs(source);
  source.text.split('\n').forEach((content, index) => {
    const line = index + 1;
    const fail = (message: string, col: number): void => {
      problems.push({ code: 'syntax', message, file: source.file, path: [], line, col });
    };
    const columns = readColumns(splitLine(content), fail);
    if (columns === undefined) return;
    const { protocol, local, host, port } = columns;
    // `127.0.0.53%lo` is bound to a device besides.
    const [bare = '', dev] = host.split('%');
    const object = programsOf(content);
    const origin = { by: 'dump', file: source.file, line, ...(object !== undefined && { object }) };
    const family = isOld ? oldFamily(bare, `${protocol} ${port}`, source) : familyOf(bare);
    const fields = fieldsOf(splitLine(content));
    if (family === undefined) fail(`expected an address, found "${host}"`, local.col);
    else if (family.takes === 'inet6') inet6.push({ dev, fields, origin });
    else {
      const { address, dualStack } = family;
      const bound = { ...(dev === undefined ? {} : { dev }), ...(dualStack ? { dualStack } : {}) };
      inet.push({ protocol, address, port, ...bound, ...keptOf(fields), behaviour: 'sink', origin });
    }
  });
  return readResult({ inet, inet6 }, problems);
}

interface Columns {
  readonly protocol: Socket['protocol'];
  readonly local: PlacedWord;
  readonly host: string;
  readonly port: number;
}

/** A line's columns; undefined for the heading, for a socket that is connected, and for what is none. */
function readColumns(words: readonly PlacedWord[], fail: (message: string, col: number) => void): Columns | undefined {
  const [netid, state, , , local] = words;
  if (netid === undefined || netid.text === 'Netid') return undefined;
  if (state === undefined || local === undefined) {
    fail('expected NETID STATE RECV-Q SEND-Q LOCAL PEER, as `ss -lntuH` prints', netid.col);
    return undefined;
  }
  const protocol = (['tcp', 'udp', 'sctp'] as const).find((p) => p === netid.text);
  if (protocol === undefined) {
    fail(`expected tcp, udp or sctp, found "${netid.text}"`, netid.col);
    return undefined;
  }
  if (state.text !== 'LISTEN' && state.text !== 'UNCONN') return undefined;
  const [, host, port] = /^(.*):(\d+)$/.exec(local.text) ?? [];
  if (host === undefined || Number(port) > 65535) {
    fail(`expected ADDRESS:PORT, found "${local.text}"`, local.col);
    return undefined;
  }
  return { protocol, local, host, port: Number(port) };
}

type Family =
  | { readonly takes: 'inet'; readonly address: Ipv4; readonly dualStack: boolean }
  | { readonly takes: 'inet6' };

function familyOf(host: string): Family | undefined {
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

/** Any address of IPv6 counts as IPv4's too, unless an IPv4 socket has the port, which the kernel would refuse then. */
function oldFamily(host: string, port: string, { text }: Source): Family | undefined {
  if (host === '*') return { takes: 'inet', address: ANY, dualStack: false };
  const any = host === '::' || host === '[::]';
  const isTaken = new RegExp(`^${port.replace(' ', '\\s.*\\s\\*:')}\\s`, 'm').test(text);
  if (any && !isTaken) return { takes: 'inet', address: ANY, dualStack: true };
  return familyOf(host.replace(/^(::ffff:.*)$/, '[$1]'));
}

/** The columns by the names of their heading. */
function fieldsOf(words: readonly PlacedWord[]): KeptEntry['fields'] {
  const [netid, state, receive, send, local, peer, ...rest] = words.map(({ text }) => text);
  const more = rest.length === 0 ? {} : { process: rest.join(' ') };
  return { netid, state, 'recv-q': receive, 'send-q': send, local, peer, ...more };
}

function keptOf({ 'recv-q': receive, 'send-q': send, process }: KeptEntry['fields']): Pick<Socket, 'kept'> {
  if (receive === '0' && send === '0' && process === undefined) return {};
  return { kept: { 'recv-q': receive, 'send-q': send, ...(process === undefined ? {} : { process }) } };
}

/** `sshd` of `users:(("sshd",pid=1,fd=3))`; each program once. */
function programsOf(content: string): string | undefined {
  const [, users] = /\busers:\((.*)\)/.exec(content) ?? [];
  const names = new Set([...(users ?? '').matchAll(/\("([^"]*)"/g)].map((match) => match[1]));
  return names.size === 0 ? undefined : [...names].join(', ');
}
