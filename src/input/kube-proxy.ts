import { formatPrefix, type IpPrefix, type Ipv4Prefix, parseAnyPrefix } from '../address/index.js';
import { DEFAULT_PROXY_CONFIG, type DetectLocal, type KubeProxyConfig } from '../agents/index.js';
import type { KubeProxyChoice } from '../lab/index.js';
import { inside, type LabContext, type Place } from './context.js';
import type { KubeProxyFile, LabFile } from './lab-file.js';

/** Which kube-proxy runs, and its configuration with the defaults of k8s 1.30 and kubeadm's clusterCIDR. */
export function readKubeProxy(file: LabFile, podCIDR: Ipv4Prefix, root: Place, context: LabContext): KubeProxyChoice {
  const { kubeProxy = {} } = file;
  const said = typeof kubeProxy === 'string' ? { mode: kubeProxy } : kubeProxy;
  const { mode = 'iptables' } = said;
  const place = inside(root, 'kubeProxy');
  if (file.kubeProxy === undefined) context.note(place, 'kube-proxy runs in iptables mode');
  const detectLocal = readDetectLocal(said, podCIDR, place, context);
  const byPodCIDR = said.clusterCIDR === undefined && detectLocal.mode === 'ClusterCIDR';
  if (byPodCIDR && mode !== 'none') context.note(place, `kube-proxy's clusterCIDR is ${formatPrefix(podCIDR)}`);
  return { mode, config: { ...DEFAULT_PROXY_CONFIG, ...readConfig(said, place, context), detectLocal } };
}

/** IPVS takes masqueradeAll and masqueradeBit of `iptables` too (k8s 1.30 cmd/kube-proxy/app/server_linux.go). */
function readConfig(said: KubeProxyFile, place: Place, context: LabContext): Omit<KubeProxyConfig, 'detectLocal'> {
  const { iptables = {}, ipvs = {} } = said;
  const both = [said.masqueradeAll, iptables.masqueradeAll].flatMap((each) => each ?? []);
  if (new Set(both).size > 1)
    context.complain(
      inside(place, 'iptables', 'masqueradeAll'),
      'conflict',
      `masqueradeAll is ${said.masqueradeAll} above; give it once`,
    );
  const prefixes = (texts: readonly string[] | undefined, ...steps: readonly string[]): IpPrefix[] =>
    (texts ?? []).flatMap((text, i) => prefixOf(text, inside(place, ...steps, i), context));
  const defaults = DEFAULT_PROXY_CONFIG;
  return {
    masqueradeAll: both[0] ?? defaults.masqueradeAll,
    masqueradeBit: iptables.masqueradeBit ?? defaults.masqueradeBit,
    nodePortAddresses: prefixes(said.nodePortAddresses, 'nodePortAddresses'),
    localhostNodePorts: iptables.localhostNodePorts ?? defaults.localhostNodePorts,
    randomFully: said.randomFully ?? defaults.randomFully,
    nfacct: said.nfacct ?? defaults.nfacct,
    ipvs: {
      scheduler: ipvs.scheduler ?? defaults.ipvs.scheduler,
      strictARP: ipvs.strictARP ?? defaults.ipvs.strictARP,
      excludeCIDRs: prefixes(ipvs.excludeCIDRs, 'ipvs', 'excludeCIDRs'),
    },
  };
}

/** getLocalDetector(), k8s 1.30 cmd/kube-proxy/app/server_linux.go. */
function readDetectLocal(said: KubeProxyFile, podCIDR: Ipv4Prefix, place: Place, context: LabContext): DetectLocal {
  const { detectLocalMode: mode = 'ClusterCIDR', detectLocal = {}, clusterCIDR } = said;
  switch (mode) {
    case 'ClusterCIDR': {
      if (clusterCIDR === 'none') return { mode: 'none' };
      const at = inside(place, 'clusterCIDR');
      const cidrs = clusterCIDR?.split(',').flatMap((each) => prefixOf(each, at, context));
      return { mode, cidrs: cidrs ?? [podCIDR] };
    }
    case 'NodeCIDR':
      return { mode };
    case 'BridgeInterface':
      return { mode, bridge: needed('bridgeInterface', detectLocal, place, context) };
    case 'InterfaceNamePrefix':
      return { mode, prefix: needed('interfaceNamePrefix', detectLocal, place, context) };
  }
}

function needed(
  key: 'bridgeInterface' | 'interfaceNamePrefix',
  detectLocal: NonNullable<KubeProxyFile['detectLocal']>,
  place: Place,
  context: LabContext,
): string {
  const name = detectLocal[key];
  if (name === undefined)
    context.complain(inside(place, 'detectLocal', key), 'missing', `expected detectLocal.${key}, found none`);
  return name ?? '';
}

function prefixOf(text: string, place: Place, context: LabContext): IpPrefix[] {
  const prefix = parseAnyPrefix(text);
  return prefix === undefined
    ? (context.complain(place, 'bad-address', `expected a subnet, found "${text}"`) ?? [])
    : [prefix];
}
