import { formatIpv4, type Ipv4 } from '../../address/index.js';
import type { Packet } from '../../packet/index.js';
import type { Journal } from '../journal.js';
import { type IpvsEnd, type IpvsProtocol, type RealServer, sameEnd } from './ipvs.js';
import type { ConnectionCounts } from './scheduler/scheduler.js';
import type { IpvsTcpState } from './tcp.js';

/** Both ends of a packet. */
export interface IpvsPair {
  readonly protocol: IpvsProtocol;
  readonly src: Ipv4;
  readonly sport: number;
  readonly dst: Ipv4;
  readonly dport: number;
}

/** The ends of a packet that IPVS can have to do with. */
export function ipvsPair({ ip, l4 }: Packet): IpvsPair | undefined {
  if (ip === undefined || l4 === undefined || l4.l4 === 'icmp') return undefined;
  return { protocol: l4.l4, src: ip.src, sport: l4.sport, dst: ip.dst, dport: l4.dport };
}

/** The same the other way. */
export function inverseIpvsPair({ protocol, src, sport, dst, dport }: IpvsPair): IpvsPair {
  return { protocol, src: dst, sport: dport, dst: src, dport: sport };
}

/**
 * A connection of IPVS (struct ip_vs_conn), or the template of a client that is to stay with its server. Written through
 * the journal only. Times are ms of the virtual clock.
 */
export interface IpvsConnection {
  /** Of the template of a firewall mark there is none, and `vaddr` is the mark. */
  readonly protocol: IpvsProtocol | undefined;
  /** The client; of a template its network, and port 0. */
  readonly caddr: Ipv4;
  readonly cport: number;
  readonly vaddr: Ipv4;
  vport: number;
  readonly daddr: Ipv4;
  dport: number;
  readonly forwarding: RealServer['forwarding'];
  /** What its service is recognised by, and which server of that it has. */
  readonly service: string;
  readonly server: IpvsEnd;
  readonly template: boolean;
  /** The template that it was made by. */
  readonly control: IpvsConnection | undefined;
  /** Only for the packet that it was made for (`-o`). */
  readonly onePacket: boolean;
  /** It uses the connection tracking of netfilter (IP_VS_CONN_F_NFCT). */
  nfct: boolean;
  /** No answer has been seen, nor is one expected to come by (IP_VS_CONN_F_NOOUTPUT). */
  noOutput: boolean;
  tcp: IpvsTcpState;
  /** Of a template: a server has answered to a connection of it (IP_VS_CTPL_S_ASSURED). */
  assured: boolean;
  /** SCTP: the server or the client has given it up. */
  closed: boolean;
  active: boolean;
  timeout: number;
  /** When it is forgotten. */
  expires: number;
}

/** The ports of a template that is not to be found. */
const NO_PORT = 0xffff;

/** A template that somebody uses stays for so long (ip_vs_conn_expire()), ms. */
const CONTROLLING = 60_000;

/** The connections of one namespace (ip_vs_conn_tab). */
export class IpvsConnections {
  readonly #in = new Map<string, IpvsConnection>();
  /** Newest first. */
  readonly #out = new Map<string, readonly IpvsConnection[]>();

  get size(): number {
    return this.#in.size;
  }

  /** The connection whose client sends such packets to the service (ip_vs_conn_in_get()). */
  findIn({ protocol, src, sport, dst, dport }: IpvsPair): IpvsConnection | undefined {
    return this.#in.get(`${protocol}|${src}:${sport}|${dst}:${dport}`);
  }

  /** The connection whose server sends such packets to the client (ip_vs_conn_out_get()). */
  findOut({ protocol, src, sport, dst, dport }: IpvsPair): IpvsConnection | undefined {
    return this.#out.get(`${protocol}|${dst}:${dport}|${src}:${sport}`)?.[0];
  }

  /** ip_vs_ct_in_get() */
  findTemplate(template: Pick<IpvsConnection, 'protocol' | 'caddr' | 'vaddr' | 'vport'>): IpvsConnection | undefined {
    return this.#in.get(inKey({ ...template, template: true, cport: 0, daddr: 0 as Ipv4 }));
  }

