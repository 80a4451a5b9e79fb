import { formatIpv4, formatMac, type Ipv4, type Mac } from '../../src/address/index.js';
import type { Runtime, Tuple } from '../../src/linux/index.js';
import { type Header, protocolName } from '../../src/packet/index.js';
import type { Trace } from '../../src/trace/index.js';
import type { LabName } from '../recordings/load.js';
import { type Counters, comparedCounters } from './counter-names.js';
import { countersOf } from './counters.js';
import type { Frame } from './frame.js';
import type { Replayed } from './lab.js';
import { recordedResult, tracedResult } from './result.js';
import { hitsOf, normaliseHits, type RuleHit } from './rules.js';
import type { ReplayedCase, Scenario, ScenarioCase } from './scenario.js';

/** Probes of recorded labs that need what is not modelled yet. */
export const WAITING_PROBES: Partial<Record<LabName, RegExp>> = { 'cni-plugins': /^macvlan/ };

/** Something that the kernel recorded, and what we make of it. */
export interface Comparison {
  readonly what: string;
  readonly ours: unknown;
  readonly kernel: unknown;
}

/** A probe of a recorded lab: each frame at each device, whether it was answered, the connections after. */
export function* comparisonsOfProbe({ probe, after, trace, runtime, ours, kernel }: Replayed): Generator<Comparison> {
  for (const netns of new Set([...kernel.keys(), ...ours.keys()]))
    yield { what: netns, ours: ours.get(netns), kernel: kernel.get(netns) };
  yield { what: 'delivered', ours: answered(trace, probe.sent.from), kernel: probe.delivered };
  yield { what: 'what the programs saw', ours: tracedResult(probe, trace), kernel: recordedResult(probe) };
  for (const [netns, lines] of Object.entries(probe.conntrackAfter ?? {}))
    yield {
      what: `conntrack of ${netns}`,
      ours: connections(conntrackLines(runtime, netns)),
      kernel: connections(lines),
    };
  for (const [netns, { neigh, fdb }] of Object.entries(after)) {
    yield { what: `neighbours of ${netns}`, ours: neighbours(runtime, netns), kernel: recordedNeighbours(neigh) };
    yield { what: `stations of ${netns}`, ours: stations(runtime, netns), kernel: recordedStations(fdb) };
  }
}

/** Counters that are not compared in one case of a scenario, and why. */
const UNKNOWN_COUNTERS: ReadonlyMap<string, { readonly counters: readonly string[]; readonly why: string }> = new Map([
  [
    'kube-proxy-bridge-nf-off/5',
    {
      counters: ['Icmp.OutMsgs', 'Icmp.OutRedirects', 'Ip.OutDiscards'],
      why: 'a redirect, the second for its source: within 40 ms (ip_rt_redirect_load) there is none; times were not recorded',
    },
  ],
]);

/** A case of a recorded scenario: each frame at each device, deliveries, errors, each rule hit, each counter. */
export function* comparisonsOfCase(
  { nodes }: Scenario,
  { recorded, trace, network, ours, kernel }: ReplayedCase,
): Generator<Comparison> {
  const hits = hitsOf(trace, network);
  const counters = countersOf(trace, network, '6.1');
  const unknown = UNKNOWN_COUNTERS.get(recorded.id)?.counters ?? [];
  const known = (all: Counters, netns: string): object =>
    Object.fromEntries(Object.entries(comparedCounters(all[netns] ?? {})).filter(([name]) => !unknown.includes(name)));
  for (const [netns, { role, captured }] of Object.entries(nodes)) {
    if (!captured) continue;
    const { netfilterTrace } = recorded.observed;
    // The recorder traced hosts alone, by rules in `raw` of which it left nothing in the recording.
    const of = (all: readonly RuleHit[]): object =>
      normaliseHits(all.filter(({ ns, rule }) => ns === netns && !rule.startsWith('raw:')));
    if (role === 'host') yield { what: `rules hit in ${netns}`, ours: of(hits), kernel: of(netfilterTrace) };
    yield {
      what: `counters of ${netns}`,
      ours: known(counters, netns),
      kernel: known(recorded.observed.counters, netns),
    };
  }
  for (const netns of Object.keys(nodes)) {
    // IP frames and ARP frames were recorded apart: their order among each other is not known.
    yield { what: netns, ours: only(ours, netns, 'ip'), kernel: only(kernel, netns, 'ip') };
    // This recorder kept the order in which frames passed a tap, not that of their time stamps; of a flooded frame
    // the two differ, and only ARP is flooded here. So of ARP it is compared what there is, not in which order.
    yield { what: netns, ours: sorted(only(ours, netns, 'arp')), kernel: sorted(only(kernel, netns, 'arp')) };
  }
  yield { what: 'deliveries', ours: deliveries(trace), kernel: recorded.observed.deliveries.map(line).sort() };
  yield { what: 'errors', ours: errors(trace), kernel: wantedErrors(recorded) };
}

/**
 * Neighbours that were learned, as `DEVICE ADDRESS MAC`. Left out are those that were set, which are no news; those
 * that have failed, which the kernel forgets by the clock; and whether one is fresh, which the clock decides as well.
 */
function neighbours(runtime: Runtime, netns: string): string[] {
  return [...runtime.of(netns).neighbours]
    .filter(([, { state }]) => !['PERMANENT', 'NOARP', 'INCOMPLETE', 'FAILED'].includes(state))
    .map(([key, { lladdr }]) => {
      const [dev = '', ip = ''] = key.split('|');
      return `${dev} ${formatIpv4(Number(ip) as Ipv4)} ${formatMac(lladdr)}`;
    })
    .sort();
}

