import type { Link, LinkOf } from '../../linux/index.js';
import { forgetStations, portsOf } from './bridge-port.js';
import type { ApplyContext } from './context.js';
import { neighCarrierDown } from './neigh.js';

/**
 * Brings a link's carrier up to date, and what depends on it: a bridge port's state, with it the bridge's carrier;
 * without a carrier, what was learned of neighbours (netif_carrier_on(), netif_carrier_off()).
 */
export function updateCarrier(context: ApplyContext, dev: string): void {
  const { draft } = context;
  const link = draft.link(dev);
  if (link === undefined) return;
  const carrier = hasCarrier(context, link);
  if (carrier === link.carrier) return;
  const changed = draft.changeLink(link, { carrier });
  if (!carrier) neighCarrierDown(context, dev);
  if (changed.master !== undefined) updatePort(context, dev);
}

/**
 * Brings the state of a bridge port up to date: it forwards while bridge, port and carrier are up. What was learned on
 * a port that no longer does goes (br_stp_enable_port(), br_stp_disable_port(), linux net/bridge/br_stp_if.c).
 *
 * With the spanning tree protocol a port would forward only after some time: here it does at once.
 */
export function updatePort(context: ApplyContext, dev: string): void {
  const { draft } = context;
  const link = draft.link(dev);
  const bridge = link?.master === undefined ? undefined : draft.link(link.master);
  if (link?.port === undefined || bridge === undefined) return;
  const state = bridge.up && link.up && link.carrier ? 'forwarding' : 'disabled';
  if (state !== link.port.state) {
    draft.changeLink(link, { port: { ...link.port, state } });
    if (state === 'disabled') forgetStations(context, bridge.name, dev);
  }
  updateCarrier(context, bridge.name);
}

/** The same for the other end of a veth pair, wherever that is. */
export function updatePeerCarrier(context: ApplyContext, link: Link): void {
  const peer = context.drafts.peerOf(link);
  if (peer !== undefined) updateCarrier({ ...context, draft: peer.draft }, peer.link.name);
}

/**
 * Whether the lower layer of a link is up: of a veth the other end, of a bridge a port that forwards, of a TUN device
 * the process that holds it. What is not known to be down counts as up. A link that is down shows no carrier.
 */
function hasCarrier({ drafts, draft }: ApplyContext, link: Link): boolean {
  if (!link.up) return false;
  switch (link.kind) {
    case 'veth':
      return drafts.peerOf(link)?.link.up ?? true;
    case 'bridge':
      return bridgeCarrier(link, portsOf({ draft }, link.name));
    case 'tun':
      return draft.ns.processes.some((process) => process.dev === link.name);
    default:
      return true;
  }
}

/**
 * A bridge has a carrier while one of its ports forwards. One that never had a port, nor an address set by hand, has
 * the carrier that it was born with: nothing has made it look yet (br_port_state_selection()).
 */
function bridgeCarrier(bridge: LinkOf<'bridge'>, ports: readonly Link[]): boolean {
  if (ports.length === 0) return !bridge.addressSet && bridge.address !== 0;
  return ports.some((port) => port.port?.state === 'forwarding');
}
