import { parseAddress } from '../src/address/index.js';
import { DEFAULT_PROXY_CONFIG } from '../src/agents/index.js';
import { NEVER_SYNCED, type SyncInput, sync } from '../src/agents/kube-proxy/iptables/sync.js';
import {
  type Cluster,
  type Endpoint,
  type EndpointSlice,
  SERVICE_DEFAULTS,
  type Service,
} from '../src/cluster/index.js';
import { readLab } from '../src/input/index.js';
import { buildNetwork, type Lab } from '../src/lab/index.js';
import { type Ruleset, restoreRuleset } from '../src/linux/index.js';
import type { RestoreChunk } from '../src/plan/index.js';
import { formatProblem } from '../src/problem/index.js';
import { trace } from '../src/trace/index.js';
import { perSecond, printRates } from './measure.js';

const SERVICES = 10_000;
const ENDPOINTS = 10;

/**
 * kube-proxy in a large cluster: what the rules of the first node cost, those of each further one, and a change of one
 * Service; then whole nodes and packets, in both modes.
 */
export function benchServices(): void {
  console.log(`kube-proxy: ${SERVICES} Services with ${ENDPOINTS} endpoints each; ms of processor time`);
  console.log('iptables mode, rules alone');
  const cluster = makeCluster();
  measure('first node: hash and write the rules', () => sync(inputOf(cluster, 1), NEVER_SYNCED).chunks);
  const first = sync(inputOf(cluster, 1), NEVER_SYNCED);
  const ruleset = measure('first node: load them', () => load(new Map(), first.chunks));
  const rules = [...(ruleset.get('nat')?.chains.values() ?? [])].reduce((sum, chain) => sum + chain.rules.length, 0);
  const other = measure('another node: the same text', () => sync(inputOf(cluster, 2), NEVER_SYNCED).chunks);
  if (other !== first.chunks) throw new Error('the nodes do not share their text');
  measure('another node: load it', () => load(new Map(), other));
  const changed = withoutOneEndpoint(cluster);
  const chains = [...(ruleset.get('nat')?.chains.keys() ?? [])];
  const partial = measure('one endpoint less: a partial sync', () =>
    sync({ ...inputOf(changed, 1), natChains: chains, now: 60_000 }, first.next),
  );
  measure('one endpoint less: load it', () => load(ruleset, partial.chunks));
  console.log(`  ${rules.toLocaleString('en')} rules in table nat`);
  const rates = (['iptables', 'ipvs'] as const).map((mode) => [mode, benchMode(cluster, mode)] as const);
  console.log('A packet to the last of these Services, and its answer');
  printRates('traces/s', rates);
}

/** Nodes with everything on them, made as they are when a packet first reaches them. Gives traces per second. */
function benchMode(cluster: Cluster, mode: 'iptables' | 'ipvs'): number {
  console.log(`${mode} mode, all of a node`);
  const { network } = buildNetwork(makeLab(cluster, mode));
  for (const name of ['node-1', 'node-2']) measure(name, () => network.netns(name));
  const probe = { from: 'pod/client', to: `service/service-${SERVICES - 1}:80` } as const;
  const { verdict } = trace(network, probe);
  if (verdict.exit !== 0) throw new Error(`${mode}: the packet does not arrive, so its trace is no measure`);
  return perSecond(1, () => void trace(network, probe));
}

/** Two nodes on one segment; behind the last Service is a pod, behind the others are addresses alone. */
function makeLab({ services, endpointSlices }: Cluster, mode: 'iptables' | 'ipvs'): Lab {
  const read = readLab(LAB, 'bench.yaml');
  if ('problems' in read) throw new Error(read.problems.map(formatProblem).join('\n'));
  const { kubeProxy } = read.value;
  const [last] = services.slice(-1);
  const selecting = last === undefined ? [] : [{ ...last, selector: { app: 'web' } }];
  return {
    ...read.value,
    services: [...services.slice(0, -1), ...selecting],
    endpointSlices: endpointSlices.slice(0, -1),
    kubeProxy: { ...kubeProxy, mode },
  };
}

const LAB = `
nodes: {node-1: 192.168.0.1, node-2: 192.168.0.2}
routers: {router: [192.168.0.254]}
pods:
  client: node-1
  web: {node: node-2, labels: {app: web}, ports: [8080]}
`;

function measure<T>(name: string, run: () => T): T {
  globalThis.gc?.();
  const before = process.memoryUsage();
  const start = process.cpuUsage();
  const result = run();
  const { user, system } = process.cpuUsage(start);
  const ms = (user + system) / 1000;
  globalThis.gc?.();
  const after = process.memoryUsage();
  const mb = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MB`.padStart(8);
  const memory = `heap +${mb(after.heapUsed - before.heapUsed)}, resident${mb(after.rss)}`;
  console.log(`  ${name.padEnd(38)}${ms.toFixed(0).padStart(7)} ms   ${memory}`);
  return result;
}

function load(ruleset: Ruleset, chunks: readonly RestoreChunk[]): Ruleset {
  const restored = restoreRuleset(ruleset, chunks, 'noflush');
  if (restored.refusal !== undefined) throw new Error(restored.refusal.message);
  return restored.ruleset;
}

function inputOf(cluster: Cluster, n: number): SyncInput {
  const addresses = [address(`192.168.0.${n}`)] as unknown as SyncInput['node']['addresses'];
  const podCIDR = { address: addresses[0], length: 24 };
  return {
    cluster,
    node: { name: `node-${n}`, labels: {}, addresses, podCIDR },
    config: { ...DEFAULT_PROXY_CONFIG, detectLocal: { mode: 'BridgeInterface', bridge: 'cni0' } },
    family: 'ip',
    state: { addresses, tcpLiberal: false },
    natChains: [],
    now: 0,
  };
}

function address(text: string): Endpoint['address'] {
  const found = parseAddress(text);
  if (found === undefined) throw new Error(text);
  return found;
}

function makeCluster(): Cluster {
  const services: Service[] = [];
  const endpointSlices: EndpointSlice[] = [];
  for (let i = 0; i < SERVICES; i++) {
    const name = `service-${i}`;
    services.push({
      ...SERVICE_DEFAULTS,
      namespace: 'default',
      name,
      clusterIPs: [address(`10.${96 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`)],
      ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 8080, nodePort: undefined }],
    });
    endpointSlices.push({
      namespace: 'default',
      name: `${name}-1`,
      service: name,
      ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
      endpoints: Array.from({ length: ENDPOINTS }, (_, j) => endpoint(i * ENDPOINTS + j)),
    });
  }
  const any = { address: 0 as never, length: 8 };
  return { podCIDR: any, serviceCIDR: any, nodes: [], pods: [], services, endpointSlices };
}

function endpoint(n: number): Endpoint {
  return {
    address: address(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`),
    ready: true,
    serving: true,
    terminating: false,
    nodeName: `node-${n % 100}`,
    zone: undefined,
    hints: undefined,
    target: undefined,
  };
}

function withoutOneEndpoint(cluster: Cluster): Cluster {
  const [slice, ...rest] = cluster.endpointSlices;
  if (slice === undefined) return cluster;
  return { ...cluster, endpointSlices: [{ ...slice, endpoints: slice.endpoints.slice(1) }, ...rest] };
}
