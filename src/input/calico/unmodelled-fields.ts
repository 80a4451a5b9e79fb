import { inside, type LabContext } from '../context.js';
import { valueAt } from '../value-at.js';
import type { CalicoSpecs } from './calico-file.js';
import type { CalicoEntry } from './entries.js';

/** A field that changes packets' paths and is not modelled, and the values under which it does not. */
type Field = readonly [key: string, ...fine: readonly unknown[]];

/** By kind; other fields that are not read have to do with logs, health, timers and the like. */
const FIELDS: Readonly<Partial<Record<keyof CalicoSpecs, readonly Field[]>>> = {
  IPPool: [
    ['namespaceSelector', 'all()'],
    ['assignmentMode', 'Automatic'],
  ],
  BGPConfiguration: [
    ['listenPort', 0, 179],
    ['ignoredInterfaces'],
    ['localWorkloadPeeringIPV4'],
    ['serviceLoadBalancerAggregation', 'Enabled'],
    ['programClusterRoutes', 'Enabled'],
    ['ipv4NormalRoutePriority'],
    ['ipv4ElevatedRoutePriority'],
  ],
  BGPPeer: [
    ['sourceAddress', 'UseNodeIP'],
    ['ttlSecurity', 0],
    ['reachableBy'],
    ['localWorkloadSelector'],
    ['localASNumber', 0],
    ['reversePeering', 'Auto'],
    ['failureDetectionMode', 'None'],
    ['restartMode', 'GracefulRestart'],
    ['birdGatewayMode', 'Recursive'],
  ],
  FelixConfiguration: [
    ['bpfEnabled', false],
    ['wireguardEnabled', false],
    ['interfacePrefix', 'cali'],
    ['ipipEnabled'],
    ['vxlanEnabled'],
    ['ipForwarding', 'Enabled'],
    ['nftablesMode', 'Disabled', 'Auto'],
    ['deviceRouteSourceAddress'],
    ['iptablesNATOutgoingInterfaceFilter'],
    ['externalNodesList'],
    ['routeSource', 'CalicoIPAM'],
    ['routeSyncDisabled', false],
    ['programClusterRoutes', 'Disabled'],
    ['mtuIfacePattern'],
    ['kubeNodePortRanges'],
    ['featureDetectOverride'],
    ['floatingIPs', 'Disabled'],
    ['natOutgoingExclusions', 'IPPoolsOnly'],
    ['nftablesFilterAllowAction', 'Accept'],
    ['nftablesMangleAllowAction', 'Accept'],
    ['workloadSourceSpoofing', 'Disabled'],
    ['useInternalDataplaneDriver', true],
  ],
};

/** Fields of rules of a BGPFilter. */
const RULE_FIELDS = ['peerType', 'operations', 'communities', 'asPathPrefix', 'priority'];

/** Notes what of an object is not modelled. */
export function noteUnreadFields(entry: CalicoEntry, context: LabContext): void {
  const where = `${entry.kind.toLowerCase()}/${entry.name}`;
  for (const [key, ...fine] of FIELDS[entry.kind] ?? []) {
    const value = valueAt(entry.spec, [key]);
    if (!isEmpty(value) && !fine.includes(value)) context.notModelled(entry.at(key), { what: key, where });
  }
  if (entry.kind !== 'BGPFilter') return;
  for (const direction of ['exportV4', 'importV4'] as const)
    for (const [i, rule] of (entry.spec[direction] ?? []).entries())
      for (const key of RULE_FIELDS)
        if (!isEmpty(valueAt(rule, [key])))
          context.notModelled(inside(entry.at(direction), i, key), { what: `${direction}: ${key}`, where });
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
}
