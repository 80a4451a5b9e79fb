import { didYouMean, type Problem, type Read, readResult } from '../../problem/index.js';
import type { Source } from '../source.js';
import { LineWords, splitLine } from '../words.js';
import { dumpOrigin, IpvsDraft, readEnd } from './draft.js';
import type { IpvsAddress, IpvsKey, IpvsProtocol, RealServer, VirtualService } from './ipvs.js';
import { readIpvsTable } from './read-table.js';

/** Reads what `ipvsadm -Sn` or `ipvsadm -Ln` printed, whichever it is. */
export function readIpvs(source: Source): Read<VirtualService[]> {
  const problems: Problem[] = [];
  const draft = new IpvsDraft();
  if (/^(IP Virtual Server|Prot LocalAddress)/m.test(source.text)) readIpvsTable(source, draft, problems);
  else
    source.text.split('\n').forEach((content, index) => {
      if (content.trim() === '' || /^\s*#/.test(content)) return;
      const place = { file: source.file, line: index + 1, problems };
      readCommand(new LineWords(splitLine(content), place), draft);
    });
  return readResult(draft.finish(), problems);
}

const PROTOCOLS: ReadonlyMap<string, IpvsProtocol> = new Map([
  ['-t', 'tcp'],
  ['--tcp-service', 'tcp'],
  ['-u', 'udp'],
  ['--udp-service', 'udp'],
  ['--sctp-service', 'sctp'],
]);

const FORWARDING: ReadonlyMap<string, RealServer['forwarding']> = new Map([
  ['-m', 'masq'],
  ['--masquerading', 'masq'],
  ['-g', 'route'],
  ['--gatewaying', 'route'],
  ['-i', 'tunnel'],
  ['--ipip', 'tunnel'],
]);

/** Options that are kept by their words, with the number of words that follow. */
const KEPT: ReadonlyMap<string, 0 | 1> = new Map([
  ['-x', 1],
  ['--u-threshold', 1],
  ['-y', 1],
  ['--l-threshold', 1],
  ['--tun-type', 1],
  ['--tun-port', 1],
  ['--tun-nocsum', 0],
  ['--tun-csum', 0],
  ['--tun-remcsum', 0],
]);

/** Long names of options of a service. */
const LONG: ReadonlyMap<string, string> = new Map([
  ['--fwmark-service', '-f'],
  ['--scheduler', '-s'],
  ['--persistent', '-p'],
  ['--netmask', '-M'],
  ['--ops', '-o'],
  ['--sched-flags', '-b'],
  ['--real-server', '-r'],
  ['--weight', '-w'],
  ['--ipv6', '-6'],
]);

interface SpokenCommand {
  protocol?: IpvsProtocol;
  end?: (IpvsAddress & { readonly port: number }) | undefined;
  mark?: number;
  inet6: boolean;
  scheduler: string;
  persistent?: number;
  netmask?: string;
  engine?: string;
  onePacket: boolean;
  schedulerFlags: readonly string[];
  server?: (IpvsAddress & { readonly port: number }) | undefined;
  forwarding: RealServer['forwarding'] | undefined;
  weight: number;
  words: string[];
}

function readCommand(words: LineWords, draft: IpvsDraft): void {
  const verb = words.take('command');
  const adds = verb === '-A' || verb === '--add-service';
  if (!adds && verb !== '-a' && verb !== '--add-server') {
    words.fail(`expected -A or -a, as \`ipvsadm -Sn\` prints, found "${verb}"`, 'syntax');
    return;
  }
  const before = words.place.problems.length;
  const spoken: SpokenCommand = {
    inet6: false,
    scheduler: 'wlc',
    onePacket: false,
    schedulerFlags: [],
    forwarding: undefined,
    weight: 1,
    words: [],
  };
  while (words.has()) readOption(words, spoken);
  const key = keyOf(spoken);
  if (key === undefined) words.fail('the virtual service is missing: -t, -u, --sctp-service or -f', 'missing');
  if (!adds && spoken.server === undefined) words.fail('the real server is missing: -r', 'missing');
  if (words.place.problems.length > before) return;
  const origin = dumpOrigin(words.place);
  const { scheduler, persistent, netmask, engine, onePacket, schedulerFlags, weight } = spoken;
  if (adds) {
    draft.addService({ key, scheduler, persistent, netmask, engine, onePacket, schedulerFlags, origin }, words);
    return;
  }
  // Without a method ipvsadm asks for a route; a saved line has none where the kernel found an address of its own.
  const forwarding = spoken.forwarding ?? 'local';
  if (spoken.server !== undefined)
    draft.addServer(key, { ...spoken.server, forwarding, weight, words: spoken.words, origin }, words);
}

function keyOf({ mark, inet6, protocol, end }: SpokenCommand): IpvsKey | undefined {
  if (mark !== undefined) return { by: 'fwmark', mark, family: inet6 ? 'inet6' : 'inet' };
  return protocol === undefined || end === undefined ? undefined : { by: 'address', protocol, ...end };
}

function readOption(words: LineWords, spoken: SpokenCommand): void {
  const word = words.take('option');
  const option = LONG.get(word) ?? word;
  const protocol = PROTOCOLS.get(option);
  const forwarding = FORWARDING.get(option);
  const kept = KEPT.get(option);
  if (protocol !== undefined) {
    spoken.protocol = protocol;
    spoken.end = readEnd(words);
  } else if (forwarding !== undefined) spoken.forwarding = forwarding;
  else if (kept !== undefined) spoken.words.push(option, ...(kept === 0 ? [] : [words.take(option)]));
  else readValue(words, option, spoken);
}

function readValue(words: LineWords, option: string, spoken: SpokenCommand): void {
  switch (option) {
    case '-f':
      spoken.mark = words.number('firewall mark', 0xffffffff, 1);
      return;
    case '-6':
      spoken.inet6 = true;
      return;
    case '-s':
      spoken.scheduler = words.take('scheduler');
      return;
    case '-p':
      // Without a number it is 360 s; ipvsadm(8) says 300.
      spoken.persistent = /^\d/.test(words.peek() ?? '') ? words.number('timeout') : 360;
      return;
    case '-M':
      spoken.netmask = words.take('netmask');
      return;
    case '--pe':
      spoken.engine = words.take('persistence engine');
      return;
    case '-o':
      spoken.onePacket = true;
      return;
    case '-b':
      spoken.schedulerFlags = words.take('flags of the scheduler').split(',');
      return;
    case '-r':
      spoken.server = readEnd(words);
      return;
    case '-w':
      spoken.weight = words.number('weight', 0x7fffffff);
      return;
    default: {
      const known = [...PROTOCOLS.keys(), ...FORWARDING.keys(), ...KEPT.keys(), ...LONG.keys()];
      const long = known.filter((name) => name.startsWith('--'));
      words.fail(`unknown option "${option}"${didYouMean(option, long)}`, 'unknown-key');
    }
  }
}
