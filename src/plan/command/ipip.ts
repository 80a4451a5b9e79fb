import { isMulticast } from '../../address/index.js';
import type { LineWords } from '../../linux/index.js';
import type { NewLink } from '../install.js';
import { call, type Scene } from './scene.js';

type NewIpip = Omit<Extract<NewLink, { kind: 'ipip' }>, 'name' | 'mtu' | 'address'>;
type Draft = { -readonly [K in keyof NewIpip]: NewIpip[K] };

const OPTIONS = [
  'remote',
  'local',
  'dev',
  'ttl',
  'hoplimit',
  'hlim',
  'tos',
  'tclass',
  'dsfield',
  'pmtudisc',
  'nopmtudisc',
  'mode',
] as const;
type Option = (typeof OPTIONS)[number];

function newIpip(protocol: 'any' | 'ipip'): Draft {
  return {
    ...{ kind: 'ipip', local: undefined, remote: undefined, lower: undefined },
    ...{ ttl: 'inherit', tos: 0, pmtudisc: true, protocol },
  };
}

/** What stands behind `type ipip` of `ip link add` (iptunnel_parse_opt(), iproute2 ip/link_iptnl.c). */
export function readIpip(words: LineWords): NewIpip {
  const link = newIpip('any');
  while (words.has()) {
    if (words.accept('noencap')) continue;
    const option = words.keyword(OPTIONS, 'option of an ipip device');
    if (option !== undefined) readOption(words, option, link);
  }
  return link;
}

function readOption(words: LineWords, option: Option, link: Draft): void {
  switch (option) {
    case 'remote':
    case 'local': {
      const end = words.accept('any') ? undefined : words.ipv4(option);
      if (end !== undefined && isMulticast(end)) words.fail('multicast groups are not modelled');
      link[option] = end === 0 ? undefined : end;
      return;
    }
    case 'dev':
      link.lower = words.take('dev');
      return;
    case 'ttl':
    case 'hoplimit':
    case 'hlim': {
      const ttl = words.accept('inherit') ? 0 : words.number('ttl', 255);
      link.ttl = ttl === 0 ? 'inherit' : ttl;
      return;
    }
    case 'tos':
    case 'tclass':
    case 'dsfield': {
      // The lowest bit stands for `inherit`.
      const tos = words.accept('inherit') ? 1 : words.number('tos', 255);
      link.tos = tos % 2 === 1 ? 'inherit' : tos;
      return;
    }
    case 'pmtudisc':
    case 'nopmtudisc':
      link.pmtudisc = option === 'pmtudisc';
      return;
    case 'mode': {
      const mode = words.keyword(['ipip', 'ip4ip4', 'ipv4/ipv4', 'any', 'any/ipv4'], 'mode of an ipip device');
      if (mode !== undefined) link.protocol = mode.startsWith('any') ? 'any' : 'ipip';
    }
  }
}

/** `ip tunnel add | change | del NAME mode ipip …` (iproute2 ip/iptunnel.c). */
export function ipTunnel(scene: Scene): void {
  const { words } = scene;
  const command = words.keyword(
    ['add', 'change', 'delete'],
    'ip tunnel command',
    new Map([['del', 'delete']] as const),
  );
  if (command === undefined) {
    words.rest();
    return;
  }
  const link = newIpip('ipip');
  let name = '';
  let mode = false;
  while (words.has()) {
    if (words.accept('name')) name = words.take('name');
    else if (words.peek() === 'mode') {
      words.take('mode');
      mode = words.accept('ipip', 'ip/ip', 'ipv4/ipv4');
      if (!mode) words.fail(`only mode ipip is modelled, found "${words.take('mode')}"`);
    } else if (name === '' && !OPTIONS.some((option) => option === words.peek())) name = words.take('name');
    else {
      const option = words.keyword(OPTIONS, 'option of ip tunnel');
      if (option !== undefined) readOption(words, option, link);
    }
  }
  if (name === '') words.fail('the name of the tunnel is missing', 'missing');
  else if (command === 'delete') call(scene, { call: 'link del', dev: name });
  else if (!mode) words.fail('`mode ipip` is missing', 'missing');
  else if (isOfModule(name, link)) loadIpip(scene);
  else if (command === 'change') words.fail("a tunnel can't be changed afterwards here");
  else call(scene, { call: 'link add', link: { ...link, name, mtu: undefined, address: undefined } });
}

/** The device that is there as soon as the module is: what asks for it by name makes it, and `add` says EEXIST then. */
function isOfModule(name: string, { local, remote, lower }: NewIpip): boolean {
  return name === 'tunl0' && local === undefined && remote === undefined && lower === undefined;
}

/** `modprobe ipip`: in the namespace that it is run in; the kernel does the same to all others. */
export function modprobe(scene: Scene): void {
  const { words } = scene;
  if (words.keyword(['ipip'], 'module that changes a namespace') !== undefined) loadIpip(scene);
  words.end();
}

function loadIpip(scene: Scene): void {
  call(scene, { call: 'tunnel change', dev: 'tunl0', mode: 'ipip' });
}
