import { contains, type Ipv4, type Ipv4Prefix, parsePrefix } from '../../src/address/index.js';
import {
  ACCEPT_ALL,
  type BgpConfig,
  type Filter,
  type FilterAction,
  type FilterTerm,
  type LocalRoute,
  REJECT_ALL,
  SESSION_DEFAULTS,
  type SessionConfig,
  type SpeakerConfig,
} from '../../src/bgp/index.js';
import { ip, prefix } from '../must.js';
import { recording } from '../recordings/load.js';

/** A file of test/recordings/bird: what BIRD 2.0.12 made of a lab of namespaces. */
export interface Recorded {
  readonly scenario: string;
  readonly about: string;
  readonly input: { readonly nodes: readonly RecordedNode[]; readonly pools: readonly RecordedPool[] };
  readonly before?: readonly RecordedSpeaker[];
  readonly result: readonly RecordedSpeaker[];
  readonly messages: RecordedMessages;
  readonly messagesAfterAct?: RecordedMessages;
}

export interface RecordedMessages {
  readonly OPEN: number;
  readonly UPDATE: number;
  readonly NOTIFICATION: number;
  readonly announce: number;
  readonly withdraw: number;
  readonly endOfRib: number;
  readonly nlri: number;
  readonly withdrawn: number;
}

interface RecordedPool {
  readonly cidr: string;
  readonly ipipMode?: string;
  readonly vxlanMode?: string;
  readonly disableExport?: boolean;
}

interface RecordedNode {
  readonly name: string;
  readonly ip: string;
  readonly as: number;
  readonly routerId?: string;
  readonly ifaces: readonly { readonly net: string; readonly ip: string }[];
  readonly blocks: readonly (string | { readonly cidr: string; readonly state: string })[];
  readonly pods?: readonly string[];
  readonly statics?: readonly string[];
  readonly routes?: readonly (readonly [string, string])[];
  readonly rrClusterId?: string;
  readonly cases?: readonly { readonly prefix: string; readonly by: Readonly<Record<string, string>> }[];
  readonly peers: readonly RecordedPeer[];
}

interface RecordedPeer {
  readonly name: string;
  readonly ip: string;
  readonly as: number;
  readonly rrClient?: boolean;
  readonly passive?: boolean;
  readonly direct?: boolean;
  readonly source?: string;
  readonly nextHopSelf?: boolean;
  readonly exportFilter?: string;
}

export interface RecordedSpeaker {
  readonly node: string;
  readonly running: boolean;
  readonly sessions: readonly RecordedSession[];
  readonly rib: readonly RecordedRoute[];
  readonly kernelExport: readonly {
    readonly net: string;
    readonly type: string;
    readonly nexthops: readonly RecordedHop[];
    readonly krtTunnel?: string;
  }[];
}

interface RecordedSession {
  readonly name: string;
  readonly info: string;
  readonly bgpState: string;
  readonly neighbor: string;
  readonly neighborAs: number;
  readonly session?: string;
  readonly imported: number;
  readonly exported: number;
  readonly preferred: number;
}

interface RecordedHop {
  readonly via?: string;
  readonly dev: string;
}

export interface RecordedRoute {
  readonly net: string;
  readonly type: string;
  readonly proto: string;
  readonly from?: string;
  readonly best: boolean;
  readonly preference: number;
  readonly nexthops: readonly RecordedHop[];
  readonly attrs: Readonly<Record<string, string>>;
}

export function loadRecorded(scenario: string): Recorded {
  return JSON.parse(recording(`bird/rib-${scenario}.json`).text) as Recorded;
}

/** The configuration that the recorder wrote for its BIRDs, in ours. */
export function configOf({ input }: Pick<Recorded, 'input'>, seed = 1): BgpConfig {
  return { speakers: input.nodes.map((node) => speakerOf(input, node)), reachable: undefined, seed };
}

export function speakerOf(input: Recorded['input'], node: RecordedNode): SpeakerConfig {
  return {
    name: node.name,
    as: node.as,
    routerId: ip(node.routerId ?? node.ip),
    interfaces: node.ifaces.map((iface, i) => {
      const [address = '', length = ''] = iface.ip.split('/');
      return { name: `eth${i}`, address: ip(address), prefixLength: Number(length) };
    }),
    routes: routesOf(node),
    sessions: node.peers.map((peer) => sessionOf(input, node, peer)),
    kernel: { export: kernelFilter(input, node), mergePaths: true, limit: undefined, persist: true },
  };
}

function routesOf(node: RecordedNode): readonly LocalRoute[] {
  const blocks = node.blocks.map((b) => (typeof b === 'string' ? b : b.cidr)).filter((b) => !b.endsWith('/32'));
  const statics = [...blocks, ...(node.statics ?? [])].map((net): LocalRoute => {
    return { net: prefix(net), type: 'blackhole', source: 'static', protocol: 'blocks', nexthops: [] };
  });
  const kernel = (net: string, via: Ipv4 | undefined, dev: string): LocalRoute => {
    const nexthops = [{ via, dev, weight: 1 }];
    return { net: prefix(net), type: 'unicast', source: 'kernel', protocol: 'kernel1', nexthops };
  };
  const pods = (node.pods ?? []).map((pod) => kernel(`${pod}/32`, undefined, 'cali0'));
  const others = (node.routes ?? []).map(([net, via]) => {
    return kernel(net === 'default' ? '0.0.0.0/0' : net, ip(via), linkTo(node, ip(via)));
  });
  return [...statics, ...pods, ...others];
}

