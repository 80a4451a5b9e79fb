import { ANY, formatIpv4, type Ipv4, isIpv6, parseIpv4 } from '../address/index.js';
import { inetAddrType } from '../linux/index.js';
import { IP_HLEN, UDP_HLEN } from '../packet/index.js';
import {
  argumentProblem,
  checkShape,
  didYouMean,
  type Expected,
  flag,
  InputError,
  type Problem,
  type Read,
  type Shape,
  showValue,
  textOf,
  wholeNumber,
  wordOf,
} from '../problem/index.js';
import { type NamedObject, type Network, objectName } from '../topology/index.js';
import type { PmtuDiscovery } from './client.js';

/** Protocols that a probe can speak. */
export type ProbeProtocol = 'tcp' | 'udp' | 'icmp' | 'sctp';

/** What is sent, from where, to whom. */
export interface Probe {
  /** `pod/client`, `node/node-1`, `host/internet`, or the name of a network namespace. */
  readonly from: string;
  /** `service/web:80`, `pod/web-1:8080`, `10.96.0.80`. */
  readonly to: string;
  /** tcp unless the target says otherwise. */
  readonly proto?: ProbeProtocol;
  /** Destination port; may stand in `to` instead. */
  readonly port?: number;
  /** Source port; otherwise one of the ephemeral range, by the seed. */
  readonly sport?: number;
  /** Source address; otherwise the route's choice. */
  readonly source?: string;
  /** The device to leave by (SO_BINDTODEVICE). */
  readonly oif?: string;
  readonly ttl?: number;
  readonly tos?: number;
  /** fwmark, uint32. */
  readonly mark?: number;
  /** true: never fragment (IP_PMTUDISC_DO); false: never say DF. Left out: the default of sockets. */
  readonly df?: boolean;
  /** Bytes after the transport header. */
  readonly payload?: number;
  /** ping: how many requests, and ms between them. */
  readonly count?: number;
  readonly interval?: number;
  /** ms until the program gives up. */
  readonly timeout?: number;
  /** TCP: how the request is cut, bytes; pieces above the MSS are GSO packets. */
  readonly segments?: readonly number[];
  /** UDP: whether the socket takes answers from its peer alone. true unless said otherwise. */
  readonly connected?: boolean;
  /** UDP: whether the socket asks for every ICMP error (IP_RECVERR). false unless said otherwise. */
  readonly recverr?: boolean;
  /** ICMP identifier, uint16. */
  readonly id?: number;
}

/** A probe with every name resolved. */
export interface ResolvedProbe {
  readonly netns: string;
  readonly proto: ProbeProtocol;
  readonly destination: Ipv4;
  /** 0 for ICMP. */
  readonly port: number;
  readonly sport: number | undefined;
  readonly source: Ipv4;
  readonly pmtuDiscovery: PmtuDiscovery;
  /** For the trace: as the user would write it. */
  readonly names: { readonly from: string; readonly to: string };
}

/**
 * Finds what the names of a probe mean in a network.
 *
 * @throws InputError with everything that is wrong with it.
 */
export function resolveProbe(network: Network, probe: Probe, of: 'first packet' | 'conversation'): ResolvedProbe {
  const resolved = resolve(network, probe, of);
  if ('problems' in resolved) throw new InputError(resolved.problems);
  return resolved.value;
}

/** Everything that is wrong with a probe for `trace`, without sending it. */
export function checkProbe(network: Network, probe: Probe): readonly Problem[] {
  const resolved = resolve(network, probe, 'first packet');
  return 'problems' in resolved ? resolved.problems : [];
}

