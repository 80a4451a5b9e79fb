import { DEFAULT_PROXY_CONFIG, type DetectLocal, type KubeProxyConfig } from '../../src/agents/index.js';
import { SERVICE_DEFAULTS, type Service } from '../../src/cluster/index.js';
import { buildNetwork, type Lab } from '../../src/lab/index.js';
import type { Network } from '../../src/topology/index.js';
import { createSimulation, type Path, type Trace, trace } from '../../src/trace/index.js';
import { listener, makeLab, node, pod, port, router } from '../lab/make-lab.js';
import { ip, prefix } from '../must.js';
import { KUBE_PROXY_ALONE, sender } from './segment.js';
import { type Cell, KINDS, type Met, POLICIES, VIPS } from './table-rules.js';

const DETECT: Readonly<Record<Cell['detector'], DetectLocal>> = {
  ClusterCIDR: { mode: 'ClusterCIDR', cidrs: [prefix('10.244.0.0/16')] },
  NodeCIDR: { mode: 'NodeCIDR' },
  BridgeInterface: { mode: 'BridgeInterface', bridge: 'cni0' },
  InterfaceNamePrefix: { mode: 'InterfaceNamePrefix', prefix: 'cni' },
  none: { mode: 'none' },
  masqueradeAll: { mode: 'ClusterCIDR', cidrs: [prefix('10.244.0.0/16')] },
};

/** Service `clusterip-cluster`, `nodeport-local` … of each kind and policy, all with the same two endpoints. */
function services(): Service[] {
  return KINDS.flatMap((kind, k) =>
    POLICIES.map((policy, p): Service => {
      const nodePort = kind === 'NodePort' || kind === 'LoadBalancer' ? 30000 + 10 * k + p : undefined;
      return {
        ...SERVICE_DEFAULTS,
        namespace: 'default',
        name: `${kind}-${policy}`.toLowerCase(),
        type: kind === 'externalIP' ? 'ClusterIP' : kind,
        clusterIPs: [ip(kind === 'ClusterIP' ? VIPS.ClusterIP[policy] : `10.96.1.${10 * k + p}`)],
        selector: { app: 'web' },
        ports: [{ name: '', protocol: 'TCP', port: 80, targetPort: 8080, nodePort }],
        externalIPs: kind === 'externalIP' ? [ip(VIPS.externalIP[policy])] : [],
        loadBalancerIngress: kind === 'LoadBalancer' ? [{ ip: ip(VIPS.LoadBalancer[policy]), ipMode: 'VIP' }] : [],
        internalTrafficPolicy: kind === 'ClusterIP' ? policy : 'Cluster',
        externalTrafficPolicy: kind === 'ClusterIP' ? 'Cluster' : policy,
        healthCheckNodePort: kind === 'LoadBalancer' && policy === 'Local' ? 32000 : undefined,
      };
    }),
  );
}

/** Three nodes, of which two have an endpoint; flanneld's masquerade rules are gone, so that kube-proxy alone decides. */
function lab(detector: Cell['detector'], mode: Cell['mode']): Lab {
  const config: KubeProxyConfig = {
    ...DEFAULT_PROXY_CONFIG,
    detectLocal: DETECT[detector],
    masqueradeAll: detector === 'masqueradeAll',
  };
  const web = { labels: { app: 'web' }, ports: [port(8080)], listen: [listener(8080)] };
  return makeLab({
    nodes: [1, 2, 3].map((n) => node(n)),
    pods: [
      pod('here', 'node-1', { podIP: ip('10.244.1.10') }),
      pod('away', 'node-3', { podIP: ip('10.244.3.10') }),
      pod('hostnet', 'node-3', { hostNetwork: true }),
      pod('web-1', 'node-1', { podIP: ip('10.244.1.11'), ...web }),
      pod('web-2', 'node-2', { podIP: ip('10.244.2.11'), ...web }),
    ],
    services: services(),
    routers: [router({ lan: '192.168.10.1' })],
    hosts: [sender(1), sender(3)],
    cni: { name: 'flannel/host-gw', options: {} },
    kubeProxy: { mode, config },
    overrides: KUBE_PROXY_ALONE,
  });
}

const built = new Map<string, Network>();

function networkOf({ detector, mode }: Cell): Network {
  const key = `${detector} ${mode}`;
  let network = built.get(key);
  if (network === undefined) {
    network = buildNetwork(lab(detector, mode)).network;
    built.set(key, network);
  }
  return network;
}

/** The address and port that the client dials; of a node port, on the node that handles the packet. */
function target({ kind, policy, client }: Cell): string {
  if (kind !== 'NodePort') return `${VIPS[kind][policy]}:80`;
  return `192.168.10.1${client.handler}:${30000 + 10 * KINDS.indexOf('NodePort') + POLICIES.indexOf(policy)}`;
}

/** Connections of a client that are followed one after the other where the first does not tell all: two rounds. */
const ROUNDS = 4;

/** What came of a cell. */
export interface Observed {
  readonly outcomes: readonly string[];
  readonly met: readonly Met[];
}

/**
 * Sends the packet of a cell. Rules choose an endpoint by chance, so all branches are followed; a scheduler of IPVS
 * takes turns, so connections follow each other.
 */
export function observe(cell: Cell): Observed {
  const network = networkOf(cell);
  const probe = { from: cell.client.client, to: target(cell) };
  if (cell.mode === 'iptables') return fold([trace(network, probe)]);
  const simulation = createSimulation(network);
  return fold(Array.from({ length: ROUNDS }, () => simulation.send(probe)));
}

function fold(traces: readonly Trace[]): Observed {
  const outcomes = new Set<string>();
  const met = new Map<string, Met>();
  for (const each of traces) {
    const [first] = each.legs.filter(({ kind }) => kind === 'forward');
    for (const path of first?.paths ?? []) {
      outcomes.add(path.outcome);
      const one = path.outcome === 'delivered' ? metBy(each, path) : undefined;
      if (one === undefined) continue;
      const share = (path.p ?? Number.NaN) / traces.length;
      const key = JSON.stringify({ ...one, share: 0 });
      met.set(key, { ...one, share: share + (met.get(key)?.share ?? 0) });
    }
  }
  const sorted = [...met.values()].sort((a, b) => (a.endpoint < b.endpoint ? -1 : 1));
  return { outcomes: [...outcomes], met: sorted };
}

function metBy(each: Trace, path: Path): Met {
  const delivery = path.hops.flatMap(({ events }) => events).find((event) => event.k === 'deliver');
  const reply = each.legs.find(({ kind, of }) => kind === 'reply' && of === path.id)?.paths[0];
  const hosts = (reply?.hops ?? []).flatMap(({ netns }) => (/^node-\d$/.test(netns) ? [netns] : []));
  return {
    endpoint: path.endpoint as Met['endpoint'],
    share: path.p ?? Number.NaN,
    source: delivery?.remote.replace(/:\d+$/, '') ?? 'nobody',
    reply: reply?.outcome === 'delivered' ? 'back' : 'lost',
    by: hosts.filter((name, i) => name !== hosts[i - 1]),
  };
}
