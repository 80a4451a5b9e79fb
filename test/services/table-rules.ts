/**
 * What Kubernetes promises of a Service, cell by cell, worked out from the API's own words and from the rules that
 * kube-proxy documents, without looking at what is installed.
 */

export const KINDS = ['ClusterIP', 'NodePort', 'externalIP', 'LoadBalancer'] as const;
export const POLICIES = ['Cluster', 'Local'] as const;
export const MODES = ['iptables', 'ipvs'] as const;
export const DETECTORS = [
  'ClusterCIDR',
  'NodeCIDR',
  'BridgeInterface',
  'InterfaceNamePrefix',
  'none',
  'masqueradeAll',
] as const;

/** Where the client is: its node, or the node that an external host sends to. web-1 is on node-1, web-2 on node-2. */
export const CLIENTS = [
  { client: 'pod/here', sort: 'pod', handler: 1, address: '10.244.1.10' },
  { client: 'pod/away', sort: 'pod', handler: 3, address: '10.244.3.10' },
  { client: 'pod/hostnet', sort: 'node', handler: 3, address: '192.168.10.13' },
  { client: 'node/node-1', sort: 'node', handler: 1, address: '192.168.10.11' },
  { client: 'node/node-3', sort: 'node', handler: 3, address: '192.168.10.13' },
  { client: 'host/ext-1', sort: 'external', handler: 1, address: '192.168.10.101' },
  { client: 'host/ext-3', sort: 'external', handler: 3, address: '192.168.10.103' },
  { client: 'pod/web-1', sort: 'pod', handler: 1, address: '10.244.1.11' },
] as const;

export interface Cell {
  readonly kind: (typeof KINDS)[number];
  /** internalTrafficPolicy of a ClusterIP, externalTrafficPolicy of the others. */
  readonly policy: (typeof POLICIES)[number];
  readonly detector: (typeof DETECTORS)[number];
  readonly mode: (typeof MODES)[number];
  readonly client: (typeof CLIENTS)[number];
}

/** How one endpoint is met. */
export interface Met {
  readonly endpoint: 'pod/default/web-1' | 'pod/default/web-2';
  /** Its share of the connections. */
  readonly share: number;
  /** The source address that it sees. */
  readonly source: string;
  /** `back`: the answer arrives as the Service's; `lost`: it does not. */
  readonly reply: 'back' | 'lost';
  /** Nodes that the answer passes, in order. */
  readonly by: readonly string[];
}

export interface Expected {
  /** Of the packet itself. */
  readonly outcome: 'delivered' | 'dropped' | 'rejected';
  /** Sorted by name. */
  readonly met: readonly Met[];
  /** The sentences that give this. */
  readonly because: readonly string[];
}

/** The sentences, each with where it is from. */
const WHY = {
  all: 'Cluster: traffic goes to all ready endpoints evenly (API, internalTrafficPolicy and externalTrafficPolicy)',
  local: 'Local: only endpoints of the node that handles the packet (API, both policies)',
  noneLocal:
    'Local without an endpoint on the node: the traffic is dropped (API, both policies; rule "has no local endpoints")',
  shortCircuit:
    'pods reach external addresses as if the policy were Cluster (rule "pod traffic for … external destinations")',
  hostShortCircuit: 'so does the node itself, masqueraded (rules "masquerade LOCAL traffic" and "route LOCAL traffic")',
  masqExternal: 'Cluster: external traffic is masqueraded (rule "masquerade traffic for … external destinations")',
  masqNotLocal:
    'what the detector does not call local is masqueraded on its way to a cluster IP (KUBE-SVC, IF-NOT-LOCAL)',
  masqAll: 'masqueradeAll: everything to a cluster IP is masqueraded (KubeProxyConfiguration)',
  keeps: 'Local keeps the client address (API, externalTrafficPolicy)',
  noDetector: 'without a detector a cluster IP is not masqueraded (LocalTrafficDetector.IsImplemented())',
  hairpin: 'an endpoint that reaches itself is masqueraded (KUBE-SEP "-s endpoint"; set KUBE-LOOP-BACK)',
  bypass: 'not masqueraded, and the endpoint is on another node: its answer goes straight to the client',
  ipvsFallback:
    'IPVS: a virtual server of policy Local without local endpoints has those of the cluster (syncEndpoint(), k8s PR 97081)',
  ipvsEmpty:
    'IPVS: a cluster IP of policy Local has no others to fall back to; an empty virtual server answers port unreachable (ip_vs_leave())',
  ipvsPick:
    "IPVS: the address is local on kube-ipvs0, so the node takes it for its source (fib: a local route's preferred source)",
  ipvsOwnVip:
    'IPVS: packets from the cluster IP itself are masqueraded where nothing tells pods (set KUBE-CLUSTER-IP src,dst)',
  martian:
    'it asks for its next hop in the name of that address, and the node asked has it too: no answer (arp_solicit(), arp_announce 0; fib_validate_source())',
} as const;

