import type { Ipv4Prefix } from '../../address/index.js';
import type { BridgeConf } from './bridge.js';
import { wholeSubnet } from './host-local.js';

/** What flanneld writes to /run/flannel/subnet.env. */
export interface SubnetEnv {
  /** FLANNEL_NETWORK. */
  readonly network: Ipv4Prefix;
  /** FLANNEL_SUBNET, of which the plug-in takes the network part. */
  readonly subnet: Ipv4Prefix;
  /** FLANNEL_MTU. */
  readonly mtu: number;
  /** FLANNEL_IPMASQ. */
  readonly ipMasq: boolean;
}

/** `delegate` of the flannel plug-in's configuration. */
export type FlannelDelegate = Partial<
  Pick<BridgeConf, 'bridge' | 'hairpinMode' | 'isGateway' | 'isDefaultGateway' | 'ipMasq' | 'mtu' | 'promiscMode'>
>;

/** `delegate` of the published 10-flannel.conflist, whose network is called cbr0 (Documentation/kube-flannel.yml). */
export const PUBLISHED_DELEGATE: FlannelDelegate = { hairpinMode: true, isDefaultGateway: true };

/**
 * The configuration that the flannel plug-in hands to bridge: masquerading where flanneld does not do it, flanneld's
 * MTU, host-local on the node's subnet, and a route to the whole Network (flannel-io/cni-plugin 1.9 flannel.go,
 * flannel_linux.go, doCmdAdd()).
 */
export function flannelDelegate(name: string, delegate: FlannelDelegate, env: SubnetEnv): BridgeConf {
  return {
    name,
    bridge: delegate.bridge ?? 'cni0',
    isGateway: delegate.isGateway ?? true,
    isDefaultGateway: delegate.isDefaultGateway ?? false,
    ipMasq: delegate.ipMasq ?? !env.ipMasq,
    hairpinMode: delegate.hairpinMode ?? false,
    promiscMode: delegate.promiscMode ?? false,
    portIsolation: false,
    mtu: delegate.mtu ?? env.mtu,
    ipam: wholeSubnet(env.subnet, [{ dst: env.network, gw: undefined }]),
  };
}
