import { parseIpv4 } from '../../address/index.js';
import { CALICO_DEFAULTS, type FelixConfiguration } from '../../cluster/index.js';
import type { LabContext } from '../context.js';
import type { EntryOf } from './entries.js';

/** FelixConfiguration `default`; what it leaves out is as nothing were said. */
export function readFelixConfiguration(
  entry: EntryOf<'FelixConfiguration'> | undefined,
  context: LabContext,
): FelixConfiguration {
  const fallback = CALICO_DEFAULTS.felixConfiguration;
  if (entry === undefined) return fallback;
  const { natOutgoingAddress, natPortRange, chainInsertMode, ipipMTU, vxlanMTU, ...said } = entry.spec;
  return {
    defaultEndpointToHostAction: said.defaultEndpointToHostAction ?? fallback.defaultEndpointToHostAction,
    chainInsertMode: chainInsertMode?.toLowerCase() === 'append' ? 'append' : 'insert',
    iptablesFilterAllowAction: said.iptablesFilterAllowAction ?? fallback.iptablesFilterAllowAction,
    iptablesMangleAllowAction: said.iptablesMangleAllowAction ?? fallback.iptablesMangleAllowAction,
    iptablesMarkMask: said.iptablesMarkMask ?? fallback.iptablesMarkMask,
    // 0 stands for the right one.
    ipipMTU: ipipMTU === 0 ? undefined : ipipMTU,
    vxlanMTU: vxlanMTU === 0 ? undefined : vxlanMTU,
    vxlanVNI: said.vxlanVNI ?? fallback.vxlanVNI,
    vxlanPort: said.vxlanPort ?? fallback.vxlanPort,
    deviceRouteProtocol: said.deviceRouteProtocol ?? fallback.deviceRouteProtocol,
    removeExternalRoutes: said.removeExternalRoutes ?? fallback.removeExternalRoutes,
    natOutgoingAddress: natAddress(natOutgoingAddress, entry, context),
    natPortRange: portRange(natPortRange, entry, context),
    allowVXLANPacketsFromWorkloads: said.allowVXLANPacketsFromWorkloads ?? fallback.allowVXLANPacketsFromWorkloads,
    allowIPIPPacketsFromWorkloads: said.allowIPIPPacketsFromWorkloads ?? fallback.allowIPIPPacketsFromWorkloads,
    disableConntrackInvalidCheck: said.disableConntrackInvalidCheck ?? fallback.disableConntrackInvalidCheck,
    serviceLoopPrevention: said.serviceLoopPrevention ?? fallback.serviceLoopPrevention,
  };
}

/** validateFelixConfigSpec(), libcalico-go 3.21 lib/validator/v3. */
function natAddress(
  text: string | undefined,
  { at }: EntryOf<'FelixConfiguration'>,
  context: LabContext,
): FelixConfiguration['natOutgoingAddress'] {
  if (text === undefined) return undefined;
  const message = `expected an IPv4 address, found "${text}"`;
  return parseIpv4(text) ?? context.complain(at('natOutgoingAddress'), 'bad-address', message);
}

/** `32768:65535`, both ends included, or one port. */
function portRange(
  said: number | string | undefined,
  { at }: EntryOf<'FelixConfiguration'>,
  context: LabContext,
): FelixConfiguration['natPortRange'] {
  if (said === undefined) return undefined;
  const [min = 0, max = min] = String(said).split(':').map(Number);
  if (min >= 1 && min <= max && max <= 65535) return { min, max };
  return context.complain(at('natPortRange'), 'bad-value', `expected ports such as 32768:65535, found ${said}`);
}
