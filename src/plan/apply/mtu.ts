import type { Link } from '../../linux/index.js';
import { updateMtu } from './bridge.js';
import type { ApplyContext } from './context.js';
import { IPIP_MAX_MTU, IPIP_MIN_MTU } from './ipip.js';
import { type Refused, refuse } from './refuse.js';
import { VXLAN_HEADROOM } from './vxlan.js';

/** ETH_MIN_MTU and ETH_MAX_MTU. */
const MIN = 68;
const MAX = 65535;

/** The bounds of all Ethernet-like virtual devices (dev_validate_mtu()). */
export function checkMtu(mtu: number): Refused | undefined {
  if (mtu < MIN) return refuse('EINVAL', 'mtu less than device minimum');
  return mtu > MAX ? refuse('EINVAL', 'mtu greater than device maximum') : undefined;
}

/** The same, where one is asked for. */
export function checkGiven(mtu: number | undefined): Refused | undefined {
  return mtu === undefined ? undefined : checkMtu(mtu);
}

/** ip_tunnel_change_mtu() */
function checkIpipMtu(mtu: number): Refused | undefined {
  return mtu < IPIP_MIN_MTU || mtu > IPIP_MAX_MTU ? refuse('EINVAL') : undefined;
}

/**
 * `ip link set DEV mtu N` (dev_set_mtu()): a VXLAN device can't outgrow its lower one, a bridge's stays from now on,
 * and a port's is passed on to its bridge.
 */
export function setMtu(context: ApplyContext, link: Link, mtu: number): Refused | undefined {
  const { draft } = context;
  if (mtu === link.mtu) return undefined;
  const refused = link.kind === 'loopback' ? undefined : link.kind === 'ipip' ? checkIpipMtu(mtu) : checkMtu(mtu);
  if (refused !== undefined) return refused;
  // lo alone takes less, and loses IPv4 by it (inetdev_valid_mtu()).
  if (mtu < MIN) return refuse('EOPNOTSUPP', 'podpath does not model a device without IPv4');
  if (link.kind === 'vxlan' && link.lower !== undefined) {
    const lower = draft.link(link.lower);
    if (lower !== undefined && mtu > lower.mtu - VXLAN_HEADROOM) return refuse('EINVAL');
  }
  if (link.kind === 'bridge') draft.setLink({ ...link, mtu, mtuSet: true });
  else draft.changeLink(link, { mtu });
  if (link.master !== undefined) updateMtu(context, link.master);
  return undefined;
}
