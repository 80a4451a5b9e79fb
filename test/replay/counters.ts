import type { Header } from '../../src/packet/index.js';
import type { Network } from '../../src/topology/index.js';
import type { Trace, TraceEvent } from '../../src/trace/index.js';
import type { Counters } from './counter-names.js';
import { countersOfDrop } from './drop-reasons.js';
import { type PlacedEvent, placedEvents } from './events.js';

/** Which kernel counted: 6.7 moved OutRequests (and then gave what it had been to OutTransmits). */
export type Counting = '6.1' | '6.18';

/** What the kernel would count on the way that a trace tells of. The trace must have been made with `detail: 'all'`. */
export function countersOf(trace: Trace, network: Network, counting: Counting): Counters {
  const counter = new Counter(network, counting);
  for (const placed of placedEvents(trace)) counter.see(placed);
  return counter.counters;
}

/** Where in the stack a frame is, as far as counters ask. */
interface Place {
  /**
   * Before OUTPUT has accepted it, before FORWARD has, or past them; the copy of a broadcast that comes back before
   * POSTROUTING, or PREROUTING, has; undefined for a frame that is received.
   */
  stage: 'output' | 'forward' | 'past' | 'back' | 'returned' | undefined;
  /** The namespace that sends it, and whether through ip_send_skb(), which counts what fails. */
  from: string | undefined;
  countsFailure: boolean;
  /** The hook whose table it was in last. */
  hook: string;
  dev: string;
  /** Whether ip_finish_output2() has counted it. */
  transmitted: boolean;
  /** `broadcast` or `multicast` where it is for a group. */
  group: string;
  /** What it is a fragment of; undefined for a whole packet. */
  fragmented: Fragmented | undefined;
}

/** A packet that ip_do_fragment() has cut: it goes on until a device does not take a piece. */
interface Fragmented {
  readonly netns: string;
  failed: boolean;
}

const RECEIVED: Place = {
  stage: undefined,
  from: undefined,
  countsFailure: false,
  hook: '',
  dev: '',
  transmitted: false,
  group: '',
  fragmented: undefined,
};

class Counter {
  readonly counters: Record<string, Record<string, number>> = {};
  readonly #network: Network;
  readonly #counting: Counting;
  readonly #places = new Map<number, Place>();
  /** By leg, what this host hears of its own broadcasts (ip_mc_output()). */
  readonly #copies = new Map<string, string>();

  constructor(network: Network, counting: Counting) {
    this.#network = network;
    this.#counting = counting;
  }

