import { parseIpv4 } from '../../src/address/index.js';
import { connectLinks, type Netns, parseRuleset, Runtime, readNetns, type Socket } from '../../src/linux/index.js';
import { ipPacket, type Packet } from '../../src/packet/index.js';
import { apply, parseCommand } from '../../src/plan/index.js';
import { Network } from '../../src/topology/index.js';
import { crossings, Simulation, type Trace } from '../../src/trace/index.js';
import { ip, mac } from '../must.js';
import { readable, recording } from '../recordings/load.js';
import type { Counters } from './counter-names.js';
import { type Frame, frameOf } from './frame.js';
import type { RuleHit } from './rules.js';

/** `kernel-scenarios.json`, recorded in user-mode Linux 6.1; the format is told in `oracle/DESIGN.md`, section 7. */
export interface Scenario {
  readonly name: string;
  readonly links: readonly { readonly a: End; readonly b: End }[];
  readonly nodes: Readonly<Record<string, ScenarioNode>>;
  readonly cases: readonly ScenarioCase[];
}

interface End {
  readonly node: string;
  readonly dev: string;
}

interface ScenarioNode {
  readonly role: 'host' | 'pod' | 'switch';
  readonly captured: boolean;
  readonly listeners: readonly { readonly proto: 'tcp' | 'udp'; readonly port: number; readonly mode?: string }[];
  readonly dump: Readonly<Record<string, unknown>>;
}

export interface ScenarioCase {
  readonly id: string;
  readonly note?: string;
  readonly packet: {
    readonly kind: 'udp' | 'tcp' | 'ping' | 'frame';
    readonly from: string;
    readonly dev?: string;
    readonly ethSrc?: string;
    readonly ethDst?: string;
    readonly src?: string;
    readonly dst: string;
    readonly sport?: number;
    readonly dport?: number;
    readonly ttl?: number;
    readonly df?: boolean;
    readonly len?: number;
    readonly id: number;
  };
  readonly stateChange?: {
    readonly command?: string;
    /** The number of the case whose state still holds. */
    readonly sameAsCase?: number;
  };
  readonly observed: {
    readonly path: readonly RecordedEvent[];
    readonly arp: readonly RecordedEvent[];
    readonly deliveries: readonly {
      readonly ns: string;
      readonly proto: string;
      readonly local: string;
      readonly remote: string;
    }[];
    readonly senderErrors: readonly { readonly at: string; readonly errno: string | 0 }[];
    /** In order within each namespace; of those whose role is `host`. */
    readonly netfilterTrace: readonly RuleHit[];
    /** By namespace: what has changed, as /proc/net/snmp and netstat name it. */
    readonly counters: Counters;
  };
}

export interface RecordedEvent {
  readonly ns: string;
  readonly dev: string;
  readonly dir: string;
  readonly pkttype: string;
  readonly ethSrc?: string;
  readonly ethDst?: string;
  readonly arp?: object;
  readonly ip?: Readonly<Record<string, unknown>>;
  readonly untrusted?: readonly string[];
}

export function loadScenarios(): readonly Scenario[] {
  return (JSON.parse(recording('kernel-scenarios.json').text) as { labs: Scenario[] }).labs;
}

function networkOf(scenario: Scenario): Network {
  const namespaces = Object.entries(scenario.nodes).map(([name, node]): Netns => {
    const { dump } = node;
    const json = (command: string): { file: string; text: string } => ({
      file: `${name}: ${command}`,
      text: JSON.stringify(dump[command] ?? []),
    });
    const parts = {
      link: json('ip -j -d link'),
      addr: json('ip -j addr'),
      route: json('ip -j route show table all'),
      rule: json('ip -j rule'),
      neigh: json('ip -j neigh'),
      fdb: json('bridge -j fdb'),
      sysctl: { file: `${name}: sysctl`, text: String(dump['sysctl']) },
    };
    const { ns } = readable(readNetns(parts, { name, role: node.role }));
    const iptables = readable(parseRuleset(String(dump['iptables-save'] ?? ''), `${name}: iptables-save`));
    return { ...ns, iptables, sockets: node.listeners.map(listener) };
  });
  const wires = scenario.links.map(({ a, b }) => [endOf(a), endOf(b)] as const);
  return Network.of(connectLinks(namespaces, wires));
}

function endOf({ node, dev }: End): { netns: string; dev: string } {
  return { netns: node, dev };
}

function listener({ proto, port, mode }: ScenarioNode['listeners'][number]): Socket {
  const bound = { protocol: proto, address: ip('0.0.0.0'), port, origin: { by: 'dump' } };
  return mode === 'sink' ? { ...bound, behaviour: 'sink' } : { ...bound, behaviour: 'reply', bytes: undefined };
}

