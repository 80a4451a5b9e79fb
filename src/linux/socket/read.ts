import { ANY, parseIpv4 } from '../../address/index.js';
import { type Problem, type Read, readResult } from '../../problem/index.js';
import type { Source } from '../source.js';
import { splitLine } from '../words.js';
import type { Socket } from './socket.js';

/**
 * Reads `ss -lntuH`, with `-p` or without: the sockets that listen (TCP) or are bound (UDP) on IPv4. What the programs behind them say is not
 * in a dump: they read and answer nothing. Their names, where they are told, become the origin's object.
 *
 * `*` is an IPv6 socket that takes IPv4 as well, `[::]` one that does not, `[::ffff:10.0.0.1]` one of an IPv4 address.
 */
export function readSockets(source: Source): Read<Socket[]> {
  const problems: Problem[] = [];
  const sockets: Socket[] = [];
  source.text.split('\n').forEach((content, index) => {
    const words = splitLine(content);
    const [netid, state, , , local] = words;
    if (netid === undefined || netid.text === 'Netid') return;
    const line = index + 1;
    const fail = (message: string, col: number): void => {
      problems.push({ code: 'syntax', message, file: source.file, path: [], line, col });
    };
    if (state === undefined || local === undefined) {
      fail('expected NETID STATE RECV-Q SEND-Q LOCAL PEER, as `ss -lntuH` prints', netid.col);
      return;
    }
    const protocol = (['tcp', 'udp', 'sctp'] as const).find((p) => p === netid.text);
    if (protocol === undefined) {
      fail(`expected tcp, udp or sctp, found "${netid.text}"`, netid.col);
      return;
    }
    if (state.text !== 'LISTEN' && state.text !== 'UNCONN') return;
    const [, host, port] = /^(.*):(\d+)$/.exec(local.text) ?? [];
    if (host === undefined || Number(port) > 65535) {
      fail(`expected ADDRESS:PORT, found "${local.text}"`, local.col);
      return;
    }
    // `127.0.0.53%lo` is bound to a device besides.
    const [bare = '', dev] = host.split('%');
    const address = bare === '*' ? ANY : parseIpv4(/^\[::ffff:(.*)\]$/.exec(bare)?.[1] ?? bare);
    if (address !== undefined) {
      const object = programsOf(content);
      const origin = { by: 'dump', file: source.file, line, ...(object !== undefined && { object }) };
      const bound = dev === undefined ? {} : { dev };
      sockets.push({ protocol, address, port: Number(port), ...bound, behaviour: 'sink', origin });
    } else if (!bare.includes(':')) fail(`expected an address, found "${host}"`, local.col);
  });
  return readResult(sockets, problems);
}

/** `sshd` of `users:(("sshd",pid=1,fd=3))`; each program once. */
function programsOf(content: string): string | undefined {
  const [, users] = /\busers:\((.*)\)/.exec(content) ?? [];
  const names = new Set([...(users ?? '').matchAll(/\("([^"]*)"/g)].map((match) => match[1]));
  return names.size === 0 ? undefined : [...names].join(', ');
}
