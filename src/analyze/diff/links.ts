import { formatIpv4, formatMac } from '../../address/index.js';
import { addressesOf, type Link, type LinkOf, lowerOf, type Netns } from '../../linux/index.js';
import type { Difference } from '../../output/index.js';
import type { Names } from './names.js';

/** One side of a comparison of two namespaces. */
export interface Side {
  readonly ns: Netns;
  readonly names: Names;
}

/** What {@link diffLinks} found. */
export interface LinkDifferences {
  readonly differences: readonly Omit<Difference, 'netns'>[];
  /** Links that only one has, of which nothing says whether somebody wanted them. */
  readonly untouched: readonly string[];
}

/** Links that only one has, and what of the others differs. `macs` says whether hardware addresses are compared. */
export function diffLinks(a: Side, b: Side, macs: 'macs' | 'no-macs'): LinkDifferences {
  const [here, there] = [linksByName(a), linksByName(b)];
  const differences: Omit<Difference, 'netns'>[] = [];
  const untouched: string[] = [];
  for (const [name, link] of here) {
    const other = there.get(name);
    if (other !== undefined) differences.push(...diffFields(name, [a, link], [b, other], macs));
    else if (isUntouched(link, a.ns)) untouched.push(name);
    else differences.push({ kind: 'link', is: 'missing', entry: name, a: whole(link), b: undefined });
  }
  for (const [name, link] of there)
    if (here.has(name)) continue;
    else if (isUntouched(link, b.ns)) untouched.push(name);
    else differences.push({ kind: 'link', is: 'extra', entry: name, a: undefined, b: whole(link) });
  return { differences, untouched };
}

/**
 * A `tunl0` as its module makes it in every namespace there is, down and without an address (ipip_init_net()): it is there
 * because somewhere on the machine somebody wanted one.
 */
function isUntouched(link: Link, ns: Netns): boolean {
  return link.kind === 'ipip' && link.fallback && !link.up && addressesOf(ns, link.name).length === 0;
}

function linksByName({ ns, names }: Side): ReadonlyMap<string, Link> {
  return new Map([...ns.links.values()].map((link) => [names.device(ns, link.name), link]));
}

function whole(link: Link): { text: string; origin: Link['origin'] } {
  const master = link.master === undefined ? '' : ` master ${link.master}`;
  const type = link.kind === 'unmodelled' ? link.type : link.kind;
  return { text: `${link.name} type ${type} mtu ${link.mtu}${master} ${link.up ? 'up' : 'down'}`, origin: link.origin };
}

function diffFields(
  name: string,
  [a, link]: readonly [Side, Link],
  [b, other]: readonly [Side, Link],
  macs: 'macs' | 'no-macs',
): Omit<Difference, 'netns'>[] {
  const [here, there] = [fieldsOf(link, a, macs), fieldsOf(other, b, macs)];
  // What kind it is decides what else there is to tell.
  const keys = here.get('type') === there.get('type') ? new Set([...here.keys(), ...there.keys()]) : ['type'];
  return [...keys].flatMap((key) => {
    const [mine, theirs] = [here.get(key), there.get(key)];
    if (mine === theirs || (UNTOLD.has(key) && [mine, theirs].includes(undefined))) return [];
    const side = (value: string | undefined, { origin }: Link): { text: string; origin: Link['origin'] } => ({
      text: value ?? 'none',
      origin,
    });
    return [{ kind: 'link', is: 'different', entry: `${name} ${key}`, a: side(mine, link), b: side(theirs, other) }];
  });
}

/** A network card is a veth where the other end of its cable is known. */
function typeOf(link: Link): string {
  if (link.kind === 'physical') return 'veth';
  return link.kind === 'unmodelled' ? link.type : link.kind;
}

const word = (flag: boolean): string => (flag ? 'on' : 'off');

/** A link's settings, by the words of `ip -d link` and `bridge -d link`. */
function fieldsOf(link: Link, { ns, names }: Side, macs: 'macs' | 'no-macs'): ReadonlyMap<string, string> {
  const fields = new Map<string, string>([
    ['type', typeOf(link)],
    ['mtu', String(link.mtu)],
    ['state', link.up ? 'up' : 'down'],
    ['carrier', word(link.carrier)],
    ['arp', word(!link.noarp)],
    ['promisc', word(link.promisc)],
  ]);
  const { master, port } = link;
  if (master !== undefined) fields.set('master', names.device(ns, master));
  // A bridge's address is a port's unless somebody sets it, and a dump does not tell who did.
  if (macs === 'macs' && link.kind !== 'bridge') fields.set('address', formatMac(link.address));
  if (port !== undefined) {
    const { no: _, state, ...flags } = port;
    fields.set('port state', state);
    for (const [key, on] of Object.entries(flags)) fields.set(`port ${PORT_WORDS.get(key) ?? key}`, word(on));
  }
  for (const [key, value] of kindFields(link, { ns, names })) fields.set(key, value);
  return fields;
}

/** The spelling of `bridge link set`, where it is another. */
const PORT_WORDS = new Map([
  ['mcastFlood', 'mcast_flood'],
  ['bcastFlood', 'bcast_flood'],
]);

const UNMODELLED = ['mode', 'protocol', 'id', 'local', 'remote'];

/** What one side may not know: a dump the other end of a veth, a lab what its commands left to the driver. */
const UNTOLD = new Set(['peer', 'dev', ...UNMODELLED]);

/** What says where a device of a kind that is not modelled takes frames from and how, as `ip -d link` names it. */
function unmodelledFields(link: LinkOf<'unmodelled'>, { ns, names }: Side): readonly (readonly [string, string])[] {
  const lower = lowerOf(link);
  const told = UNMODELLED.flatMap((key): [string, string][] => {
    const value = link.data[key];
    return value === undefined ? [] : [[key, String(value)]];
  });
  return lower === undefined ? told : [['dev', names.device(ns, lower)], ...told];
}

function kindFields(link: Link, { ns, names }: Side): readonly (readonly [string, string])[] {
  switch (link.kind) {
    case 'veth':
      return link.peer === undefined ? [] : [['peer', names.netns(link.peer.netns)]];
    case 'bridge':
      return [
        ['stp_state', word(link.stp)],
        ['vlan_filtering', word(link.vlanFiltering)],
        ['nf_call_iptables', word(link.nfCallIptables)],
      ];
    case 'vxlan':
      return [
        ['id', String(link.vni)],
        ['local', link.local === undefined ? 'any' : formatIpv4(link.local)],
        ['remote', link.remote === undefined ? 'none' : formatIpv4(link.remote)],
        ['dev', link.lower ?? 'none'],
        ['dstport', String(link.dstport)],
        ['learning', word(link.learning)],
        ['ttl', String(link.ttl)],
        ['tos', String(link.tos)],
        ['df', link.df],
      ];
    case 'ipip':
      return [
        ['local', link.local === undefined ? 'any' : formatIpv4(link.local)],
        ['remote', link.remote === undefined ? 'any' : formatIpv4(link.remote)],
        ['dev', link.lower ?? 'none'],
        ['ttl', String(link.ttl)],
        ['tos', String(link.tos)],
        ['pmtudisc', word(link.pmtudisc)],
      ];
    case 'loopback':
    case 'physical':
    case 'tun':
      return [];
    case 'unmodelled':
      return unmodelledFields(link, { ns, names });
  }
}