  #add(netns: string, name: string, count = 1): void {
    const of = this.counters[netns] ?? {};
    this.counters[netns] = { ...of, [name]: (of[name] ?? 0) + count };
  }

  see(placed: PlacedEvent): void {
    const { event, netns } = placed;
    const place = this.#placeOf(placed);
    if (event.k === 'rule') place.hook = event.hook;
    this.#pass(placed, place);
    this.#transmit(placed, place);
    this.#comeBack(placed, place);
    switch (event.k) {
      case 'rx':
        this.#received(placed, place, event);
        break;
      case 'tx':
        place.dev = event.dev;
        // startXmit(): what another kind of device makes of it the sender is not told.
        if (this.#network.netns(netns)?.links.get(event.dev)?.kind !== 'veth') place.countsFailure = false;
        break;
      case 'copy':
        if (place.from === netns && place.group !== '') this.#copies.set(event.leg, place.group);
        break;
      case 'route':
        this.#routed(placed, place, event);
        break;
      case 'forward':
        place.stage = 'forward';
        if (this.#counting === '6.18') this.#add(netns, 'Ip.ForwDatagrams');
        break;
      case 'encap':
        // A packet of this host's own from here on.
        Object.assign(place, RECEIVED);
        break;
      case 'queue':
        if (event.why.startsWith('waits for the other')) this.#add(netns, 'Ip.ReasmReqds');
        // Whoever sent it is told no more of what becomes of it.
        Object.assign(place, { countsFailure: false, fragmented: undefined });
        break;
      case 'join':
        this.#add(netns, 'Ip.ReasmReqds');
        this.#add(netns, 'Ip.ReasmOKs');
        break;
      case 'split':
        this.#split(placed, place, event);
        break;
      case 'deliver':
      case 'decap':
        this.#taken(placed);
        break;
      case 'drop':
        this.#dropped(placed, place, event);
        break;
      default:
    }
  }

  #placeOf({ frame, leg }: PlacedEvent): Place {
    const known = this.#places.get(frame);
    if (known !== undefined) return known;
    const group = this.#copies.get(leg.id);
    const place: Place = group === undefined ? { ...RECEIVED } : { ...RECEIVED, stage: 'back', group };
    this.#places.set(frame, place);
    return place;
  }

  /** Past OUTPUT or FORWARD: ip_output(), where Linux 6.1 counts. */
  #pass(placed: PlacedEvent, place: Place): void {
    const { event, netns } = placed;
    if ((place.stage !== 'output' && place.stage !== 'forward') || staysAt(place, event)) return;
    if (this.#counting === '6.1') {
      if (place.stage === 'forward') this.#add(netns, 'Ip.ForwDatagrams');
      this.#add(netns, 'Ip.OutRequests');
    }
    if (place.stage === 'output' && outermost(placed.headers).l4 === 'udp' && place.countsFailure)
      this.#add(netns, 'Udp.OutDatagrams');
    place.stage = 'past';
  }

  /** ip_finish_output2(), where Linux 6.7 and later count each fragment. */
  #transmit({ event, netns }: PlacedEvent, place: Place): void {
    if (place.stage !== 'past' || place.transmitted) return;
    const sent = event.k === 'neigh' || event.k === 'tx' || event.k === 'queue';
    if (!sent && !(event.k === 'drop' && ['dev_queue_xmit', 'noop_enqueue'].includes(String(event.fn)))) return;
    place.transmitted = true;
    if (this.#counting === '6.18') this.#add(netns, 'Ip.OutTransmits');
    this.#group(netns, place, 'Out');
  }

  /** dev_loopback_xmit() */
  #comeBack({ event, netns }: PlacedEvent, place: Place): void {
    if (place.stage === 'back' && !staysAt(place, event)) {
      this.#add(netns, 'Ip.InReceives');
      place.stage = 'returned';
    }
    if (place.stage !== 'returned' || staysAt(place, event)) return;
    this.#group(netns, place, 'In');
    place.stage = undefined;
  }

  #group(netns: string, { group }: Place, way: 'In' | 'Out'): void {
    if (group === 'broadcast') this.#add(netns, `IpExt.${way}BcastPkts`);
    if (group === 'multicast') this.#add(netns, `IpExt.${way}McastPkts`);
  }

  #split({ netns }: PlacedEvent, place: Place, event: Extract<TraceEvent, { readonly k: 'split' }>): void {
    const fragmented = event.why.startsWith('fragments') ? { netns, failed: false } : undefined;
    if (fragmented !== undefined) {
      this.#add(netns, 'Ip.FragOKs');
      this.#add(netns, 'Ip.FragCreates', event.pieces.length);
    }
    for (const { frame } of event.pieces) this.#places.set(frame, { ...place, stage: 'past', fragmented });
  }

  /** One that a device did not take, or that came after: only those before it were made. */
  #failFragment({ fragmented }: Place): void {
    if (fragmented === undefined) return;
    this.#add(fragmented.netns, 'Ip.FragCreates', -1);
    if (fragmented.failed) return;
    fragmented.failed = true;
    this.#add(fragmented.netns, 'Ip.FragOKs', -1);
    this.#add(fragmented.netns, 'Ip.FragFails');
  }

  #received(
    { netns, headers }: PlacedEvent,
    place: Place,
    event: Extract<TraceEvent, { readonly k: 'rx' | 'tx' }>,
  ): void {
    Object.assign(place, RECEIVED, { dev: event.dev });
    const port = this.#network.netns(netns)?.links.get(event.dev)?.master !== undefined;
    if (!port && event.dir !== 'in-otherhost' && outermost(headers).ip !== undefined) this.#add(netns, 'Ip.InReceives');
  }

  #routed(placed: PlacedEvent, place: Place, event: Extract<TraceEvent, { readonly k: 'route' }>): void {
    const { netns, headers } = placed;
    if (event.fn === 'ip_route_input_slow') {
      place.group = event.got.type;
      this.#group(netns, place, 'In');
      return;
    }
    if (place.stage !== undefined || event.fn == null) return;
    // What a REJECT sends is routed as if it had been changed at OUTPUT; what a bridge translates is not sent by anybody.
    if (event.fn === 'ip_route_me_harder' ? placed.leg.kind !== 'reply' : !SENDS.has(String(event.fn))) return;
    const { icmp, l4 } = outermost(headers);
    // A connection's segments are sent by __ip_queue_xmit(), a RST without one by ip_send_unicast_reply().
    const byIpSendSkb = !OTHERWISE_SENT.has(event.fn) && l4 !== 'tcp';
    Object.assign(place, { stage: 'output', from: netns, countsFailure: byIpSendSkb, group: event.got.type });
    if (this.#counting === '6.18') this.#add(netns, 'Ip.OutRequests');
    if (icmp === undefined) return;
    this.#add(netns, 'Icmp.OutMsgs');
    this.#add(netns, `Icmp.Out${ICMP_NAMES.get(icmp.type) ?? `Type${icmp.type}`}`);
  }

  /** ip_protocol_deliver_rcu(): a transport protocol has it. */
  #taken({ netns, event, headers }: PlacedEvent): void {
    if (event.k === 'deliver' && event.to === 'arp') return;
    this.#add(netns, 'Ip.InDelivers');
    // vxlan_rcv() leaves the frame without its outer headers, and so does ip_tunnel_rcv().
    const { icmp, l4 } =
      event.k === 'decap' ? { icmp: undefined, l4: event.vni === null ? '' : 'udp' } : outermost(headers);
    if (l4 === 'udp' && !(event.k === 'drop')) this.#add(netns, 'Udp.InDatagrams');
    if (icmp === undefined) return;
    this.#add(netns, 'Icmp.InMsgs');
    this.#add(netns, `Icmp.In${ICMP_NAMES.get(icmp.type) ?? `Type${icmp.type}`}`);
  }

  #dropped(placed: PlacedEvent, place: Place, event: Extract<TraceEvent, { readonly k: 'drop' }>): void {
    const { netns, headers } = placed;
    const fn = String(event.fn);
    if (TRANSPORT.has(fn)) this.#taken(placed);
    const { l4, quoted } = outermost(headers);
    if (event.code === 'ERROR_IGNORED' && this.#isOfListener(placed)) return;
    const peer = this.#peerOf(netns, String(event.values['dev'] ?? ''));
    if (fn === 'ip_do_fragment' || fn === '__dev_forward_skb') this.#failFragment(place);
    const protocol = place.group === 'broadcast' || place.group === 'multicast' ? `${l4} to a group` : l4;
    for (const name of countersOfDrop(event.code, fn, quoted ?? protocol)) {
      if (name.startsWith('peer.')) {
        if (peer !== undefined) this.#add(peer.netns, `dev.${peer.dev}.${name.slice(5)}`);
      } else if (name.startsWith('dev.')) this.#add(netns, `dev.${event.values['dev'] ?? place.dev}.${name.slice(4)}`);
      else this.#add(netns, name);
    }
    // ip_forward() counts before it looks at the MTU, since Linux 6.7.
    if (this.#counting === '6.18' && event.code === 'MTU_DF' && fn === 'ip_forward')
      this.#add(netns, 'Ip.ForwDatagrams');
    // noop_enqueue(): dev_core_stats_tx_dropped_inc(), which 6.1 does not do.
    if (this.#counting === '6.18' && fn === 'noop_enqueue')
      this.#add(netns, `dev.${event.values['dev'] ?? place.dev}.tx_dropped`);
    // ip_send_skb(): its sender is told, and it is counted.
    if (place.countsFailure && place.from !== undefined && failsTheCall(place, event))
      this.#failCall(place.from, place, event, l4);
  }

  /** udp_send_skb() counts a datagram when it has been sent, or that a queue was full. */
  #failCall(netns: string, { stage }: Place, { fn }: Extract<TraceEvent, { readonly k: 'drop' }>, l4: string): void {
    this.#add(netns, 'Ip.OutDiscards');
    if (l4 !== 'udp') return;
    if (stage === 'past') this.#add(netns, 'Udp.OutDatagrams', -1);
    if (fn === '__dev_forward_skb') this.#add(netns, 'Udp.SndbufErrors');
  }

  /**
   * __udp4_lib_err() looks for a socket as for a datagram that would come back: a server's will do; and of a tunnel for
   * the one of the port that it sent to.
   */
  #isOfListener({ netns, headers }: PlacedEvent): boolean {
    const { quotedPorts } = outermost(headers);
    const ns = this.#network.netns(netns);
    const serves = ns?.sockets.some(({ protocol, port }) => protocol === 'udp' && port === quotedPorts?.sport);
    const tunnels = [...(ns?.links.values() ?? [])].some(
      (link) => link.kind === 'vxlan' && link.up && link.dstport === quotedPorts?.dport,
    );
    return serves === true || tunnels;
  }

  #peerOf(netns: string, dev: string): { readonly netns: string; readonly dev: string } | undefined {
    const link = this.#network.netns(netns)?.links.get(dev);
    const peer = link === undefined ? undefined : this.#network.peerOf(link);
    return peer === undefined ? undefined : { netns: peer.netns.name, dev: peer.link.name };
  }
}

