import { formatIpv4, type Ipv4, parseIpv4 } from '../address/index.js';
import {
  endText,
  findVirtualService,
  formatOrigin,
  hasRealServer,
  type IpvsConnection,
  type IpvsPair,
  inverseIpvsPair,
  ipvsPair,
  ipvsServiceText,
  type RealServer,
  type Skb,
  scheduleServer,
  type VirtualService,
} from '../linux/index.js';
import { ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, ICMP_TIME_EXCEEDED, type Icmp, TCP_RST } from '../packet/index.js';
import { type DefragUser, defrag, isFragment } from './fragment.js';
import { IP_VS_TIMERS, ipVsConnExpireNow, ipVsConnNew, ipVsConnPut, serverOf } from './ip-vs-conn.js';
import { tellIpvs } from './ip-vs-event.js';
import { trackTranslated } from './ip-vs-nfct.js';
import { isNewConn, isNewConnExpected, maySchedule, setState } from './ip-vs-proto.js';
import { ipVsIcmpXmit, ipVsXmit } from './ip-vs-xmit.js';
import { drop, type HookEntry, type HookName, type HookState, type HookVerdict, type Net } from './net.js';
import type { DropCode } from './reason.js';

/** What IPVS registers in a namespace with a virtual service (ip_vs_ops4[], linux net/netfilter/ipvs/ip_vs_core.c). */
export const IP_VS_OPS: readonly (readonly [HookName, HookEntry])[] = [
  ['PREROUTING', IP_VS_TIMERS],
  ['OUTPUT', IP_VS_TIMERS],
  // NF_IP_PRI_NAT_SRC − 2 and − 1, NF_IP_PRI_NAT_DST + 1 and + 2.
  ['INPUT', { name: 'ip_vs_out_hook', priority: 98, run: ipVsOut }],
  ['INPUT', { name: 'ip_vs_in_hook', priority: 99, run: ipVsIn }],
  ['OUTPUT', { name: 'ip_vs_out_hook', priority: -99, run: ipVsOut }],
  ['OUTPUT', { name: 'ip_vs_in_hook', priority: -98, run: ipVsIn }],
  ['FORWARD', { name: 'ip_vs_forward_icmp', priority: 99, run: ipVsForwardIcmp }],
  ['FORWARD', { name: 'ip_vs_out_hook', priority: 100, run: ipVsOut }],
];

/** FTPDATA: a connection from there is never scheduled. */
const FTPDATA = 20;

/** ip_vs_in_hook(): a packet to a virtual service gets a server, or goes to that of its connection. */
function ipVsIn(net: Net, skb: Skb, state: HookState): HookVerdict {
  if (skb.ipvsProperty || skb.dst === undefined) return 'accept';
  if (skb.type !== 'host' && state.hook !== 'OUTPUT') return 'accept';
  if (net.ns.sysctls.number('net/ipv4/vs/backup_only') !== 0) return unsupported(net, skb, 'backup_only');
  const error = relatedError(skb);
  if (error !== undefined) return ipVsInIcmp(net, skb, state);
  const pair = ipvsPair(skb);
  if (pair === undefined) return 'accept';
  let cp = net.runtime.ipvs.connections.findIn(pair);
  if (cp !== undefined) {
    const old = oldConnection(net, skb, cp);
    if (old === 'drop') return 'drop';
    if (old === 'gone') cp = undefined;
  }
  let because = 'of its connection';
  if (cp === undefined) {
    const scheduled = tryToSchedule(net, skb, pair);
    if (typeof scheduled === 'string') return scheduled;
    cp = scheduled.connection;
    because = scheduled.because;
  }
  setState(net, skb, cp, 'input');
  const verdict = ipVsXmit(net, skb, cp, because);
  ipVsConnPut(net, cp);
  return verdict;
}

/** What becomes of the connection that a packet would belong to: a SYN may begin another, and a server may be gone. */
function oldConnection(net: Net, skb: Skb, cp: IpvsConnection): 'goes on' | 'gone' | 'drop' {
  const { sysctls } = net.ns;
  const expireNodest = sysctls.number('net/ipv4/vs/expire_nodest_conn') !== 0;
  const server = serverOf(net, cp);
  const mode = sysctls.number('net/ipv4/vs/conn_reuse_mode');
  const begins = isNewConn(skb);
  const weightless = expireNodest && server?.weight === 0;
  if (begins && (weightless || (mode !== 0 && isNewConnExpected(cp, mode)))) return dismiss(net, skb, cp);
  if (server !== undefined) return 'goes on';
  if (expireNodest) return dismiss(net, skb, cp);
  fail(net, skb, 'IPVS_SERVER_GONE', cp);
  return 'drop';
}

