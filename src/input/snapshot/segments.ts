import { formatPrefix, isLoopback, type Mac, prefixOf } from '../../address/index.js';
import { createNetns, type Link, NEW_BRIDGE_PORT, type Netns, type Wire } from '../../linux/index.js';

/** Machines joined by what their addresses say. */
export interface InferredSegments {
  /** A switch for each segment. */
  readonly switches: readonly Netns[];
  readonly wires: readonly Wire[];
  readonly notes: readonly string[];
  /** By switch: what a packet that crosses it leans on. */
  readonly assumed: ReadonlyMap<string, readonly string[]>;
}

interface Card {
  readonly netns: string;
  readonly link: Link;
}

/**
 * Segments of the network cards whose cables nobody names: those with an address in one subnet are on one segment. A
 * card with several such subnets, and two cards of one machine in one subnet, are left alone.
 */
export function inferredSegments(namespaces: readonly Netns[], known: readonly Wire[]): InferredSegments {
  const taken = new Set(known.flat().map(({ netns, dev }) => `${netns}/${dev}`));
  const bySubnet = new Map<string, Card[]>();
  for (const ns of namespaces) {
    if (ns.role === 'pod' || ns.role === 'switch') continue;
    for (const link of ns.links.values())
      if (isCard(link) && !taken.has(`${ns.name}/${link.name}`))
        for (const subnet of subnetsOf(ns, link.name)) {
          const cards = bySubnet.get(subnet) ?? [];
          cards.push({ netns: ns.name, link });
          bySubnet.set(subnet, cards);
        }
  }
  const shared = [...bySubnet].filter(([, cards]) => new Set(cards.map(({ netns }) => netns)).size > 1);
  const segmentsOf = (card: Card): number =>
    shared.filter(([, cards]) => cards.some(({ link }) => link === card.link)).length;
  const names = new Set(namespaces.map(({ name }) => name));
  const result = {
    switches: [] as Netns[],
    wires: [] as Wire[],
    notes: [] as string[],
    assumed: new Map<string, string[]>(),
  };
  for (const [subnet, cards] of shared) {
    const ends = cards.map(({ netns, link }) => `${netns}/${link.name}`).join(', ');
    const machines = new Set(cards.map(({ netns }) => netns));
    if (machines.size < cards.length || cards.some((card) => segmentsOf(card) > 1)) {
      result.notes.push(`${ends} may be on one segment, ${subnet}, and are on others or twice: say so in wires`);
      continue;
    }
    const name = freeName(`segment-${subnet.replace('/', '-')}`, names);
    result.switches.push(switchOf(name, cards));
    for (const [i, { netns, link }] of cards.entries())
      result.wires.push([
        { netns, dev: link.name },
        { netns: name, dev: `p${i + 1}` },
      ]);
    result.notes.push(`inferred segment ${name}: ${ends} have addresses of ${subnet}`);
    result.assumed.set(name, [`Assumed: one segment joins ${ends}, which share ${subnet}`]);
  }
  return result;
}

/** A network card, or what stands for one: nobody has told its other end. */
function isCard(link: Link): boolean {
  return (link.kind === 'physical' || (link.kind === 'veth' && link.peer === undefined)) && link.master === undefined;
}

function subnetsOf(ns: Netns, dev: string): string[] {
  const own = ns.ipv4.addresses.filter(
    (a) => a.dev === dev && !a.secondary && a.prefixLength < 32 && !isLoopback(a.local),
  );
  return [...new Set(own.map((a) => formatPrefix(prefixOf(a.local, a.prefixLength))))];
}

function freeName(wanted: string, names: Set<string>): string {
  let name = wanted;
  for (let i = 2; names.has(name); i++) name = `${wanted}-${i}`;
  names.add(name);
  return name;
}

/** A bridge with a port for each card, as ours of a lab's segment. */
function switchOf(name: string, cards: readonly Card[]): Netns {
  const origin = { by: 'dump', object: `inferred segment ${name}` };
  const common = { up: true, carrier: true, noarp: false, promisc: false, origin };
  const loose = { ...common, master: undefined, port: undefined };
  const mtu = Math.max(...cards.map(({ link }) => link.mtu));
  const address = (i: number): Mac => (0x02ff_0000_0000 + i) as Mac;
  const bridge = { stp: false, vlanFiltering: false, nfCallIptables: false, addressSet: false, mtuSet: false } as const;
  const links: Link[] = [
    { kind: 'loopback', name: 'lo', ifindex: 1, mtu: 65536, address: 0 as Mac, ...loose },
    { kind: 'bridge', ...bridge, name: 'br0', ifindex: 2, mtu, address: address(1), ...loose },
    ...cards.map(
      (_, i): Link => ({
        kind: 'veth',
        peer: undefined,
        name: `p${i + 1}`,
        ifindex: i + 3,
        mtu,
        address: address(i + 1),
        ...common,
        master: 'br0',
        port: { ...NEW_BRIDGE_PORT, no: i + 1 },
      }),
    ),
  ];
  return { ...createNetns(name, 'switch'), links: new Map(links.map((link) => [link.name, link])) };
}
