import type { TargetExtension } from '../extension.js';
import { type NatTo, randomness, readNatTo, refuseNat, translate } from '../nat.js';
import { FLAG, VALUE } from '../option.js';
import { formatNatTo } from './dnat.js';

/** `-j SNAT` */
export interface SnatTarget extends NatTo {
  readonly target: 'SNAT';
  readonly random: boolean;
  readonly randomFully: boolean;
  readonly persistent: boolean;
}

const OPTIONS = { '--to-source': VALUE, '--random': FLAG, '--random-fully': FLAG, '--persistent': FLAG } as const;

/** Another source for the connection (xt_snat_target_v2(), linux net/netfilter/xt_nat.c). */
export const snat: TargetExtension<SnatTarget> = {
  name: 'SNAT',
  options: OPTIONS,
  parse(words) {
    let to: NatTo | undefined;
    const flags = { random: false, randomFully: false, persistent: false };
    for (const { option } of words.options(OPTIONS)) {
      if (option === '--to-source') to = readNatTo(words);
      else if (option === '--random') flags.random = true;
      else if (option === '--random-fully') flags.randomFully = true;
      else flags.persistent = true;
    }
    if (to === undefined) words.fail('-j SNAT needs --to-source', 'missing');
    else if (to.base !== undefined) words.fail('only DNAT can shift ports');
    return { target: 'SNAT', ...(to ?? { addresses: undefined, ports: undefined, base: undefined }), ...flags };
  },
  print(t) {
    const parts = [`-j SNAT --to-source ${formatNatTo(t)}`];
    if (t.random) parts.push('--random');
    if (t.randomFully) parts.push('--random-fully');
    if (t.persistent) parts.push('--persistent');
    return parts.join(' ');
  },
  apply(t, context) {
    const { addresses, ports, persistent } = t;
    return translate(context, 'src', { addresses, ports, random: randomness(t), persistent });
  },
  checkentry: (t, place) => refuseNat('SNAT', t.ports, place, ['POSTROUTING', 'INPUT']),
  tracks: () => true,
};
