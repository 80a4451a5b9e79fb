import { ANY, type Ipv4Prefix, parsePrefix } from '../../address/index.js';
import { type JsonRecord, jsonObject, type Source } from '../../linux/index.js';
import { type Problem, type Read, readResult } from '../../problem/index.js';
import type { BridgeConf } from './bridge.js';
import type { FlannelDelegate } from './flannel.js';
import type { HostLocalConf } from './host-local.js';
import type { CniRoute } from './plugin.js';
import type { PortmapConf } from './portmap.js';

/** A network configuration: a `.conflist`, or a `.conf` of one plug-in (CNI SPEC 1.1 §1). */
export interface CniConflist {
  readonly cniVersion: string;
  readonly name: string;
  readonly plugins: readonly CniPluginConf[];
}

/** One plug-in. `unmodelled` names the keys of its configuration that are kept and not obeyed here. */
export type CniPluginConf = {
  readonly unmodelled: readonly string[];
  /** The configuration as it is written, to be written back. */
  readonly fields: Readonly<Record<string, unknown>>;
} & (
  | { readonly type: 'loopback' }
  | { readonly type: 'bridge'; readonly conf: BridgeConf }
  | { readonly type: 'flannel'; readonly delegate: FlannelDelegate }
  | { readonly type: 'portmap'; readonly conf: Omit<PortmapConf, 'portMappings'> }
  /** A plug-in that is not modelled, or one with an IPAM plug-in that is not. */
  | { readonly type: 'unmodelled'; readonly plugin: string }
);

/** Reads a file of /etc/cni/net.d. */
export function readConflist(source: Source): Read<CniConflist> {
  const problems: Problem[] = [];
  const document = jsonObject(source, problems);
  if (document === undefined) return readResult({ cniVersion: '', name: '', plugins: [] }, problems);
  const name = document.requiredString('name');
  const list = document.has('plugins');
  if (list && document.records('plugins').length === 0 && problems.length === 0)
    document.fail('plugins', 'expected at least one plug-in');
  const plugins = list ? document.records('plugins') : [document];
  // Without a version it is the oldest (libcni, ConfListFromBytes()).
  const cniVersion = document.string('cniVersion') ?? '0.1.0';
  return readResult({ cniVersion, name, plugins: plugins.map((plugin) => readPlugin(plugin, name)) }, problems);
}

/** Writes a configuration as it was read. */
export function formatConflist({ cniVersion, name, plugins }: CniConflist): string {
  return `${JSON.stringify({ cniVersion, name, plugins: plugins.map(({ fields }) => fields) }, null, 2)}\n`;
}

/** What every plug-in may say, and what only tells the runtime what to hand over. */
const COMMON = ['type', 'name', 'cniVersion', 'capabilities', 'args', 'runtimeConfig', 'prevResult'];
const BRIDGE = [
  'bridge',
  'isGateway',
  'isDefaultGateway',
  'ipMasq',
  'hairpinMode',
  'promiscMode',
  'portIsolation',
  'mtu',
  'ipam',
];
const DELEGATE = ['bridge', 'hairpinMode', 'isGateway', 'isDefaultGateway', 'ipMasq', 'mtu', 'promiscMode'] as const;
const PORTMAP = ['snat', 'masqAll', 'markMasqBit'];
const HOST_LOCAL = ['type', 'subnet', 'rangeStart', 'rangeEnd', 'gateway', 'routes', 'ranges'];

