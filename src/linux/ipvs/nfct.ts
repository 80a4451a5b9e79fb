import { protocolNumber } from '../../packet/index.js';
import type { Journal } from '../journal.js';
import type { NetnsRuntime } from '../runtime.js';
import type { IpvsConnection } from './connection.js';

/** Where a connection is forgotten. */
export interface ForgetContext {
  readonly runtime: NetnsRuntime;
  readonly journal: Journal;
  /** ms of the virtual clock. */
  readonly now: number;
}

/** With a connection of IPVS that has gone, that of netfilter goes too (ip_vs_conn_drop_conntrack(), ip_vs_nfct.c). */
export function dropIpvsConntrack({ runtime, journal, now }: ForgetContext, cp: IpvsConnection): void {
  if (!cp.nfct || cp.onePacket || cp.protocol === undefined) return;
  const { caddr, cport, vaddr, vport } = cp;
  const tuple = { src: caddr, sport: cport, dst: vaddr, dport: vport, protocol: protocolNumber(cp.protocol) };
  const found = runtime.conntrack.find(tuple, 0, now);
  if (found !== undefined) runtime.conntrack.delete(found.ct, journal);
}

/**
 * Forgets connections whose server has been removed, and templates that only they used: what happens at once when a
 * server goes and expire_nodest_conn is set (ip_vs_expire_nodest_conn_flush(), ip_vs_conn.c, since Linux 5.9).
 */
export function expireNodestConnections(
  context: ForgetContext,
  isAvailable: (connection: IpvsConnection) => boolean,
): void {
  const { connections } = context.runtime.ipvs;
  const forget = (connection: IpvsConnection): void => {
    connections.delete(connection, context.journal);
    dropIpvsConntrack(context, connection);
  };
  const lost = connections.list().filter((connection) => !isAvailable(connection));
  for (const connection of lost.filter(({ template }) => !template)) forget(connection);
  const templates = new Set([
    ...lost.filter(({ template }) => template),
    ...lost.flatMap(({ control }) => control ?? []),
  ]);
  for (const template of templates) if (!connections.isUsed(template)) forget(template);
}
