import { parseAnyPrefix } from '../../address/index.js';
import { valueAt } from '../value-at.js';
import { compact } from './service-lines.js';

type Values = Readonly<Record<string, unknown>>;

/** What a KubeProxyConfiguration says, in the lab file's words. */
export interface KubeProxySettings {
  readonly settings: Values;
  /** What of it changes packets' paths and is not modelled. */
  readonly unmodelled: readonly string[];
}

/** Settings that are not read: path → the values under which nothing is missing. */
const UNREAD: readonly (readonly [path: readonly string[], fine: readonly unknown[]])[] = [
  [['featureGates'], [undefined, null]],
  [
    ['ipvs', 'tcpTimeout'],
    [undefined, null, '0s'],
  ],
  [
    ['ipvs', 'tcpFinTimeout'],
    [undefined, null, '0s'],
  ],
  [
    ['ipvs', 'udpTimeout'],
    [undefined, null, '0s'],
  ],
];

/** Without what is the default (k8s 1.30 pkg/proxy/apis/config/v1alpha1/defaults.go). */
export function kubeProxySettings(conf: Values): KubeProxySettings {
  const unmodelled = UNREAD.flatMap(([path, fine]) => {
    const value = valueAt(conf, path);
    return isEmpty(value) || fine.includes(value) ? [] : [`${path.join('.')}: ${JSON.stringify(value)}`];
  });
  const said = String(conf['mode'] ?? '');
  const mode = said === 'ipvs' ? said : 'iptables';
  if (said !== '' && said !== mode) unmodelled.unshift(`mode: ${said}`);
  const addresses = strings(conf['nodePortAddresses']);
  // From k8s 1.31: the node's primary addresses.
  if (addresses.includes('primary')) unmodelled.push('nodePortAddresses: ["primary"]');
  const { masqueradeAll, ...iptables } = iptablesOf(section(conf, 'iptables'));
  const settings = compact({
    mode,
    ...detectLocalOf(conf),
    masqueradeAll,
    nodePortAddresses: addresses.filter((each) => each !== 'primary'),
    iptables: compact(iptables),
    ipvs: mode === 'ipvs' ? ipvsOf(section(conf, 'ipvs')) : undefined,
  });
  return { settings, unmodelled };
}

/** An empty clusterCIDR is one in the ConfigMap, and the podCIDR in a lab. */
function detectLocalOf(conf: Values): Values {
  const mode = conf['detectLocalMode'];
  const cidrs = String(conf['clusterCIDR'] ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => parseAnyPrefix(each) !== undefined);
  if (mode === undefined || mode === '' || mode === 'ClusterCIDR')
    return { clusterCIDR: cidrs.length === 0 ? 'none' : cidrs.join(',') };
  const { bridgeInterface, interfaceNamePrefix } = section(conf, 'detectLocal');
  const detectLocal = compact({
    bridgeInterface: bridgeInterface === '' ? undefined : bridgeInterface,
    interfaceNamePrefix: interfaceNamePrefix === '' ? undefined : interfaceNamePrefix,
  });
  return { clusterCIDR: cidrs.length === 0 ? undefined : cidrs.join(','), detectLocalMode: mode, detectLocal };
}

function iptablesOf({ masqueradeAll, masqueradeBit, localhostNodePorts }: Values): Values {
  return {
    masqueradeAll: masqueradeAll === true ? true : undefined,
    masqueradeBit: masqueradeBit === null || masqueradeBit === 14 ? undefined : masqueradeBit,
    localhostNodePorts: localhostNodePorts === false ? false : undefined,
  };
}

function ipvsOf({ scheduler, strictARP, excludeCIDRs }: Values): Values {
  return compact({
    scheduler: scheduler === '' || scheduler === null ? undefined : scheduler,
    strictARP: strictARP === true ? true : undefined,
    excludeCIDRs: strings(excludeCIDRs),
  });
}

function section(conf: Values, key: string): Values {
  const value = conf[key];
  return typeof value === 'object' && value !== null ? (value as Values) : {};
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
