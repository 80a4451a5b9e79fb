import {
  checkIptablesCommand,
  classifySysctl,
  deviceSysctlPath,
  LineWords,
  type PlacedWord,
  readIpvsCommand,
  sysctlName,
} from '../../linux/index.js';
import type { ConnectionSelector } from '../install.js';
import { call, type Scene } from './scene.js';

/** `sysctl [-q] [-w] NAME=VALUE …`. */
export function sysctl(scene: Scene): void {
  const { words } = scene;
  while (words.has()) {
    const word = words.take('NAME=VALUE');
    if (/^-[aqwneNbr]+$/.test(word) || /^--(write|quiet|ignore|values|names)$/.test(word)) continue;
    const at = word.indexOf('=');
    if (word.startsWith('-')) words.fail(`"${word}" is no option of sysctl that is understood here`, 'unknown-key');
    else if (at < 1) words.fail(`expected NAME=VALUE, found "${word}"`, 'syntax');
    else {
      const path = deviceSysctlPath(word.slice(0, at).trim());
      checkSysctl(scene, path);
      call(scene, { call: 'sysctl set', path, value: word.slice(at + 1).trim() });
    }
  }
}

/** A name that the kernel does not have is an error of sysctl(8): `cannot stat /proc/sys/…`. */
function checkSysctl({ words }: Scene, path: string): void {
  const { is, hint } = classifySysctl(path);
  if (is === 'misspelt') words.fail(`no sysctl is called "${sysctlName(path)}"${hint}`, 'unknown-name');
}

/** `echo VALUE > /proc/sys/…`. */
export function echo(scene: Scene): void {
  const { words, redirect } = scene;
  words.accept('-n');
  const value = words
    .rest()
    .map((word) => word.text)
    .join(' ');
  const path = /^\/proc\/sys\/(.+)$/.exec(redirect ?? '')?.[1];
  if (path === undefined) words.fail('only `echo VALUE > /proc/sys/…` changes anything', 'syntax');
  else {
    checkSysctl(scene, path);
    call(scene, { call: 'sysctl set', path, value });
  }
}

/**
 * `iptables …`: what iptables itself refuses is told now, whether chains and sets are there when the call is carried
 * out.
 */
export function iptables(scene: Scene, family: 'ip' | 'ip6'): void {
  const words = scene.words.rest();
  checkIptablesCommand(words, { ...scene.words.place, family });
  call(scene, { call: 'iptables', family, args: words.map((word) => word.text) });
}

const RESTORE = ['--noflush', '--counters', '--wait', '--verbose', '--test'] as const;
const RESTORE_SHORT = new Map([
  ['-n', '--noflush'],
  ['-c', '--counters'],
  ['-w', '--wait'],
  ['-v', '--verbose'],
  ['-t', '--test'],
] as const);

/** `iptables-restore`, with the text that it is given to read. */
export function iptablesRestore(scene: Scene, family: 'ip' | 'ip6'): void {
  const { words, stdin, origin } = scene;
  let flush: 'flush' | 'noflush' = 'flush';
  while (words.has()) {
    const option = words.keyword(RESTORE, 'option of iptables-restore', RESTORE_SHORT);
    if (option === '--noflush') flush = 'noflush';
    else if (option === '--wait' && /^\d+$/.test(words.peek() ?? '')) words.take('--wait');
    else if (option === '--test') words.fail('--test changes nothing');
  }
  if (stdin === undefined) words.fail('there is nothing for iptables-restore to read', 'missing');
  else call(scene, { call: 'iptables-restore', family, flush, chunks: [{ origin, lines: linesOf(stdin) }] });
}

/** `ipset restore`, or one command, which is a line of it. */
export function ipset(scene: Scene): void {
  const { words, stdin, origin } = scene;
  const rest = words.rest();
  const restore = rest.find((word) => !word.text.startsWith('-'))?.text === 'restore' || rest.some(isRestoreOption);
  if (!restore) {
    const line = rest.map((word) => spellIpset(word)).join(' ');
    call(scene, { call: 'ipset restore', chunks: [{ origin, lines: [line] }] });
  } else if (stdin === undefined) words.fail('there is nothing for ipset restore to read', 'missing');
  else call(scene, { call: 'ipset restore', chunks: [{ origin, lines: linesOf(stdin) }] });
}

function isRestoreOption(word: PlacedWord): boolean {
  return word.text === '-R';
}

/** ipset keeps words together by double quotes, as in its save format. */
function spellIpset({ text }: PlacedWord): string {
  return /\s|^$/.test(text) ? `"${text}"` : text;
}

/** `ipvsadm -R`, or one command, which is a line of it. What can't be read is told now. */
export function ipvsadm(scene: Scene): void {
  const { words, stdin, origin } = scene;
  if (words.accept('-R', '--restore')) {
    words.end();
    if (stdin === undefined) words.fail('there is nothing for ipvsadm to read', 'missing');
    else call(scene, { call: 'ipvsadm restore', chunks: [{ origin, lines: linesOf(stdin) }] });
    return;
  }
  const rest = words.rest();
  readIpvsCommand(new LineWords(rest, words.place));
  call(scene, { call: 'ipvsadm restore', chunks: [{ origin, lines: [rest.map((word) => word.text).join(' ')] }] });
}

function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** `conntrack -F`, and `-D` by what its entries are usually chosen by. */
export function conntrack(scene: Scene): void {
  const { words } = scene;
  const option = words.take('option of conntrack');
  if (option === '-F' || option === '--flush') {
    words.end();
    call(scene, { call: 'conntrack flush' });
  } else if (option === '-D' || option === '--delete') conntrackDelete(scene);
  else if (option !== '') words.fail(`only \`conntrack -F\` and \`-D\` are understood, found "${option}"`);
}

const SELECTORS = ['--proto', '--orig-dst', '--dst-nat', '--dport', '--orig-port-dst', '--family'] as const;
const SELECTORS_SHORT = new Map([
  ['-p', '--proto'],
  ['-d', '--orig-dst'],
  ['-g', '--dst-nat'],
  ['-f', '--family'],
] as const);

function conntrackDelete(scene: Scene): void {
  const { words } = scene;
  let connections: ConnectionSelector = {};
  while (words.has()) {
    const option = words.keyword(SELECTORS, 'option of conntrack -D', SELECTORS_SHORT);
    if (option === '--family') words.keyword(['ipv4'], 'family that is followed');
    else if (option === '--proto')
      connections = { ...connections, protocol: words.keyword(['tcp', 'udp', 'sctp'], 'protocol') };
    else if (option === '--orig-dst') connections = { ...connections, origDst: words.ipv4('--orig-dst') };
    else if (option === '--dst-nat') connections = { ...connections, dstNat: words.ipv4('--dst-nat') };
    else if (option !== undefined) {
      // Options of a protocol are known from its name on (conntrack-tools, libct_proto_*.c).
      if (connections.protocol === undefined) words.fail(`${option} needs a protocol before it: \`-p\``, 'missing');
      connections = { ...connections, origDport: words.number(option, 0xffff) };
    }
  }
  call(scene, { call: 'conntrack delete', connections });
}
