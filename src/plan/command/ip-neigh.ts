import { type Ipv4, type Mac, parseIpv4 } from '../../address/index.js';
import type { Call } from '../install.js';
import { call, type Scene } from './scene.js';

type Nud = NonNullable<Extract<Call, { readonly lladdr: Mac }>['nud']>;

const COMMANDS = ['add', 'change', 'replace', 'delete', 'flush'] as const;
const ALIASES = new Map([
  ['del', 'delete'],
  ['chg', 'change'],
  ['repl', 'replace'],
] as const);

/** `ip neigh add | change | replace | del | flush`. */
export function ipNeigh(scene: Scene): void {
  const { words } = scene;
  const command = words.keyword(COMMANDS, 'ip neigh command', ALIASES);
  if (command === undefined) return;
  if (command === 'flush') {
    let dev: string | undefined;
    while (words.has())
      if (words.keyword(['dev', 'all'], 'option of ip neigh flush') === 'dev') dev = words.take('dev');
    call(scene, { call: 'neigh flush', dev });
    return;
  }
  const entry = readEntry(scene);
  const { dev, ip, lladdr, nud } = entry;
  if (dev === '') words.fail('`dev` is missing', 'missing');
  if (entry.proxy) call(scene, { call: command === 'delete' ? 'neigh del proxy' : 'neigh add proxy', dev, ip });
  else if (command === 'delete') call(scene, { call: 'neigh del', dev, ip });
  else if (lladdr === undefined) words.fail('`lladdr` is missing', 'missing');
  else call(scene, { call: `neigh ${command}`, dev, ip, lladdr, ...(nud === undefined ? {} : { nud }) });
}

interface Entry {
  readonly ip: Ipv4;
  readonly dev: string;
  readonly lladdr: Mac | undefined;
  readonly nud: Nud | undefined;
  readonly proxy: boolean;
}

function readEntry({ words }: Scene): Entry {
  let ip = 0 as Ipv4;
  let dev = '';
  let lladdr: Mac | undefined;
  let nud: Lowercase<Nud> | undefined;
  let proxy = false;
  while (words.has()) {
    if (parseIpv4(words.peek() ?? '') !== undefined) {
      ip = words.ipv4('address');
      continue;
    }
    switch (words.keyword(['to', 'dev', 'lladdr', 'nud', 'proxy', 'router'], 'option of ip neigh')) {
      case 'to':
        ip = words.ipv4('address');
        break;
      case 'proxy':
        proxy = true;
        ip = words.ipv4('proxy');
        break;
      case 'dev':
        dev = words.take('dev');
        break;
      case 'lladdr':
        lladdr = words.mac('lladdr');
        break;
      case 'nud':
        nud = words.keyword(['permanent', 'noarp', 'reachable', 'stale', 'delay', 'probe'], 'nud');
        break;
      case 'router':
      case undefined:
    }
  }
  if (ip === 0) words.fail('the address is missing', 'missing');
  return { ip, dev, lladdr, nud: nud?.toUpperCase() as Nud | undefined, proxy };
}
