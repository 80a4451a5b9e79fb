import type { Origin } from '../origin.js';

/** An IP set as `ipset save` spells it. Members that packets add are runtime. */
export interface Ipset {
  readonly name: string;
  /** `hash:ip`, `hash:ip,port`, `bitmap:port`, `list:set` … */
  readonly type: string;
  readonly family: 'inet' | 'inet6';
  /** The words after the type, in order: `['hashsize', '1024', 'maxelem', '65536']`. */
  readonly options: readonly string[];
  /** Member as printed (`10.0.0.1,tcp:80`) → its own words (`['timeout', '10']`, `['nomatch']`). */
  readonly members: ReadonlyMap<string, IpsetMember>;
  readonly origin: Origin;
}

/** One member of a set. */
export interface IpsetMember {
  readonly options: readonly string[];
  readonly origin: Origin;
}
