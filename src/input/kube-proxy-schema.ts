import * as z from 'zod/mini';
import type { KubeProxyFile, ProxyModeFile } from './lab-file.js';
import { anySubnet, bool, keys, number, oneOf, opt, text } from './schema-words.js';

/** What `kubeProxy:` may be, or its `mode`. */
export const PROXY_MODES = ['iptables', 'ipvs', 'none'] as const;
export const proxyMode: z.ZodMiniType<ProxyModeFile> = oneOf(PROXY_MODES);

/** Of Linux 6.18, net/netfilter/ipvs: modules of kube-proxy's `--ipvs-scheduler`. */
const SCHEDULERS = ['rr', 'wrr', 'lc', 'wlc', 'fo', 'ovf', 'lblc', 'lblcr', 'dh', 'sh', 'mh', 'sed', 'nq', 'twos'];

const CIDR = '[\\da-fA-F:.]{2,45}/\\d{1,3}';
const device = text(/^[^\s/]{1,15}$/, 'the name of a device, of at most 15 characters');

/** `kubeProxy:` as a map. */
export const kubeProxySchema: z.ZodMiniType<KubeProxyFile> = keys({
  mode: opt(proxyMode, 'iptables unless said otherwise'),
  masqueradeAll: opt(bool, '--masquerade-all, the same as iptables.masqueradeAll'),
  clusterCIDR: opt(
    text(new RegExp(`^(none|${CIDR}(,${CIDR})?)$`), 'a subnet such as 10.244.0.0/16, or none'),
    '--cluster-cidr; podCIDR when left out, none for an empty one',
  ),
  detectLocalMode: opt(
    oneOf(['ClusterCIDR', 'NodeCIDR', 'BridgeInterface', 'InterfaceNamePrefix']),
    '--detect-local-mode: how pods are told from other clients; ClusterCIDR unless said otherwise',
  ),
  detectLocal: opt(
    keys({
      bridgeInterface: opt(device, 'The bridge that pods of the node are behind'),
      interfaceNamePrefix: opt(device, 'What the names of pod devices begin with'),
    }),
    'What detectLocalMode goes by',
  ),
  nodePortAddresses: opt(
    z.array(anySubnet, { error: 'a list of subnets' }),
    '--nodeport-addresses; all addresses of a node when left out',
  ),
  iptables: opt(
    keys({
      masqueradeBit: opt(number(0, 31, 'a bit, 0 to 31'), 'The bit of the packet mark; 14 unless said otherwise'),
      localhostNodePorts: opt(bool, 'Whether node ports are reached at 127.0.0.1; true unless said otherwise'),
      masqueradeAll: opt(bool, '--masquerade-all'),
    }),
    'Of both modes, but for localhostNodePorts',
  ),
  ipvs: opt(
    keys({
      scheduler: opt(oneOf(SCHEDULERS), '--ipvs-scheduler; rr unless said otherwise'),
      strictARP: opt(bool, '--ipvs-strict-arp'),
      excludeCIDRs: opt(
        z.array(anySubnet, { error: 'a list of subnets' }),
        '--ipvs-exclude-cidrs: virtual services that are left alone',
      ),
    }),
    'Of mode ipvs',
  ),
  randomFully: opt(bool, 'Whether iptables knows --random-fully (1.6.2); true unless said otherwise'),
  nfacct: opt(bool, 'Whether kube-proxy counts with nfacct (k8s 1.32); false unless said otherwise'),
});
