import {
  dropIpvsConntrack,
  type IpvsConnection,
  ipvsKeyText,
  type RealServer,
  serverAt,
  serviceOfKey,
  type VirtualService,
} from '../linux/index.js';
import type { HookEntry, Net } from './net.js';

/** A new connection's first timeout (ip_vs_conn_new(), linux net/netfilter/ipvs/ip_vs_conn.c), ms. */
const FIRST_TIMEOUT = 3000;

/** ip_vs_conn_new(): enters a connection, or a template, to a server. */
export function ipVsConnNew(
  net: Net,
  service: VirtualService,
  server: RealServer & { readonly family: 'inet' },
  ends: Pick<IpvsConnection, 'protocol' | 'caddr' | 'cport' | 'vaddr' | 'vport' | 'dport'>,
  rest: { readonly template?: boolean; readonly control?: IpvsConnection | undefined; readonly timeout?: number },
): IpvsConnection {
  const { template = false, control, timeout = FIRST_TIMEOUT } = rest;
  const connection: IpvsConnection = {
    ...ends,
    daddr: server.address,
    forwarding: server.forwarding,
    service: ipvsKeyText(service.key),
    server,
    template,
    control,
    onePacket: service.onePacket && ends.protocol === 'udp' && !template,
    nfct: net.ns.sysctls.number('net/ipv4/vs/conntrack') !== 0,
    noOutput: server.forwarding !== 'masq',
    tcp: 'NONE',
    assured: false,
    closed: false,
    active: false,
    timeout,
    expires: net.now + timeout,
  };
  // ip_vs_conn_hash(): one for a single packet is found by nobody.
  if (!connection.onePacket) net.runtime.ipvs.connections.insert(connection, net.journal);
  return connection;
}

/** ip_vs_conn_put(): its timer begins anew. */
export function ipVsConnPut(net: Net, connection: IpvsConnection): void {
  net.journal.set(connection, 'expires', net.now + connection.timeout);
}

/** ip_vs_conn_expire_now() */
export function ipVsConnExpireNow(net: Net, connection: IpvsConnection): void {
  net.runtime.ipvs.connections.delete(connection, net.journal);
  dropIpvsConntrack(net, connection);
}

/** The service of a connection, while there is one for the same packets. */
export function serviceOf(net: Net, connection: IpvsConnection): VirtualService | undefined {
  return serviceOfKey(net.ns.ipvs, connection.service);
}

/** The server of a connection; undefined when it has been removed (no IP_VS_DEST_F_AVAILABLE). */
export function serverOf(net: Net, connection: IpvsConnection): RealServer | undefined {
  return serverAt(serviceOf(net, connection), connection.server);
}

/** ip_vs_conn_expire(): timers of connections that have run out, before the next packet is looked at. */
export const IP_VS_TIMERS: HookEntry = {
  name: 'ip_vs_conn_expire',
  priority: Number.NEGATIVE_INFINITY,
  run(net) {
    const { connections } = net.runtime.ipvs;
    if (connections.size > 0) for (const gone of connections.expire(net.now, net.journal)) dropIpvsConntrack(net, gone);
    return 'accept';
  },
};
