import type { Ipv4 } from '../../../address/index.js';
import { DROP } from '../context.js';
import type { TargetExtension } from '../extension.js';
import { randomness, readNatPorts, refuseNat, translate } from '../nat.js';
import { FLAG, VALUE } from '../option.js';
import { formatPortRange, type PortRange } from '../port.js';

/** `-j REDIRECT` */
export interface RedirectTarget {
  readonly target: 'REDIRECT';
  readonly ports: PortRange | undefined;
  readonly random: boolean;
}

const OPTIONS = { '--to-ports': VALUE, '--random': FLAG } as const;
const INADDR_LOOPBACK = 0x7f000001 as Ipv4;

/**
 * This host as destination: 127.0.0.1 for what it sends itself, else the first address of the device that the packet
 * came in by (nf_nat_redirect_ipv4(), linux net/netfilter/nf_nat_redirect.c).
 */
export const redirect: TargetExtension<RedirectTarget> = {
  name: 'REDIRECT',
  options: OPTIONS,
  parse(words) {
    let ports: PortRange | undefined;
    let random = false;
    for (const { option } of words.options(OPTIONS)) {
      if (option === '--to-ports') ports = readNatPorts(words);
      else random = true;
    }
    return { target: 'REDIRECT', ports, random };
  },
  print({ ports, random }) {
    const parts = ['-j REDIRECT'];
    if (ports !== undefined) parts.push(`--to-ports ${formatPortRange(ports, '-')}`);
    if (random) parts.push('--random');
    return parts.join(' ');
  },
  apply(t, context) {
    const { ns, hook, in: dev } = context;
    const own = ns.ipv4.addresses.find((address) => address.dev === dev)?.local;
    const address = hook === 'OUTPUT' ? INADDR_LOOPBACK : own;
    if (address === undefined || address === 0) return DROP;
    return translate(context, 'dst', {
      addresses: { min: address, max: address },
      ports: t.ports,
      random: randomness(t),
      persistent: false,
    });
  },
  checkentry: (t, place) => refuseNat('REDIRECT', t.ports, place, ['PREROUTING', 'OUTPUT']),
  tracks: () => true,
};
