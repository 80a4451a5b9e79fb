import { CONTINUE } from '../context.js';
import type { TargetExtension } from '../extension.js';
import type { MarkMask } from '../mark.js';
import { FLAG, VALUE } from '../option.js';
import { hex, UINT32 } from '../spelling.js';
import { readMarkChange } from './mark.js';

/** `-j CONNMARK` */
export type ConnmarkTarget = { readonly target: 'CONNMARK' } & (
  | ({ readonly action: 'set' } & MarkMask)
  | { readonly action: 'save' | 'restore'; readonly nfmask: number; readonly ctmask: number }
);

const OPTIONS = {
  '--set-xmark': VALUE,
  '--set-mark': VALUE,
  '--and-mark': VALUE,
  '--or-mark': VALUE,
  '--xor-mark': VALUE,
  '--save-mark': FLAG,
  '--restore-mark': FLAG,
  '--nfmask': VALUE,
  '--ctmask': VALUE,
  '--mask': VALUE,
} as const;

/** Moves bits between the packet's mark and its connection's (connmark_tg(), linux net/netfilter/xt_connmark.c). */
export const connmarkTarget: TargetExtension<ConnmarkTarget> = {
  name: 'CONNMARK',
  options: OPTIONS,
  parse(words) {
    let action: ConnmarkTarget['action'] | undefined;
    let set: MarkMask = { value: 0, mask: 0 };
    let nfmask: number | undefined;
    let ctmask: number | undefined;
    for (const { option } of words.options(OPTIONS)) {
      switch (option) {
        case '--nfmask':
          nfmask = words.number(UINT32);
          break;
        case '--ctmask':
          ctmask = words.number(UINT32);
          break;
        case '--mask':
          nfmask = words.number(UINT32);
          ctmask = nfmask;
          break;
        default:
          if (action !== undefined) words.fail('-j CONNMARK does one thing', 'conflict');
          if (option === '--save-mark') action = 'save';
          else if (option === '--restore-mark') action = 'restore';
          else {
            action = 'set';
            set = readMarkChange(words, option);
          }
      }
    }
    if (action === undefined) words.fail('-j CONNMARK needs --set-xmark, --save-mark or --restore-mark', 'missing');
    if (action === 'save' || action === 'restore')
      return { target: 'CONNMARK', action, nfmask: nfmask ?? UINT32, ctmask: ctmask ?? UINT32 };
    // An old form: --set-mark with --mask apart.
    const { value, mask } = set;
    return { target: 'CONNMARK', action: 'set', value, mask: ctmask === undefined ? mask : (value | ctmask) >>> 0 };
  },
  print(t) {
    if (t.action === 'set') return `-j CONNMARK --set-xmark ${hex(t.value)}/${hex(t.mask)}`;
    return `-j CONNMARK --${t.action}-mark --nfmask ${hex(t.nfmask)} --ctmask ${hex(t.ctmask)}`;
  },
  apply(t, { skb, journal }) {
    const { ct } = skb;
    if (ct === undefined) return CONTINUE;
    switch (t.action) {
      case 'set':
        journal.set(ct, 'mark', ((ct.mark & ~t.mask) ^ t.value) >>> 0);
        break;
      case 'save':
        journal.set(ct, 'mark', ((ct.mark & ~t.ctmask) ^ (skb.mark & t.nfmask)) >>> 0);
        break;
      case 'restore':
        skb.mark = ((skb.mark & ~t.nfmask) ^ (ct.mark & t.ctmask)) >>> 0;
        break;
    }
    return CONTINUE;
  },
  tracks: () => true,
};
