import { formatPrefix } from '../../address/index.js';
import type { Node } from '../../cluster/index.js';
import { type AgentContext, ownNetns } from '../agent.js';
import { type CniBackend, type CniSetup, type Off, type PodNetwork, registerEach } from '../cni/backend.js';
import { bridge } from '../cni/bridge.js';
import { type FlannelDelegate, flannelDelegate, PUBLISHED_DELEGATE, type SubnetEnv } from '../cni/flannel.js';
import { HostLocalStore, hostLocalAddresses, wholeSubnet } from '../cni/host-local.js';
import {
  deviceOption,
  numberOption,
  type OptionSpecs,
  type OptionValues,
  readOptions,
  switchOption,
} from '../cni/options.js';
import { portMappings, portmap } from '../cni/portmap.js';
import { externalInterface, type FlannelConfig, holds } from './config.js';
import { type FlannelBackend, flanneld } from './flanneld.js';
import { hostGw } from './host-gw.js';
import { leaseAnnotations } from './lease.js';
import { udp } from './udp.js';
import { vxlan } from './vxlan.js';

/** flanneld's flags, with the values of the published manifest, and what its CNI configuration can be told. */
const FLAGS = {
  'ip-masq': switchOption(true, 'flanneld masquerades what leaves the pod network'),
  'iptables-forward-rules': switchOption(true, 'flanneld accepts forwarded packets of the pod network'),
  'ip-masq-fully-random-disable': switchOption(false, 'MASQUERADE without --random-fully'),
  iface: deviceOption('the interface between nodes; the default route says it otherwise'),
  hairpinMode: switchOption(true, 'a pod can reach itself through its Service'),
} satisfies OptionSpecs;

const VXLAN_OPTIONS = {
  VNI: numberOption(1, 0, 2 ** 24 - 1, 'VXLAN network identifier, and part of the device name'),
  Port: numberOption(0, 0, 65535, 'UDP port; 0 is the kernel’s own 8472'),
  MTU: numberOption(undefined, 68, 65535, 'MTU of the underlay; that of the interface otherwise'),
  Learning: switchOption(false, 'the device learns stations from what it receives'),
  DirectRouting: switchOption(false, 'a plain route to nodes on the same link'),
} satisfies OptionSpecs;

const UDP_OPTIONS = { Port: numberOption(8285, 1, 65535, 'UDP port') } satisfies OptionSpecs;

/** What `Backend` of net-conf.json can be told, by its `Type`. */
export const BACKEND_OPTIONS: ReadonlyMap<string, OptionSpecs> = new Map<string, OptionSpecs>([
  ['vxlan', VXLAN_OPTIONS],
  ['host-gw', {}],
  ['udp', UDP_OPTIONS],
]);

/** VXLAN without a device of the pods' own on the underlay: flannel's default. */
export const flannelVxlan: CniBackend = backend(
  'vxlan',
  'Flannel, VXLAN between nodes',
  VXLAN_OPTIONS,
  ({ VNI, Port, MTU, Learning, DirectRouting }) =>
    vxlan({ vni: VNI, port: Port, mtu: MTU, learning: Learning, directRouting: DirectRouting }),
);

/** Routes through the nodes themselves. */
export const flannelHostGw: CniBackend = backend(
  'host-gw',
  'Flannel, plain routes between nodes on one link',
  {},
  () => hostGw,
);

/** A program that relays packets over UDP. */
export const flannelUdp: CniBackend = backend(
  'udp',
  'Flannel, packets relayed over UDP by flanneld itself',
  UDP_OPTIONS,
  ({ Port }) => udp({ port: Port }),
);

function backend<S extends OptionSpecs>(
  type: string,
  description: string,
  own: S,
  make: (values: OptionValues<S>) => FlannelBackend,
): CniBackend {
  const options = { ...FLAGS, ...own };
  return {
    name: `flannel/${type}`,
    description,
    options,
    parts: ['flanneld', 'flanneld/masq', 'flanneld/forward'],
    configure(given, podCIDR) {
      const read = readOptions(options, given);
      if ('problems' in read) return read;
      const values = read.values as OptionValues<typeof FLAGS> & OptionValues<S>;
      const config: FlannelConfig = {
        network: podCIDR,
        iface: values.iface,
        ipMasq: values['ip-masq'],
        forwardRules: values['iptables-forward-rules'],
        randomFully: !values['ip-masq-fully-random-disable'],
      };
      return { setup: setup(config, make(values), { ...PUBLISHED_DELEGATE, hairpinMode: values.hairpinMode }) };
    },
  };
}

/** The network's name in the published 10-flannel.conflist. */
const NETWORK_NAME = 'cbr0';

function setup(config: FlannelConfig, flannel: FlannelBackend, delegate: FlannelDelegate): CniSetup {
  return {
    agents: [flanneld(config, flannel)],
    register: (cluster) =>
      registerEach(cluster, (node, off, pods) => {
        const annotations = off.has('flanneld') ? {} : leaseAnnotations(node, flannel.attrs(node));
        const whyNoIP = whyNoSubnet(config, node, off);
        if (whyNoIP !== undefined) return { annotations, podIPs: pods.map(() => undefined), whyNoIP };
        return {
          annotations,
          podIPs: hostLocalAddresses(wholeSubnet(node.podCIDR, []), pods),
          whyNoIP: `host-local has no address left in ${formatPrefix(node.podCIDR)}, the podCIDR of ${node.name}`,
        };
      }),
    podMtu: (mtu) => flannel.mtu({ mtu }),
    plugins: (context) => plugins(context, config, flannel, delegate),
  };
}

/** Why flanneld does not come as far as writing subnet.env, without which the flannel plug-in fails; undefined: it does. */
function whyNoSubnet({ network }: FlannelConfig, { name, podCIDR }: Node, off: Off): string | undefined {
  if (off.has('flanneld')) return `flanneld does not run on ${name}, so the flannel plug-in finds no subnet.env there`;
  if (holds(network, podCIDR)) return undefined;
  return `flanneld of ${name} stops: the podCIDR ${formatPrefix(podCIDR)} is not part of ${formatPrefix(network)}`;
}

/** The plug-ins of 10-flannel.conflist: flannel, which calls bridge, and portmap. */
function plugins(
  context: AgentContext,
  config: FlannelConfig,
  flannel: FlannelBackend,
  delegate: FlannelDelegate,
): PodNetwork {
  const store = new HostLocalStore();
  return function* (pod, args) {
    const env = subnetEnv(context, config, flannel);
    if (env === undefined) return false;
    const result = yield* bridge(flannelDelegate(NETWORK_NAME, delegate, env), args, store, pod.podIP);
    if (result === undefined) return false;
    const conf = { name: NETWORK_NAME, snat: true, masqAll: false, markMasqBit: 13, portMappings: portMappings(pod) };
    return (yield* portmap(conf, args, result)) !== undefined;
  };
}

/** /run/flannel/subnet.env as this node's flanneld wrote it; undefined when it did not come so far. */
function subnetEnv(context: AgentContext, config: FlannelConfig, flannel: FlannelBackend): SubnetEnv | undefined {
  const { self, off } = context;
  const external = externalInterface(ownNetns(context), self, config.iface);
  if (external === undefined || whyNoSubnet(config, self, off) !== undefined) return undefined;
  const ipMasq = config.ipMasq && !off.has('flanneld/masq');
  return { network: config.network, subnet: self.podCIDR, mtu: flannel.mtu(external), ipMasq };
}
