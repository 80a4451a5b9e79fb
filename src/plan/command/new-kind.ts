import { LineWords } from '../../linux/index.js';
import type { NewLink } from '../install.js';
import { readIpip } from './ipip.js';

/** The part of a new link that its type decides. */
export type NewKind = {
  [K in NewLink['kind']]: Omit<Extract<NewLink, { kind: K }>, 'name' | 'mtu' | 'address'>;
}[NewLink['kind']];

/** Options that change what an ipip device sends, and that are not modelled. */
const UNMODELLED_IPIP: ReadonlySet<string> = new Set(['external', 'fwmark', 'encap']);

/** Reads what stands behind `type TYPE`. A type that is not modelled is kept with its words. */
export function readNewKind(words: LineWords, type: string, lower: string | undefined): NewKind | undefined {
  switch (type) {
    case 'bridge':
      return readBridge(words);
    case 'vxlan':
      return readVxlan(words);
    case 'ipip': {
      const options = words.rest();
      const known = !options.some(({ text }) => UNMODELLED_IPIP.has(text));
      if (known) return readIpip(new LineWords(options, words.place));
      return { kind: 'unmodelled', type, data: { options: options.map(({ text }) => text) } };
    }
    case '':
      return undefined;
    default: {
      const options = words.rest().map((word) => word.text);
      return { kind: 'unmodelled', type, data: { ...(lower === undefined ? {} : { link: lower }), options } };
    }
  }
}

const BRIDGE = [
  'stp_state',
  'vlan_filtering',
  'nf_call_iptables',
  'forward_delay',
  'hello_time',
  'max_age',
  'ageing_time',
  'priority',
  'mcast_snooping',
  'nf_call_ip6tables',
  'nf_call_arptables',
] as const;

function readBridge(words: LineWords): NewKind {
  const flags = { stp_state: false, vlan_filtering: false, nf_call_iptables: false };
  while (words.has()) {
    const option = words.keyword(BRIDGE, 'option of a bridge');
    if (option === 'stp_state' || option === 'vlan_filtering' || option === 'nf_call_iptables')
      flags[option] = words.number(option, 1) !== 0;
    else if (option !== undefined) words.take(option);
  }
  const { stp_state: stp, vlan_filtering: vlanFiltering, nf_call_iptables: nfCallIptables } = flags;
  return { kind: 'bridge', stp, vlanFiltering, nfCallIptables };
}

const VXLAN = [
  'id',
  'vni',
  'remote',
  'local',
  'dev',
  'dstport',
  'srcport',
  'ttl',
  'hoplimit',
  'tos',
  'dsfield',
  'df',
  'learning',
  'nolearning',
  'ageing',
  'udpcsum',
  'noudpcsum',
  'udp6zerocsumtx',
  'noudp6zerocsumtx',
  'udp6zerocsumrx',
  'noudp6zerocsumrx',
  'group',
  'external',
  'proxy',
  'gbp',
] as const;

type Vxlan = { -readonly [K in keyof Extract<NewKind, { kind: 'vxlan' }>]: Extract<NewKind, { kind: 'vxlan' }>[K] };

function readVxlan(words: LineWords): NewKind {
  const link: Vxlan = {
    kind: 'vxlan',
    vni: -1,
    local: undefined,
    remote: undefined,
    lower: undefined,
    dstport: 8472,
    learning: true,
    ttl: 0,
    tos: 0,
    df: 'unset',
  };
  while (words.has()) {
    const option = words.keyword(VXLAN, 'option of a vxlan device');
    if (option !== undefined) readVxlanOption(words, option, link);
  }
  if (link.vni < 0) words.fail('a vxlan device needs an `id`', 'missing');
  return link;
}

function readVxlanOption(words: LineWords, option: (typeof VXLAN)[number], link: Vxlan): void {
  switch (option) {
    case 'id':
    case 'vni':
      link.vni = words.number('id', 0xffffff);
      return;
    case 'remote':
    case 'local': {
      const address = words.ipv4(option);
      if (address >>> 28 === 14) words.fail('multicast groups are not modelled');
      link[option] = address;
      return;
    }
    case 'dev':
      link.lower = words.take('dev');
      return;
    case 'dstport':
      link.dstport = words.number('dstport', 65535);
      return;
    case 'srcport':
      words.number('srcport', 65535);
      words.number('srcport', 65535);
      return;
    case 'ttl':
    case 'hoplimit':
      link.ttl = words.accept('inherit') ? 'inherit' : words.accept('auto') ? 0 : words.number('ttl', 255);
      return;
    case 'tos':
    case 'dsfield':
      link.tos = words.accept('inherit') ? 'inherit' : words.number('tos', 255);
      return;
    case 'df': {
      const df = words.keyword(['unset', 'set', 'inherit'], 'df');
      if (df !== undefined) link.df = df;
      return;
    }
    case 'learning':
    case 'nolearning':
      link.learning = option === 'learning';
      return;
    case 'ageing':
      words.take('ageing');
      return;
    case 'group':
      words.take('group');
      words.fail('multicast groups are not modelled');
      return;
    case 'external':
    case 'proxy':
    case 'gbp':
      words.fail(`"${option}" is not modelled`);
      return;
    default:
      // Checksums: neither path nor size of a packet depends on them.
      return;
  }
}
