import type { Header } from '../../src/packet/index.js';
import type { Trace } from '../../src/trace/index.js';
import { type PlacedEvent, placedEvents } from './events.js';
import { ICMP_TYPES, UNREACHABLE } from './frame.js';
import type { RecordedProbe } from './lab.js';

/** What the recorder's programs saw, in the words of `ping` and of a TCP client and its server. */
export interface Result {
  /** Of a ping: an answer or an error a line. */
  readonly lines?: readonly string[];
  /** Of TCP: what the server saw of the connection, and bytes that each end read. */
  readonly server?: { readonly peer: string; readonly local: string; readonly bytes: number };
  readonly client?: { readonly bytes: number };
  readonly errno?: string;
}

/** `64 bytes from 10.244.1.3: icmp_seq=1 ttl=64 time=0.068 ms`, `From 10.244.1.1 icmp_seq=1 Time to live exceeded`. */
const ANSWER = /^(\d+) bytes from (\S+): icmp_seq=(\d+) ttl=(\d+)/;
const ERROR = /^From (\S+) icmp_seq=\d+ (.*)$/;
const LOCAL_ERROR = /^ping: local error: message too long, mtu=\d+$/;
/** How ping(8) of iputils words ICMP errors (pr_icmph()). */
const ICMP_WORDS: ReadonlyMap<string, string> = new Map([
  ['time-exceeded 0', 'Time to live exceeded'],
  ['unreachable net', 'Destination Net Unreachable'],
  ['unreachable host', 'Destination Host Unreachable'],
  ['unreachable frag-needed', 'Frag needed and DF set'],
]);
/** Python's errors of a socket; a number is what errno(3) has on Linux. */
const ERRNOS: readonly (readonly [text: string, errno: string])[] = [
  ['TimeoutError', 'ETIMEDOUT'],
  ['ConnectionRefusedError', 'ECONNREFUSED'],
  ['[Errno 101]', 'ENETUNREACH'],
  ['[Errno 113]', 'EHOSTUNREACH'],
];

/** What was recorded. */
export function recordedResult({ sent, result }: RecordedProbe): Result {
  if (sent.kind === 'ping') return { lines: (result.output ?? []).flatMap(lineOf) };
  if (result.clientError !== undefined) return { errno: errnoOf(result.clientError) };
  const { peerSeenByServer: peer = '', localSeenByServer: local = '', received = 0, clientReceived = 0 } = result;
  return { server: { peer, local, bytes: received }, client: { bytes: clientReceived } };
}

function lineOf(text: string): string[] {
  if (text.startsWith('PING ')) return [];
  const [, bytes, from, seq, ttl] = ANSWER.exec(text) ?? [];
  if (bytes !== undefined) return [`${bytes} bytes from ${from} seq ${seq} ttl ${ttl}`];
  const [, by, what = ''] = ERROR.exec(text) ?? [];
  if (by !== undefined) return [`from ${by}: ${what.replace(/ \(mtu = (\d+)\)$/, ' $1')}`];
  if (LOCAL_ERROR.test(text)) return ['EMSGSIZE'];
  throw new Error(`ping printed "${text}"`);
}

function errnoOf(error: string): string {
  const found = ERRNOS.find(([text]) => error.includes(text));
  if (found === undefined) throw new Error(`no errno is known for ${error}`);
  return found[1];
}

/** What our trace says that they would have seen. */
export function tracedResult({ sent }: RecordedProbe, trace: Trace): Result {
  const events = placedEvents(trace);
  const here = events.filter(({ netns }) => netns === sent.from);
  if (sent.kind === 'ping') {
    const local = here.some(({ event }) => event.k === 'errno' && event.errno === 'EMSGSIZE') ? ['EMSGSIZE'] : [];
    return { lines: [...here.flatMap(pingLine), ...local] };
  }
  const [accepted] = events.flatMap(({ event }) =>
    event.k === 'deliver' && event.to.startsWith('tcp LISTEN') ? [event] : [],
  );
  if (trace.verdict.errno !== null) return { errno: trace.verdict.errno };
  const { local = '', remote: peer = '' } = accepted ?? {};
  const toServer = ({ event }: PlacedEvent): boolean =>
    event.k === 'deliver' && event.local === local && event.remote === peer;
  return {
    server: { peer, local, bytes: bytesOf(events.filter(toServer)) },
    client: { bytes: bytesOf(here.filter((placed) => !toServer(placed))) },
  };
}

function pingLine({ event, headers }: PlacedEvent): string[] {
  if (event.k !== 'deliver') return [];
  const { ip, icmp } = echo(headers);
  if (ip === undefined || icmp === undefined) return [];
  if (event.to === 'ping') return [`${ip.len - 20} bytes from ${ip.src} seq ${icmp.seq} ttl ${ip.ttl}`];
  if (!event.to.startsWith('icmp socket')) return [];
  const type = ICMP_TYPES.get(icmp.type);
  const words = ICMP_WORDS.get(`${type} ${icmp.type === 3 ? UNREACHABLE.get(icmp.code) : icmp.code}`);
  return [`from ${ip.src}: ${words}${icmp.mtu > 0 ? ` ${icmp.mtu}` : ''}`];
}

function echo(headers: readonly Header[]): {
  readonly ip: Extract<Header, { readonly l: 'ip4' }> | undefined;
  readonly icmp: Extract<Header, { readonly l: 'icmp' }> | undefined;
} {
  const ip = headers.find((header) => header.l === 'ip4');
  const icmp = headers.find((header) => header.l === 'icmp');
  return { ip: ip?.l === 'ip4' ? ip : undefined, icmp: icmp?.l === 'icmp' ? icmp : undefined };
}

/** Payload that connections were given. */
function bytesOf(events: readonly PlacedEvent[]): number {
  return events.reduce((bytes, { event, headers }) => {
    const tcp = headers.find((header) => header.l === 'tcp');
    return event.k === 'deliver' && event.to === 'tcp connection' && tcp?.l === 'tcp' ? bytes + tcp.payload : bytes;
  }, 0);
}
