import { parseIpv4 } from '../address/index.js';
import type { Netns } from '../linux/index.js';
import type { Network } from '../topology/index.js';
import { type End, requestOf } from './hint-end.js';
import type { Hint, Hop, Leg } from './trace.js';

/**
 * Why an answer was not translated back. Only the namespace that translated the request can do it: the answer went past
 * it altogether, because the request kept its source, or it was there on a bridge alone, which iptables did not see.
 */
export function untranslatedReply(network: Network, { leg, path, hop }: End, legs: readonly Leg[]): readonly Hint[] {
  const request = requestOf(leg, legs).flatMap(({ hops }) => hops);
  const translator = request.find((hop) => translates(hop, 'dst'))?.netns;
  if (translator === undefined) return [];
  const crossed = path.hops.filter(({ netns }) => netns === translator);
  if (crossed.length === 0) {
    if (request.some((hop) => hop.netns === translator && translates(hop, 'src'))) return [];
    const answer = leg.packet.find((header) => header.l === 'ip4');
    const remote = answer?.l === 'ip4' ? answer.src : '';
    return [{ code: 'REPLY_PAST_TRANSLATION', values: { node: translator, remote, client: hop.object ?? hop.netns } }];
  }
  const sysctls = network.netns(translator)?.sysctls;
  const bridge = bridgedBy(crossed);
  if (bridge === undefined || sysctls?.number('net/bridge/bridge-nf-call-iptables') !== 0) return [];
  return [{ code: 'REPLY_BRIDGED', values: { node: translator, bridge } }];
}

/** An answer that connection tracking does not know: it came by a host that the request did not pass. */
export function answeredAnotherWay({ leg, path, hop }: End, legs: readonly Leg[]): readonly Hint[] {
  if (leg.kind !== 'reply') return [];
  const request = requestOf(leg, legs).flatMap(({ hops }) => hops);
  if (request.some(({ netns }) => netns === hop.netns)) return [];
  const place = path.hops.indexOf(hop);
  const before = path.hops.slice(0, place).findLast(({ events }) => events.some(({ k }) => k === 'route'));
  const way = [
    ...new Set(request.filter(({ events }) => events.some(({ k }) => k === 'ct')).map(({ netns }) => netns)),
  ];
  return [{ code: 'ANSWER_ANOTHER_WAY', values: { node: hop.netns, by: before?.netns ?? '', way: way.join(', ') } }];
}

function translates({ events }: Hop, manip: 'src' | 'dst'): boolean {
  const way = manip === 'dst' ? 'in' : undefined;
  return events.some(
    (event) => (event.k === 'nat' && event.manip === manip) || (event.k === 'ipvs' && event.way === way),
  );
}

/** The bridge that a frame stayed on in these hops; undefined where the packet was routed. */
function bridgedBy(hops: readonly Hop[]): string | undefined {
  const events = hops.flatMap((hop) => hop.events);
  if (events.some(({ k }) => k === 'route')) return undefined;
  const event = events.find((each) => each.k === 'bridge');
  return event?.k === 'bridge' ? event.bridge : undefined;
}

/**
 * An entry of conntrack that outlived the rules that made it: nf_nat_inet_fn() asks the nat table for the first packet of
 * a connection alone. `address` is the one that nobody was found at.
 */
export function staleConnection(network: Network, { leg, path }: End, address: string): readonly Hint[] {
  if (leg.kind !== 'forward') return [];
  for (const { netns, events } of path.hops) {
    const ct = events.find((event) => event.k === 'ct' && event.what === 'found' && event.dir === 'original');
    const nat = events.find((event) => event.k === 'nat' && event.manip === 'dst' && event.rule === null);
    const set = nat?.diff.find((each) => each.op === 'set' && /^\/\d+\/dst$/.test(each.path) && each.to === address);
    if (ct?.k !== 'ct' || set?.op !== 'set') continue;
    const ns = network.netns(netns);
    if (ns === undefined || translatesTo(ns, address)) return [];
    const port = nat?.diff.find((each) => each.op === 'set' && each.path.endsWith('/dport'));
    const [from, to] = port?.op === 'set' ? [`:${port.from}`, `:${port.to}`] : ['', ''];
    const proto = ct.original?.split(' ')[0] ?? '';
    const values = { node: netns, proto, dst: String(set.from), to: address, connection: ct.original ?? '' };
    return [
      { code: 'STALE_CONNECTION', values: { ...values, vip: `${String(set.from)}${from}`, server: `${address}${to}` } },
    ];
  }
  return [];
}

/** Whether a rule that packets can come to translates to that address. */
function translatesTo({ iptables }: Netns, address: string): boolean {
  const chains = iptables.get('nat')?.chains;
  const reached = new Set(['PREROUTING', 'OUTPUT']);
  // A set is gone through to its end, also of what is added meanwhile.
  for (const name of reached)
    for (const { target } of chains?.get(name)?.rules ?? []) {
      if (target !== undefined && 'chain' in target) reached.add(String(target.chain));
      const { addresses } = (target?.target === 'DNAT' ? target : {}) as { readonly addresses?: AddressRange };
      const wanted = parseIpv4(address);
      if (addresses !== undefined && wanted !== undefined && addresses.min <= wanted && wanted <= addresses.max)
        return true;
    }
  return false;
}

interface AddressRange {
  readonly min: number;
  readonly max: number;
}