/** Those whose packets no ip_send_skb() sends: tunnels' (iptunnel_xmit()), and what NAT gave another way. */
const OTHERWISE_SENT: ReadonlySet<string> = new Set([
  'udp_tunnel_dst_lookup',
  'ip_route_output_key',
  'ip_route_me_harder',
]);

/** The functions that look up the route of a packet of the host's own. */
const SENDS: ReadonlySet<string> = new Set([
  'ip_route_output_flow',
  'icmp_route_lookup',
  'icmp_reply',
  'ip_queue_xmit',
  'sctp_v4_xmit',
  'udp_tunnel_dst_lookup',
  'ip_route_output_key',
]);

/** Those that drop what a transport protocol has been given. */
const TRANSPORT: ReadonlySet<string> = new Set([
  ...['tcp_v4_rcv', '__udp4_lib_rcv', 'icmp_rcv', 'icmp_echo', 'ping_rcv', 'icmp_unreach', 'sctp_rcv', 'ipip_err'],
  ...['vxlan_rcv', 'vxlan_set_mac', 'vxlan_snoop', 'tunnel4_rcv', 'ip_tunnel_rcv'],
]);

const HOOK_OF: ReadonlyMap<Place['stage'], string> = new Map([
  ['output', 'OUTPUT'],
  ['forward', 'FORWARD'],
  ['back', 'POSTROUTING'],
  ['returned', 'PREROUTING'],
]);

