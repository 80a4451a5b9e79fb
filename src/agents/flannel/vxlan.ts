import type { Ipv4, Mac } from '../../address/index.js';
import type { Origin } from '../../linux/index.js';
import type { Call } from '../../plan/index.js';
import { callsOn, ownNetns, type Steps } from '../agent.js';
import { netlinkAddress, netlinkRoute } from '../netlink.js';
import { perCluster } from '../per-cluster.js';
import { routeGet } from '../route-get.js';
import type { BackendContext, FlannelBackend } from './flanneld.js';
import { type Lease, leaseName, leases, vtepMac, vtepMacOf, vxlanData } from './lease.js';

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
  const peersOf = perCluster((cluster) => new Map(leases(cluster).map((lease) => [lease, peerOf(dev, lease)])));
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
      const peers = peersOf(context.cluster);
      for (const lease of others) {
        const peer = peers.get(lease);
        if (peer === undefined) continue;
        if (config.directRouting && isDirect(context, lease)) yield* addDirect(context, lease);
        else yield* addPeer(context.self.name, peer);
      }
    },
  };
}

/** What a lease of this backend makes other nodes call: the same on all of them. */
interface Peer {
  readonly origin: Origin;
  readonly dev: string;
  readonly ip: Ipv4;
  readonly mac: Mac;
  readonly neighbour: Call;
  readonly fdb: Call;
  readonly route: Call;
}

function peerOf(dev: string, lease: Lease): Peer | undefined {
  const mac = vtepMacOf(lease.backendData);
  if (lease.backendType !== 'vxlan' || mac === undefined) return undefined;
  const ip = lease.subnet.address;
  const remote = { ip: lease.publicIP, port: undefined, vni: undefined, via: undefined };
  return {
    origin: originOf(lease),
    dev,
    ip,
    mac,
    neighbour: { call: 'neigh replace', dev, ip, lladdr: mac },
    fdb: { call: 'fdb replace', dev, mac, remote },
    route: netlinkRoute('route replace', lease.subnet, { dev, via: ip, onlink: true }),
  };
}

function originOf(lease: Lease): Origin {
  return { by: 'flanneld', object: leaseName(lease) };
}

/** Without a device: the kernel finds it by the gateway. */
function* addDirect({ self }: BackendContext, lease: Lease): Steps {
  const call = netlinkRoute('route replace', lease.subnet, { dev: '', via: lease.publicIP });
  yield { netns: self.name, origin: originOf(lease), call };
}

/**
 * One remote lease: neighbour, FDB, route, in that order, because the kernel would ask for the gateway's address if it
 * came first. What is refused undoes the steps before it, and flanneld goes on with the next lease
 * (handleSubnetEvents(), pkg/backend/vxlan/vxlan_network.go).
 */
function* addPeer(netns: string, { origin, dev, ip, mac, neighbour, fdb, route }: Peer): Steps {
  if ((yield { netns, origin, call: neighbour }) !== undefined) return;
  if ((yield { netns, origin, call: fdb }) !== undefined) {
    yield { netns, origin, call: { call: 'neigh del', dev, ip } };
    return;
  }
  if ((yield { netns, origin, call: route }) === undefined) return;
  yield { netns, origin, call: { call: 'neigh del', dev, ip } };
  yield { netns, origin, call: { call: 'fdb del', dev, mac, table: 'self' } };
}

/** `ip route get`, at the moment of the event: a route without gateway is a direct one (ip.DirectRouting()). */
function isDirect(context: BackendContext, lease: Lease): boolean {
  const answer = routeGet(ownNetns(context), lease.publicIP);
  return answer !== undefined && answer.gateway === undefined;
}
