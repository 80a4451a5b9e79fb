import { formatPrefix, type Ipv4Prefix } from '../../address/index.js';
import type { RestoreChunk } from '../../plan/index.js';
import { type AgentContext, callsOn, type Steps } from '../agent.js';
import { ensureChain } from '../iptables.js';
import type { FlannelConfig } from './config.js';

/** kube-proxy's mark for what it will masquerade itself (flannel pkg/trafficmngr/trafficmngr.go, KubeProxyMark). */
const KUBE_PROXY_MARK = '0x4000/0x4000';

/**
 * flanneld's iptables rules: FLANNEL-POSTRTG with `--ip-masq`, FLANNEL-FWD unless that is switched off (flannel 0.28
 * pkg/trafficmngr/iptables/iptables.go). The jumps are appended; the policy of FORWARD stays as it is.
 *
 * What a resync every 5 s would restore is not modelled: nothing here removes rules behind flanneld's back.
 */
export function* trafficRules(context: AgentContext, config: FlannelConfig, subnet: Ipv4Prefix): Steps {
  const network = formatPrefix(config.network);
  if (config.ipMasq && !context.off.has('flanneld/masq')) {
    const rules = masqueradeRules(network, formatPrefix(subnet), config.randomFully ? ' --random-fully' : '');
    yield* restore(context, 'nat', 'FLANNEL-POSTRTG', rules, `masquerade rules of ${formatPrefix(subnet)}`);
  }
  if (config.forwardRules && !context.off.has('flanneld/forward'))
    yield* restore(context, 'filter', 'FLANNEL-FWD', forwardRules(network), `forward rules of ${network}`);
}

/** masqRules(), in its order. */
function masqueradeRules(network: string, subnet: string, randomFully: string): readonly string[] {
  const why = '-m comment --comment "flanneld masq"';
  return [
    `-A POSTROUTING ${why} -j FLANNEL-POSTRTG`,
    `-A FLANNEL-POSTRTG -m mark --mark ${KUBE_PROXY_MARK} ${why} -j RETURN`,
    `-A FLANNEL-POSTRTG -s ${subnet} -d ${network} ${why} -j RETURN`,
    `-A FLANNEL-POSTRTG -s ${network} -d ${subnet} ${why} -j RETURN`,
    `-A FLANNEL-POSTRTG ! -s ${network} -d ${subnet} ${why} -j RETURN`,
    `-A FLANNEL-POSTRTG -s ${network} ! -d 224.0.0.0/4 ${why} -j MASQUERADE${randomFully}`,
    `-A FLANNEL-POSTRTG ! -s ${network} -d ${network} ${why} -j MASQUERADE${randomFully}`,
  ];
}

/** forwardRules(). */
function forwardRules(network: string): readonly string[] {
  const why = '-m comment --comment "flanneld forward"';
  return [
    `-A FORWARD ${why} -j FLANNEL-FWD`,
    `-A FLANNEL-FWD -s ${network} ${why} -j ACCEPT`,
    `-A FLANNEL-FWD -d ${network} ${why} -j ACCEPT`,
  ];
}

/** The chain first, then all rules in one transaction (ipTablesBootstrap()). flanneld goes on when it is refused. */
function* restore(
  context: AgentContext,
  table: 'nat' | 'filter',
  chain: string,
  rules: readonly string[],
  object: string,
): Steps {
  const origin = { by: 'flanneld', object };
  const netns = context.self.name;
  if (!(yield* ensureChain({ view: context.view, netns, origin }, table, chain))) return;
  const chunk: RestoreChunk = { origin, lines: [`*${table}`, ...rules, 'COMMIT'] };
  yield callsOn(netns, origin)({ call: 'iptables-restore', family: 'ip', flush: 'noflush', chunks: [chunk] });
}
