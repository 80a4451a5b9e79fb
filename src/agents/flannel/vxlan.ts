import { callsOn, ownNetns, type Steps } from '../agent.js';
import { netlinkAddress, netlinkRoute } from '../netlink.js';
import { routeGet } from '../route-get.js';
import type { BackendContext, FlannelBackend } from './flanneld.js';
import { type Lease, leaseName, vtepMac, vtepMacOf, vxlanData } from './lease.js';

/** The vxlan part of net-conf.json (VXLANConfig, flannel 0.28 pkg/backend/vxlan/vxlan.go). `GBP` is not modelled. */
export interface VxlanConfig {
  readonly vni: number;
  /** 0: none is given, so the kernel takes its own 8472. */
  readonly port: number;
  /** The underlay's MTU; undefined: that of the external interface. */
  readonly mtu: number | undefined;
  readonly learning: boolean;
  /** A plain route to nodes on the same link. */
  readonly directRouting: boolean;
}

/** Outer Ethernet, IP, UDP and VXLAN headers. */
const ENCAP_OVERHEAD = 50;
/** net.vxlan.udp_port, the kernel's default (drivers/net/vxlan). */
const KERNEL_PORT = 8472;

/** The vxlan backend: a device without learning, of which flanneld writes neighbours, FDB and routes itself. */
export function vxlan(config: VxlanConfig): FlannelBackend {
  const dev = `flannel.${config.vni}`;
  return {
    type: 'vxlan',
    attrs: (node) => ({ backendType: 'vxlan', backendData: vxlanData(config.vni, vtepMac(node)) }),
    mtu: (external) => (config.mtu ?? external.mtu) - ENCAP_OVERHEAD,

    *device({ self, external }): Steps<boolean> {
      const call = callsOn(self.name, { by: 'flanneld', object: `device of ${self.name}` });
      const refused = yield call({
        call: 'link add',
        link: {
          kind: 'vxlan',
          name: dev,
          mtu: (config.mtu ?? external.mtu) - ENCAP_OVERHEAD,
          address: vtepMac(self),
          vni: config.vni,
          local: external.publicIP,
          remote: undefined,
          lower: external.name,
          dstport: config.port === 0 ? KERNEL_PORT : config.port,
          learning: config.learning,
          ttl: 0,
          tos: 0,
          df: 'unset',
        },
      });
      if (refused !== undefined) return false;
      // Its failure is ignored: there may be no IPv6.
      yield call({ call: 'sysctl set', path: `net/ipv6/conf/${dev}/accept_ra`, value: '0' });
      return true;
    },

    /** A /32, so that no broadcast routes come with it: it is the source of what the host sends to pods. */
    *configure({ self, lease }): Steps<boolean> {
      const call = callsOn(self.name, { by: 'flanneld', object: leaseName(lease) });
      if ((yield call(netlinkAddress(dev, lease.subnet.address, 32))) !== undefined) return false;
      return (yield call({ call: 'link set', dev, set: { up: true } })) === undefined;
    },

    *run(context, others): Steps {
      for (const lease of others) yield* addLease(context, config, dev, lease);
    },
  };
}

/**
 * One remote lease: neighbour, FDB, route, in that order, because the kernel would ask for the gateway's address if it
 * came first. What is refused undoes the steps before it, and flanneld goes on with the next lease
 * (handleSubnetEvents(), pkg/backend/vxlan/vxlan_network.go).
 */
function* addLease(context: BackendContext, config: VxlanConfig, dev: string, lease: Lease): Steps {
  const mac = vtepMacOf(lease.backendData);
  if (lease.backendType !== 'vxlan' || mac === undefined) return;
  const call = callsOn(context.self.name, { by: 'flanneld', object: leaseName(lease) });
  if (config.directRouting && isDirect(context, lease)) {
    // Without a device: the kernel finds it by the gateway.
    yield call(netlinkRoute('route replace', lease.subnet, { dev: '', via: lease.publicIP }));
    return;
  }
  const ip = lease.subnet.address;
  if ((yield call({ call: 'neigh replace', dev, ip, lladdr: mac })) !== undefined) return;
  const remote = { ip: lease.publicIP, port: undefined, vni: undefined, via: undefined };
  if ((yield call({ call: 'fdb replace', dev, mac, remote })) !== undefined) {
    yield call({ call: 'neigh del', dev, ip });
    return;
  }
  if ((yield call(netlinkRoute('route replace', lease.subnet, { dev, via: ip, onlink: true }))) === undefined) return;
  yield call({ call: 'neigh del', dev, ip });
  yield call({ call: 'fdb del', dev, mac, table: 'self' });
}

/** `ip route get`, at the moment of the event: a route without gateway is a direct one (ip.DirectRouting()). */
function isDirect(context: BackendContext, lease: Lease): boolean {
  const answer = routeGet(ownNetns(context), lease.publicIP);
  return answer !== undefined && answer.gateway === undefined;
}
