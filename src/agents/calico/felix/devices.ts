import { formatIpv4, type Ipv4 } from '../../../address/index.js';
import { addressesOf } from '../../../linux/index.js';
import { type AgentContext, callsOn, ownNetns, type Steps } from '../../agent.js';
import { netlinkAddress } from '../../netlink.js';
import { IPIP, tunnelAddress, VXLAN } from '../tunnel.js';
import { felixMtus, objectsOf } from './settings.js';
import { type Vtep, vteps } from './vteps.js';

/**
 * The device that the module of IPIP makes by itself: MTU, up, and the node's tunnel address, if it has one, alone (felix
 * 3.21 dataplane/linux/ipip_mgr.go configureIPIPDevice()). Where the module is not loaded, asking for the device loads it.
 */
export function* ipipDevice(context: AgentContext): Steps {
  const call = callsOn(context.self.name, { by: 'felix', object: 'IPIP device' });
  if ((yield call({ call: 'tunnel change', dev: IPIP.device, mode: 'ipip' })) !== undefined) return;
  const link = ownNetns(context).links.get(IPIP.device);
  if (link === undefined) return;
  const { ipip: mtu } = felixMtus(ownNetns(context), objectsOf(context));
  if (link.mtu !== mtu && (yield call({ call: 'link set', dev: IPIP.device, set: { mtu } })) !== undefined) return;
  if (!link.up && (yield call({ call: 'link set', dev: IPIP.device, set: { up: true } })) !== undefined) return;
  yield* onlyAddress(context, IPIP.device, tunnelAddress(IPIP, context.self));
}

/**
 * `vxlan.calico` on the link with the node's address: without learning, as Felix writes what it needs to know (felix 3.21
 * dataplane/linux/vxlan_mgr.go configureVXLANDevice()). Without its own VTEP a node makes none and tries again. Checksum
 * offload is switched off below Linux 5.7, which changes no packet here.
 */
export function* vxlanDevice(context: AgentContext): Steps {
  const { self, cluster } = context;
  const vtep = vteps(cluster).find(({ node }) => node === self.name);
  const parent = vtep === undefined ? undefined : parentDevice(context, vtep);
  if (vtep === undefined || parent === undefined) return;
  const { felixConfiguration } = objectsOf(context);
  const call = callsOn(self.name, { by: 'felix', object: 'VXLAN device' });
  const added = yield call({
    call: 'link add',
    link: {
      kind: 'vxlan',
      name: VXLAN.device,
      mtu: undefined,
      address: vtep.mac,
      vni: felixConfiguration.vxlanVNI,
      local: vtep.ip,
      remote: undefined,
      lower: parent,
      dstport: felixConfiguration.vxlanPort,
      learning: false,
      ttl: 0,
      tos: 0,
      df: 'unset',
    },
  });
  if (added !== undefined) return;
  const { vxlan: mtu } = felixMtus(ownNetns(context), objectsOf(context));
  if (ownNetns(context).links.get(VXLAN.device)?.mtu !== mtu)
    yield call({ call: 'link set', dev: VXLAN.device, set: { mtu } });
  if (!(yield* onlyAddress(context, VXLAN.device, vtep.address))) return;
  yield call({ call: 'link set', dev: VXLAN.device, set: { up: true } });
}

/** The link that has the node's address: getParentInterface(). */
export function parentDevice(context: AgentContext, { ip }: Pick<Vtep, 'ip'>): string | undefined {
  return ownNetns(context).ipv4.addresses.find(({ local }) => local === ip)?.dev;
}

/** A /32 as the device's only address; none at all where there is none to give. */
function* onlyAddress(context: AgentContext, dev: string, wanted: Ipv4 | undefined): Steps<boolean> {
  const old = addressesOf(ownNetns(context), dev);
  const object = wanted === undefined ? `address of ${dev}` : `address ${formatIpv4(wanted)} of ${dev}`;
  const call = callsOn(context.self.name, { by: 'felix', object });
  for (const { local, prefixLength } of old)
    if (local !== wanted && (yield call({ call: 'addr del', dev, local, prefixLength })) !== undefined) return false;
  if (wanted === undefined || old.some(({ local }) => local === wanted)) return true;
  return (yield call(netlinkAddress(dev, wanted, 32))) === undefined;
}
