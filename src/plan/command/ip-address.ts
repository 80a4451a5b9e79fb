import { type Ipv4, lastAddress, parseIpv4, prefixOf } from '../../address/index.js';
import { type LineWords, parseScope, readName } from '../../linux/index.js';
import { call, type Scene } from './scene.js';

const COMMANDS = ['add', 'replace', 'change', 'delete', 'flush'] as const;

/** `ip addr add | replace | change | del | flush`. */
export function ipAddress(scene: Scene): void {
  const { words } = scene;
  const command = words.keyword(COMMANDS, 'ip addr command', new Map([['del', 'delete']] as const));
  switch (command) {
    case 'add':
    case 'replace':
    case 'change':
      addressAdd(scene, command === 'add' ? 'addr add' : 'addr replace');
      return;
    case 'delete': {
      const { local, length } = readLocal(words);
      const dev = readDev(words);
      call(scene, { call: 'addr del', dev, local, prefixLength: length });
      return;
    }
    case 'flush':
      call(scene, { call: 'addr flush', dev: readDev(words) });
      return;
    case undefined:
  }
}

const OPTIONS = ['dev', 'peer', 'remote', 'broadcast', 'brd', 'scope', 'label', 'local'] as const;

function addressAdd(scene: Scene, verb: 'addr add' | 'addr replace'): void {
  const { words } = scene;
  words.accept('local');
  const { local, length } = readLocal(words);
  let dev = '';
  let peer: { local: Ipv4; length: number | undefined } | undefined;
  let broadcast: Ipv4 | '+' | undefined;
  let scope: number | undefined;
  let label: string | undefined;
  while (words.has()) {
    switch (words.keyword(OPTIONS, 'option of ip addr add')) {
      case 'dev':
        dev = words.take('dev');
        break;
      case 'peer':
      case 'remote':
        peer = readLocal(words);
        break;
      case 'broadcast':
      case 'brd':
        if (words.accept('+')) broadcast = '+';
        else if (!words.accept('-')) broadcast = words.ipv4('broadcast');
        break;
      case 'scope':
        scope = readName(words, 'scope', parseScope, ['global', 'link', 'host']);
        break;
      case 'label':
        label = words.take('label');
        break;
      case 'local':
        words.fail('the address stands first');
        break;
      case undefined:
    }
  }
  if (dev === '') words.fail('`dev` is missing', 'missing');
  const prefixLength = peer?.length ?? length ?? 32;
  const subnet = prefixOf(peer?.local ?? local, prefixLength);
  const address = {
    dev,
    local,
    prefixLength,
    // Of a /31 or /32 there is no broadcast address to compute.
    broadcast: broadcast !== '+' ? broadcast : prefixLength <= 30 ? lastAddress(subnet) : undefined,
    scope,
    peer: peer?.local,
    ...(label === undefined ? {} : { label }),
  };
  call(scene, { call: verb, address });
}

/** `a.b.c.d` or `a.b.c.d/len`: unlike a prefix with its host bits. */
function readLocal(words: LineWords): { local: Ipv4; length: number | undefined } {
  const word = words.take('address');
  const [text = '', lengthText, ...rest] = word.split('/');
  const local = parseIpv4(text);
  const length =
    lengthText === undefined ? undefined : /^(\d|[12]\d|3[0-2])$/.test(lengthText) ? Number(lengthText) : -1;
  if ((local === undefined || length === -1 || rest.length > 0) && word !== '')
    words.fail(`expected an IPv4 address with an optional prefix length, found "${word}"`, 'bad-address');
  return { local: local ?? (0 as Ipv4), length: length === -1 ? undefined : length };
}

function readDev(words: LineWords): string {
  words.accept('dev');
  const dev = words.take('device');
  words.end();
  return dev;
}
