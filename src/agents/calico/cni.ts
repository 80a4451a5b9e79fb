import { ANY, type Ipv4, type Ipv4Prefix, type Mac, parseIpv4, prefixOf } from '../../address/index.js';
import { newRoute, RT_SCOPE_LINK, RT_TABLE_MAIN } from '../../linux/index.js';
import type { Call } from '../../plan/index.js';
import { type AgentContext, ownNetns, type Steps } from '../agent.js';
import type { PodNetwork } from '../cni/backend.js';
import { type CniArgs, type CniSteps, hostNetns, pluginCalls } from '../cni/plugin.js';
import { portMappings, portmap } from '../cni/portmap.js';
import { netlinkAddress, netlinkRoute } from '../netlink.js';
import { felixMtus, objectsOf } from './felix/settings.js';
import { NETWORK_NAME, workloadVeth } from './names.js';

/** Of the host's end of every pod's link, so that the kernel need not draw one. */
const HOST_MAC = 0xeeee_eeee_eeee as Mac;
/** Nobody has this address: the node answers for it by proxy ARP. */
const GATEWAY = parseIpv4('169.254.1.1') as Ipv4;
const DEFAULT_ROUTE: Ipv4Prefix = { address: ANY, length: 0 };

/**
 * The plug-ins of 10-calico.conflist: calico with calico-ipam, portmap, and bandwidth, which does nothing for pods without
 * its annotations.
 */
export function calicoPlugins(context: AgentContext): PodNetwork {
  return function* (pod, args) {
    if (pod.podIP === undefined) return false;
    const result = yield* calico(args, workloadVeth(pod.namespace, pod.name), pod.podIP, mtuOf(context));
    if (result === undefined) return false;
    const conf = { name: NETWORK_NAME, snat: true, masqAll: false, markMasqBit: 13, portMappings: portMappings(pod) };
    return (yield* portmap(conf, args, result)) !== undefined;
  };
}

/** /var/lib/calico/mtu, which Felix writes; without it the kernel's own (cni-plugin 3.21 pkg/plugin/plugin.go). */
function mtuOf(context: AgentContext): number | undefined {
  return context.off.has('felix') ? undefined : felixMtus(ownNetns(context), objectsOf(context)).pod;
}

/**
 * The calico plug-in's ADD (cni-plugin 3.21 pkg/dataplane/linux/dataplane_linux.go DoNetworking()): a pair whose both ends
 * are made in the pod, the pod's routes before its address, then the host's end is moved out and gets its sysctls and the
 * route to the pod. IPv4 only; no second queue.
 */
function* calico(args: CniArgs, veth: string, address: Ipv4, mtu: number | undefined): CniSteps {
  const host = pluginCalls('calico', args, 'host');
  const result = { ips: [{ address, prefixLength: 32, gateway: undefined }], routes: [] };
  if (hostNetns(args).links.has(veth) && (yield host({ call: 'link del', dev: veth })) !== undefined) return undefined;
  if (!(yield* podSide(args, veth, address, mtu))) return undefined;
  for (const call of hostCalls(veth, address)) if ((yield host(call)) !== undefined) return undefined;
  return result;
}

function* podSide(args: CniArgs, veth: string, address: Ipv4, mtu: number | undefined): Steps<boolean> {
  const call = pluginCalls('calico', args, 'pod');
  const dev = args.ifname;
  const pair: Call = {
    call: 'link add veth',
    link: { name: dev, mtu, address: args.mac },
    peer: { netns: args.netns, name: veth, mtu, address: undefined },
  };
  if ((yield call(pair)) !== undefined) return false;
  // That it fails is only a warning.
  yield call({ call: 'link set', dev: veth, set: { address: HOST_MAC } });
  const toGateway = { ...newRoute(prefixOf(GATEWAY, 32), { dev }), scope: RT_SCOPE_LINK };
  const calls: readonly Call[] = [
    { call: 'link set', dev: veth, set: { up: true } },
    { call: 'link set', dev, set: { up: true } },
    { call: 'route add', table: RT_TABLE_MAIN, route: toGateway },
    netlinkRoute('route add', DEFAULT_ROUTE, { dev, via: GATEWAY }),
    netlinkAddress(dev, address, 32),
    // Unless allow_ip_forwarding of the container settings says otherwise.
    { call: 'sysctl set', path: 'net/ipv4/ip_forward', value: '0' },
    { call: 'link set', dev: veth, set: { netns: args.host } },
  ];
  for (const each of calls) if ((yield call(each)) !== undefined) return false;
  return true;
}

/** configureSysctls(), and SetupRoutes(): a link that has been moved is down. */
function hostCalls(veth: string, address: Ipv4): readonly Call[] {
  const sysctl = (path: string, value: string): Call => ({ call: 'sysctl set', path, value });
  return [
    sysctl(`net/ipv4/conf/${veth}/route_localnet`, '1'),
    sysctl(`net/ipv4/neigh/${veth}/proxy_delay`, '0'),
    sysctl(`net/ipv4/conf/${veth}/proxy_arp`, '1'),
    sysctl(`net/ipv4/conf/${veth}/forwarding`, '1'),
    sysctl(`net/ipv6/conf/${veth}/accept_ra`, '0'),
    { call: 'link set', dev: veth, set: { up: true } },
    {
      call: 'route add',
      table: RT_TABLE_MAIN,
      route: { ...newRoute(prefixOf(address, 32), { dev: veth }), scope: RT_SCOPE_LINK },
    },
  ];
}
