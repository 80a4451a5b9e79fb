import { formatIpv4, type Ipv4, type Ipv4Prefix } from '../address/index.js';
import type { AggregateConfig } from '../bgp/index.js';
import type { RouterBgp } from '../lab/index.js';
import { checkedAddress, checkedPrefix } from './address.js';
import { readSubnet } from './calico/read-entry.js';
import { inside, type LabContext, type Place } from './context.js';
import type { AggregateFile, RouterBgpFile } from './lab-file.js';

/** What BIRD on a router is told; `known` are all addresses of nodes, routers and hosts. */
export function readRouterBgp(
  { name, addresses, bgp }: { readonly name: string; readonly addresses: readonly Ipv4[]; readonly bgp: RouterBgpFile },
  place: Place,
  known: ReadonlySet<Ipv4>,
  context: LabContext,
): RouterBgp | undefined {
  const routerId = bgp.routerId === undefined ? addresses[0] : checkedAddress(bgp.routerId);
  if (routerId === undefined)
    return context.complain(place, 'missing', `expected routerId, as router ${name} has no address`);
  if (routerId === 0) context.complain(inside(place, 'routerId'), 'bad-address', '0.0.0.0 is no router id');
  const prefixes = (said: readonly string[] | undefined, at: Place): readonly Ipv4Prefix[] =>
    (said ?? []).map((text, i) => readSubnet(text, inside(at, i), `host/${name}`, context) ?? checkedPrefix(text));
  const seen = new Set<Ipv4>();
  const neighbors = (bgp.neighbors ?? []).map((said, i) => {
    const at = inside(place, 'neighbors', i);
    const address = checkedAddress(said.address);
    if (addresses.includes(address))
      context.complain(inside(at, 'address'), 'conflict', `${said.address} is the router's own`);
    else if (seen.has(address))
      context.complain(inside(at, 'address'), 'conflict', `${said.address} is a neighbor twice`);
    else if (!known.has(address))
      context.note(inside(at, 'address'), `neighbor ${formatIpv4(address)} of ${name} is no machine of the lab`);
    seen.add(address);
    if (said.rrClient === true && said.as !== bgp.as)
      context.complain(inside(at, 'rrClient'), 'conflict', `a client of a reflector is of its AS, ${bgp.as}`);
    return {
      address,
      as: said.as,
      rrClient: said.rrClient ?? false,
      nextHopSelf: said.nextHopSelf ?? false,
      passive: said.passive ?? false,
      password: said.password,
      import: said.import === undefined ? undefined : prefixes(said.import, inside(at, 'import')),
      export: said.export === undefined ? undefined : prefixes(said.export, inside(at, 'export')),
    };
  });
  return {
    as: bgp.as,
    routerId,
    clusterId: bgp.clusterId === undefined ? undefined : checkedAddress(bgp.clusterId),
    neighbors,
    announce: prefixes(bgp.announce, inside(place, 'announce')),
    aggregates: readAggregates(bgp.aggregates ?? [], inside(place, 'aggregates'), `host/${name}`, context),
    fibLimit: bgp.fibLimit,
  };
}

/** Each prefix once, and none that nothing can be more specific than: bgp_aggregate_set(), FRR bgpd/bgp_route.c. */
function readAggregates(
  said: readonly AggregateFile[],
  place: Place,
  where: string,
  context: LabContext,
): readonly AggregateConfig[] {
  const seen = new Set<string>();
  return said.map(({ net: text, asSet = false, summaryOnly = false, origin }, i) => {
    const at = inside(place, i, 'net');
    const net = readSubnet(text, at, where, context) ?? checkedPrefix(text);
    if (net.length === 32) context.complain(at, 'bad-value', `nothing is more specific than ${text}`);
    else if (seen.has(text)) context.complain(at, 'conflict', `${text} is an aggregate twice`);
    seen.add(text);
    return { net, asSet, summaryOnly, ...(origin === undefined ? {} : { origin }) };
  });
}
