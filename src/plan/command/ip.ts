import type { Role } from '../../linux/index.js';
import { ipAddress } from './ip-address.js';
import { ipLink } from './ip-link.js';
import { ipNeigh } from './ip-neigh.js';
import { ipRoute } from './ip-route.js';
import { ipRule } from './ip-rule.js';
import { ipTunnel } from './ipip.js';
import { call, type Scene } from './scene.js';

/** Objects in the order in which iproute2 takes an abbreviation for them. */
const OBJECTS = ['address', 'route', 'rule', 'neighbour', 'neighbor', 'link', 'tunnel', 'tuntap', 'netns'] as const;
/** Options that change what is printed only. */
const PRINTING = /^-(4|d|details|s|statistics|j|json|br|brief|o|oneline|f|force|t|color|c|p|pretty)$/;

/** `ip [-n NS] [-4] OBJECT COMMAND …`, all but `ip netns exec`, which runs another command. */
export function ip(scene: Scene, role: Role): void {
  const { words } = scene;
  let { netns } = scene;
  for (let option = words.peek(); option?.startsWith('-') === true; option = words.peek()) {
    words.take('option');
    if (option === '-n' || option === '-netns') netns = words.take('namespace');
    else if (option === '-6') words.fail('IPv6 is not modelled yet');
    else if (!PRINTING.test(option))
      words.fail(`"${option}" is no option of ip that is understood here`, 'unknown-key');
  }
  const inside = { ...scene, netns };
  switch (words.keyword(OBJECTS, 'object of ip')) {
    case 'address':
      ipAddress(inside);
      return;
    case 'route':
      ipRoute(inside);
      return;
    case 'rule':
      ipRule(inside);
      return;
    case 'neighbour':
    case 'neighbor':
      ipNeigh(inside);
      return;
    case 'link':
      ipLink(inside);
      return;
    case 'tunnel':
      ipTunnel(inside);
      return;
    case 'tuntap':
      ipTuntap(inside);
      return;
    case 'netns':
      ipNetns(inside, role);
      return;
    case undefined:
      words.rest();
  }
}

function ipNetns(scene: Scene, role: Role): void {
  const { words } = scene;
  if (words.keyword(['add'], 'ip netns command') === undefined) {
    words.rest();
    return;
  }
  const name = words.take('name');
  words.end();
  call(scene, { call: 'netns add', role, host: name }, name);
}

/** `ip tuntap add dev DEV mode tun`. */
function ipTuntap(scene: Scene): void {
  const { words } = scene;
  if (words.keyword(['add'], 'ip tuntap command') === undefined) {
    words.rest();
    return;
  }
  let name = '';
  let tun = false;
  while (words.has()) {
    const next = words.peek();
    if (next === 'mode') {
      words.take('mode');
      tun = words.accept('tun');
      if (!tun) words.fail(`only mode tun is modelled, found "${words.take('mode')}"`);
    } else if (next === 'dev' || next === 'name') {
      words.take('dev');
      name = words.take('name');
    } else if (name === '') name = words.take('name');
    else words.keyword(['mode', 'dev', 'name'], 'option of ip tuntap');
  }
  if (!tun) words.fail('`mode tun` is missing', 'missing');
  if (name === '') words.fail('the name of the device is missing', 'missing');
  call(scene, { call: 'link add', link: { kind: 'tun', name, mtu: undefined, address: undefined } });
}