const ENDPOINTS = [
  { endpoint: 'pod/default/web-1', node: 1, address: '10.244.1.11' },
  { endpoint: 'pod/default/web-2', node: 2, address: '10.244.2.11' },
] as const;

type Target = (typeof ENDPOINTS)[number];

/** The address of the load balancer and of `externalIP`, by policy. */
export const VIPS = {
  ClusterIP: { Cluster: '10.96.0.10', Local: '10.96.0.11' },
  externalIP: { Cluster: '198.51.100.10', Local: '198.51.100.11' },
  LoadBalancer: { Cluster: '198.51.100.20', Local: '198.51.100.21' },
} as const;

/** Whether the detector calls the client local: only pods can be, and each of these is on its handler. */
function isLocal({ detector, client }: Cell): boolean {
  return client.sort === 'pod' && detector !== 'none';
}

/** What has to come of a cell. */
export function expected(cell: Cell): Expected {
  const because: string[] = [];
  const say = (why: keyof typeof WHY): void => void because.push(WHY[why]);
  const targets = targetsOf(cell, say);
  if (typeof targets === 'string') return { outcome: targets, met: [], because };
  const masqueraded = isMasqueraded(cell, say);
  const met = targets.map((target) => meet(cell, target, masqueraded, 1 / targets.length, say));
  const unanswered = met.length > 0 && met.every((each) => each === 'martian');
  return {
    outcome: unanswered ? 'rejected' : 'delivered',
    met: met.flatMap((each) => (each === 'martian' ? [] : [each])),
    because: [...new Set(because)],
  };
}

type Say = (why: keyof typeof WHY) => void;

function targetsOf(cell: Cell, say: Say): readonly Target[] | 'dropped' | 'rejected' {
  const { kind, policy, mode, client } = cell;
  if (policy === 'Cluster') {
    say('all');
    return ENDPOINTS;
  }
  const local = ENDPOINTS.filter(({ node }) => node === client.handler);
  if (mode === 'iptables' && kind !== 'ClusterIP') {
    if (isLocal(cell)) {
      say('shortCircuit');
      return ENDPOINTS;
    }
    if (client.sort === 'node') {
      say('hostShortCircuit');
      return ENDPOINTS;
    }
  }
  if (local.length > 0) {
    say('local');
    return local;
  }
  if (mode === 'iptables') {
    say('noneLocal');
    return 'dropped';
  }
  say(kind === 'ClusterIP' ? 'ipvsEmpty' : 'ipvsFallback');
  return kind === 'ClusterIP' ? 'rejected' : ENDPOINTS;
}

function isMasqueraded(cell: Cell, say: Say): boolean {
  const { kind, policy, mode, detector, client } = cell;
  if (kind === 'ClusterIP') {
    if (detector === 'masqueradeAll') say('masqAll');
    else if (detector !== 'none' && !isLocal(cell)) say('masqNotLocal');
    else if (detector === 'none' && mode === 'ipvs' && client.sort === 'node') say('ipvsOwnVip');
    else {
      if (detector === 'none') say('noDetector');
      return false;
    }
    return true;
  }
  if (policy === 'Cluster') {
    say('masqExternal');
    return true;
  }
  if (mode === 'iptables' && client.sort === 'node') return true;
  say('keeps');
  return false;
}

/** The address of the handling node on the device towards an endpoint. */
function nodeAddress(handler: number, target: Target): string {
  return target.node === handler ? `10.244.${handler}.1` : `192.168.10.1${handler}`;
}

function meet(cell: Cell, target: Target, masqueraded: boolean, share: number, say: Say): Met | 'martian' {
  const { kind, policy, mode, client } = cell;
  const itself = client.address === target.address;
  if (itself) say('hairpin');
  const own = mode === 'ipvs' && client.sort === 'node' && kind !== 'NodePort' ? VIPS[kind][policy] : client.address;
  if (own !== client.address && !masqueraded) {
    say('ipvsPick');
    if (target.node !== client.handler) {
      say('martian');
      return 'martian';
    }
  }
  const translated = masqueraded || itself;
  const source = translated ? nodeAddress(client.handler, target) : own;
  const bypass = client.sort === 'external' && !translated && target.node !== client.handler;
  if (bypass) say('bypass');
  const nodes = [target.node, ...(target.node === client.handler || bypass ? [] : [client.handler])];
  return {
    endpoint: target.endpoint,
    share,
    source,
    reply: bypass ? 'lost' : 'back',
    by: nodes.map((n) => `node-${n}`),
  };
}
