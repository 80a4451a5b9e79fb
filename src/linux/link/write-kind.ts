import { formatIpv4 } from '../../address/index.js';
import { formatTos } from '../fib/write-routes.js';
import type { BridgePort, Link, LinkKind, LinkOf } from './link.js';

/** The lines of `ip -d link` that tell of a device's kind and of its being a bridge port. */
export function formatKind(link: Link): string[] {
  const lines = kindWords(link);
  return link.port === undefined ? lines : [...lines, portWords(link.port)];
}

function kindWords(link: Link): string[] {
  switch (link.kind) {
    case 'loopback':
    case 'physical':
      return [];
    case 'veth':
      return ['veth'];
    case 'tun':
      return ['tun type tun'];
    case 'bridge':
      return [bridgeWords(link)];
    case 'vxlan':
      return [vxlanWords(link)];
    case 'unmodelled':
      return [link.type];
  }
}

function bridgeWords({ stp, vlanFiltering, nfCallIptables }: LinkOf<'bridge'>): string {
  const bit = (set: boolean): number => (set ? 1 : 0);
  return `bridge stp_state ${bit(stp)} vlan_filtering ${bit(vlanFiltering)} nf_call_iptables ${bit(nfCallIptables)}`;
}

/** The words of a VXLAN device behind `type`, as `ip -d link` prints and `ip link add` takes them. */
export function vxlanWords(link: Extract<LinkKind, { readonly kind: 'vxlan' }>): string {
  const words = ['vxlan', 'id', String(link.vni)];
  if (link.remote !== undefined) words.push('remote', formatIpv4(link.remote));
  if (link.local !== undefined) words.push('local', formatIpv4(link.local));
  if (link.lower !== undefined) words.push('dev', link.lower);
  words.push('dstport', String(link.dstport));
  if (!link.learning) words.push('nolearning');
  if (link.tos === 'inherit') words.push('tos', 'inherit');
  else if (link.tos !== 0) words.push('tos', formatTos(link.tos));
  words.push('ttl', link.ttl === 0 ? 'auto' : String(link.ttl));
  if (link.df !== 'unset') words.push('df', link.df);
  return words.join(' ');
}

function portWords(port: BridgePort): string {
  const on = (set: boolean): string => (set ? 'on' : 'off');
  const words = [
    ['state', port.state],
    ['hairpin', on(port.hairpin)],
    ['learning', on(port.learning)],
    ['flood', on(port.flood)],
    ['port_no', `0x${port.no.toString(16)}`],
    ['mcast_flood', on(port.mcastFlood)],
    ['bcast_flood', on(port.bcastFlood)],
    ['isolated', on(port.isolated)],
  ];
  return `bridge_slave ${words.map((pair) => pair.join(' ')).join(' ')}`;
}
