import { ANY, type Ipv4, type Mac } from '../../address/index.js';
import { addressesOf } from '../../linux/index.js';
import type { Steps } from '../agent.js';
import { sha256Hex } from '../digest.js';
import { netlinkAddress, netlinkRoute } from '../netlink.js';
import { type HostLocalConf, type HostLocalStore, hostLocalAdd } from './host-local.js';
import { ipMasquerade } from './ip-masq.js';
import { type CniAddress, type CniArgs, type CniResult, type CniSteps, hostNetns, pluginCalls } from './plugin.js';

/** The configuration of the bridge plug-in, as far as it is modelled: no VLANs, no spoof check, no `forceAddress`. */
export interface BridgeConf {
  /** Of the network, not of the bridge. */
  readonly name: string;
  /** `cni0` unless given. */
  readonly bridge: string;
  /** The bridge gets the gateway's address. */
  readonly isGateway: boolean;
  /** It is the pod's default gateway too, which implies `isGateway`. */
  readonly isDefaultGateway: boolean;
  readonly ipMasq: boolean;
  readonly hairpinMode: boolean;
  readonly promiscMode: boolean;
  readonly portIsolation: boolean;
  /** undefined: the kernel's choice. */
  readonly mtu: number | undefined;
  readonly ipam: HostLocalConf;
}

/** The host end of a pod's veth pair. The real name is random; this one is the same for the same container. */
export function hostVethName(containerID: string, ifname: string): string {
  return `veth${sha256Hex(`${containerID}/${ifname}`).slice(0, 8)}`;
}

/**
 * The bridge plug-in's ADD, step by step as cmdAdd() makes them (containernetworking/plugins 1.9
 * plugins/main/bridge/bridge.go): bridge, veth pair, address, pod side, gateway, masquerading.
 *
 * @param requested the address that host-local is asked for.
 */
export function* bridge(conf: BridgeConf, args: CniArgs, ipam: HostLocalStore, requested?: Ipv4): CniSteps {
  if (conf.hairpinMode && conf.promiscMode) return undefined;
  const mac = yield* ensureBridge(conf, args);
  if (mac === undefined || !(yield* setupVeth(conf, args))) return undefined;

  const leased = hostLocalAdd(conf.ipam, ipam, requested);
  const [ip] = leased?.ips ?? [];
  if (leased === undefined || ip === undefined) return undefined;
  const routes = [...leased.routes];
  const hasDefault = routes.some(({ dst, gw }) => dst.length === 0 && gw !== undefined);
  if (conf.isDefaultGateway && !hasDefault) routes.push({ dst: { address: ANY, length: 0 }, gw: ip.gateway });
  const result: CniResult = { ips: [ip], routes };

  if (!(yield* configurePod(args, ip, result))) return undefined;
  if (conf.isGateway || conf.isDefaultGateway) if (!(yield* setGateway(conf, args, ip, mac))) return undefined;
  if (conf.ipMasq && !(yield* ipMasquerade('bridge', args, conf.name, ip))) return undefined;
  return result;
}

/** The bridge's address as it is before a port joins; undefined when the bridge could not be made (ensureBridge()). */
function* ensureBridge(conf: BridgeConf, args: CniArgs): Steps<Mac | undefined> {
  const dev = conf.bridge;
  const call = pluginCalls('bridge', { ...args, object: `bridge ${dev}` }, 'host');
  if (!hostNetns(args).links.has(dev)) {
    const link = { stp: false, vlanFiltering: false, nfCallIptables: false } as const;
    const added = { kind: 'bridge', name: dev, mtu: conf.mtu, address: undefined, ...link } as const;
    if ((yield call({ call: 'link add', link: added })) !== undefined) return undefined;
  }
  if (conf.promiscMode && (yield call({ call: 'link set', dev, set: { promisc: true } })) !== undefined)
    return undefined;
  const made = hostNetns(args).links.get(dev);
  if (made?.kind !== 'bridge') return undefined;
  yield call({ call: 'sysctl set', path: `net/ipv6/conf/${dev}/accept_ra`, value: '0' });
  return (yield call({ call: 'link set', dev, set: { up: true } })) === undefined ? made.address : undefined;
}

/** The pair is made from within the pod, its other end put straight into the node (ip.SetupVeth(), setupVeth()). */
function* setupVeth(conf: BridgeConf, args: CniArgs): Steps<boolean> {
  const host = pluginCalls('bridge', args, 'host');
  const dev = hostVethName(args.containerID, args.ifname);
  const { mtu } = conf;
  const pair = pluginCalls(
    'bridge',
    args,
    'pod',
  )({
    call: 'link add veth',
    link: { name: args.ifname, mtu, address: args.mac },
    peer: { netns: args.host, name: dev, mtu, address: undefined },
  });
  if ((yield pair) !== undefined) return false;
  if ((yield host({ call: 'link set', dev, set: { up: true } })) !== undefined) return false;
  yield host({ call: 'sysctl set', path: `net/ipv6/conf/${dev}/accept_ra`, value: '0' });
  if ((yield host({ call: 'link set', dev, set: { master: conf.bridge } })) !== undefined) return false;
  const { hairpinMode: hairpin, portIsolation: isolated } = conf;
  if ((yield host({ call: 'bridge link set', dev, set: { hairpin } })) !== undefined) return false;
  return (yield host({ call: 'bridge link set', dev, set: { isolated } })) === undefined;
}

/** Address first, then up, then the routes in the order of the result (ipam.ConfigureIface(), pkg/ipam). */
function* configurePod({ ifname: dev, ...args }: CniArgs, ip: CniAddress, { routes }: CniResult): Steps<boolean> {
  const call = pluginCalls('bridge', { ifname: dev, ...args }, 'pod');
  yield call({ call: 'sysctl set', path: `net/ipv6/conf/${dev}/accept_dad`, value: '0' });
  yield call({ call: 'sysctl set', path: `net/ipv4/conf/${dev}/arp_notify`, value: '1' });
  if ((yield call(netlinkAddress(dev, ip.address, ip.prefixLength))) !== undefined) return false;
  if ((yield call({ call: 'link set', dev, set: { up: true } })) !== undefined) return false;
  // RouteAddEcmp(): before a route to the same subnet, if there is one.
  for (const { dst, gw } of routes)
    if ((yield call(netlinkRoute('route prepend', dst, { dev, via: gw ?? ip.gateway }))) !== undefined) return false;
  return true;
}

/**
 * The gateway's address on the bridge, once, and with it the bridge's MAC set to what it was before the port joined, so
 * that it no longer follows its ports (ensureAddr()). A bridge that has another IPv4 address is an error.
 */
function* setGateway(conf: BridgeConf, args: CniArgs, ip: CniAddress, mac: Mac): Steps<boolean> {
  const dev = conf.bridge;
  const call = pluginCalls('bridge', { ...args, object: `bridge ${dev}` }, 'host');
  const gateway = ip.gateway;
  if (gateway === undefined) return false;
  const old = addressesOf(hostNetns(args), dev);
  if (!old.some((a) => a.local === gateway && a.prefixLength === ip.prefixLength)) {
    if (old.length > 0) return false;
    if ((yield call(netlinkAddress(dev, gateway, ip.prefixLength))) !== undefined) return false;
    if ((yield call({ call: 'link set', dev, set: { address: mac } })) !== undefined) return false;
  }
  // echo1(): not written where it is 1 already.
  if (hostNetns(args).sysctls.get('net/ipv4/ip_forward') === '1') return true;
  return (yield call({ call: 'sysctl set', path: 'net/ipv4/ip_forward', value: '1' })) === undefined;
}