/** The connection goes; so does a packet that netfilter still tracks as one of it, since its NAT can't be changed. */
function dismiss(net: Net, skb: Skb, cp: IpvsConnection): 'gone' | 'drop' {
  const old = skb.ct?.confirmed === true;
  if (!old) net.journal.set(cp, 'nfct', false);
  ipVsConnExpireNow(net, cp);
  if (!old) return 'gone';
  fail(net, skb, 'IPVS_OLD_CONNECTION', cp);
  return 'drop';
}

function fail(net: Net, skb: Skb, code: DropCode, cp: IpvsConnection): void {
  if (skb.call !== undefined) skb.call.errno ??= 'EPERM';
  drop(net, skb, 'ip_vs_in_hook', code, () => ({ values: { service: cp.service, server: endText(cp.server) } }));
}

/** A connection, and in words why it has this server. */
interface Made {
  readonly connection: IpvsConnection;
  readonly because: string;
}

/** ip_vs_try_to_schedule(): `accept` for what is no business of IPVS. */
function tryToSchedule(net: Net, skb: Skb, pair: IpvsPair): Made | HookVerdict {
  if (skb.l4?.l4 !== 'icmp' && !maySchedule(net, skb)) return 'accept';
  const service = findVirtualService(net.ns.ipvs, { ...pair, mark: skb.mark });
  if (service === undefined || pair.sport === FTPDATA) return 'accept';
  // Replies of a server of this host's own are not scheduled.
  const { connections } = net.runtime.ipvs;
  if ((skb.dev === '' || skb.dev === 'lo') && connections.findIn(inverseIpvsPair(pair)) !== undefined) return 'accept';
  if (service.key.by === 'address' && service.key.port === 21) return unsupported(net, skb, 'FTP', service);
  if (service.engine !== undefined) return unsupported(net, skb, `--pe ${service.engine}`, service);
  return service.persistent === undefined
    ? schedule(net, skb, service, pair)
    : schedulePersistent(net, skb, service, pair, service.persistent);
}

function unsupported(net: Net, skb: Skb, what: string, service?: VirtualService): HookVerdict {
  const about = service === undefined ? '' : `: ${ipvsServiceText(service)} (${formatOrigin(service.origin)})`;
  drop(net, skb, 'ip_vs_in_hook', 'UNSUPPORTED', () => ({ values: { what: `IPVS ${what}${about}` } }));
  return 'drop';
}

type Chosen = { readonly server: RealServer & { readonly family: 'inet' }; readonly because: string };

/** svc->scheduler->schedule(); a packet that gets no server ends here (ip_vs_leave()). */
function choose(net: Net, skb: Skb, service: VirtualService, pair: IpvsPair): Chosen | 'drop' {
  const { runtime, journal, choose: chooser, ns } = net;
  // Of what an error quotes sh and mh take the client, dh the destination as it is (ip_vs_iph_inverse()).
  const asked = skb.l4?.l4 === 'icmp' ? { ...pair, dst: pair.src } : pair;
  const scheduled = scheduleServer({ runtime, journal, choose: chooser, netns: ns.name }, service, asked);
  if ('unsupported' in scheduled) {
    unsupported(net, skb, scheduled.unsupported, service);
    return 'drop';
  }
  const { server, because } = scheduled;
  if (server === undefined) {
    leave(net, skb, service, because);
    return 'drop';
  }
  if (server.family === 'inet6') {
    unsupported(net, skb, 'IPv6 server', service);
    return 'drop';
  }
  return { server, because: `${service.scheduler}: ${because}` };
}

/** ip_vs_leave(): the client is told that there is nobody, be it TCP or UDP. */
function leave(net: Net, skb: Skb, service: VirtualService, because: string): void {
  if (skb.l4?.l4 !== 'icmp') net.walk.functions.icmp_send(net, skb, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);
  if (skb.call !== undefined) skb.call.errno ??= 'EPERM';
  const values = { service: ipvsServiceText(service), because, n: service.servers.length };
  drop(net, skb, 'ip_vs_leave', 'IPVS_NO_SERVER', () => ({
    values: { ...values, owner: formatOrigin(service.origin) },
  }));
}

