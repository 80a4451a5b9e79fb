import {
  type AgentContext,
  callsOn,
  DEFAULT_PROXY_CONFIG,
  type KubeProxyConfig,
  kubelet,
  kubeProxyIpvs,
  kubeProxyIpvsResync,
  nodePrerequisites,
  type Steps,
} from '../../src/agents/index.js';
import { netlinkAddress } from '../../src/agents/netlink.js';
import type { Cluster, Endpoint, Node, Service, ServicePort } from '../../src/cluster/index.js';
import { formatIpvs, type Netns, printIpsets, Runtime } from '../../src/linux/index.js';
import { Applier, type Install, type Refusal } from '../../src/plan/index.js';
import { Network } from '../../src/topology/index.js';
import { node, service } from '../lab/make-lab.js';
import { ip, prefix } from '../must.js';
import { endpoint } from './service-cluster.js';

/** 10.244.1.2 on node-1 and 10.244.2.2 on node-2. */
export const ONE_EACH: readonly Endpoint[] = [
  endpoint('10.244.1.2', { nodeName: 'node-1' }),
  endpoint('10.244.2.2', { nodeName: 'node-2' }),
];

/** A port 80 without a name, with endpoints at 8080. */
export function servicePort(more: Partial<ServicePort> = {}): ServicePort {
  return { name: '', protocol: 'TCP', port: 80, targetPort: 8080, nodePort: undefined, ...more };
}

/** `default/web`, 10.96.0.80 port 80, without a selector: its endpoints are given. */
export function web(more: Partial<Service> = {}): Service {
  return service('web', 80, {
    clusterIPs: [ip('10.96.0.80')],
    selector: undefined,
    ...more,
    ports: more.ports ?? [servicePort()],
  });
}

/** The same Service and its endpoints as a cluster, on which all ports are 8080. */
export function served(what: Service, endpoints: readonly Endpoint[]): Pick<Cluster, 'services' | 'endpointSlices'> {
  const ports = what.ports.map(({ name, protocol }) => ({ name, protocol, port: 8080 }));
  const { namespace, name } = what;
  return { services: [what], endpointSlices: [{ namespace, name: `${name}-1`, service: name, ports, endpoints }] };
}

/** Configuration with `--cluster-cidr`. */
export function proxyConfig(more: Partial<KubeProxyConfig> = {}): KubeProxyConfig {
  return { ...DEFAULT_PROXY_CONFIG, detectLocal: { mode: 'ClusterCIDR', cidrs: [prefix('10.244.0.0/16')] }, ...more };
}

/** A node as kube-proxy has left it. */
export interface ProxiedNetns {
  readonly ns: Netns;
  readonly cluster: Cluster;
  /** kube-proxy's calls. */
  readonly installs: readonly Install[];
  readonly refused: readonly Refusal[];
  /** Lines of `ipvsadm -Sn`. */
  readonly ipvs: readonly string[];
  /** `add …` lines of `ipset save`, without the `add`. */
  readonly members: readonly string[];
  readonly bound: readonly string[];
  /** Rules of the restore text, by table. */
  readonly rules: Readonly<Record<'nat' | 'filter', readonly string[]>>;
}

const zone = (name: string) => ({ labels: { 'topology.kubernetes.io/zone': name } });
const NODES = [node(1, zone('a')), node(2, zone('a')), node(3, zone('b'))];

/** A machine on which agents run; its only address is that of eth0, 192.168.10.1N. node-1 and node-2 are in zone `a`. */
export class Machine {
  readonly #name: string;
  readonly #applier: Applier;
  /** Calls that were made, and those among them that were refused. */
  readonly installs: Install[] = [];
  readonly refused: Refusal[] = [];

  constructor(name = 'node-1') {
    this.#name = name;
    this.#applier = new Applier(Network.of([]), new Runtime());
    const call = callsOn(name, { by: 'test', object: 'machine' });
    const nic = { kind: 'physical', name: 'eth0', mtu: 1500, address: undefined } as const;
    this.#carryOut(
      (function* () {
        yield call({ call: 'netns add', role: 'node', host: name });
        yield call({ call: 'link add', link: nic });
        yield call(netlinkAddress('eth0', selfOf(name).addresses[0], 24));
        yield call({ call: 'link set', dev: 'eth0', set: { up: true } });
      })(),
    );
  }

  get ns(): Netns {
    const ns = this.#applier.netns(this.#name);
    if (ns === undefined) throw new Error(`no namespace ${this.#name}`);
    return ns;
  }

  /** Runs what an agent does with a cluster; what it returns. */
  run<Result>(cluster: Cluster, steps: (context: AgentContext) => Steps<Result>): Result {
    const context = { self: selfOf(this.#name), cluster, off: new Set<string>(), view: this.#applier };
    return this.#carryOut(steps(context));
  }

  #carryOut<Result>(steps: Steps<Result>): Result {
    let step = steps.next();
    while (step.done !== true) {
      this.installs.push(step.value);
      const refusal = this.#applier.apply(step.value);
      if (refusal !== undefined) this.refused.push(refusal);
      step = steps.next(refusal);
    }
    return step.value;
  }
}

function selfOf(name: string): Node {
  const self = NODES.find((each) => each.name === name);
  if (self === undefined) throw new Error(`no node ${name}`);
  return self;
}

/** Services and their endpoints as a cluster of three nodes. */
export function clusterOf(what: Pick<Cluster, 'services' | 'endpointSlices'>): Cluster {
  return { podCIDR: prefix('10.244.0.0/16'), serviceCIDR: prefix('10.96.0.0/12'), nodes: NODES, pods: [], ...what };
}

/** A machine with kubelet, kube-proxy and its periodic sync. */
export function proxied(
  what: Pick<Cluster, 'services' | 'endpointSlices'>,
  more: Partial<KubeProxyConfig> = {},
  name = 'node-1',
): ProxiedNetns {
  const machine = new Machine(name);
  const cluster = clusterOf(what);
  const config = proxyConfig(more);
  for (const agent of [nodePrerequisites, kubelet, kubeProxyIpvs(config), kubeProxyIpvsResync(config)])
    machine.run(cluster, (context) => agent.install(context));
  const { ns, refused } = machine;
  const installs = machine.installs.filter(({ origin }) => origin.by === 'kube-proxy');
  return { ns, cluster, installs, refused, ...texts(ns), rules: rulesOf(installs) };
}

/** The texts of a namespace. */
export function texts(ns: Netns): Pick<ProxiedNetns, 'ipvs' | 'members' | 'bound'> {
  return {
    ipvs: lines(formatIpvs(ns.ipvs)),
    members: lines(printIpsets(ns.ipsets)).flatMap((line) => (line.startsWith('add ') ? [line.slice(4)] : [])),
    bound: ns.ipv4.addresses.flatMap(({ dev, local, prefixLength }) =>
      dev === 'kube-ipvs0' ? [`${dotted(local)}/${prefixLength}`] : [],
    ),
  };
}

/** The rules of the last restore text among calls. */
function rulesOf(installs: readonly Install[]): ProxiedNetns['rules'] {
  const text = installs.flatMap(({ call }) =>
    call.call === 'iptables-restore' ? [call.chunks.flatMap((chunk) => chunk.lines)] : [],
  );
  const last = text.at(-1) ?? [];
  const at = last.indexOf('*filter');
  const rules = (part: readonly string[]): readonly string[] => part.filter((line) => line.startsWith('-A '));
  return { nat: rules(last.slice(0, at)), filter: rules(last.slice(at)) };
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
}
