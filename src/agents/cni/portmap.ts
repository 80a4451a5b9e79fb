import { formatIpv4, type Ipv4 } from '../../address/index.js';
import type { Pod } from '../../cluster/index.js';
import type { Steps } from '../agent.js';
import { ensureChain, ensureRule, type RuleSpec } from '../iptables.js';
import { routeGet } from '../route-get.js';
import { cniChainName } from './ip-masq.js';
import { type CniArgs, type CniResult, type CniSteps, hostNetns, pluginCalls, pluginIptables } from './plugin.js';

/** One host port (`runtimeConfig.portMappings`). */
export interface PortMapping {
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  /** undefined or 0.0.0.0: any address of the node. */
  readonly hostIP: Ipv4 | undefined;
}

/** The configuration of portmap's iptables backend, and the host ports of the pod. */
export interface PortmapConf {
  /** Of the network. */
  readonly name: string;
  /** Masquerade what comes from the pod's own subnet or from 127.0.0.1. True unless given. */
  readonly snat: boolean;
  /** Masquerade whatever comes. */
  readonly masqAll: boolean;
  /** 13 unless given. */
  readonly markMasqBit: number;
  readonly portMappings: readonly PortMapping[];
}

/** What kubelet tells of a pod's host ports. */
export function portMappings(pod: Pod): PortMapping[] {
  return pod.ports.flatMap(({ hostPort, hostIP, containerPort, protocol }) =>
    hostPort === undefined
      ? []
      : [{ hostPort, containerPort, hostIP, protocol: protocol.toLowerCase() as PortMapping['protocol'] }],
  );
}

const DNAT = 'CNI-HOSTPORT-DNAT';
const SETMARK = 'CNI-HOSTPORT-SETMARK';
const MASQ = 'CNI-HOSTPORT-MASQ';
/** A chain in which several pods have their part is nobody's alone. */
const SHARED = 'host ports';
/** `-m multiport` takes no more. */
const MAX_PORTS = 15;
/** A comment that iptables takes. */
const MAX_COMMENT = 255;

/**
 * portmap's ADD, behind another plug-in (containernetworking/plugins 1.9 plugins/meta/portmap/portmap_iptables.go,
 * forwardPorts()). Without host ports it hands the result on.
 *
 * Where host ports are UDP, it deletes conntrack entries to them too; as a pod starts, here, there are none.
 */
export function* portmap(conf: PortmapConf, args: CniArgs, prev: CniResult): CniSteps {
  const [ip] = prev.ips;
  if (conf.portMappings.length === 0 || ip === undefined) return prev;
  if (conf.snat && !(yield* masqueradeChains(conf, args))) return undefined;
  const shared = pluginIptables('portmap', args, SHARED);
  if (!(yield* ensureChain(shared, 'nat', DNAT))) return undefined;
  for (const chain of ['PREROUTING', 'OUTPUT']) {
    const spec = ['-m', 'addrtype', '--dst-type', 'LOCAL', '-j', DNAT];
    if (!(yield* ensureRule(shared, 'append', 'nat', chain, spec))) return undefined;
  }
  const subnet = `${formatIpv4(ip.address)}/${ip.prefixLength}`;
  if (!(yield* dnatChain(conf, args, ip.address, subnet))) return undefined;
  if (conf.snat) yield* routeLocalnet(args, ip.address);
  return prev;
}

