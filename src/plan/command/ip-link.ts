import type { Mac } from '../../address/index.js';
import type { LineWords } from '../../linux/index.js';
import type { LinkSettings } from '../install.js';
import { readPortSettings } from './bridge.js';
import { readNewKind } from './new-kind.js';
import { call, type Scene } from './scene.js';

const COMMANDS = ['add', 'delete', 'set'] as const;
const ALIASES = new Map([
  ['del', 'delete'],
  ['change', 'set'],
] as const);

/** `ip link add | del | set`. */
export function ipLink(scene: Scene): void {
  const command = scene.words.keyword(COMMANDS, 'ip link command', ALIASES);
  if (command === 'add') linkAdd(scene);
  else if (command === 'delete') linkDel(scene);
  else if (command === 'set') linkSet(scene);
}

const ADD = ['link', 'name', 'dev', 'address', 'mtu', 'netns', 'up', 'type', 'txqueuelen', 'index', 'group'] as const;
const ADD_ALIASES = new Map([
  ['txqlen', 'txqueuelen'],
  ['qlen', 'txqueuelen'],
] as const);

/** What stands before `type`, and behind `peer`. */
interface EndWords {
  name: string;
  mtu: number | undefined;
  address: Mac | undefined;
  netns: string | undefined;
  up: boolean;
  lower: string | undefined;
}

function linkAdd(scene: Scene): void {
  const { words } = scene;
  const end = newEnd();
  let typed = false;
  while (words.has() && !typed) typed = readEnd(words, end);
  if (!typed) {
    words.fail('the type of the new link is missing', 'missing');
    return;
  }
  const type = words.take('type');
  const netns = end.netns ?? scene.netns;
  if (type === 'veth') {
    const peer = readPeer(words);
    const { name, mtu, address } = end;
    const far = { netns: peer.netns ?? scene.netns, name: peer.name, mtu: peer.mtu, address: peer.address };
    if (far.netns === undefined) words.fail('the peer needs a namespace: `peer name NAME netns NS`', 'missing');
    else
      call(scene, { call: 'link add veth', link: { name, mtu, address }, peer: { ...far, netns: far.netns } }, netns);
  } else {
    const kind = readNewKind(words, type, end.lower);
    if (kind === undefined) return;
    call(scene, { call: 'link add', link: { ...kind, name: end.name, mtu: end.mtu, address: end.address } }, netns);
  }
  if (end.name === '') words.fail('the name of the new link is missing', 'missing');
  if (end.up) call(scene, { call: 'link set', dev: end.name, set: { up: true } }, netns);
}

function newEnd(): EndWords {
  return { name: '', mtu: undefined, address: undefined, netns: undefined, up: false, lower: undefined };
}

/** Reads one option of a new link, or its name. True when it was `type`. */
function readEnd(words: LineWords, end: EndWords): boolean {
  const next = words.peek() ?? '';
  // A bare word is the name, as long as there is none: iproute2 compares options first.
  if (end.name === '' && !isOption(next)) {
    end.name = words.take('name');
    return false;
  }
  switch (words.keyword(ADD, 'option of ip link add', ADD_ALIASES)) {
    case 'link':
      end.lower = words.take('link');
      return false;
    case 'name':
    case 'dev':
      end.name = words.take('name');
      return false;
    case 'address':
      end.address = words.mac('address');
      return false;
    case 'mtu':
      end.mtu = words.number('mtu', 0x7fffffff);
      return false;
    case 'netns':
      end.netns = words.take('netns');
      return false;
    case 'up':
      end.up = true;
      return false;
    case 'txqueuelen':
    case 'group':
      words.take('value');
      return false;
    case 'index':
      words.fail('an index of one’s own choice is not modelled');
      words.take('index');
      return false;
    case 'type':
      return true;
    case undefined:
      return false;
  }
}

function isOption(word: string): boolean {
  return ADD.some((name) => name === word) || ADD_ALIASES.has(word as 'txqlen');
}

/** `peer [ name NAME … ]`; a peer without a name gets the kernel's choice, which is not modelled. */
function readPeer(words: LineWords): EndWords {
  const end = newEnd();
  if (!words.accept('peer')) words.fail('expected `peer name NAME`', 'missing');
  while (words.has()) {
    const typed = readEnd(words, end);
    if (typed) words.fail('unexpected "type" behind "peer"', 'unknown-key');
  }
  if (end.name === '') words.fail('the name of the peer is missing', 'missing');
  if (end.up) words.fail('"up" is no option of a peer', 'unknown-key');
  return end;
}

function linkDel(scene: Scene): void {
  const { words } = scene;
  words.accept('dev');
  const dev = words.take('device');
  if (words.accept('type')) words.take('type');
  words.end();
  call(scene, { call: 'link del', dev });
}

const SET = [
  'up',
  'down',
  'mtu',
  'address',
  'promisc',
  'arp',
  'master',
  'nomaster',
  'name',
  'netns',
  'type',
  'txqueuelen',
] as const;

function linkSet(scene: Scene): void {
  const { words } = scene;
  words.accept('dev');
  const dev = words.take('device');
  const set: { -readonly [K in keyof LinkSettings]: LinkSettings[K] } = {};
  while (words.has()) {
    const option = words.keyword(SET, 'option of ip link set', new Map([['txqlen', 'txqueuelen']] as const));
    if (option === 'type') {
      linkSetType(scene, dev);
      continue;
    }
    if (option !== undefined) readSetting(words, option, set);
  }
  if (Object.keys(set).length > 0) call(scene, { call: 'link set', dev, set });
}

function readSetting(
  words: LineWords,
  option: Exclude<(typeof SET)[number], 'type'>,
  set: { -readonly [K in keyof LinkSettings]: LinkSettings[K] },
): void {
  switch (option) {
    case 'up':
    case 'down':
      set.up = option === 'up';
      return;
    case 'mtu':
      set.mtu = words.number('mtu', 0x7fffffff);
      return;
    case 'address':
      set.address = words.mac('address');
      return;
    case 'promisc':
    case 'arp':
      set[option] = words.onOff(option);
      return;
    case 'nomaster':
      set.master = '';
      return;
    case 'txqueuelen':
      words.take('txqueuelen');
      return;
    default:
      set[option] = words.take(option);
  }
}

/** `type bridge_slave hairpin on`: the same as `bridge link set`. */
function linkSetType(scene: Scene, dev: string): void {
  const { words } = scene;
  if (words.accept('bridge_slave')) call(scene, { call: 'bridge link set', dev, set: readPortSettings(words) });
  else {
    const type = words.take('type');
    words.fail(`options of a ${type} device can't be changed afterwards here`);
    words.rest();
  }
}
