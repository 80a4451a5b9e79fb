import { formatIpv4, type Ipv4 } from '../../address/index.js';
import { type Problem, type Read, readResult } from '../../problem/index.js';
import type { Source } from '../source.js';
import { LineWords, splitLine } from '../words.js';
import type { IpvsConnection } from './connection.js';
import { readEnd } from './draft.js';
import { findVirtualService } from './find.js';
import { endText, type IpvsEnd, type IpvsProtocol, type VirtualService } from './ipvs.js';
import { IPVS_TCP_STATES, type IpvsTcpState, type IpvsTimeouts, ipvsTcpTimeout, isActiveTcp } from './tcp.js';
import { keyText } from './write.js';

/** One line of `ipvsadm -Lnc`. */
export interface IpvsListed {
  /** undefined: `IP`, the template of a mark. */
  readonly protocol: IpvsProtocol | undefined;
  /** Until it is forgotten. */
  readonly seconds: number;
  readonly state: string;
  readonly client: IpvsEnd;
  readonly virtual: IpvsEnd;
  readonly server: IpvsEnd;
}

/** Writes connections as `ipvsadm -Lnc` does, in the order in which they were made. @param now ms. */
export function formatIpvsConnections(connections: readonly IpvsConnection[], now: number): string {
  const lines = connections.map((connection) => {
    const { protocol, caddr, cport, vaddr, vport, daddr, dport, expires } = connection;
    const seconds = Math.max(0, Math.floor((expires - now) / 1000));
    const two = (number: number): string => String(number).padStart(2, '0');
    const end = (address: Ipv4, port: number): string => `${formatIpv4(address)}:${port}`;
    return [
      (protocol ?? 'ip').toUpperCase().padEnd(3),
      `${two(Math.floor(seconds / 60))}:${two(seconds % 60)} `,
      stateName(connection).padEnd(11),
      end(caddr, cport).padEnd(18),
      end(vaddr, vport).padEnd(18),
      end(daddr, dport),
    ].join(' ');
  });
  return [...HEAD, ...lines].map((line) => `${line}\n`).join('');
}

const HEAD = [
  'IPVS connection entries',
  'pro expire state       source             virtual            destination',
] as const;

/** ip_vs_state_name() */
function stateName({ protocol, template, assured, tcp }: IpvsConnection): string {
  if (template) return assured ? 'ASSURED' : 'NONE';
  return protocol === 'tcp' ? tcp : protocol === 'udp' ? 'UDP' : 'NONE';
}

const PROTOCOLS: ReadonlyMap<string, IpvsProtocol | undefined> = new Map([
  ['TCP', 'tcp'],
  ['UDP', 'udp'],
  ['SCTP', 'sctp'],
  ['IP', undefined],
]);