/** Whether an event happens before OUTPUT, or FORWARD, has accepted the packet. */
function staysAt({ stage, hook }: Place, event: TraceEvent): boolean {
  const at = HOOK_OF.get(stage);
  switch (event.k) {
    case 'rule':
      return event.hook === at;
    case 'nat':
      return (event.manip === 'src') === (stage === 'back');
    case 'ct':
      return (event.what === 'confirmed') === (stage === 'back');
    case 'drop':
      return (event.fn === 'ipt_do_table' && hook === at) || AT_OUTPUT.has(String(event.fn));
    case 'route':
    case 'icmp':
    case 'join':
    case 'note':
    case 'fork':
    case 'unsupported':
      return true;
    default:
      return false;
  }
}

/** Besides tables, who drops at OUTPUT. */
const AT_OUTPUT: ReadonlySet<string> = new Set([
  'nf_conntrack_in',
  'nf_nat_icmp_reply_translation',
  'ipt_mangle_out',
  'nf_nat_ipv4_local_fn',
]);

/** A drop within the call by which the packet was sent. */
function failsTheCall({ stage }: Place, { fn, code }: Extract<TraceEvent, { readonly k: 'drop' }>): boolean {
  if (stage === 'output') return true;
  return (
    code.startsWith('NF_') ||
    code.startsWith('NAT_') ||
    ['ip_fragment', '__dev_forward_skb', 'dev_queue_xmit'].includes(String(fn))
  );
}

const ICMP_NAMES = new Map([
  [0, 'EchoReps'],
  [3, 'DestUnreachs'],
  [5, 'Redirects'],
  [8, 'Echos'],
  [11, 'TimeExcds'],
]);

interface Outermost {
  readonly ip: Header | undefined;
  readonly l4: string;
  readonly icmp: Extract<Header, { readonly l: 'icmp' }> | undefined;
  /** The protocol of the packet that an ICMP error is about. */
  readonly quoted: string | undefined;
  readonly quotedPorts: { readonly sport: number; readonly dport: number } | undefined;
}

function outermost(headers: readonly Header[]): Outermost {
  const at = headers.findIndex(({ l }) => l !== 'eth');
  const [ip, l4, inner, innerL4] = headers.slice(at);
  if (ip?.l !== 'ip4') return { ip: undefined, l4: '', icmp: undefined, quoted: undefined, quotedPorts: undefined };
  const icmp = l4?.l === 'icmp' ? l4 : undefined;
  const quoted = icmp !== undefined && inner?.l === 'ip4' ? inner.proto : undefined;
  const isReset = l4?.l === 'tcp' && l4.flags.includes('R');
  return {
    ip,
    l4: isReset ? 'tcp-rst' : ip.proto,
    icmp,
    quoted,
    quotedPorts: innerL4?.l === 'udp' ? innerL4 : undefined,
  };
}