function resolve(network: Network, probe: Probe, of: 'first packet' | 'conversation'): Read<ResolvedProbe> {
  const problems = checkShape(probe, PROBE, 'probe');
  if (problems.every(({ path }) => path.length > 0)) problems.push(...segmentProblems(probe));
  const complain: Complain = (field, code, message) => {
    problems.push(argumentProblem('probe', [field], code, message));
    return undefined;
  };
  const good = (field: keyof Probe): boolean => problems.every(({ path: [key = field] }) => key !== field);
  const netns = good('from')
    ? resolveSender(network, probe.from, (m) => complain('from', 'unknown-name', m))
    : undefined;
  const target = good('to') && good('proto') && good('port') ? resolveTarget(network, probe, complain) : undefined;
  const source = !good('source') || probe.source === undefined ? ANY : parseIpv4(probe.source);
  if (source === undefined) complain('source', 'bad-address', `expected an IPv4 address, found "${probe.source}"`);
  if (netns !== undefined) checkBinding(network, netns, probe, source ?? ANY, complain);
  const most = MOST_PAYLOAD[target?.proto ?? 'tcp'];
  if (good('payload') && probe.payload !== undefined && probe.payload > most)
    complain('payload', 'bad-value', `expected at most ${most} bytes for ${target?.proto}, found ${probe.payload}`);
  if (of === 'first packet' && target?.proto === 'tcp' && good('payload') && (probe.payload ?? 0) > 0)
    complain('payload', 'bad-value', 'of TCP a trace follows the SYN, which carries nothing: ask for udp or icmp');
  const [first, ...rest] = problems;
  if (first !== undefined) return { problems: [first, ...rest] };
  if (netns === undefined || target === undefined || source === undefined) throw new Error('a probe without problems');
  return {
    value: {
      netns,
      proto: target.proto,
      destination: target.address,
      port: target.port,
      sport: probe.sport,
      source,
      pmtuDiscovery: probe.df === undefined ? 'want' : probe.df ? 'do' : 'dont',
      names: { from: nameOf(network, netns), to: target.name },
    },
  };
}

/**
 * What setsockopt(SO_BINDTODEVICE) refuses with ENODEV, and bind() with EADDRNOTAVAIL (inet_addr_valid_or_nonlocal(),
 * linux include/net/inet_sock.h): no packet comes of either.
 */
function checkBinding(network: Network, netns: string, { oif }: Probe, source: Ipv4, complain: Complain): void {
  if (oif === undefined && source === ANY) return;
  const ns = network.netns(netns);
  if (ns === undefined) return;
  if (typeof oif === 'string' && oif !== '' && !ns.links.has(oif))
    complain('oif', 'unknown-name', `${netns} has no device "${oif}"${didYouMean(oif, ns.links.keys())}`);
  if (source !== ANY && inetAddrType(ns, source) !== 'local')
    complain('source', 'bad-value', `${formatIpv4(source)} is no address of ${netns}`);
}

/** Bytes of payload that one call can send. An IP packet has 65535 at most, headers included; TCP cuts a stream. */
const MOST_PAYLOAD: Readonly<Record<ProbeProtocol, number>> = {
  tcp: 1_000_000,
  udp: 65_535 - IP_HLEN - UDP_HLEN,
  icmp: 65_535 - IP_HLEN - 8,
  sctp: 65_535 - IP_HLEN - 12,
};

/** Problems with the single entries of `segments`. */
function segmentProblems({ segments }: Probe): Problem[] {
  if (!Array.isArray(segments)) return [];
  return segments.flatMap((each: unknown, i) => {
    const expected = SEGMENT(each);
    if (expected === undefined) return [];
    return [argumentProblem('probe', ['segments', i], 'bad-value', `expected ${expected}, found ${showValue(each)}`)];
  });
}

const SEGMENT = wholeNumber(1, 1_000_000);
const PORT = wholeNumber(1, 65535);
const PROBE: Shape = {
  keys: {
    from: textOf('who sends, such as pod/client'),
    to: textOf('to whom, such as service/web:80'),
    proto: wordOf(['tcp', 'udp', 'icmp', 'sctp'] satisfies ProbeProtocol[]),
    port: PORT,
    sport: PORT,
    source: textOf('an IPv4 address'),
    oif: textOf('the name of a device'),
    ttl: wholeNumber(1, 255),
    tos: wholeNumber(0, 255),
    mark: wholeNumber(0, 0xffffffff),
    df: flag,
    payload: wholeNumber(0, 1_000_000),
    count: wholeNumber(1, 1000),
    interval: wholeNumber(0, 86_400_000),
    timeout: wholeNumber(0, 86_400_000),
    segments: (value) => (Array.isArray(value) ? undefined : 'a list of numbers of bytes'),
    connected: flag,
    recverr: flag,
    id: wholeNumber(0, 65535),
  } satisfies Record<keyof Probe, Expected>,
  required: ['from', 'to'],
  meant: { size: 'payload' },
};