function linkTo(node: RecordedNode, via: Ipv4): string {
  const i = node.ifaces.findIndex((iface) => contains(must(parsePrefix(iface.ip)), via));
  if (i < 0) throw new Error(`${node.name} has no link to ${via}`);
  return `eth${i}`;
}

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('not there');
  return value;
}

function sessionOf(input: Recorded['input'], node: RecordedNode, peer: RecordedPeer): SessionConfig {
  return {
    ...SESSION_DEFAULTS,
    name: peer.name,
    local: ip(peer.source ?? node.ip),
    neighbor: ip(peer.ip),
    neighborAs: peer.as,
    multihop: peer.direct !== true,
    passive: peer.passive ?? false,
    rrClient: peer.rrClient ?? false,
    clusterId: node.rrClusterId === undefined ? undefined : ip(node.rrClusterId),
    nextHopSelf: peer.nextHopSelf ?? false,
    addPaths: true,
    timers: { connectDelay: 1, connectRetry: 5, errorWait: [5, 30] },
    export: exportFilter(input, node, peer),
  };
}

const within = (net: string) => ({ prefix: prefix(net), ge: 0, le: 32 });
const accept = (net: string): FilterTerm => ({ match: { nets: [within(net)] }, actions: [], then: 'accept' });
const reject = (net: string): FilterTerm => ({ match: { nets: [within(net)] }, actions: [], then: 'reject' });

function exportFilter(input: Recorded['input'], node: RecordedNode, peer: RecordedPeer): Filter {
  const { exportFilter: name } = peer;
  if (name === 'export_all') return ACCEPT_ALL;
  if (name === 'export_none') return REJECT_ALL;
  if (name !== undefined) return filterOfCases(input, name);
  const confirmed = node.blocks.filter((b) => typeof b === 'string' || b.state === 'confirmed');
  const terms = [
    ...input.pools.filter((p) => p.disableExport === true).map((p) => reject(p.cidr)),
    ...confirmed.map((b) => (typeof b === 'string' ? b : b.cidr)).flatMap((b) => [exactly(b), reject(b)]),
    ...(node.statics ?? []).map(accept),
    ...input.pools.filter((p) => p.disableExport !== true).map((p) => accept(p.cidr)),
  ];
  return { terms, otherwise: 'reject' };
}

function exactly(net: string): FilterTerm {
  const item = prefix(net);
  return { match: { nets: [{ prefix: item, ge: item.length, le: item.length }] }, actions: [], then: 'accept' };
}

/** `outN` of bestpath-attributes: what the observer's `cases` say that the Nth neighbour announces. */
function filterOfCases(input: Recorded['input'], name: string): Filter {
  const number = name.replace('out', '');
  const cases = input.nodes.flatMap((node) => node.cases ?? []);
  const terms = cases.flatMap((c): FilterTerm[] => {
    const text = c.by[number];
    return text === undefined ? [] : [{ ...exactly(c.prefix), actions: actionsOf(text) }];
  });
  return { terms, otherwise: 'reject' };
}

/** A few statements of BIRD's filter language. */
function actionsOf(text: string): readonly FilterAction[] {
  const statements = text.split(';').map((s) => s.trim());
  return statements.filter((s) => s !== '').map(actionOf);
}

function actionOf(statement: string): FilterAction {
  const prepended = /^bgp_path\.prepend\((\d+)\)$/.exec(statement);
  if (prepended !== null) return { set: 'prepend', as: Number(prepended[1]), times: 1 };
  const [name, value] = statement.split(' = ');
  if (name === 'bgp_med') return { set: 'med', value: Number(value) };
  if (name === 'bgp_local_pref') return { set: 'localPref', value: Number(value) };
  if (value === 'ORIGIN_EGP') return { set: 'origin', value: 'EGP' };
  if (value === 'ORIGIN_INCOMPLETE') return { set: 'origin', value: 'INCOMPLETE' };
  throw new Error(`unknown statement ${statement}`);
}

/** calico_kernel_programming. */
function kernelFilter(input: Recorded['input'], node: RecordedNode): Filter {
  const network = must(parsePrefix(must(node.ifaces[0]).ip));
  const terms = input.pools.flatMap((pool) => poolTerms(pool, network));
  return { terms, otherwise: 'accept' };
}

function poolTerms(pool: RecordedPool, network: Ipv4Prefix): readonly FilterTerm[] {
  if (pool.vxlanMode !== undefined) return [reject(pool.cidr)];
  const tunnel: FilterTerm = { ...accept(pool.cidr), actions: [{ set: 'tunnel', dev: 'tunl0' }] };
  if (pool.ipipMode === 'always') return [tunnel];
  if (pool.ipipMode === 'cross-subnet') {
    return [{ match: { nets: [within(pool.cidr)], nextHop: network }, actions: [], then: 'accept' }, tunnel];
  }
  return [accept(pool.cidr)];
}