function recordedNeighbours(entries: readonly unknown[]): string[] {
  return (entries as readonly RecordedNeighbour[])
    .filter(({ state, lladdr }) => lladdr !== undefined && state[0] !== 'PERMANENT' && state[0] !== 'FAILED')
    .map(({ dev, dst, lladdr }) => `${dev} ${dst} ${lladdr}`)
    .sort();
}

/** Stations that bridges saw, as `PORT MAC`; not those that were set, and are no news. */
function stations(runtime: Runtime, netns: string): string[] {
  return [...runtime.of(netns).stations]
    .map(([key, { dev }]) => `${dev} ${formatMac(Number(key.split('|')[1]) as Mac)}`)
    .sort();
}

function recordedStations(entries: readonly unknown[]): string[] {
  return (entries as readonly RecordedStation[])
    .filter(({ state, master }) => master !== undefined && state === '')
    .map(({ ifname, mac }) => `${ifname} ${mac}`)
    .sort();
}

/** `bridge -j fdb` */
interface RecordedStation {
  readonly mac: string;
  readonly ifname: string;
  readonly master?: string;
  readonly state?: string;
}

/** `ip -j neigh` */
interface RecordedNeighbour {
  readonly dev: string;
  readonly dst: string;
  readonly lladdr?: string;
  readonly state: readonly string[];
}

/** The sender's socket got an answer: the ping came back, or the TCP client read something. */
function answered(trace: Trace, from: string): boolean {
  return trace.legs.some(
    (leg) =>
      (leg.kind === 'reply' || leg.kind === 'proxied') &&
      carriesAnswer(leg.packet) &&
      leg.paths.some(({ hops }) => hops.some((h) => h.netns === from && h.events.some((e) => e.k === 'deliver'))),
  );
}

function carriesAnswer(headers: readonly Header[]): boolean {
  return headers.some((h) => (h.l === 'icmp' && h.type === 0) || (h.l === 'tcp' && h.payload > 0));
}

/**
 * `conntrack -L` lines without what differs by design: TCP states (the recorder's programs closed their connections,
 * ours stay open), marks and use counts, and the hashed source port of VXLAN.
 */
function connections(lines: readonly string[]): string[] {
  return lines
    .map((line) => {
      const [proto = ''] = line.split(/\s+/);
      const words: readonly string[] = line.match(/\[UNREPLIED\]|(?:src|dst|sport|dport|type|code|id)=\S+/g) ?? [];
      const vxlan = words.includes('dport=8472');
      const kept = words.map((word) => (vxlan && /^[sd]port=/.test(word) && word !== 'dport=8472' ? 'port' : word));
      return `${proto} ${kept.join(' ')}`;
    })
    .sort();
}

/** Ours in the same words. */
function conntrackLines(runtime: Runtime, netns: string): string[] {
  return runtime
    .of(netns)
    .conntrack.list(runtime.clock)
    .map((ct) => {
      const tuple = (t: Tuple): string => {
        const ends = `src=${formatIpv4(t.src)} dst=${formatIpv4(t.dst)}`;
        if (t.protocol !== 1) return `${ends} sport=${t.sport} dport=${t.dport}`;
        return `${ends} type=${t.dport >> 8} code=${t.dport & 255} id=${t.sport}`;
      };
      const unreplied = ct.seenReply ? '' : ' [UNREPLIED]';
      return `${protocolName(ct.original.protocol)} ${tuple(ct.original)}${unreplied} ${tuple(ct.reply)}`;
    });
}

function only(frames: readonly Frame[], netns: string, what: 'ip' | 'arp'): Frame[] {
  return frames.filter((f) => f.ns === netns && (f.arp === undefined) === (what === 'ip'));
}

function sorted(frames: readonly Frame[]): string[] {
  return frames
    .map((f) => JSON.stringify([f.if, f.dir, f.ethSrc, f.ethDst, Object.entries(f.arp ?? {}).sort()]))
    .sort();
}

interface Delivery {
  readonly ns: string;
  readonly proto: string;
  readonly local: string;
  readonly remote: string;
}

function line({ ns, proto, local, remote }: Delivery): string {
  return `${ns} ${proto} ${local} < ${remote}`;
}

/** What sockets got: datagrams, and connections that listeners were asked for. */
function deliveries(trace: Trace): string[] {
  const events = trace.legs.flatMap((leg) => leg.paths.flatMap((path) => path.hops));
  const found = new Set(
    events.flatMap((hop) =>
      hop.events.flatMap((event) => {
        if (event.k !== 'deliver') return [];
        const proto = /^(udp|tcp LISTEN)/.exec(event.to)?.[1];
        if (proto === undefined || event.to.includes('socket:')) return [];
        return line({ ns: hop.netns, proto: proto.slice(0, 3), local: event.local, remote: event.remote });
      }),
    ),
  );
  return [...found].sort();
}

/** The recorder stopped watching before a client gave up, so a timeout of ours has no counterpart. */
function errors({ verdict }: Trace): string[] {
  return verdict.errno === null || verdict.errno === 'ETIMEDOUT' ? [] : [verdict.errno];
}

/** What the sender was told; what became of an echo server's answer is not its business. */
function wantedErrors({ observed }: ScenarioCase): string[] {
  return [...new Set(observed.senderErrors.flatMap(({ at, errno }) => (at === 'echo' || errno === 0 ? [] : [errno])))];
}