function nameOf(network: Network, netns: string): string {
  const object = network.directory.ofNetns(netns);
  return object === undefined ? netns : objectName(object);
}

function resolveSender(network: Network, name: string, complain: (m: string) => undefined): string | undefined {
  if (isIpv6(name)) return complain(NO_IPV6);
  const object = network.directory.find(name);
  if (object?.netns !== undefined) return object.netns;
  if (object !== undefined) return complain(`${objectName(object)} can't send: it has no network namespace`);
  if (network.has(name)) return name;
  return complain(network.directory.explain(name, network.names()));
}

interface Target {
  readonly address: Ipv4;
  readonly proto: ProbeProtocol;
  readonly port: number;
  readonly name: string;
}

type Complain = (field: string, code: Problem['code'], message: string) => undefined;

const NO_IPV6 = 'IPv6 is not modelled yet; expected an IPv4 address or a name';

function resolveTarget(network: Network, probe: Probe, complain: Complain): Target | undefined {
  if (isIpv6(probe.to)) return complain('to', 'bad-address', NO_IPV6);
  const [, head = probe.to, tail] = /^(.*?)(?::([^:]+))?$/.exec(probe.to) ?? [];
  const literal = parseIpv4(head);
  const object = literal === undefined ? network.directory.find(head) : undefined;
  const address = literal ?? object?.addresses[0];
  if (address === undefined) {
    if (object !== undefined) {
      const why = object.noAddress === undefined ? '' : `: ${object.noAddress}`;
      return complain('to', 'bad-value', `${objectName(object)} has no address${why}`);
    }
    return complain('to', 'unknown-name', network.directory.explain(head));
  }
  const wanted = portOf(probe, tail, object, complain);
  if (wanted === undefined) return undefined;
  const text = object === undefined ? head : objectName(object);
  return { address, ...wanted, name: wanted.proto === 'icmp' ? text : `${text}:${wanted.port}` };
}

function portOf(
  probe: Probe,
  tail: string | undefined,
  object: NamedObject | undefined,
  complain: Complain,
): { readonly proto: ProbeProtocol; readonly port: number } | undefined {
  if (probe.proto === 'icmp') return { proto: 'icmp', port: 0 };
  if (tail !== undefined && probe.port !== undefined && tail !== String(probe.port))
    return complain('port', 'bad-value', `"${probe.to}" says already which port`);
  if (tail !== undefined && !/^\d+$/.test(tail)) {
    const named = object?.ports.find((p) => p.name === tail);
    if (named !== undefined) return { proto: probe.proto ?? named.protocol, port: named.port };
    const names = object?.ports.flatMap((p) => p.name ?? []) ?? [];
    return complain('to', 'unknown-name', `no port is called "${tail}"${didYouMean(tail, names)}`);
  }
  const number = tail === undefined ? probe.port : Number(tail);
  const fitting = object?.ports.filter((p) => probe.proto === undefined || p.protocol === probe.proto) ?? [];
  if (number !== undefined) {
    if (number < 1 || number > 65535)
      return complain('to', 'bad-value', `expected a port, 1 to 65535, found ${number}`);
    return { proto: probe.proto ?? fitting.find((p) => p.port === number)?.protocol ?? 'tcp', port: number };
  }
  const [only] = fitting;
  if (only !== undefined) return { proto: only.protocol, port: only.port };
  if (object !== undefined && object.ports.length > 0) {
    const has = object.ports.map(({ protocol, port }) => `${protocol} ${port}`).join(', ');
    return complain('to', 'bad-value', `${objectName(object)} has no ${probe.proto} port; it has ${has}`);
  }
  return complain('port', 'missing', `${probe.to} needs a port: write ${probe.to}:80, or give a port, or ask for icmp`);
}