/** genSetMarkChain(), genMarkMasqChain(): the second is jumped to before all other rules of POSTROUTING. */
function* masqueradeChains(conf: PortmapConf, args: CniArgs): Steps<boolean> {
  const user = pluginIptables('portmap', args, SHARED);
  const mark = `0x${(2 ** conf.markMasqBit).toString(16)}`;
  const set = [...comment('CNI portfwd masquerade mark'), '-j', 'MARK', '--set-xmark', `${mark}/${mark}`];
  const test = ['-m', 'mark', '--mark', `${mark}/${mark}`, '-j', 'MASQUERADE'];
  return (
    (yield* ensureChain(user, 'nat', SETMARK)) &&
    (yield* ensureRule(user, 'append', 'nat', SETMARK, set)) &&
    (yield* ensureChain(user, 'nat', MASQ)) &&
    (yield* ensureRule(user, 'append', 'nat', MASQ, test)) &&
    (yield* ensureRule(user, 'prepend', 'nat', 'POSTROUTING', [
      ...comment('CNI portfwd requiring masquerade'),
      '-j',
      MASQ,
    ]))
  );
}

/** The pod's own chain, and the rules that lead to it by port alone (fillDnatRules()). */
function* dnatChain(conf: PortmapConf, args: CniArgs, pod: Ipv4, subnet: string): Steps<boolean> {
  const user = pluginIptables('portmap', args);
  const chain = cniChainName(conf.name, args.containerID, 'DN-');
  if (!(yield* ensureChain(user, 'nat', chain))) return false;
  for (const mapping of conf.portMappings)
    for (const spec of mappingRules(conf, mapping, pod, subnet))
      if (!(yield* ensureRule(user, 'append', 'nat', chain, spec))) return false;
  const why = comment(trim(`dnat name: "${conf.name}" id: "${args.containerID}"`));
  for (const [protocol, ports] of portLists(conf.portMappings)) {
    const ofPorts = ['-m', 'multiport', '-p', protocol, '--destination-ports', ports];
    if (!(yield* ensureRule(user, 'append', 'nat', DNAT, [...why, ...ofPorts, '-j', chain]))) return false;
  }
  return true;
}

/** The marks first, then the DNAT. */
function mappingRules(conf: PortmapConf, mapping: PortMapping, pod: Ipv4, subnet: string): RuleSpec[] {
  const { protocol, hostPort, containerPort, hostIP } = mapping;
  const to = hostIP === undefined || hostIP === 0 ? [] : ['-d', formatIpv4(hostIP)];
  const base = ['-p', protocol, '--dport', String(hostPort), ...to];
  const hairpin = [...base, '-s', conf.masqAll ? '0.0.0.0/0' : subnet, '-j', SETMARK];
  const local = [...base, '-s', '127.0.0.1', '-j', SETMARK];
  const marks = conf.snat ? [hairpin, ...(conf.masqAll ? [] : [local])] : [];
  return [...marks, [...base, '-j', 'DNAT', '--to-destination', `${formatIpv4(pod)}:${containerPort}`]];
}

/** Ports by protocol, the protocols sorted, at most 15 ports in a list (groupByProto(), splitPortList()). */
function portLists(mappings: readonly PortMapping[]): [protocol: string, ports: string][] {
  const protocols = [...new Set(mappings.map(({ protocol }) => protocol))].sort();
  return protocols.flatMap((protocol) => {
    const ports = mappings.filter((m) => m.protocol === protocol).map((m) => m.hostPort);
    const lists: [string, string][] = [];
    for (let i = 0; i < ports.length; i += MAX_PORTS) lists.push([protocol, ports.slice(i, i + MAX_PORTS).join(',')]);
    return lists;
  });
}

/** Packets from 127.0.0.1 may then leave by the interface that leads to the pod (getRoutableHostIF()). */
function* routeLocalnet(args: CniArgs, pod: Ipv4): Steps {
  const dev = routeGet(hostNetns(args), pod)?.dev;
  if (dev === undefined) return;
  const call = pluginCalls('portmap', args, 'host');
  yield call({ call: 'sysctl set', path: `net/ipv4/conf/${dev}/route_localnet`, value: '1' });
}

function comment(text: string): readonly string[] {
  return ['-m', 'comment', '--comment', text];
}

/** trimComment(), which leaves one character more than it means to. */
function trim(text: string): string {
  return text.length <= MAX_COMMENT ? text : `${text.slice(0, MAX_COMMENT - 2)}...`;
}