/** ip_vs_schedule() */
function schedule(net: Net, skb: Skb, service: VirtualService, pair: IpvsPair): Made | HookVerdict {
  if (service.key.by === 'address' && service.key.port !== pair.dport) {
    leave(net, skb, service, 'a service without a port has to be persistent');
    return 'drop';
  }
  const chosen = choose(net, skb, service, pair);
  if (chosen === 'drop') return 'drop';
  const { server, because } = chosen;
  const dport = server.port === 0 ? pair.dport : server.port;
  return { connection: ipVsConnNew(net, service, server, endsOf(pair, dport), {}), because };
}

function endsOf(
  { protocol, src, sport, dst, dport: vport }: IpvsPair,
  dport: number,
): Parameters<typeof ipVsConnNew>[3] {
  return { protocol, caddr: src, cport: sport, vaddr: dst, vport, dport };
}

const STAYS = 'the client stays with it (-p)';

/** ip_vs_sched_persist(): the server that the client's template names; without one, a new template. */
function schedulePersistent(
  net: Net,
  skb: Skb,
  service: VirtualService,
  pair: IpvsPair,
  seconds: number,
): Made | HookVerdict {
  const { key } = service;
  const own = key.by === 'address' && key.port === pair.dport;
  const caddr = (pair.src & (parseIpv4(service.netmask ?? '') ?? 0xffffffff)) >>> 0;
  const ends = {
    protocol: key.by === 'fwmark' ? undefined : pair.protocol,
    caddr: caddr as Ipv4,
    cport: 0,
    vaddr: key.by === 'fwmark' ? (key.mark as Ipv4) : pair.dst,
    vport: own ? pair.dport : 0,
  };
  const found = net.runtime.ipvs.connections.findTemplate(ends);
  const kept = found && templateServer(net, found);
  // Before another server is looked for, and whether or not there is one.
  if (found !== undefined && kept === undefined) net.runtime.ipvs.connections.invalidate(found, net.journal);
  const chosen = kept === undefined ? choose(net, skb, service, pair) : { server: kept, because: STAYS };
  if (chosen === 'drop') return 'drop';
  const { server, because } = chosen;
  const made = { template: true, timeout: seconds * 1000 };
  const template =
    found === undefined || kept === undefined
      ? ipVsConnNew(net, service, server, { ...ends, dport: own ? server.port : 0 }, made)
      : found;
  const dport = own && server.port !== 0 ? server.port : pair.dport;
  const connection = ipVsConnNew(net, service, server, endsOf(pair, dport), { control: template });
  ipVsConnPut(net, template);
  return { connection, because };
}

/** ip_vs_check_template(): its server, unless that is gone, or has no weight and expire_quiescent_template is set. */
function templateServer(net: Net, template: IpvsConnection): Chosen['server'] | undefined {
  const server = serverOf(net, template);
  if (server === undefined || server.family === 'inet6') return undefined;
  const quiescent = server.weight === 0 && net.ns.sysctls.number('net/ipv4/vs/expire_quiescent_template') !== 0;
  return quiescent ? undefined : server;
}

/** ip_vs_out_hook(): an answer of a server gets the service's address and port again. */
function ipVsOut(net: Net, skb: Skb, state: HookState): HookVerdict {
  const { ip } = skb;
  // What is bridged has a route in name only (bridge_parent_rtable()), and so is translated, too.
  const routed = skb.dst !== undefined || skb.nfBridge !== undefined;
  if (skb.ipvsProperty || !routed || ip === undefined) return 'accept';
  if (isFragment(ip) && PROTOCOLS.has(ip.protocol) && !defrag(net, skb, DEFRAG_USER[state.hook])) return 'stolen';
  if (relatedError(skb) !== undefined) return ipVsOutIcmp(net, skb, state);
  const pair = ipvsPair(skb);
  const cp = pair && net.runtime.ipvs.connections.findOut(pair);
  if (pair !== undefined && cp === undefined && refusesToServer(net, skb, pair)) return 'drop';
  if (cp === undefined || cp.forwarding !== 'masq' || skb.ip === undefined) return 'accept';
  if (skb.l4 !== undefined && skb.l4.l4 !== 'icmp') skb.l4.sport = cp.vport;
  skb.ip.src = cp.vaddr;
  return reply(net, skb, cp, state, () => {
    setState(net, skb, cp, 'output');
    return ipVsConnPut;
  });
}

