import { formatAddressRange } from '../address.js';
import type { TargetExtension } from '../extension.js';
import { type NatTo, randomness, readNatTo, refuseNat, translate } from '../nat.js';
import { FLAG, VALUE } from '../option.js';
import { formatPortRange } from '../port.js';

/** `-j DNAT` */
export interface DnatTarget extends NatTo {
  readonly target: 'DNAT';
  readonly random: boolean;
  readonly persistent: boolean;
}

const OPTIONS = { '--to-destination': VALUE, '--random': FLAG, '--persistent': FLAG } as const;

/** Another destination for the connection (xt_dnat_target_v2(), linux net/netfilter/xt_nat.c). */
export const dnat: TargetExtension<DnatTarget> = {
  name: 'DNAT',
  options: OPTIONS,
  parse(words) {
    let to: NatTo | undefined;
    const flags = { random: false, persistent: false };
    for (const { option } of words.options(OPTIONS)) {
      if (option === '--to-destination') to = readNatTo(words);
      else flags[option === '--random' ? 'random' : 'persistent'] = true;
    }
    if (to === undefined) words.fail('-j DNAT needs --to-destination', 'missing');
    return { target: 'DNAT', ...(to ?? { addresses: undefined, ports: undefined, base: undefined }), ...flags };
  },
  print(t) {
    const parts = [`-j DNAT --to-destination ${formatNatTo(t)}`];
    if (t.random) parts.push('--random');
    if (t.persistent) parts.push('--persistent');
    return parts.join(' ');
  },
  apply(t, context) {
    if (t.base !== undefined) return { verdict: 'UNSUPPORTED', what: '-j DNAT with shifted ports' };
    const { addresses, ports, persistent } = t;
    return translate(context, 'dst', { addresses, ports, random: randomness(t), persistent });
  },
  checkentry: (t, place) => refuseNat('DNAT', t.ports, place, ['PREROUTING', 'OUTPUT']),
  tracks: () => true,
};

/** `10.0.0.1-10.0.0.9:80-90/100`, without what is not said. */
export function formatNatTo({ addresses, ports, base }: NatTo): string {
  const head = addresses === undefined ? '' : formatAddressRange(addresses);
  const tail = ports === undefined ? '' : `:${formatPortRange(ports, '-')}`;
  return `${head}${tail}${base === undefined ? '' : `/${base}`}`;
}
