import type { Mac } from '../../address/index.js';
import type { Link } from '../../linux/index.js';
import type { Call } from '../install.js';
import { enslave, moveLocal, portAddressChanged, release } from './bridge.js';
import { updateCarrier } from './carrier.js';
import type { ApplyContext } from './context.js';
import { linkDown, linkUp } from './link-up.js';
import { moveLink } from './move-link.js';
import { setMtu } from './mtu.js';
import { neighChangeaddr } from './neigh.js';
import { checkAddress } from './new-link.js';
import { noDevice, type Refused, refuse } from './refuse.js';
import { renameLink } from './rename-link.js';

type SetCall = Extract<Call, { readonly call: 'link set' }>;

/**
 * `ip link set DEV …`. Several settings in one call are made in the kernel's order (do_setlink(), linux
 * net/core/rtnetlink.c); those before one that is refused stay, as there.
 */
export function linkSet(context: ApplyContext, { dev, set }: SetCall): Refused | undefined {
  let name = dev;
  let at = context;
  const link = (): Link | undefined => at.draft.link(name);
  // iproute2 looks for the master before it looks for the device.
  if (set.master !== undefined && set.master !== '' && at.draft.link(set.master) === undefined)
    return refuse('ENODEV', `argument "${set.master}" is wrong: Device does not exist`);
  if (link() === undefined) return noDevice(dev);
  const steps: (() => Refused | undefined)[] = [];
  const step = <T>(value: T | undefined, change: (link: Link, value: T) => Refused | undefined): void => {
    if (value === undefined) return;
    steps.push(() => {
      const now = link();
      return now === undefined ? noDevice(name) : change(now, value);
    });
  };
  step(set.netns, (now, netns) => {
    const moved = moveLink(at, now, netns, set.name);
    if ('errno' in moved) return moved;
    at = moved.context;
    name = moved.name;
    return undefined;
  });
  step(set.address, (now, address) => setAddress(at, now, address));
  step(set.mtu, (now, mtu) => setMtu(at, now, mtu));
  step(set.name, (now, wanted) => {
    const refused = now.name === wanted ? undefined : renameLink(at, now, wanted);
    if (refused === undefined) name = wanted;
    return refused;
  });
  step(set.master, (now, master) => {
    if (master !== '') return enslave(at, now.name, master);
    release(at, now.name);
    return undefined;
  });
  step(set.promisc, (now, promisc) => {
    at.draft.changeLink(now, { promisc });
    return undefined;
  });
  step(set.arp, (now, arp) => setArp(at, now, arp));
  step(set.up, (now, up) => {
    if (up) linkUp(at, now);
    else linkDown(at, now);
    return undefined;
  });
  for (const run of steps) {
    const refused = run();
    if (refused !== undefined) return refused;
  }
  return undefined;
}

/** Neighbours know the address that they were told: all of them are forgotten (NETDEV_CHANGEADDR). */
function setAddress(context: ApplyContext, link: Link, address: Mac): Refused | undefined {
  const { draft } = context;
  const refused = checkAddress(address);
  if (refused !== undefined) return refused;
  const old = link.address;
  if (link.kind === 'bridge') {
    draft.setLink({ ...link, address, addressSet: true });
    moveLocal(context, link.name, old, address, link.name);
    updateCarrier(context, link.name);
  } else portAddressChanged(context, draft.changeLink(link, { address }), old);
  neighChangeaddr(context, link.name);
  return undefined;
}

/** IFF_NOARP. Of flags that change the kernel tells of a link that is up only (__dev_notify_flags()). */
function setArp(context: ApplyContext, link: Link, arp: boolean): Refused | undefined {
  if (link.noarp !== arp) return undefined;
  context.draft.changeLink(link, { noarp: !arp });
  if (link.up) neighChangeaddr(context, link.name);
  return undefined;
}