/** net.ipv4.vs.nat_icmp_send: a server that answers a connection which is not there is told so. */
function refusesToServer(net: Net, skb: Skb, { protocol, src, sport }: IpvsPair): boolean {
  if (net.ns.sysctls.number('net/ipv4/vs/nat_icmp_send') === 0 || !hasRealServer(net.ns.ipvs, protocol, src, sport))
    return false;
  const { l4 } = skb;
  const ends = (l4?.l4 === 'tcp' && (l4.flags & TCP_RST) !== 0) || (l4?.l4 === 'sctp' && l4.chunk === 'ABORT');
  if (ends) return false;
  net.walk.functions.icmp_send(net, skb, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);
  if (skb.call !== undefined) skb.call.errno ??= 'EPERM';
  drop(net, skb, 'ip_vs_out_hook', 'IPVS_NO_CONNECTION', () => ({ values: { server: `${formatIpv4(src)}:${sport}` } }));
  return true;
}

/** What answers and errors about them have in common: the way is looked up again, for it may depend on the source. */
function reply(
  net: Net,
  skb: Skb,
  cp: IpvsConnection,
  { hook }: HookState,
  then: () => (net: Net, cp: IpvsConnection) => void,
): HookVerdict {
  tellIpvs(net, skb, cp, 'ip_vs_out_hook', 'an answer');
  const reroutes =
    hook !== 'INPUT' && skb.dst?.type !== 'local' && net.ns.sysctls.number('net/ipv4/vs/snat_reroute') !== 0;
  if (reroutes && !net.walk.functions.ip_route_me_harder(net, skb, 'ip_vs_route_me_harder')) return 'stolen';
  const put = then();
  skb.ipvsProperty = true;
  trackTranslated(net, skb, cp, 'out');
  put(net, cp);
  return 'accept';
}

/** ICMP, TCP, UDP, SCTP: of others IPVS collects no fragments. */
const PROTOCOLS: ReadonlySet<number> = new Set([1, 6, 17, 132]);

const DEFRAG_USER: Readonly<Record<HookName, DefragUser>> = {
  PREROUTING: 'ipvs in',
  INPUT: 'ipvs in',
  FORWARD: 'ipvs forward',
  OUTPUT: 'ipvs out',
  POSTROUTING: 'ipvs out',
};

const ICMP_SOURCE_QUENCH = 4;

/** An ICMP error of a kind that IPVS translates. */
function relatedError({ l4 }: Skb): Icmp | undefined {
  if (l4?.l4 !== 'icmp') return undefined;
  const { type } = l4;
  return type === ICMP_DEST_UNREACH || type === ICMP_SOURCE_QUENCH || type === ICMP_TIME_EXCEEDED ? l4 : undefined;
}

/** ip_vs_out_icmp(): an error about a packet to a server, on its way to the client. */
function ipVsOutIcmp(net: Net, skb: Skb, state: HookState): HookVerdict {
  const { ip, inner } = skb;
  const quoted = inner && ipvsPair(inner);
  const cp = quoted && net.runtime.ipvs.connections.findOut(inverseIpvsPair(quoted));
  if (cp === undefined || cp.forwarding !== 'masq' || ip === undefined) return 'accept';
  // ip_vs_nat_icmp(): as if it came from the service.
  ip.src = cp.vaddr;
  if (inner?.ip !== undefined) inner.ip.dst = cp.vaddr;
  if (inner?.l4 !== undefined && inner.l4.l4 !== 'icmp') inner.l4.dport = cp.vport;
  return reply(net, skb, cp, state, () => () => undefined);
}

/** ip_vs_in_icmp(): an error about an answer, on its way to the server. */
function ipVsInIcmp(net: Net, skb: Skb, state: HookState): HookVerdict {
  const quoted = skb.inner && ipvsPair(skb.inner);
  if (quoted === undefined) return 'accept';
  const pair = inverseIpvsPair(quoted);
  const cp = net.runtime.ipvs.connections.findIn(pair);
  if (cp !== undefined) return ipVsIcmpXmit(net, skb, cp, state);
  if (net.ns.sysctls.number('net/ipv4/vs/schedule_icmp') === 0) return 'accept';
  const scheduled = tryToSchedule(net, skb, pair);
  if (typeof scheduled === 'string') return scheduled;
  const verdict = ipVsIcmpXmit(net, skb, scheduled.connection, state);
  ipVsConnPut(net, scheduled.connection);
  return verdict;
}

/** ip_vs_forward_icmp() */
function ipVsForwardIcmp(net: Net, skb: Skb, state: HookState): HookVerdict {
  return relatedError(skb) === undefined ? 'accept' : ipVsInIcmp(net, skb, state);
}
