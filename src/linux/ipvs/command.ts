import { didYouMean } from '../../problem/index.js';
import type { LineWords } from '../words.js';
import { readEnd } from './draft.js';
import type { IpvsAddress, IpvsKey, IpvsProtocol, RealServer, VirtualService } from './ipvs.js';
import type { IpvsTimeouts } from './tcp.js';

/** What a command line says of a server; without a method ipvsadm takes `-g`. */
export type SpokenServer = IpvsAddress & {
  readonly port: number;
  readonly forwarding: RealServer['forwarding'] | undefined;
  readonly weight: number;
  readonly words: readonly string[];
};

/** One command line of ipvsadm that changes something. */
export type IpvsCommand =
  | {
      readonly command: 'add-service' | 'edit-service';
      readonly key: IpvsKey;
      readonly service: Omit<VirtualService, 'key' | 'servers' | 'origin'>;
    }
  | { readonly command: 'delete-service'; readonly key: IpvsKey }
  | { readonly command: 'add-server' | 'edit-server'; readonly key: IpvsKey; readonly server: SpokenServer }
  | { readonly command: 'delete-server'; readonly key: IpvsKey; readonly server: SpokenServer }
  | { readonly command: 'clear' }
  /** `-Z`: counters, which are not held. */
  | { readonly command: 'zero' }
  /** `--set`, s; 0 leaves one as it is. */
  | { readonly command: 'set'; readonly timeouts: IpvsTimeouts };

const COMMANDS: ReadonlyMap<string, IpvsCommand['command']> = new Map([
  ['-A', 'add-service'],
  ['--add-service', 'add-service'],
  ['-E', 'edit-service'],
  ['--edit-service', 'edit-service'],
  ['-D', 'delete-service'],
  ['--delete-service', 'delete-service'],
  ['-a', 'add-server'],
  ['--add-server', 'add-server'],
  ['-e', 'edit-server'],
  ['--edit-server', 'edit-server'],
  ['-d', 'delete-server'],
  ['--delete-server', 'delete-server'],
  ['-C', 'clear'],
  ['--clear', 'clear'],
  ['-Z', 'zero'],
  ['--zero', 'zero'],
  ['--set', 'set'],
]);

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
  server?: (IpvsAddress & { readonly port: number | undefined }) | undefined;
  forwarding: RealServer['forwarding'] | undefined;
  weight: number;
  words: string[];
}

/** Reads the words of a command line behind the program's name; undefined, and a problem, when that is none. */
export function readIpvsCommand(words: LineWords): IpvsCommand | undefined {
  const before = words.place.problems.length;
  const verb = words.take('command');
  const command = COMMANDS.get(verb);
  if (command === undefined) {
    words.fail(
      `"${verb}" is no command of ipvsadm that changes anything${didYouMean(verb, [...COMMANDS.keys()])}`,
      'syntax',
    );
    return undefined;
  }
  if (command === 'clear') {
    words.end();
    return { command };
  }
  if (command === 'zero') {
    words.rest();
    return { command };
  }
  if (command === 'set') {
    const [tcp = 0, tcpFin = 0, udp = 0] = ['tcp', 'tcpfin', 'udp'].map((what) => words.number(`timeout of ${what}`));
    words.end();
    return words.place.problems.length > before ? undefined : { command, timeouts: { tcp, tcpFin, udp } };
  }
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
  const ofServer = command === 'add-server' || command === 'edit-server' || command === 'delete-server';
  if (ofServer && spoken.server === undefined) words.fail('the real server is missing: -r', 'missing');
  if (key === undefined || words.place.problems.length > before) return undefined;
  return commandOf(command, key, spoken);
}

/** Flags of schedulers by their bits (IP_VS_SVC_F_SCHED1 …), which sh and mh have names for. */
const FLAGS = [['flag-1', 'sh-fallback', 'mh-fallback'], ['flag-2', 'sh-port', 'mh-port'], ['flag-3']] as const;

/** In the order of bits, as ipvsadm prints them; what is none comes last. */
function sortedFlags(scheduler: string, flags: readonly string[]): readonly string[] {
  const known = FLAGS.flatMap((names) => {
    if (!names.some((name) => flags.includes(name))) return [];
    return [
      names.find((name) => name.startsWith(`${scheduler}-`)) ?? names.find((name) => flags.includes(name)) ?? names[0],
    ];
  });
  const all: readonly string[] = FLAGS.flat();
  return [...known, ...flags.filter((flag) => !all.includes(flag))];
}

function commandOf(
  command: Exclude<IpvsCommand['command'], 'clear' | 'zero' | 'set'>,
  key: IpvsKey,
  spoken: SpokenCommand,
): IpvsCommand | undefined {
  const { scheduler, persistent, netmask, engine, onePacket } = spoken;
  const schedulerFlags = sortedFlags(scheduler, spoken.schedulerFlags);
  switch (command) {
    case 'add-service':
    case 'edit-service':
      return { command, key, service: { scheduler, persistent, netmask, engine, onePacket, schedulerFlags } };
    case 'delete-service':
      return { command, key };
    default: {
      const { server, forwarding, weight } = spoken;
      if (server === undefined) return undefined;
      // Without a port, the service's; that of a mark has none.
      const own = key.by === 'address' ? key.port : 0;
      return { command, key, server: { ...server, port: server.port ?? own, forwarding, weight, words: spoken.words } };
    }
  }
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
      // Without a number it is 360 s (IPVS_SVC_PERSISTENT_TIMEOUT); ipvsadm(8) says 300.
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
      spoken.server = readEnd(words, 'may lack its port');
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
