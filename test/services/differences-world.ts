import { DEFAULT_PROXY_CONFIG } from '../../src/agents/index.js';
import { SERVICE_DEFAULTS, type Service } from '../../src/cluster/index.js';
import { buildNetwork, type Lab } from '../../src/lab/index.js';
import { Runtime } from '../../src/linux/index.js';
import type { Network } from '../../src/topology/index.js';
import { type Hop, type Probe, type Trace, type TraceEvent, type TraceOptions, trace } from '../../src/trace/index.js';
import { listener, makeLab, node, pod, port, router } from '../lab/make-lab.js';
import { ip, prefix } from '../must.js';
import { run } from '../network.js';
import { KUBE_PROXY_ALONE, sender } from './segment.js';

export type Mode = 'iptables' | 'ipvs';

export const WEB = '10.96.0.10';
export const EMPTY = '10.96.0.20';
export const PER_NODE = '10.96.0.30';
export const STICKY = '10.96.0.40';
/** Load balancers: policy Local, for some clients only, on the nodes' own segment. */
export const SHOP = '198.51.100.10';
export const GUARDED = '198.51.100.20';
export const POOL = '192.168.10.240';
/** Seconds of the sticky Service. */
export const TIMEOUT = 60;

function web(name: string, clusterIP: string, more: Partial<Service> = {}): Service {
  const nodePort = more.ports?.[0]?.nodePort;
  return {
    ...SERVICE_DEFAULTS,
    namespace: 'default',
    name,
    clusterIPs: [ip(clusterIP)],
    selector: { app: 'web' },
    ...more,
    ports: [{ name: '', protocol: 'TCP', port: 80, targetPort: 8080, nodePort }],
  };
}

function balanced(address: string, more: Partial<Service> = {}): Partial<Service> {
  return { type: 'LoadBalancer', loadBalancerIngress: [{ ip: ip(address), ipMode: 'VIP' }], ...more };
}

/** web-1 and web-2 on the nodes of their numbers; flanneld masquerades nothing, so that kube-proxy alone decides. */
export function labOf(mode: Mode, more: Partial<Lab> = {}): Lab {
  const endpoint = { labels: { app: 'web' }, ports: [port(8080)], listen: [listener(8080)] };
  return makeLab({
    nodes: [1, 2, 3].map((n) => node(n)),
    pods: [
      pod('client', 'node-1', { podIP: ip('10.244.1.10') }),
      pod('sshd', 'node-1', { hostNetwork: true, listen: [listener(22)] }),
      pod('web-1', 'node-1', { podIP: ip('10.244.1.11'), ...endpoint }),
      pod('web-2', 'node-2', { podIP: ip('10.244.2.11'), ...endpoint }),
    ],
    services: [
      web('web', WEB, {
        type: 'NodePort',
        ports: [{ name: '', protocol: 'TCP', port: 80, targetPort: 8080, nodePort: 30080 }],
      }),
      web('empty', EMPTY, { selector: { app: 'nothing' } }),
      web('per-node', PER_NODE, { internalTrafficPolicy: 'Local' }),
      web('sticky', STICKY, { sessionAffinity: TIMEOUT }),
      web('shop', '10.96.0.50', balanced(SHOP, { externalTrafficPolicy: 'Local', healthCheckNodePort: 32000 })),
      web('guarded', '10.96.0.60', balanced(GUARDED, { loadBalancerSourceRanges: [prefix('203.0.113.0/24')] })),
      web('pool', '10.96.0.70', balanced(POOL)),
    ],
    routers: [router({ lan: '192.168.10.1' })],
    hosts: [sender(1), sender(3)],
    cni: { name: 'flannel/host-gw', options: {} },
    kubeProxy: { mode, config: configOf(false) },
    overrides: KUBE_PROXY_ALONE,
    ...more,
  });
}

function configOf(strictARP: boolean): Lab['kubeProxy']['config'] {
  return {
    ...DEFAULT_PROXY_CONFIG,
    detectLocal: { mode: 'ClusterCIDR', cidrs: [prefix('10.244.0.0/16')] },
    ipvs: { ...DEFAULT_PROXY_CONFIG.ipvs, strictARP },
  };
}

const BUILT = new Map<string, Network>();

/** The network of a mode, after `NETNS: COMMAND` lines; `strictARP` as kube-proxy has it. */
export function networkOf(mode: Mode, commands = '', strictARP: 'strictARP' | 'as usual' = 'as usual'): Network {
  const key = `${mode} ${strictARP}`;
  const built =
    BUILT.get(key) ??
    buildNetwork(labOf(mode, { kubeProxy: { mode, config: configOf(strictARP === 'strictARP') } })).network;
  BUILT.set(key, built);
  if (commands === '') return built;
  const { network, refused } = run(commands, built, new Runtime());
  if (refused.length > 0) throw new Error(`refused: ${commands}`);
  return network;
}

/** What becomes of a packet, and where: `rejected NF_REJECT by node-1`, `delivered to pod/default/web-1`. */
export function outcome(network: Network, from: string, to: string, more: Partial<Probe> = {}): string {
  const result = trace(network, { from, to, ...more });
  const { forward, reply, code } = result.verdict;
  if (forward === 'delivered' && reply === 'delivered') return 'delivered and answered';
  const what = forward === 'delivered' ? `delivered, answer ${reply}` : forward;
  return `${what}: ${code} in ${decisive(result).netns}`;
}

/** The event that the verdict names, and where it happened. */
export function decisive(result: Trace): { readonly netns: string; readonly event: TraceEvent } {
  for (const { netns, events } of hopsOf(result))
    for (const event of events) if (event.id === result.verdict.event) return { netns, event };
  throw new Error(`no event ${result.verdict.event}`);
}

/** All hops of a trace, errors and answers included. */
function hopsOf({ legs }: Trace): readonly Hop[] {
  return legs.flatMap(({ paths }) => paths.flatMap(({ hops }) => hops));
}

/** Base chains of nat and filter that a packet to web-2 passes on node-1, in order: `nat PREROUTING`. */
export function chainsPassed(network: Network, probe: Probe, options: TraceOptions = {}): readonly string[] {
  const { legs } = trace(network, probe, { detail: 'all', ...options });
  const path = legs[0]?.paths.find(({ endpoint }) => endpoint === 'pod/default/web-2');
  const events = (path?.hops ?? []).flatMap(({ netns, events }) => (netns === 'node-1' ? events : []));
  const found = events.flatMap((event) => {
    const rule = 'rule' in event && event.rule !== null ? event.rule : undefined;
    return rule !== undefined && /^[A-Z]+$/.test(rule.chain) && rule.table !== 'mangle'
      ? [`${rule.table} ${rule.chain}`]
      : [];
  });
  return found.filter((each, i) => each !== found[i - 1]);
}

/** Who took the packet: of a flooded one, the copy. */
export function takerOf(result: Trace): string | undefined {
  const takes = ({ events }: Hop): boolean => events.some((event) => event.k === 'deliver' && /LISTEN/.test(event.to));
  return hopsOf(result).find(takes)?.netns;
}
