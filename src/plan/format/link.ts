import { formatMac, type Mac } from '../../address/index.js';
import { ipipEnds, ipipWords, vxlanWords } from '../../linux/index.js';
import { quoteShell } from '../command/shell.js';
import type { Call, LinkSettings, NewLink, PortSettings } from '../install.js';

type Given = { readonly name: string; readonly mtu: number | undefined; readonly address: Mac | undefined };

/** The words behind `ip link add`; undefined for a device that no command makes. */
export function newLinkWords(link: NewLink): string | undefined {
  switch (link.kind) {
    case 'physical':
    case 'tun':
      return undefined;
    case 'bridge': {
      const { stp, vlanFiltering, nfCallIptables } = link;
      const options = [
        ...(stp ? ['stp_state 1'] : []),
        ...(vlanFiltering ? ['vlan_filtering 1'] : []),
        ...(nfCallIptables ? ['nf_call_iptables 1'] : []),
      ];
      return [givenWords(link), 'type bridge', ...options].join(' ');
    }
    case 'vxlan':
      return `${givenWords(link)} type ${vxlanWords(link)}`;
    case 'ipip': {
      const ends = ipipEnds(link, undefined);
      const mode = link.protocol === 'ipip' ? ['mode ipip'] : [];
      return [givenWords(link), 'type ipip', ...mode, ...(ends === '' ? [] : [ends]), ipipWords(link)].join(' ');
    }
    case 'unmodelled': {
      const { link: lower, options } = link.data as { link?: string; options?: readonly string[] };
      const on = lower === undefined ? '' : `link ${lower} `;
      return `${on}${givenWords(link)} type ${[link.type, ...(options ?? []).map(quoteShell)].join(' ')}`;
    }
  }
}

/** `tunnel add NAME mode ipip …`, whose limits of the MTU are not those of `link add`. */
export function tunnelWords(link: Extract<NewLink, { readonly kind: 'ipip' }>): string {
  const ends = ipipEnds(link, undefined);
  return ['tunnel add', quoteShell(link.name), 'mode ipip', ...(ends === '' ? [] : [ends]), ipipWords(link)].join(' ');
}

/** The words behind `ip link add` of a veth pair. */
export function vethWords({ link, peer }: Extract<Call, { readonly call: 'link add veth' }>, netns: string): string {
  const far = peer.netns === netns ? '' : ` netns ${quoteShell(peer.netns)}`;
  return `${givenWords(link)} type veth peer ${givenWords(peer)}${far}`;
}

function givenWords({ name, mtu, address }: Given): string {
  const words = ['name', quoteShell(name)];
  if (address !== undefined) words.push('address', formatMac(address));
  if (mtu !== undefined) words.push('mtu', String(mtu));
  return words.join(' ');
}

/** The words behind `ip link set dev DEV`. */
export function linkSettingWords(set: LinkSettings): string {
  const words: string[] = [];
  if (set.netns !== undefined) words.push('netns', quoteShell(set.netns));
  if (set.address !== undefined) words.push('address', formatMac(set.address));
  if (set.mtu !== undefined) words.push('mtu', String(set.mtu));
  if (set.name !== undefined) words.push('name', quoteShell(set.name));
  if (set.master !== undefined) words.push(...(set.master === '' ? ['nomaster'] : ['master', quoteShell(set.master)]));
  if (set.promisc !== undefined) words.push('promisc', onOff(set.promisc));
  if (set.arp !== undefined) words.push('arp', onOff(set.arp));
  if (set.up !== undefined) words.push(set.up ? 'up' : 'down');
  return words.join(' ');
}

/** The words behind `bridge link set dev DEV`. */
export function portSettingWords(set: PortSettings): string {
  const words: string[] = [];
  if (set.hairpin !== undefined) words.push('hairpin', onOff(set.hairpin));
  if (set.isolated !== undefined) words.push('isolated', onOff(set.isolated));
  if (set.learning !== undefined) words.push('learning', onOff(set.learning));
  if (set.flood !== undefined) words.push('flood', onOff(set.flood));
  if (set.mcastFlood !== undefined) words.push('mcast_flood', onOff(set.mcastFlood));
  if (set.bcastFlood !== undefined) words.push('bcast_flood', onOff(set.bcastFlood));
  if (set.state !== undefined) words.push('state', set.state);
  return words.join(' ');
}

function onOff(on: boolean): string {
  return on ? 'on' : 'off';
}
