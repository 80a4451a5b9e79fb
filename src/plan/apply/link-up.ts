import type { Ipv4 } from '../../address/index.js';
import type { Link } from '../../linux/index.js';
import { insertAddress } from './address.js';
import { updatePorts } from './bridge.js';
import { updateCarrier, updatePeerCarrier, updatePort } from './carrier.js';
import { addAddressRoutes } from './connected.js';
import { type ApplyContext, dropEntries, isOf, kernelOrigin, runtimeOf } from './context.js';
import { fibSyncDownDev } from './fib-sync.js';
import { neighIfdown } from './neigh.js';

/**
 * `ip link set DEV up` (dev_open()): lo gets 127.0.0.1/8, and all addresses the routes that they stand for while their
 * link is up (inetdev_event(), fib_netdev_event()).
 */
export function linkUp(context: ApplyContext, link: Link): void {
  const { draft } = context;
  if (link.up) return;
  const up = draft.changeLink(link, { up: true });
  updateCarrier(context, link.name);
  updatePeerCarrier(context, up);
  if (link.kind === 'bridge') updatePorts(context, link.name);
  if (link.kind === 'loopback') addLoopback(context, link.name);
  for (const address of draft.ns.ipv4.addresses) if (address.dev === link.name) addAddressRoutes(context, address);
}

function addLoopback(context: ApplyContext, dev: string): void {
  const local = 0x7f000001 as Ipv4;
  // Refused when it is there already, which is as good.
  insertAddress(context, {
    dev,
    local,
    prefixLength: 8,
    peer: local,
    broadcast: undefined,
    scope: 254,
    secondary: false,
    label: dev,
    origin: kernelOrigin(`link ${dev} up`),
  });
}

/**
 * `ip link set DEV down` (dev_close()): routes but those of host scope go, all neighbours, what was learned on it, and
 * connections that were masqueraded out of it. Addresses and a VXLAN device's configured FDB stay.
 */
export function linkDown(context: ApplyContext, link: Link): void {
  if (!link.up) return;
  const { draft } = context;
  const { name } = link;
  const down = draft.changeLink(link, { up: false, carrier: false });
  updatePeerCarrier(context, down);
  if (link.master !== undefined) updatePort(context, name);
  if (link.kind === 'bridge') updatePorts(context, name);
  fibSyncDownDev(context, name, 'down');
  neighIfdown(context, name);
  draft.releaseKept(name, 'down');
  forgetTraffic(context, name);
}

/** What packets have left behind that does not outlive the link (masq_device_event(), vxlan_stop()). */
function forgetTraffic(context: ApplyContext, dev: string): void {
  const { conntrack, vxlanStations } = runtimeOf(context);
  const { runtime } = context.drafts;
  for (const ct of conntrack.list(runtime.clock)) if (ct.masqueradeDev === dev) conntrack.delete(ct, runtime.journal);
  dropEntries(context, vxlanStations, (key) => isOf(key, dev));
}
