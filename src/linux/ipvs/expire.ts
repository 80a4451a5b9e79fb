import { protocolNumber } from '../../packet/index.js';
import type { Journal } from '../journal.js';
import type { NetnsRuntime } from '../runtime.js';
import type { IpvsConnection } from './connection.js';
import { serverAt, serviceOfKey } from './find.js';
import { endText, type VirtualService } from './ipvs.js';
import { keyText } from './write.js';

/** What of a namespace connections of IPVS are in, and when it is, ms. */
interface State {
  readonly runtime: Pick<NetnsRuntime, 'ipvs' | 'conntrack'>;
  readonly journal: Journal;
  readonly now: number;
}

/** ip_vs_conn_drop_conntrack(): with a connection of IPVS that has gone, that of netfilter goes too. */
export function dropIpvsConntrack({ runtime: { conntrack }, journal, now }: State, cp: IpvsConnection): void {
  if (!cp.nfct || cp.onePacket || cp.protocol === undefined) return;
  const { caddr, cport, vaddr, vport } = cp;
  const tuple = { src: caddr, sport: cport, dst: vaddr, dport: vport, protocol: protocolNumber(cp.protocol) };
  const found = conntrack.find(tuple, 0, now);
  if (found !== undefined) conntrack.delete(found.ct, journal);
}

/**
 * With net.ipv4.vs.expire_nodest_conn a server that is removed takes its connections with it, a jiffy later, and their
 * template when nobody else uses it (ip_vs_expire_nodest_conn_flush(), linux net/netfilter/ipvs/ip_vs_conn.c, from 5.9 on).
 */
export function expireNodestConnections(
  state: State,
  before: readonly VirtualService[],
  after: readonly VirtualService[],
): void {
  const { connections } = state.runtime.ipvs;
  if (connections.size === 0 || !lacksServer(before, after)) return;
  const gone = (cp: IpvsConnection): void => {
    connections.delete(cp, state.journal);
    dropIpvsConntrack(state, cp);
  };
  for (const cp of connections.list()) {
    if (serverAt(serviceOfKey(after, cp.service), cp.server) !== undefined || connections.isUsed(cp)) continue;
    gone(cp);
    const { control } = cp;
    if (control !== undefined && !connections.isUsed(control)) gone(control);
  }
}

function lacksServer(before: readonly VirtualService[], after: readonly VirtualService[]): boolean {
  const left = new Set(after.flatMap(serverNames));
  return before.flatMap(serverNames).some((name) => !left.has(name));
}

function serverNames({ key, servers }: VirtualService): string[] {
  return servers.map((server) => `${keyText(key)} -r ${endText(server)}`);
}