/** Reads what `ipvsadm -Lnc` printed; connections of IPv6 are passed over. */
export function readIpvsConnections({ text, file }: Source): Read<IpvsListed[]> {
  const problems: Problem[] = [];
  const listed = text.split('\n').flatMap((content, index) => {
    if (/^\s*(#|$|IPVS connection entries|pro expire)/.test(content) || content.includes('[')) return [];
    const words = new LineWords(splitLine(content), { file, line: index + 1, problems });
    return readListed(words) ?? [];
  });
  return readResult(listed, problems);
}

function readListed(words: LineWords): IpvsListed | undefined {
  const name = words.take('protocol');
  if (!PROTOCOLS.has(name)) words.fail(`expected TCP, UDP, SCTP or IP, found "${name}"`, 'syntax');
  const expire = words.take('expire');
  const [, minutes, seconds] = /^(\d+):(\d\d)$/.exec(expire) ?? [];
  if (minutes === undefined) words.fail(`expected MINUTES:SECONDS, found "${expire}"`);
  const state = words.take('state');
  const client = readEnd(words);
  const virtual = readEnd(words);
  const server = readEnd(words);
  words.rest();
  if (client === undefined || virtual === undefined || server === undefined) return undefined;
  const left = Number(minutes) * 60 + Number(seconds);
  return { protocol: PROTOCOLS.get(name), seconds: left, state, client, virtual, server };
}

/** What connections in a dump are of. */
export interface ListedContext {
  readonly services: readonly VirtualService[];
  readonly timeouts: IpvsTimeouts;
  /** net.ipv4.vs.conntrack */
  readonly conntrack: boolean;
  /** ms. */
  readonly now: number;
}

/** The connections that a dump lists. One whose service or server is gone belongs to nobody (`IP_VS_DEST_F_AVAILABLE`). */
export function connectionsOfList(listed: readonly IpvsListed[], context: ListedContext): IpvsConnection[] {
  const templates = listed.filter(isTemplate).flatMap((one) => connectionOf(one, context, undefined) ?? []);
  const others = listed
    .filter((one) => !isTemplate(one))
    .flatMap((one) => {
      const made = connectionOf(one, context, undefined);
      if (made === undefined) return [];
      const control = templates.find(
        ({ service, server, caddr }) =>
          service === made.service &&
          endText(server) === endText(made.server) &&
          ((caddr ^ made.caddr) & maskOf(context, made.service)) === 0,
      );
      return { ...made, control };
    });
  return [...templates, ...others];
}

function isTemplate({ protocol, client }: IpvsListed): boolean {
  return protocol === undefined || client.port === 0;
}

function maskOf({ services }: ListedContext, key: string): number {
  const netmask = services.find((service) => keyText(service.key) === key)?.netmask;
  const octets = (netmask ?? '255.255.255.255').split('.').map(Number);
  return octets.reduce((mask, octet) => (mask << 8) | octet, 0);
}

function connectionOf(
  { protocol, seconds, state, client, virtual, server }: IpvsListed,
  context: ListedContext,
  control: IpvsConnection | undefined,
): IpvsConnection | undefined {
  if (client.family !== 'inet' || virtual.family !== 'inet' || server.family !== 'inet') return undefined;
  const { services, timeouts, conntrack, now } = context;
  const template = protocol === undefined || client.port === 0;
  const service = serviceOf(services, protocol, virtual, server);
  const found = service?.servers.find((one) => isServer(one, server)) ?? { ...server, forwarding: 'masq' as const };
  const tcp = IPVS_TCP_STATES.find((name) => name === state) ?? 'NONE';
  return {
    protocol,
    caddr: client.address,
    cport: client.port,
    vaddr: virtual.address,
    vport: virtual.port,
    daddr: server.address,
    dport: server.port,
    forwarding: found.forwarding,
    service: service === undefined ? `${protocol ?? 'mark'} ${endText(virtual)}` : keyText(service.key),
    server: found,
    template,
    control,
    onePacket: false,
    nfct: conntrack,
    noOutput: false,
    tcp: template ? 'NONE' : tcp,
    assured: template && state === 'ASSURED',
    closed: state === 'CLOSED',
    active: !template && protocol === 'tcp' && isActiveTcp(tcp),
    timeout: 1000 * timeoutOf(template ? service?.persistent : undefined, protocol, tcp, timeouts),
    expires: now + seconds * 1000,
  };
}

/** What is left is known; how long it is remembered from its next packet on follows from its state. */
function timeoutOf(
  persistent: number | undefined,
  protocol: IpvsProtocol | undefined,
  tcp: IpvsTcpState,
  timeouts: IpvsTimeouts,
): number {
  if (persistent !== undefined) return persistent;
  if (protocol === 'tcp') return ipvsTcpTimeout(tcp, timeouts);
  return protocol === 'udp' ? timeouts.udp : 60;
}

/** By address and port, else by a mark, which a connection does not tell. */
function serviceOf(
  services: readonly VirtualService[],
  protocol: IpvsProtocol | undefined,
  virtual: IpvsEnd & { readonly family: 'inet' },
  server: IpvsEnd,
): VirtualService | undefined {
  const marked = (service: VirtualService): boolean =>
    service.key.by === 'fwmark' && service.servers.some((one) => isServer(one, server));
  if (protocol === undefined)
    return services.find(({ key }) => key.by === 'fwmark' && key.mark === (virtual.address as number));
  const asked = { protocol, dst: virtual.address, dport: virtual.port, mark: 0 };
  return findVirtualService(services, asked) ?? services.find(marked);
}

/** A server without a port takes that of the packet. */
function isServer(server: IpvsEnd, end: IpvsEnd): boolean {
  return endText(server) === endText(end) || endText({ ...server, port: end.port }) === endText(end);
}
