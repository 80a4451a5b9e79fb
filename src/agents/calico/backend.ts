import type { EncapsulationMode } from '../../cluster/index.js';
import type { CniBackend } from '../cni/backend.js';
import { readOptions } from '../cni/options.js';
import { bird } from './bird.js';
import { calicoPlugins } from './cni.js';
import { calicoSpeakers } from './confd.js';
import { felix, felixLate } from './felix/felix.js';
import { registerCalico } from './ipam.js';
import { IPIP, VXLAN } from './tunnel.js';

/** Routes between nodes by BGP, without a tunnel. */
export const calicoBgp: CniBackend = backend('bgp', 'Calico, routes by BGP', 'Never', 'Never');

/** IP in IP between all nodes. */
export const calicoIpip: CniBackend = backend('ipip', 'Calico, IP in IP between nodes', 'Always', 'Never');

/** IP in IP between nodes of different subnets. */
export const calicoIpipCrossSubnet: CniBackend = backend(
  'ipip-crosssubnet',
  'Calico, IP in IP between nodes of different subnets, plain routes else',
  'CrossSubnet',
  'Never',
);

/** VXLAN between all nodes, without BGP. */
export const calicoVxlan: CniBackend = backend('vxlan', 'Calico, VXLAN between nodes', 'Never', 'Always');

/** VXLAN between nodes of different subnets. */
export const calicoVxlanCrossSubnet: CniBackend = backend(
  'vxlan-crosssubnet',
  'Calico, VXLAN between nodes of different subnets, plain routes else',
  'Never',
  'CrossSubnet',
);

function backend(
  type: string,
  description: string,
  ipipMode: EncapsulationMode,
  vxlanMode: EncapsulationMode,
): CniBackend {
  return {
    name: `calico/${type}`,
    description,
    options: {},
    parts: ['felix', 'bird'],
    configure(options) {
      const read = readOptions({}, options);
      if ('problems' in read) return read;
      // With vxlan in every pool the manifests leave BIRD out (CALICO_NETWORKING_BACKEND vxlan).
      const speaksBgp = vxlanMode === 'Never';
      return {
        setup: {
          agents: [felix],
          late: speaksBgp ? [felixLate, bird] : [felixLate],
          register: (cluster) => registerCalico(cluster, { ipipMode, vxlanMode }),
          ...(speaksBgp ? { speakers: calicoSpeakers } : {}),
          podMtu: (mtu) => mtu - (ipipMode !== 'Never' ? IPIP.overhead : vxlanMode !== 'Never' ? VXLAN.overhead : 0),
          plugins: calicoPlugins,
        },
      };
    },
  };
}
