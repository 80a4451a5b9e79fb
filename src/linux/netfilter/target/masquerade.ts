import { inetSelectAddr } from '../../fib/address.js';
import { RT_SCOPE_UNIVERSE } from '../../fib/route.js';
import { ACCEPT, DROP } from '../context.js';
import type { TargetExtension } from '../extension.js';
import { ipOf } from '../header.js';
import { newConnection, randomness, readNatPorts, refuseNat, translate } from '../nat.js';
import { FLAG, VALUE } from '../option.js';
import { formatPortRange, type PortRange } from '../port.js';

/** `-j MASQUERADE` */
export interface MasqueradeTarget {
  readonly target: 'MASQUERADE';
  readonly ports: PortRange | undefined;
  readonly random: boolean;
  readonly randomFully: boolean;
}

const OPTIONS = { '--to-ports': VALUE, '--random': FLAG, '--random-fully': FLAG } as const;

/**
 * The outgoing device's own address as source, the one in the next hop's subnet before others
 * (nf_nat_masquerade_ipv4(), linux net/netfilter/nf_nat_masquerade.c).
 */
export const masquerade: TargetExtension<MasqueradeTarget> = {
  name: 'MASQUERADE',
  options: OPTIONS,
  parse(words) {
    let ports: PortRange | undefined;
    const flags = { random: false, randomFully: false };
    for (const { option } of words.options(OPTIONS)) {
      if (option === '--to-ports') ports = readNatPorts(words);
      else flags[option === '--random' ? 'random' : 'randomFully'] = true;
    }
    return { target: 'MASQUERADE', ports, ...flags };
  },
  print({ ports, random, randomFully }) {
    const parts = ['-j MASQUERADE'];
    if (ports !== undefined) parts.push(`--to-ports ${formatPortRange(ports, '-')}`);
    if (random) parts.push('--random');
    if (randomFully) parts.push('--random-fully');
    return parts.join(' ');
  },
  apply(t, context) {
    const { ns, skb, out, journal } = context;
    const ct = newConnection(context);
    // A host without an address yet, as with DHCP.
    if (ct.original.src === 0) return ACCEPT;
    const gateway = skb.dst?.type === 'unicast' ? skb.dst.gateway : undefined;
    const source = inetSelectAddr(ns, out, gateway ?? ipOf(context).dst, RT_SCOPE_UNIVERSE);
    if (source === 0) return DROP;
    journal.set(ct, 'masqueradeDev', out);
    return translate(context, 'src', {
      addresses: { min: source, max: source },
      ports: t.ports,
      random: randomness(t),
      persistent: false,
    });
  },
  checkentry: (t, place) => refuseNat('MASQUERADE', t.ports, place, ['POSTROUTING']),
  tracks: () => true,
};
