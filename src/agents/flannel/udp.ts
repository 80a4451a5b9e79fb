import { callsOn, ownNetns, type Steps } from '../agent.js';
import { netlinkAddress, netlinkRoute } from '../netlink.js';
import type { BackendContext, FlannelBackend } from './flanneld.js';
import { type Lease, leaseName } from './lease.js';

/** The udp part of net-conf.json (flannel 0.28 pkg/backend/udp/udp_amd64.go). */
export interface UdpConfig {
  /** UDP port on every node, 8285 unless given. */
  readonly port: number;
}

/** The first free name of the pattern flannel%d. */
const DEV = 'flannel0';
/** IP and UDP headers: the payload is the bare inner packet. */
const ENCAP_OVERHEAD = 28;

/**
 * The udp backend: one route to the whole Network into a TUN device, and a program behind it that sends each packet to
 * the node whose subnet holds its destination.
 */
export function udp(config: UdpConfig): FlannelBackend {
  return {
    type: 'udp',
    // AcquireLease() is called with the address alone.
    attrs: () => ({ backendType: '', backendData: 'null' }),
    mtu: (external) => external.mtu - ENCAP_OVERHEAD,
    *configure(context): Steps<boolean> {
      return yield* configureTun(context);
    },
    *run(context, others): Steps {
      yield* startRelay(context, others, config.port);
    },
  };
}

/**
 * initTun() and configureIface(): the address is a /32, so the route to the Network is added by hand, with scope global
 * as the netlink library has it (pkg/backend/udp/udp_network_amd64.go).
 */
function* configureTun({ self, lease, external, config }: BackendContext): Steps<boolean> {
  const call = callsOn(self.name, { by: 'flanneld', object: leaseName(lease) });
  const mtu = external.mtu - ENCAP_OVERHEAD;
  const calls = [
    call({ call: 'link add', link: { kind: 'tun', name: DEV, mtu: undefined, address: undefined } }),
    call(netlinkAddress(DEV, lease.subnet.address, 32)),
    call({ call: 'link set', dev: DEV, set: { mtu } }),
    call({ call: 'link set', dev: DEV, set: { up: true } }),
  ];
  for (const one of calls) if ((yield one) !== undefined) return false;
  const refused = yield call(netlinkRoute('route add', config.network, { dev: DEV }));
  return refused === undefined || refused.errno === 'EEXIST';
}

/**
 * The relay, with the routes of all leases, and its socket. flanneld opens the socket before it hears of leases; here
 * the program is started once, with what it knows then. It looks at no backend type (processSubnetEvents()).
 */
function* startRelay(context: BackendContext, others: readonly Lease[], port: number): Steps {
  const { self, lease, external } = context;
  const call = callsOn(self.name, { by: 'flanneld', object: leaseName(lease) });
  const process = ownNetns(context).processes.length;
  const { address } = external;
  yield call({
    call: 'process start',
    process: {
      kind: 'udp-relay',
      dev: DEV,
      address,
      port,
      routes: others.map(({ subnet, publicIP }) => ({ dst: subnet, peer: publicIP, port })),
      // runCProxy() is given the address of the TUN device for the errors that it sends.
      errorSource: lease.subnet.address,
    },
  });
  yield call({ call: 'socket listen', socket: { protocol: 'udp', address, port, behaviour: 'process', process } });
}
