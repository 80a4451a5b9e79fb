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
