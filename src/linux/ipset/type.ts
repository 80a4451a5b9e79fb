/** What one part of a member is made from. A `net` is an address with a prefix length. */
export type IpsetPart = 'ip' | 'net' | 'port' | 'bare port' | 'mac' | 'mark' | 'iface' | 'set';

/** A set type: what its members consist of (struct ip_set_type). */
export interface IpsetType {
  readonly parts: readonly IpsetPart[];
  /** How many `src` or `dst` a rule must name at least. */
  readonly dimension: number;
  /** Members may be exceptions (`nomatch`). */
  readonly nomatch: boolean;
  /** Members lie in a fixed range. */
  readonly bitmap: boolean;
}

function hash(...parts: IpsetPart[]): IpsetType {
  return { parts, dimension: parts.length, nomatch: parts.includes('net'), bitmap: false };
}

function bitmap(...parts: IpsetPart[]): IpsetType {
  return { parts, dimension: parts.length, nomatch: false, bitmap: true };
}

/** The set types, by name (linux net/netfilter/ipset/ip_set_*.c). */
export const IPSET_TYPES: ReadonlyMap<string, IpsetType> = new Map([
  ['hash:ip', hash('ip')],
  ['hash:net', hash('net')],
  ['hash:ip,port', hash('ip', 'port')],
  ['hash:ip,port,ip', hash('ip', 'port', 'ip')],
  ['hash:ip,port,net', hash('ip', 'port', 'net')],
  ['hash:net,port', hash('net', 'port')],
  ['hash:net,net', hash('net', 'net')],
  ['hash:net,port,net', hash('net', 'port', 'net')],
  ['hash:net,iface', hash('net', 'iface')],
  ['hash:ip,mark', hash('ip', 'mark')],
  ['hash:ip,mac', hash('ip', 'mac')],
  ['hash:mac', hash('mac')],
  ['bitmap:ip', bitmap('ip')],
  ['bitmap:ip,mac', bitmap('ip', 'mac')],
  ['bitmap:port', bitmap('bare port')],
  ['list:set', { parts: ['set'], dimension: 1, nomatch: false, bitmap: false }],
]);

/** Names of types in older versions of ipset, which it still takes. */
export const OLD_TYPE_NAMES: ReadonlyMap<string, string> = new Map([
  ['iphash', 'hash:ip'],
  ['nethash', 'hash:net'],
  ['ipporthash', 'hash:ip,port'],
  ['ipportiphash', 'hash:ip,port,ip'],
  ['ipportnethash', 'hash:ip,port,net'],
  ['ipmap', 'bitmap:ip'],
  ['portmap', 'bitmap:port'],
  ['macipmap', 'bitmap:ip,mac'],
  ['setlist', 'list:set'],
]);

/** Whether two sets could be exchanged for each other (ip_set_swap() compares features and family). */
export function sameFeatures(a: IpsetType, b: IpsetType): boolean {
  const features = ({ parts, nomatch }: IpsetType) =>
    `${parts.map((part) => (part === 'net' ? 'ip' : part)).join(',')}${nomatch ? ' nomatch' : ''}`;
  return features(a) === features(b);
}
