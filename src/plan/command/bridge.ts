import type { LineWords, VxlanRemote } from '../../linux/index.js';
import type { PortSettings } from '../install.js';
import { call, type Scene } from './scene.js';

/** `bridge [-n NS] fdb add | append | replace | del` and `bridge [-n NS] link set`. */
export function bridge(outside: Scene): void {
  const { words } = outside;
  const scene = words.accept('-n', '-netns') ? { ...outside, netns: words.take('namespace') } : outside;
  const object = words.keyword(['fdb', 'link'], 'bridge object');
  if (object === 'fdb') fdb(scene);
  else if (object === 'link') {
    if (words.keyword(['set'], 'bridge link command') === undefined) return;
    words.accept('dev');
    const dev = words.take('device');
    call(scene, { call: 'bridge link set', dev, set: readPortSettings(words) });
  }
}

const STATES = ['disabled', 'listening', 'learning', 'forwarding', 'blocking'] as const;
const PORT = [
  'hairpin',
  'isolated',
  'learning',
  'flood',
  'mcast_flood',
  'bcast_flood',
  'state',
  'self',
  'master',
] as const;

/** What stands behind `bridge link set dev DEV`, and `type bridge_slave`. */
export function readPortSettings(words: LineWords): PortSettings {
  const set: { -readonly [K in keyof PortSettings]: PortSettings[K] } = {};
  while (words.has()) {
    const option = words.keyword(PORT, 'port flag', new Map([['hairpin_mode', 'hairpin']] as const));
    switch (option) {
      case 'hairpin':
      case 'isolated':
      case 'learning':
      case 'flood':
        set[option] = words.onOff(option);
        break;
      case 'mcast_flood':
        set.mcastFlood = words.onOff(option);
        break;
      case 'bcast_flood':
        set.bcastFlood = words.onOff(option);
        break;
      case 'state': {
        const number = STATES[Number(words.peek())];
        if (number !== undefined) words.take('state');
        const state = number ?? words.keyword(STATES, 'state');
        if (state !== undefined) set.state = state;
        break;
      }
      case 'self':
      case 'master':
      case undefined:
    }
  }
  return set;
}

const FDB = [
  'dev',
  'dst',
  'port',
  'vni',
  'via',
  'self',
  'master',
  'permanent',
  'local',
  'static',
  'temp',
  'dynamic',
  'vlan',
] as const;

interface FdbWords {
  dev: string;
  remote: { -readonly [K in keyof VxlanRemote]: VxlanRemote[K] | undefined };
  self: boolean;
  master: boolean;
  state: 'permanent' | 'static';
}

function fdb(scene: Scene): void {
  const { words } = scene;
  const command = words.keyword(
    ['add', 'append', 'replace', 'delete'],
    'fdb command',
    new Map([['del', 'delete']] as const),
  );
  if (command === undefined) return;
  const mac = words.mac('address');
  const entry = readFdbWords(words);
  const { dev, remote } = entry;
  if (dev === '') words.fail('`dev` is missing', 'missing');
  const { ip } = remote;
  const wholeRemote = ip === undefined ? undefined : { ...remote, ip };
  if (entry.master) {
    if (command === 'delete') call(scene, { call: 'fdb del', dev, mac, table: 'master' });
    else if (command === 'append') words.fail('"append" makes no sense for a bridge');
    else call(scene, { call: `fdb ${command} master`, dev, mac, state: entry.state });
  }
  if (entry.master && !entry.self) return;
  if (command === 'delete') {
    call(scene, {
      call: 'fdb del',
      dev,
      mac,
      table: 'self',
      ...(wholeRemote === undefined ? {} : { remote: wholeRemote }),
    });
  } else if (wholeRemote === undefined)
    words.fail('an entry of the device itself needs `dst IP`; one of its bridge needs `master`', 'missing');
  else call(scene, { call: `fdb ${command}`, dev, mac, remote: wholeRemote });
}

function readFdbWords(words: LineWords): FdbWords {
  const remote: FdbWords['remote'] = { ip: undefined, port: undefined, vni: undefined, via: undefined };
  const entry: FdbWords = { dev: '', remote, self: false, master: false, state: 'permanent' };
  while (words.has()) {
    const option = words.keyword(FDB, 'fdb option');
    switch (option) {
      case 'dev':
        entry.dev = words.take('dev');
        break;
      case 'via':
        remote.via = words.take('via');
        break;
      case 'dst':
        remote.ip = words.ipv4('dst');
        break;
      case 'port':
        remote.port = words.number('port', 65535);
        break;
      case 'vni':
        remote.vni = words.number('vni', 0xffffff);
        break;
      case 'self':
      case 'master':
        entry[option] = true;
        break;
      case 'permanent':
      case 'local':
        entry.state = 'permanent';
        break;
      case 'static':
      case 'temp':
        entry.state = 'static';
        break;
      case 'dynamic':
        words.fail('an entry that ages is not configured but learned');
        break;
      case 'vlan':
        words.take('vlan');
        words.fail('VLANs are not modelled');
        break;
      case undefined:
    }
  }
  if (!entry.master && entry.state === 'static') words.fail('a VXLAN entry is always permanent here');
  return entry;
}
