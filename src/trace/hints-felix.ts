import { type Network, objectName } from '../topology/index.js';
import type { End } from './hint-end.js';
import { tunnelAt } from './hints-tunnel.js';
import type { Hint, Leg } from './trace.js';

/** What a DROP of Felix's is for, by the chain that it stands in (felix 3.21 rules/static.go, rules/dispatch.go). */
export function droppedByFelix(network: Network, end: End): readonly Hint[] {
  const { leg, hop } = end;
  const { rule } = end.drop;
  if (rule === null || !rule.origin.startsWith('felix: ')) return [];
  const node = hop.netns;
  const { chain, table, text } = rule;
  // The rpfilter match of raw cali-PREROUTING is for marked packets, which are those from workloads.
  if (table === 'raw' && chain === 'cali-PREROUTING' && text.includes('-m rpfilter')) {
    const values = { node, dev: hop.in ?? '', src: sourceOf(leg), owner: senderOn(network, node, hop.in) };
    return [{ code: 'WORKLOAD_SPOOFED', values }];
  }
  if (/^cali-(from|to)-wl-dispatch/.test(chain)) {
    const to = chain.startsWith('cali-to-');
    const route = hop.events.findLast((event) => event.k === 'route');
    const out = route?.k === 'route' && route.got.type === 'unicast' ? route.got.dev : hop.out;
    const dev = (to ? out : hop.in) ?? '';
    return [{ code: 'WORKLOAD_UNKNOWN', values: { node, dev, chain, owner: senderOn(network, node, dev) } }];
  }
  if (chain === 'cali-wl-to-host')
    return [{ code: 'WORKLOAD_TO_HOST', values: { node, dev: hop.in ?? '', owner: senderOn(network, node, hop.in) } }];
  const tunnel = tunnelAt(end);
  if (chain !== 'cali-INPUT' || tunnel === undefined) return [];
  const set = tunnel.port === undefined ? 'cali40all-hosts-net' : 'cali40all-vxlan-net';
  return [{ code: 'TUNNEL_SENDER_UNKNOWN', values: { node, dev: tunnel.dev, sender: tunnel.src, set } }];
}

function sourceOf({ packet }: Leg): string {
  const ip = packet.find(({ l }) => l === 'ip4');
  return ip?.l === 'ip4' ? ip.src : '';
}

/** Whose namespace is at the far end of a device. */
function senderOn(network: Network, node: string, dev: string | null): string {
  const link = dev === null ? undefined : network.netns(node)?.links.get(dev);
  const peer = link === undefined ? undefined : network.peerOf(link)?.netns.name;
  const object = network.directory.objects.find(({ netns }) => netns !== undefined && netns === peer);
  return object === undefined ? (peer ?? '') : objectName(object);
}