  insert(connection: IpvsConnection, journal: Journal): void {
    journal.put(this.#in, inKey(connection), connection);
    if (connection.template) return;
    const key = outKey(connection);
    journal.put(this.#out, key, [connection, ...(this.#out.get(key) ?? [])]);
  }

  delete(connection: IpvsConnection, journal: Journal): void {
    const key = inKey(connection);
    if (this.#in.get(key) === connection) journal.put(this.#in, key, undefined);
    if (connection.template) return;
    const out = outKey(connection);
    const rest = (this.#out.get(out) ?? []).filter((other) => other !== connection);
    journal.put(this.#out, out, rest.length === 0 ? undefined : rest);
  }

  /** A template whose server is no good any more is kept, and found no more (ip_vs_check_template()). */
  invalidate(template: IpvsConnection, journal: Journal): void {
    this.delete(template, journal);
    journal.set(template, 'vport', NO_PORT);
    journal.set(template, 'dport', NO_PORT);
    this.insert(template, journal);
  }

  list(): IpvsConnection[] {
    return [...this.#in.values()];
  }

  /** How many connections a server of a service has. */
  counts(service: string, server: RealServer): ConnectionCounts {
    let active = 0;
    let inactive = 0;
    for (const connection of this.#in.values()) {
      if (connection.template || connection.service !== service || !sameEnd(connection.server, server)) continue;
      if (connection.active) active++;
      else inactive++;
    }
    return { active, inactive };
  }

  /**
   * Takes out what has expired at `now` and returns it, in the order in which timers would: a template goes only when
   * nobody uses it, and looks again after a minute (ip_vs_conn_expire(), linux net/netfilter/ipvs/ip_vs_conn.c). Of timers
   * for one moment the youngest runs first (enqueue_timer(), kernel/time/timer.c): a connection before its template.
   */
  expire(now: number, journal: Journal): IpvsConnection[] {
    const gone: IpvsConnection[] = [];
    const due = [...this.#in.values()].filter(({ expires }) => expires <= now).sort(bySooner);
    for (let first = due.shift(); first !== undefined; first = due.shift()) {
      if (!this.isUsed(first)) {
        this.delete(first, journal);
        gone.push(first);
        continue;
      }
      journal.set(first, 'timeout', CONTROLLING);
      journal.set(first, 'expires', first.expires + CONTROLLING);
      if (first.expires <= now) {
        due.push(first);
        due.sort(bySooner);
      }
    }
    return gone;
  }

  /** Whether there is a connection that a template was used for (n_control). */
  isUsed(template: IpvsConnection): boolean {
    if (!template.template) return false;
    for (const connection of this.#in.values()) if (connection.control === template) return true;
    return false;
  }
}

function bySooner(a: IpvsConnection, b: IpvsConnection): number {
  return a.expires - b.expires || Number(a.template) - Number(b.template);
}

type InKey = Pick<IpvsConnection, 'protocol' | 'caddr' | 'cport' | 'vaddr' | 'vport' | 'template' | 'daddr'>;

function inKey({ protocol, caddr, cport, vaddr, vport, template, daddr }: InKey): string {
  const invalid = template && vport === NO_PORT ? ` of ${daddr}` : '';
  return `${template ? `template${invalid} ` : ''}${protocol ?? 'mark'}|${caddr}:${cport}|${vaddr}:${vport}`;
}

/** What is not translated answers as the service itself. */
function outKey({ protocol, caddr, cport, vaddr, vport, daddr, dport, forwarding }: IpvsConnection): string {
  const [addr, port] = forwarding === 'masq' ? [daddr, dport] : [vaddr, vport];
  return `${protocol}|${caddr}:${cport}|${addr}:${port}`;
}

/** `tcp 10.0.0.1:20000 > 10.96.0.1:80 > 10.244.1.2:8080`. */
export function ipvsConnectionText({ protocol, caddr, cport, vaddr, vport, daddr, dport }: IpvsConnection): string {
  const ends = [`${formatIpv4(caddr)}:${cport}`, `${formatIpv4(vaddr)}:${vport}`, `${formatIpv4(daddr)}:${dport}`];
  return `${protocol ?? 'mark'} ${ends.join(' > ')}`;
}
