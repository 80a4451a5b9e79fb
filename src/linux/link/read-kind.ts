import { type Ipv4, isMulticast } from '../../address/index.js';
import type { JsonRecord } from '../json.js';
import type { LinkKind } from './link.js';

/**
 * What a record of `ip -j -d link` says of the device's own kind. A device without `linkinfo` that is not the loopback
 * one is a real network card; a kind that is not modelled, or an option of one that is not, makes it `unmodelled`.
 */
export function readKind(record: JsonRecord, netns: string): LinkKind {
  if (record.string('link_type') === 'loopback') return { kind: 'loopback' };
  const linkinfo = record.record('linkinfo');
  const kind = linkinfo?.string('info_kind');
  if (linkinfo === undefined || kind === undefined) return { kind: 'physical' };
  const data = linkinfo.record('info_data');
  const unmodelled: LinkKind = { kind: 'unmodelled', type: kind, data: data?.fields ?? {} };
  switch (kind) {
    case 'veth': {
      const dev = record.string('link');
      return { kind, peer: dev === undefined || record.has('link_netnsid') ? undefined : { netns, dev } };
    }
    case 'bridge':
      return {
        kind,
        stp: data?.boolean('stp_state') ?? false,
        vlanFiltering: data?.boolean('vlan_filtering') ?? false,
        nfCallIptables: data?.boolean('nf_call_iptables') ?? false,
        // Of a bridge without ports (br_dev_newlink()): its identifier has an address that was set.
        addressSet: /\.(?!0?0(:0?0){5}$)/.test(data?.string('bridge_id') ?? ''),
        mtuSet: false,
      };
    case 'vxlan':
      return (data && readVxlan(data)) ?? unmodelled;
    case 'ipip':
      return (data && readIpip(data)) ?? unmodelled;
    case 'tun':
      return data?.string('type') === 'tun' ? { kind } : unmodelled;
    default:
      return unmodelled;
  }
}

/** Options that change where a VXLAN device's frames go, and that are not modelled. */
const UNMODELLED_VXLAN = [
  'group',
  'group6',
  'remote6',
  'local6',
  'external',
  'vnifilter',
  'proxy',
  'rsc',
  'gbp',
  'gpe',
];

function readVxlan(data: JsonRecord): LinkKind | undefined {
  if (UNMODELLED_VXLAN.some((key) => data.has(key) && data.fields[key] !== false)) return undefined;
  const remote = data.ipv4('remote');
  if (remote !== undefined && isMulticast(remote)) return undefined;
  const local: Ipv4 | undefined = data.ipv4('local');
  const df = data.string('df');
  // iproute2 leaves `ttl` out when it is inherited, and prints 0 for `auto`; TOS 1 stands for `inherit`.
  const tos = data.spelledNumber('tos') ?? 0;
  return {
    kind: 'vxlan',
    vni: data.requiredNumber('id'),
    local,
    remote,
    lower: data.string('link'),
    dstport: data.number('port') ?? 8472,
    learning: data.boolean('learning') ?? true,
    ttl: data.number('ttl') ?? 'inherit',
    tos: tos === 1 ? 'inherit' : tos,
    df: df === 'set' || df === 'inherit' ? df : 'unset',
  };
}

/** Options that change what an ipip device sends, and that are not modelled. */
const UNMODELLED_IPIP = ['external', 'fwmark', 'encap'];

function readIpip(data: JsonRecord): LinkKind | undefined {
  if (UNMODELLED_IPIP.some((key) => data.has(key) && data.fields[key] !== false)) return undefined;
  const protocol = data.string('proto') ?? 'any';
  if (protocol !== 'any' && protocol !== 'ipip') return undefined;
  const end = (key: 'local' | 'remote'): Ipv4 | undefined => (data.string(key) === 'any' ? undefined : data.ipv4(key));
  const local = end('local');
  const remote = end('remote');
  if (remote !== undefined && isMulticast(remote)) return undefined;
  const lower = data.string('link');
  const ttl = data.number('ttl') ?? 0;
  const tos = data.spelledNumber('tos') ?? 0;
  return {
    kind: 'ipip',
    local,
    remote,
    lower,
    ttl: ttl === 0 ? 'inherit' : ttl,
    tos: tos % 2 === 1 ? 'inherit' : tos,
    pmtudisc: data.boolean('pmtudisc') ?? true,
    protocol,
    // Beside it there is no other one without ends (ip_tunnel_find()).
    fallback: local === undefined && remote === undefined && lower === undefined,
  };
}
