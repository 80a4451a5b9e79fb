import { formatIpv4, formatPrefix, prefixOf } from '../../address/index.js';
import type { Steps } from '../agent.js';
import { sha512Hex } from '../digest.js';
import { ensureChain, ensureRule } from '../iptables.js';
import { type CniAddress, type CniArgs, pluginIptables } from './plugin.js';

/** Length of a chain's name that a plug-in makes up (maxChainLength, containernetworking/plugins pkg/utils/utils.go). */
const CHAIN_LENGTH = 28;

/** `CNI-`, a prefix and as much of a SHA-512 as makes 28 characters (MustFormatChainNameWithPrefix()). */
export function cniChainName(network: string, containerID: string, prefix: '' | 'DN-'): string {
  return `CNI-${prefix}${sha512Hex(network + containerID)}`.slice(0, CHAIN_LENGTH);
}

/**
 * `ipMasq`: a chain for the pod that lets its own subnet and multicast alone and masquerades the rest (pkg/ip/
 * ipmasq_iptables_linux.go, 1.9). False when iptables refused something.
 */
export function* ipMasquerade(plugin: string, args: CniArgs, network: string, ip: CniAddress): Steps<boolean> {
  const user = pluginIptables(plugin, args);
  const chain = cniChainName(network, args.containerID, '');
  // Go's %q: the quotes are part of the comment.
  const why = ['-m', 'comment', '--comment', `name: "${network}" id: "${args.containerID}"`];
  const subnet = formatPrefix(prefixOf(ip.address, ip.prefixLength));
  return (
    (yield* ensureChain(user, 'nat', chain)) &&
    (yield* ensureRule(user, 'append', 'nat', chain, ['-d', subnet, '-j', 'ACCEPT', ...why])) &&
    (yield* ensureRule(user, 'append', 'nat', chain, ['!', '-d', '224.0.0.0/4', '-j', 'MASQUERADE', ...why])) &&
    (yield* ensureRule(user, 'append', 'nat', 'POSTROUTING', ['-s', formatIpv4(ip.address), '-j', chain, ...why]))
  );
}