function readPlugin(plugin: JsonRecord, name: string): CniPluginConf {
  const type = plugin.requiredString('type');
  const { fields } = plugin;
  const besides = (known: readonly string[]): string[] => unknownKeys(plugin, [...COMMON, ...known]);
  switch (type) {
    case 'loopback':
      return { type, fields, unmodelled: besides([]) };
    case 'portmap': {
      const markMasqBit = plugin.number('markMasqBit') ?? 13;
      if (!Number.isInteger(markMasqBit) || markMasqBit < 0 || markMasqBit > 31)
        plugin.fail('markMasqBit', `expected a number from 0 to 31, found ${markMasqBit}`);
      const conf = {
        name,
        snat: plugin.boolean('snat') ?? true,
        masqAll: plugin.boolean('masqAll') ?? false,
        markMasqBit,
      };
      return { type, fields, conf, unmodelled: besides(PORTMAP) };
    }
    case 'flannel': {
      const delegate = plugin.record('delegate');
      const unmodelled = delegate === undefined ? [] : unknownKeys(delegate, DELEGATE).map((key) => `delegate.${key}`);
      return { type, fields, delegate: readDelegate(delegate), unmodelled: [...besides(['delegate']), ...unmodelled] };
    }
    case 'bridge': {
      const ipam = plugin.record('ipam');
      if (ipam?.string('type') !== 'host-local')
        return { type: 'unmodelled', plugin: bridgeName(ipam), fields, unmodelled: [] };
      const leases = readHostLocal(ipam);
      const conf: BridgeConf = {
        name,
        bridge: plugin.string('bridge') ?? 'cni0',
        isGateway: plugin.boolean('isGateway') ?? false,
        isDefaultGateway: plugin.boolean('isDefaultGateway') ?? false,
        ipMasq: plugin.boolean('ipMasq') ?? false,
        hairpinMode: plugin.boolean('hairpinMode') ?? false,
        promiscMode: plugin.boolean('promiscMode') ?? false,
        portIsolation: plugin.boolean('portIsolation') ?? false,
        mtu: plugin.number('mtu'),
        ipam: leases.conf,
      };
      return { type, fields, conf, unmodelled: [...besides(BRIDGE), ...leases.unmodelled.map((key) => `ipam.${key}`)] };
    }
    default:
      return { type: 'unmodelled', plugin: type, fields, unmodelled: [] };
  }
}

function bridgeName(ipam: JsonRecord | undefined): string {
  return ipam === undefined ? 'bridge without IPAM' : `bridge with IPAM ${ipam.requiredString('type')}`;
}

/** What is said of the keys that bridge has; the others are named, those that are false or empty say nothing. */
function readDelegate(delegate: JsonRecord | undefined): FlannelDelegate {
  if (delegate === undefined) return {};
  const bridge = delegate.string('bridge');
  const mtu = delegate.number('mtu');
  const switches = ['hairpinMode', 'isGateway', 'isDefaultGateway', 'ipMasq', 'promiscMode'] as const;
  const said = switches.flatMap((key) => {
    const value = delegate.boolean(key);
    return value === undefined ? [] : [[key, value] as const];
  });
  return { ...(bridge !== undefined && { bridge }), ...(mtu !== undefined && { mtu }), ...Object.fromEntries(said) };
}

/** One range of IPv4 is modelled: the first, be it said with `subnet` or in `ranges`. */
function readHostLocal(ipam: JsonRecord): { readonly conf: HostLocalConf; readonly unmodelled: readonly string[] } {
  const unmodelled = unknownKeys(ipam, HOST_LOCAL);
  const ranges = ipam.lists('ranges');
  const isIpv4 = (range: JsonRecord): boolean => !(range.string('subnet') ?? '').includes(':');
  const all = [...(ipam.has('subnet') ? [ipam] : []), ...ranges.flat()];
  const [range = ipam] = all.filter(isIpv4);
  if (all.length > 1) unmodelled.push('ranges besides the first of IPv4');
  const subnet = range.prefix('subnet');
  if (subnet === undefined && !range.has('subnet')) range.fail('subnet', '"subnet" is missing', 'missing');
  const routes = ipam.records('routes').flatMap((route): CniRoute[] => {
    const text = route.requiredString('dst');
    if (text.includes(':')) {
      unmodelled.push(`routes to ${text}`);
      return [];
    }
    const dst = parsePrefix(text);
    if (dst === undefined && text !== '') route.fail('dst', `expected an IPv4 prefix, found "${text}"`, 'bad-address');
    unmodelled.push(...unknownKeys(route, ['dst', 'gw']).map((key) => `routes.${key}`));
    return dst === undefined ? [] : [{ dst, gw: route.ipv4('gw') }];
  });
  const none: Ipv4Prefix = { address: ANY, length: 0 };
  const [rangeStart, rangeEnd, gateway] = [range.ipv4('rangeStart'), range.ipv4('rangeEnd'), range.ipv4('gateway')];
  return { conf: { subnet: subnet ?? none, rangeStart, rangeEnd, gateway, routes }, unmodelled };
}

/** Keys beyond these that say something: not `false`, 0 or empty. */
function unknownKeys({ fields }: JsonRecord, known: readonly string[]): string[] {
  const says = (value: unknown): boolean => ![false, 0, '', null].some((nothing) => nothing === value);
  return Object.keys(fields).filter((key) => !known.includes(key) && says(fields[key]));
}
