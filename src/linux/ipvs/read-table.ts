import type { Problem } from '../../problem/index.js';
import type { Source } from '../source.js';
import { LineWords, splitLine } from '../words.js';
import { dumpOrigin, type IpvsDraft, readEnd } from './draft.js';
import type { IpvsKey, IpvsProtocol, RealServer } from './ipvs.js';

const PROTOCOLS: ReadonlyMap<string, IpvsProtocol> = new Map([
  ['TCP', 'tcp'],
  ['UDP', 'udp'],
  ['SCTP', 'sctp'],
]);

const FORWARDING: ReadonlyMap<string, RealServer['forwarding']> = new Map([
  ['Masq', 'masq'],
  ['Route', 'route'],
  ['Tunnel', 'tunnel'],
  ['Local', 'local'],
]);

/** Reads the table of `ipvsadm -Ln`; what it counts (connections) is passed over. */
export function readIpvsTable(source: Source, draft: IpvsDraft, problems: Problem[]): void {
  let key: IpvsKey | undefined;
  source.text.split('\n').forEach((content, index) => {
    if (content.trim() === '' || /^\s*(#|IP Virtual Server|Prot LocalAddress|-> RemoteAddress)/.test(content)) return;
    const words = new LineWords(splitLine(content), { file: source.file, line: index + 1, problems });
    if (!words.accept('->')) key = readService(words, draft);
    else if (key === undefined) words.fail('a server without a virtual service', 'syntax');
    else readServer(words, key, draft);
  });
}

function readService(words: LineWords, draft: IpvsDraft): IpvsKey | undefined {
  const before = words.place.problems.length;
  const key = readKey(words);
  const scheduler = words.take('scheduler');
  let schedulerFlags: readonly string[] = [];
  let persistent: number | undefined;
  let netmask: string | undefined;
  let engine: string | undefined;
  let onePacket = false;
  while (words.has()) {
    const [, flags] = /^\((.*)\)$/.exec(words.peek() ?? '') ?? [];
    if (flags !== undefined) {
      words.take('flags');
      schedulerFlags = flags.split(',');
    } else if (words.accept('persistent')) persistent = words.number('timeout');
    else if (words.accept('mask')) netmask = words.take('netmask');
    else if (words.accept('pe')) engine = words.take('persistence engine');
    else if (words.accept('ops')) onePacket = true;
    else words.end();
    if (words.place.problems.length > before) return key;
  }
  const origin = dumpOrigin(words.place);
  if (words.place.problems.length === before)
    draft.addService({ key, scheduler, schedulerFlags, persistent, netmask, engine, onePacket, origin }, words);
  return key;
}

function readKey(words: LineWords): IpvsKey | undefined {
  const word = words.take('protocol');
  if (word === 'FWM') {
    const mark = words.number('firewall mark', 0xffffffff, 1);
    return { by: 'fwmark', mark, family: words.accept('IPv6') ? 'inet6' : 'inet' };
  }
  const protocol = PROTOCOLS.get(word);
  if (protocol === undefined) {
    words.fail(`expected TCP, UDP, SCTP or FWM, found "${word}"`, 'syntax');
    words.rest();
    return undefined;
  }
  const end = readEnd(words);
  return end && { by: 'address', protocol, ...end };
}

function readServer(words: LineWords, key: IpvsKey, draft: IpvsDraft): void {
  const before = words.place.problems.length;
  const end = readEnd(words);
  const method = words.take('forwarding method');
  const forwarding = FORWARDING.get(method);
  if (forwarding === undefined) words.fail(`expected Masq, Route, Tunnel or Local, found "${method}"`);
  const weight = words.number('weight', 0x7fffffff);
  if (end === undefined || forwarding === undefined || words.place.problems.length > before) return;
  draft.addServer(key, { ...end, forwarding, weight, words: [], origin: dumpOrigin(words.place) }, words);
}
