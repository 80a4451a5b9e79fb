import { prefixOf } from '../../../address/index.js';
import { newRoute, RT_SCOPE_LINK, RT_TABLE_MAIN } from '../../../linux/index.js';
import { type Agent, type AgentContext, callsOn, ownNetns, type Steps } from '../../agent.js';
import { ipipDevice, vxlanDevice } from './devices.js';
import { ipsetText } from './ipsets.js';
import { deviceProtocol, objectsOf, type RuleSettings, ruleSettings } from './settings.js';
import { tableText } from './table.js';
import { felixTables } from './tables.js';
import { vxlanPeers } from './vxlan.js';
import { type Workload, workloadsOf } from './workloads.js';

/**
 * Felix as it starts on a node without pods: the sysctl, tunnel devices, IP sets and all chains (felix 3.21
 * dataplane/linux/int_dataplane.go). IPv4 and iptables: not its eBPF and nftables data planes, nor WireGuard.
 */
export const felix: Agent = {
  name: 'felix',
  *install(context): Steps {
    const settings = ruleSettings(context);
    if (settings === undefined) return;
    const call = callsOn(context.self.name, { by: 'felix', object: 'IPv4 forwarding' });
    yield call({ call: 'sysctl set', path: 'net/ipv4/ip_forward', value: '1' });
    if (settings.ipip) yield* ipipDevice(context);
    if (settings.vxlan) yield* vxlanDevice(context);
    // Rules name IP sets, so these come first (apply()).
    yield* ipsets(context, settings);
    yield* tables(context, settings, []);
  },
};

/**
 * Felix once pods are there: their links' sysctls, routes and chains, and the routes of VXLAN, as blocks belong to nodes
 * now. By then others have written rules too, so it puts its own back to where they belong, as it does at the latest when
 * its refresh interval is over.
 */
export const felixLate: Agent = {
  name: 'felix',
  *install(context): Steps {
    const settings = ruleSettings(context);
    if (settings === undefined) return;
    const workloads = workloadsOf(context);
    for (const workload of workloads) yield* configureInterface(context, workload);
    yield* ipsets(context, settings);
    for (const workload of workloads) yield* workloadRoute(context, workload);
    if (settings.vxlan) yield* vxlanPeers(context);
    yield* tables(context, settings, workloads);
  },
};

function* ipsets(context: AgentContext, settings: RuleSettings): Steps {
  const chunks = ipsetText(context, settings, ownNetns(context));
  const call = callsOn(context.self.name, { by: 'felix', object: 'IP sets' });
  if (chunks !== undefined) yield call({ call: 'ipset restore', chunks });
}

/** One text for each table that is not as it should be. */
function* tables(context: AgentContext, settings: RuleSettings, workloads: readonly Workload[]): Steps {
  for (const table of felixTables(context.cluster, settings, workloads)) {
    const chunks = tableText(table, ownNetns(context));
    const call = callsOn(context.self.name, { by: 'felix', object: `table ${table.name}` });
    if (chunks !== undefined) yield call({ call: 'iptables-restore', family: 'ip', flush: 'noflush', chunks });
  }
}

/** endpoint_mgr.go configureInterface(): what the CNI plug-in has written too. */
function* configureInterface(context: AgentContext, { iface, name }: Workload): Steps {
  if (ownNetns(context).links.get(iface)?.up !== true) return;
  const call = callsOn(context.self.name, { by: 'felix', object: `workload endpoint ${name}` });
  const settings = [
    ['net/ipv6/conf/IFACE/accept_ra', '0'],
    ['net/ipv4/conf/IFACE/route_localnet', '1'],
    ['net/ipv4/neigh/IFACE/proxy_delay', '0'],
    ['net/ipv4/conf/IFACE/proxy_arp', '1'],
    ['net/ipv4/conf/IFACE/forwarding', '1'],
  ] as const;
  for (const [path, value] of settings) yield call({ call: 'sysctl set', path: path.replace('IFACE', iface), value });
}

/**
 * The route to a pod, which the CNI plug-in has made already: written again only where the protocol is another one
 * (routetable/route_table.go fullResyncRoutesForLink()). No neighbour is written: with Kubernetes as its datastore Felix
 * does not know the pod's MAC address.
 */
function* workloadRoute(context: AgentContext, { iface, name, address }: Workload): Steps {
  const ns = ownNetns(context);
  if (ns.links.get(iface)?.up !== true) return;
  const { removeExternalRoutes } = objectsOf(context).felixConfiguration;
  const dst = prefixOf(address, 32);
  const protocol = deviceProtocol(objectsOf(context));
  const there = (ns.ipv4.tables.get(RT_TABLE_MAIN)?.at(dst) ?? []).filter(
    (route) => route.type === 'unicast' && route.nexthops[0].dev === iface,
  );
  if (there.some((route) => route.protocol === protocol)) return;
  const call = callsOn(context.self.name, { by: 'felix', object: `workload endpoint ${name}` });
  if (removeExternalRoutes)
    for (const route of there) {
      const selector = { type: undefined, via: undefined, metric: route.metric, tos: route.tos };
      yield call({
        call: 'route del',
        route: { table: RT_TABLE_MAIN, dst, dev: iface, protocol: route.protocol, ...selector },
      });
    }
  const route = { ...newRoute(dst, { dev: iface }), protocol, scope: RT_SCOPE_LINK };
  yield call({ call: 'route add', table: RT_TABLE_MAIN, route });
}
