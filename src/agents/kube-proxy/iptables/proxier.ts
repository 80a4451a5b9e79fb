import { type Agent, type AgentContext, callsOn, ownNetns, type Steps } from '../../agent.js';
import { canary } from '../../iptables.js';
import type { KubeProxyConfig } from '../config.js';
import { cleanStaleEntries } from '../conntrack.js';
import { openHealthChecks } from '../health-check-sockets.js';
import { NodePortAddresses } from '../node-port-addresses.js';
import type { ServiceChanges } from '../service-map.js';
import { ensureJumps } from './jumps.js';
import { NEVER_SYNCED, type SyncState, sync } from './sync.js';
import { servesLocalhost } from './sync-config.js';

/**
 * kube-proxy in iptables mode: its first, full sync (k8s 1.30 pkg/proxy/iptables/proxier.go), for a cluster that changes
 * afterwards {@link resyncIptables}. IPv4 only: its IPv6 rules are the same function of the cluster (`sync`), and are not
 * installed, as no IPv6 packet is followed.
 *
 * Not set are its conntrack sysctls: the table's size follows the machine's cores, and nothing here reads the timeouts.
 */
export function kubeProxyIptables(config: KubeProxyConfig): Agent {
  return {
    name: 'kube-proxy',
    *install(context): Steps {
      // A fresh node has no connections, so that none is to be forgotten.
      yield* syncOnce(context, config, yield* start(context, config), 0);
      yield* openHealthChecks(context, config);
    },
  };
}

/** What kube-proxy remembers between two syncs. */
export interface ProxierState {
  readonly sync: SyncState;
  /** nf_conntrack_tcp_be_liberal as kube-proxy found it when it started. */
  readonly tcpLiberal: boolean;
}

/**
 * The calls of kube-proxy once its cluster is another one than at the sync before: a partial sync wherever that will do,
 * and the connections to forget. Without a `previous` sync it is a restart, which forgets those of all UDP Services.
 * What it returns is for the next one; `now` is in ms.
 */
export function* resyncIptables(
  context: AgentContext,
  config: KubeProxyConfig,
  previous: ProxierState | undefined,
  now: number,
): Steps<ProxierState> {
  const from = previous ?? (yield* start(context, config));
  const { state, changes } = yield* syncOnce(context, config, from, now);
  if (changes !== undefined) {
    yield* cleanStaleEntries(context, changes);
    yield* openHealthChecks(context, config);
  }
  return state;
}

/** What it does once, before its first sync (NewProxier()). */
function* start(context: AgentContext, config: KubeProxyConfig): Steps<ProxierState> {
  const { view, self } = context;
  const { sysctls } = ownNetns(context);
  const tcpLiberal = (sysctls.get('net/netfilter/nf_conntrack_tcp_be_liberal') ?? '0') !== '0';
  const path = 'net/ipv4/conf/all/route_localnet';
  const nodePorts = new NodePortAddresses(config.nodePortAddresses, 'ip');
  if (servesLocalhost(config, nodePorts) && sysctls.get(path) !== '1')
    yield callsOn(self.name, { by: 'kube-proxy', object: 'localhost node ports' })({
      call: 'sysctl set',
      path,
      value: '1',
    });
  yield* canary({ view, netns: self.name, origin: { by: 'kube-proxy', object: 'canary' } }, 'KUBE-PROXY-CANARY');
  return { sync: NEVER_SYNCED, tcpLiberal };
}

/** One sync, and what it found changed; undefined when the kernel refused it, so that the next one is a full one. */
function* syncOnce(
  context: AgentContext,
  config: KubeProxyConfig,
  { sync: previous, tcpLiberal }: ProxierState,
  now: number,
): Steps<{ readonly state: ProxierState; readonly changes: ServiceChanges | undefined }> {
  const { view, self, cluster } = context;
  const { ipv4, iptables } = ownNetns(context);
  const made = sync(
    {
      cluster,
      node: self,
      config,
      family: 'ip',
      state: { addresses: ipv4.addresses.map(({ local }) => local), tcpLiberal },
      natChains: iptables.get('nat')?.chains.keys() ?? [],
      now,
    },
    previous,
  );
  const failed = { ...made.next, needFullSync: true };
  const jumps = { view, netns: self.name, origin: { by: 'kube-proxy', object: 'base chains' } };
  if (made.full && !(yield* ensureJumps(jumps))) return { state: { sync: failed, tcpLiberal }, changes: undefined };
  const restore = callsOn(self.name, { by: 'kube-proxy', object: 'all Services' });
  const refusal = yield restore({ call: 'iptables-restore', family: 'ip', flush: 'noflush', chunks: made.chunks });
  return refusal === undefined
    ? { state: { sync: made.next, tcpLiberal }, changes: made.changes }
    : { state: { sync: failed, tcpLiberal }, changes: undefined };
}
