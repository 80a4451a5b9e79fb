import type { Origin } from '../../linux/index.js';
import type { RestoreChunk } from '../../plan/index.js';
import { type KubeProxyConfig, masqueradeMark } from './config.js';

// What the texts for iptables-restore of both modes have alike (k8s 1.30 pkg/proxy/{iptables,ipvs}/proxier.go).

/** Lines that kube-proxy writes for an object. */
export function chunk(object: string, lines: readonly string[], more: Partial<Origin> = {}): RestoreChunk {
  return { origin: { by: 'kube-proxy', object, ...more }, lines };
}

/** The end of a table. */
export const COMMIT: RestoreChunk = chunk('base chains', ['COMMIT']);

/** The lines that declare chains, and so empty them. */
export function chainLines(chains: readonly string[]): string[] {
  return chains.map((chain) => `:${chain} - [0:0]`);
}

/** Lets marked packets and what belongs to known connections through, whatever the policy of FORWARD. */
export function forward(config: KubeProxyConfig): RestoreChunk {
  const mark = masqueradeMark(config);
  return chunk('forwarding rules', [
    `-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark ${mark}/${mark} -j ACCEPT`,
    '-A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" ' +
      '-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
  ]);
}

/** The mark is taken off as the packet is masqueraded, so that it is not done twice when the packet comes by again. */
export function masquerade(config: KubeProxyConfig): RestoreChunk {
  const mark = masqueradeMark(config);
  const why = '-m comment --comment "kubernetes service traffic requiring SNAT"';
  return chunk('masquerade rules', [
    `-A KUBE-POSTROUTING -m mark ! --mark ${mark}/${mark} -j RETURN`,
    `-A KUBE-POSTROUTING -j MARK --xor-mark ${mark}`,
    `-A KUBE-POSTROUTING ${why} -j MASQUERADE${config.randomFully ? ' --random-fully' : ''}`,
    `-A KUBE-MARK-MASQ -j MARK --or-mark ${mark}`,
  ]);
}