/** One case, replayed. */
export interface ReplayedCase {
  readonly recorded: ScenarioCase;
  readonly trace: Trace;
  /** As the case found it. */
  readonly network: Network;
  readonly ours: readonly Frame[];
  readonly kernel: readonly Frame[];
}

/**
 * Replays the cases of a scenario in order, in one runtime, as they were recorded in one kernel. A change of state is
 * made by its recorded command, and undone before the next.
 */
export function* replayScenario(scenario: Scenario): Generator<ReplayedCase> {
  const runtime = new Runtime();
  const initial = networkOf(scenario);
  const networks = new Map<string, Network>();
  for (const recorded of scenario.cases) {
    const { command, sameAsCase } = recorded.stateChange ?? {};
    const same = networks.get(`${scenario.name}/${sameAsCase}`);
    const installs = command === undefined ? [] : readable(parseCommand(command, { netns: '', file: recorded.id }));
    const network = same ?? apply(installs, initial, runtime).network;
    networks.set(recorded.id, network);
    const trace = send(new Simulation(network, { detail: 'all' }, runtime), recorded);
    const captured = (ns: string): boolean => scenario.nodes[ns]?.captured === true;
    const ours = crossings(trace)
      .map(frameOf)
      .filter((f) => captured(f.ns));
    const { path, arp } = recorded.observed;
    yield { recorded, trace, network, ours: ours.map(forScenario), kernel: [...path, ...arp].map(frameOfEvent) };
  }
}

function send(simulation: Simulation, { packet }: ScenarioCase): Trace {
  if (packet.kind === 'frame') {
    const { from, dev = '' } = packet;
    return simulation.inject({ namespace: from, device: dev, direction: 'out', frame: injected(packet) });
  }
  return simulation.send({
    from: packet.from,
    to: packet.dst,
    proto: packet.kind === 'ping' ? 'icmp' : packet.kind,
    connected: false,
    // The recorder read the error queue (IP_RECVERR).
    recverr: true,
    // The recorder's TCP clients gave up before a SYN was sent again.
    timeout: 500,
    ...(packet.kind === 'ping' && { id: packet.id, df: false }),
    ...(packet.kind !== 'ping' && packet.dport !== undefined && { port: packet.dport }),
    ...(packet.sport !== undefined && { sport: packet.sport }),
    ...(packet.len !== undefined && { payload: packet.len }),
    ...(packet.ttl !== undefined && { ttl: packet.ttl }),
    ...(packet.df !== undefined && { df: packet.df }),
    ...(packet.src !== undefined && packet.src !== 'auto' && { source: packet.src }),
  });
}

function injected(packet: ScenarioCase['packet']): Packet {
  const { len = 20, sport = 0, dport = 0 } = packet;
  const src = parseIpv4(packet.src ?? '');
  if (src === undefined) throw new Error(`${packet.id} has no source`);
  const udp = { l4: 'udp', sport, dport, length: 8 + len } as const;
  const frame = ipPacket({ src, dst: ip(packet.dst), ttl: packet.ttl ?? 64, id: packet.id }, udp, len);
  return { ...frame, eth: { src: mac(packet.ethSrc ?? ''), dst: mac(packet.ethDst ?? ''), type: 0x0800 } };
}

const DIRECTIONS: Readonly<Record<string, string>> = {
  host: 'in',
  broadcast: 'in-bcast',
  multicast: 'in-mcast',
  otherhost: 'in-otherhost',
  outgoing: 'out',
};
const FLAGS: Readonly<Record<string, string>> = { syn: 'S', ack: 'A', rst: 'R', fin: 'F', psh: 'P' };
const ICMP: Readonly<Record<string, readonly [type: string, code: string | number]>> = {
  'echo-request': ['echo-request', 0],
  'echo-reply': ['echo-reply', 0],
  'net-unreachable': ['unreachable', 'net'],
  'host-unreachable': ['unreachable', 'host'],
  'port-unreachable': ['unreachable', 'port'],
  'admin-prohibited': ['unreachable', 'admin-prohibited'],
  'frag-needed': ['unreachable', 'frag-needed'],
  'redirect-host': ['redirect', 1],
  'ttl-exceeded': ['time-exceeded', 0],
};
const PROTOCOLS: Readonly<Record<string, number>> = { icmp: 1, ipip: 4, tcp: 6, udp: 17 };

/** A recorded event in the form that our frames are compared in. */
function frameOfEvent(event: RecordedEvent): Frame {
  const { ns, dev, pkttype, untrusted } = event;
  const frame: Frame = { ns, if: dev, dir: DIRECTIONS[pkttype] ?? pkttype, ...layers(event) };
  return untrusted === undefined ? frame : shape(frame);
}

