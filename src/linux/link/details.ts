import { MAC_ZERO } from '../../address/index.js';
import type { Netns } from '../netns.js';
import { keptNow } from './kept.js';
import type { Link } from './link.js';

/**
 * What `ip -d link` prints and the state does not hold: the kernel's defaults for the kind of device, Linux 6.18 in the
 * words of iproute2 6.1.
 */
interface KindDefaults {
  /** Once the device is up: `noqueue` for one without a queue of its own (IFF_NO_QUEUE), else net.core.default_qdisc. */
  readonly qdisc: string;
  readonly qlen: number;
  readonly minMtu: number;
  readonly maxMtu: number;
}

const VIRTUAL: KindDefaults = { qdisc: 'noqueue', qlen: 1000, minMtu: 68, maxMtu: 65535 };

/** loopback_setup() takes no limits of the MTU, tun_setup() a queue of 500. */
const DEFAULTS: Readonly<Record<Link['kind'], KindDefaults>> = {
  loopback: { ...VIRTUAL, minMtu: 0, maxMtu: 0 },
  physical: { ...VIRTUAL, qdisc: 'pfifo_fast' },
  veth: VIRTUAL,
  bridge: VIRTUAL,
  vxlan: VIRTUAL,
  // ip_tunnel_newlink() sets no limits.
  ipip: { ...VIRTUAL, minMtu: 0, maxMtu: 0 },
  tun: { ...VIRTUAL, qdisc: 'pfifo_fast', qlen: 500 },
  unmodelled: VIRTUAL,
};

/** ip_tunnel_create(), which `ip tunnel add` calls: what an outer packet can carry at most (IP_MAX_MTU). */
const IPIP_BY_IOCTL = { minMtu: 68, maxMtu: 65535 - 20 };

/** Of drivers that are not modelled: dummy_setup(), ip_tunnel_newlink(), ipip6_tunnel_setup(). */
const LIMITS: ReadonlyMap<string, Pick<KindDefaults, 'minMtu' | 'maxMtu'>> = new Map([
  ['dummy', { minMtu: 0, maxMtu: 0 }],
  ['ipip', { minMtu: 0, maxMtu: 0 }],
  ['sit', { minMtu: 1280, maxMtu: 65555 }],
]);

/** `qdisc noqueue`; `noop` until a device is up. That one which is down was up before, the state does not hold. */
export function qdiscOf(link: Link): string {
  return link.up ? DEFAULTS[link.kind].qdisc : 'noop';
}

/** Packets that wait at most (txqueuelen). */
export function queueLength(link: Link): number {
  return DEFAULTS[link.kind].qlen;
}

/** How many want a device to hear everything, a bridge of its ports among them, and the MTU that it may have. */
export function limitsOf(link: Link): Readonly<Record<'promiscuity' | 'allmulti' | 'minMtu' | 'maxMtu', number>> {
  const port = link.port === undefined ? 0 : 1;
  const byIoctl = link.kind === 'ipip' && link.protocol === 'ipip' ? IPIP_BY_IOCTL : undefined;
  const driver = link.kind === 'unmodelled' ? LIMITS.get(link.type) : byIoctl;
  const { minMtu, maxMtu } = driver ?? DEFAULTS[link.kind];
  return { promiscuity: port + (link.promisc ? 1 : 0), allmulti: port, minMtu, maxMtu };
}

/** A device that swallows what it is given, and has no multicast (dummy_setup()). */
export function isDummy(link: Link): boolean {
  return link.kind === 'unmodelled' && link.type === 'dummy';
}

/** `promiscuity 1  allmulti 1 minmtu 68 maxmtu 65535 `. */
export function limitWords(link: Link): string {
  const { promiscuity, allmulti, minMtu, maxMtu } = limitsOf(link);
  return `promiscuity ${promiscuity}  allmulti ${allmulti} minmtu ${minMtu} maxmtu ${maxMtu} `;
}

/** IPv6 leaves a device with a smaller MTU (IPV6_MIN_MTU), and its addrgenmode with it. */
const IPV6_MIN_MTU = 1280;
const TSO_MAX = 524280;
const GSO_LEGACY_MAX = 65536;

/** Whether a device has an addrgenmode. */
export function hasAddrGenMode(link: Link): boolean {
  return link.mtu >= IPV6_MIN_MTU;
}

/** How many queues a device has. `cpus`: a veth has as many (veth_get_num_queues()). */
export function queuesOf(link: Link, cpus: number): number {
  return link.kind === 'veth' ? cpus : 1;
}

/** Words of text that are others in JSON. */
const WORDS = new Map([
  ['inet6_addr_gen_mode', 'addrgenmode'],
  ['num_tx_queues', 'numtxqueues'],
  ['num_rx_queues', 'numrxqueues'],
]);

/** What ends the details of each device. */
export function queueWords(ns: Netns, link: Link, cpus: number): string {
  const queues = queuesOf(link, cpus);
  const limits = {
    ...(hasAddrGenMode(link) ? { inet6_addr_gen_mode: 'eui64' } : {}),
    ...{ num_tx_queues: queues, num_rx_queues: queues, gso_max_size: 65536, gso_max_segs: 65535 },
    ...{ tso_max_size: tsoMax(ns, link), tso_max_segs: 65535, gro_max_size: 65536 },
  };
  const kept = keptNow(link);
  const words = Object.entries(limits).map(([key, value]) => `${WORDS.get(key) ?? key} ${kept[key] ?? value}`);
  return `${words.join(' ')} `;
}

/** Software devices segment packets of any length; a tunnel and a bridge inherit what is below (netif_inherit_tso_max()). */
export function tsoMax(ns: Netns, link: Link): number {
  switch (link.kind) {
    case 'loopback':
    case 'veth':
      return TSO_MAX;
    case 'vxlan': {
      const lower = ns.links.get(link.lower ?? '');
      return lower === undefined ? GSO_LEGACY_MAX : tsoMax(ns, lower);
    }
    case 'bridge': {
      const ports = portsOf(ns, link);
      // The last port that left took the address with it, not the limit.
      const none = link.address === MAC_ZERO ? TSO_MAX : GSO_LEGACY_MAX;
      return ports.length === 0 ? none : Math.min(...ports.map((port) => tsoMax(ns, port)));
    }
    default:
      return GSO_LEGACY_MAX;
  }
}

/**
 * What a bridge port costs a spanning tree, by the speed that its driver tells (port_cost(), linux net/bridge/br_if.c):
 * a veth says 10 Gbit/s, a tunnel what the device below says, others nothing.
 */
export function pathCost(ns: Netns, link: Link): number {
  if (link.kind === 'veth') return 2;
  const lower = link.kind === 'vxlan' ? ns.links.get(link.lower ?? '') : undefined;
  return lower === undefined ? 100 : pathCost(ns, lower);
}

/** The ports of a bridge. */
export function portsOf(ns: Netns, bridge: Link): readonly Link[] {
  return [...ns.links.values()].filter((link) => link.master === bridge.name);
}
