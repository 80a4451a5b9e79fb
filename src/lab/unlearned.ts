import { contains, type Ipv4, type Ipv4Prefix } from '../address/index.js';
import type { BgpSimulation, Withheld } from '../bgp/index.js';
import type { LostRoute, UnlearnedRoute } from '../topology/index.js';
import type { Lab } from './lab.js';

/**
 * Why a speaker's kernel has no route of BGP's for an address: what it should have learned is the longest prefix that
 * anybody originates, and it got lost wherever somebody who knows it has a neighbour who does not. Undefined for machines
 * that do not speak, and for addresses that nobody announces.
 */
export function unlearnedRoute(
  lab: Lab,
  simulation: BgpSimulation,
  machine: string,
  dst: Ipv4,
): UnlearnedRoute | undefined {
  const { speakers } = simulation.config;
  if (!speakers.some(({ name }) => name === machine)) return undefined;
  const net = announcedNet(lab, simulation, dst);
  if (net === undefined) return undefined;
  const origins = originsOf(lab, simulation).filter((each) => same(each.net, net));
  const search: Search = { simulation, net, origins: new Set(origins.map(({ name }) => name)) };
  if (knows(search, machine)) return { net, lost: [keptOut(search, machine)] };
  const found = merged(crossings(search, machine), machine);
  const telling = found.filter(({ cause }) => cause !== 'not-reflected');
  const [origin] = origins;
  const nobody: LostRoute = { ...BARE, cause: 'no-session', at: machine, from: origin?.name ?? '', to: [machine] };
  return { net, lost: telling.length > 0 ? telling : found.length > 0 ? found : [nobody] };
}

const BARE = { session: '', because: '' };

interface Search {
  readonly simulation: BgpSimulation;
  readonly net: Ipv4Prefix;
  /** Speakers that have the prefix of their own, whether their daemon runs or not. */
  readonly origins: ReadonlySet<string>;
}

interface Origin {
  readonly name: string;
  readonly net: Ipv4Prefix;
}

/** Static routes are the blocks of Calico's nodes and their Services' addresses; of routers it is what their lab says. */
function originsOf(lab: Lab, { config }: BgpSimulation): readonly Origin[] {
  const nodes = config.speakers.flatMap(({ name, routes }) =>
    routes.filter(({ source }) => source === 'static').map(({ net }) => ({ name, net })),
  );
  const routers = lab.routers.flatMap(({ name, bgp }) => (bgp?.announce ?? []).map((net) => ({ name, net })));
  return [...nodes, ...routers];
}

function announcedNet(lab: Lab, simulation: BgpSimulation, dst: Ipv4): Ipv4Prefix | undefined {
  const nets = originsOf(lab, simulation).map(({ net }) => net);
  return nets.filter((net) => contains(net, dst)).sort((a, b) => b.length - a.length)[0];
}

function same(a: Ipv4Prefix, b: Ipv4Prefix): boolean {
  return a.address === b.address && a.length === b.length;
}

function knows({ simulation, net }: Search, name: string): boolean {
  return simulation.running(name) && simulation.explain(name, net).candidates.length > 0;
}

/** BGP has brought it: is it in the forwarding table? */
function keptOut({ simulation, net }: Search, machine: string): LostRoute {
  const { fib, candidates } = simulation.explain(machine, net);
  const place = { at: machine, from: machine, to: [machine], session: candidates[0]?.route.protocol ?? '' };
  if (fib === undefined || !('missing' in fib)) return { ...place, cause: 'removed', because: '' };
  return { ...place, cause: fib.full ? 'fib-full' : 'not-installed', because: fib.missing };
}

/** From a speaker back along all sessions, through speakers that do not know the prefix either. */
function crossings(search: Search, machine: string): readonly LostRoute[] {
  const links = neighbors(search.simulation);
  const seen = new Set([machine]);
  const found: LostRoute[] = [];
  let border = [machine];
  while (border.length > 0) {
    const next: string[] = [];
    for (const to of border) {
      const { withheld } = search.simulation.explain(to, search.net);
      for (const from of links.get(to) ?? []) {
        if (search.origins.has(from) || knows(search, from)) found.push(crossing(search, from, to, withheld));
        else if (!seen.has(from)) next.push(from);
        seen.add(from);
      }
    }
    border = next;
  }
  return found;
}

function crossing({ simulation }: Search, from: string, to: string, withheld: readonly Withheld[]): LostRoute {
  const down = [from, to].find((name) => !simulation.running(name));
  if (down !== undefined) return { ...BARE, cause: 'daemon-down', at: down, from, to: [to] };
  const why = withheld.find(({ speaker }) => speaker === from);
  if (why === undefined) return { ...BARE, cause: 'no-session', at: to, from, to: [to] };
  const { cause, session } = why;
  if (cause === 'no-session') return { ...BARE, cause, at: from, from, to: [to] };
  if (cause === 'disabled') return { ...BARE, cause, ...disabledOn(simulation, from, to, session), from, to: [to] };
  if (cause === 'session-down') return { cause, at: to, from, to: [to], session, because: why.why };
  return { cause: cause === 'other' ? 'withheld' : cause, at: from, from, to: [to], session: '', because: why.why };
}

/** The side that an operator has disabled, and what the session is called there. */
function disabledOn(simulation: BgpSimulation, from: string, to: string, session: string) {
  const own = simulation.sessions(to).find(({ name }) => name === session);
  if (own?.reason === 'disabled') return { at: to, session };
  const addresses = addressesOf(simulation, to);
  const other = simulation.sessions(from).find(({ neighbor }) => addresses.has(neighbor));
  return { at: from, session: other?.name ?? '' };
}

/** One for each cause and machine; where it is lost towards the asking machine itself, the others do not matter. */
function merged(lost: readonly LostRoute[], machine: string): readonly LostRoute[] {
  const byCause = new Map<string, LostRoute>();
  for (const each of lost) {
    const place =
      each.cause === 'daemon-down' ? each.at : each.cause === 'no-session' ? each.from : `${each.at} ${each.from}`;
    const key = `${each.cause} ${place}`;
    const before = byCause.get(key);
    if (before === undefined) byCause.set(key, each);
    else if (!before.to.includes(machine)) byCause.set(key, { ...before, to: [...before.to, ...each.to], session: '' });
  }
  return [...byCause.values()];
}

/** Who has a session with whom, or should have: either side's configuration counts. */
function neighbors(simulation: BgpSimulation): ReadonlyMap<string, ReadonlySet<string>> {
  const links = new Map<string, Set<string>>();
  const owners = new Map<Ipv4, string>();
  const { speakers } = simulation.config;
  for (const { name } of speakers) for (const address of addressesOf(simulation, name)) owners.set(address, name);
  const join = (a: string, b: string): void => {
    links.set(a, (links.get(a) ?? new Set()).add(b));
  };
  for (const { name } of speakers)
    for (const { neighbor } of simulation.sessions(name)) {
      const other = owners.get(neighbor);
      if (other === undefined) continue;
      join(name, other);
      join(other, name);
    }
  return links;
}

function addressesOf({ config }: BgpSimulation, speaker: string): ReadonlySet<Ipv4> {
  const found = config.speakers.find(({ name }) => name === speaker);
  return new Set(found?.interfaces.map(({ address }) => address));
}