type Layers = Omit<Frame, 'ns' | 'if' | 'dir'>;

function layers(event: Pick<RecordedEvent, 'ethSrc' | 'ethDst' | 'arp' | 'ip'>): Layers {
  const out: Layers = {};
  if (event.ethSrc !== undefined) out.ethSrc = event.ethSrc;
  if (event.ethDst !== undefined) out.ethDst = event.ethDst;
  if (event.arp !== undefined) out.arp = event.arp;
  const i = event.ip;
  if (i === undefined) return out;
  out.ip = {
    src: i['src'],
    dst: i['dst'],
    ttl: i['ttl'],
    proto: PROTOCOLS[String(i['proto'])],
    len: i['len'],
    idZero: i['id'] === 0,
    ...(i['df'] === true && { df: true }),
    ...(i['mf'] === true && { mf: true }),
    ...(i['fragOffset'] !== undefined && { fragOff: i['fragOffset'] }),
    ...(i['tos'] !== undefined && { tos: i['tos'] }),
  };
  const ports = { sport: i['sport'], dport: i['dport'] };
  if (i['flags'] !== undefined) {
    const letters = String(i['flags'])
      .split(',')
      .map((flag) => FLAGS[flag] ?? '?');
    out.tcp = { ...ports, flags: ['S', 'A', 'F', 'R', 'P'].filter((letter) => letters.includes(letter)).join('') };
  } else if (i['proto'] === 'udp' && i['sport'] !== undefined) {
    out.udp = i['vni'] === undefined ? ports : { dport: i['dport'] };
  }
  if (i['vni'] !== undefined) out.vxlan = { vni: i['vni'] };
  if (i['icmp'] !== undefined) out.icmp = icmp(i);
  // Within VXLAN is a frame, within IP in IP a packet.
  const inner = i['inner'] as RecordedEvent | undefined;
  if (inner !== undefined) out.inner = layers(i['proto'] === 'ipip' ? { ip: { ...inner } } : inner);
  return out;
}

function icmp(i: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const [type, code] = ICMP[String(i['icmp'])] ?? ['?', '?'];
  const about = i['about'] as Readonly<Record<string, unknown>> | undefined;
  return {
    type,
    code,
    ...(i['icmpId'] !== undefined && { id: i['icmpId'], seq: i['icmpSeq'] }),
    ...(i['mtu'] !== undefined && { mtu: i['mtu'] }),
    ...(i['gateway'] !== undefined && { gateway: i['gateway'] }),
    ...(about !== undefined && {
      quoted: {
        src: about['src'],
        dst: about['dst'],
        ttl: about['ttl'],
        proto: PROTOCOLS[String(about['proto'])],
        ...(about['sport'] !== undefined && { sport: about['sport'], dport: about['dport'] }),
      },
    }),
  };
}

/**
 * Our frame without what the scenarios do not record: TCP payload and MSS, UDP length, VXLAN flags and hashed port. A
 * later fragment is reduced to its shape, since the recorder's copies of those were written over (`untrusted`).
 */
function forScenario(frame: Frame): Frame {
  const reduced = { ...frame, ...reduce(frame) };
  return isLaterFragment(frame) ? shape(reduced) : reduced;
}

function reduce(layers: Layers): Layers {
  const out: Layers = { ...layers };
  if (layers.tcp !== undefined) {
    const { payload: _p, mss: _m, ...tcp } = layers.tcp as Record<string, unknown>;
    out.tcp = tcp;
  }
  if (layers.udp !== undefined) {
    const { len: _l, sport, ...udp } = layers.udp as Record<string, unknown>;
    out.udp = layers.vxlan === undefined ? { sport, ...udp } : udp;
  }
  if (layers.vxlan !== undefined) out.vxlan = { vni: (layers.vxlan as { vni: number }).vni };
  if (layers.inner !== undefined) out.inner = reduce(layers.inner);
  return out;
}

function isLaterFragment(layers: Layers): boolean {
  if (layers.inner !== undefined && isLaterFragment(layers.inner)) return true;
  return layers.ip?.['fragOff'] !== undefined;
}

/** Where a fragment is, its addresses, length and offset. */
function shape(frame: Frame): Frame {
  const { ns, dir } = frame;
  const of = (layers: Layers): Layers => ({
    ip: { src: layers.ip?.['src'], dst: layers.ip?.['dst'], len: layers.ip?.['len'], fragOff: layers.ip?.['fragOff'] },
    ...(layers.inner !== undefined && { inner: of(layers.inner) }),
  });
  return { ns, if: frame.if, dir, ...of(frame) };
}
