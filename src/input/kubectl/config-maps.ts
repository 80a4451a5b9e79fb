import { parsePrefix } from '../../address/index.js';
import { inside, type LabContext, type Place } from '../context.js';
import { valueAt } from '../value-at.js';
import type { YamlDocument } from '../yaml.js';
import { readDocuments } from './documents.js';
import { kubeProxySettings } from './kube-proxy-config.js';

/** What the ConfigMaps of flannel and kube-proxy say, in the lab file's words. */
export interface Configured {
  cni: Readonly<Record<string, unknown>> & { readonly name: string };
  network: string;
  kubeProxy: Readonly<Record<string, unknown>>;
}

/** Reads a ConfigMap that configures the network; false for any other. What of it is not modelled is noted. */
export function readConfigMap(place: Place, into: Partial<Configured>, context: LabContext): boolean {
  const metadata = valueAt(place.document.value, [...place.path, 'metadata']) as Record<string, unknown> | undefined;
  const where = `configmap/${metadata?.['namespace'] ?? 'default'}/${metadata?.['name'] ?? ''}`;
  switch (metadata?.['name']) {
    case 'kube-flannel-cfg':
      readFlannel(inside(place, 'data'), where, into, context);
      return true;
    case 'kube-proxy':
      readKubeProxy(inside(place, 'data'), where, into, context);
      return true;
    default:
      return false;
  }
}

/** A text within the file, read as what it is. What is wrong in it is told at its key, with the place inside. */
function readInner(data: Place, key: string, context: LabContext): YamlDocument | undefined {
  const place = inside(data, key);
  const text = valueAt(place.document.value, place.path);
  if (typeof text !== 'string') return context.complain(place, 'missing', `expected ${key} as text, found none`);
  const read = readDocuments(text, context.file);
  if ('problems' in read) {
    for (const { line, col, message } of read.problems)
      context.complain(place, 'syntax', `in ${key}, line ${line}, column ${col}: ${message}`);
    return undefined;
  }
  const [document] = read.value;
  if (typeof document?.value === 'object' && document.value !== null) return document;
  return context.complain(place, 'bad-type', `expected a map in ${key}`);
}

const BACKENDS = new Set(['vxlan', 'host-gw', 'udp']);
/** Of each backend the options that are modelled. */
const BACKEND_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  vxlan: ['VNI', 'Port', 'MTU', 'Learning', 'DirectRouting'],
  'host-gw': [],
  udp: ['Port'],
};

function readFlannel(data: Place, where: string, into: Partial<Configured>, context: LabContext): void {
  const net = readInner(data, 'net-conf.json', context);
  if (net === undefined) return;
  const place = inside(data, 'net-conf.json');
  const conf = net.value as Record<string, unknown>;
  const network = conf['Network'];
  if (typeof network !== 'string' || parsePrefix(network) === undefined) {
    const { line, col } = net.positionOf(['Network']);
    const found = network === undefined ? 'none' : JSON.stringify(network);
    const message = `in net-conf.json, line ${line}, column ${col}: expected Network as an IPv4 prefix, found ${found}`;
    context.complain(place, network === undefined ? 'missing' : 'bad-address', message);
    return;
  }
  into.network = network;
  for (const key of ['EnableIPv6', 'EnableNFTables'])
    if (conf[key] === true) context.notModelled(place, { what: key, where });
  const backend = (conf['Backend'] ?? {}) as Record<string, unknown>;
  const type = String(backend['Type'] ?? 'udp').toLowerCase();
  if (!BACKENDS.has(type)) {
    context.notModelled(place, { what: `Backend Type ${backend['Type']}`, where });
    return;
  }
  const options: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(backend)) {
    if (key === 'Type') continue;
    if (BACKEND_OPTIONS[type]?.includes(key)) options[key] = value;
    else context.notModelled(place, { what: `Backend ${key}`, where });
  }
  into.cni = { name: `flannel/${type}`, ...options, ...readDelegate(data, where, context) };
}

/** The plug-ins of the published cni-conf.json. */
const PLUGINS = new Set(['flannel', 'portmap']);

function readDelegate(data: Place, where: string, context: LabContext): Record<string, unknown> {
  if (valueAt(data.document.value, [...data.path, 'cni-conf.json']) === undefined) return {};
  const conf = readInner(data, 'cni-conf.json', context);
  const plugins = valueAt(conf?.value, ['plugins']);
  if (!Array.isArray(plugins)) return {};
  const place = inside(data, 'cni-conf.json');
  let hairpin: boolean | undefined;
  for (const plugin of plugins as Record<string, unknown>[]) {
    const { type } = plugin as { readonly type?: unknown };
    if (!PLUGINS.has(String(type))) context.notModelled(place, { what: `CNI plug-in ${String(type)}`, where });
    for (const [key, value] of Object.entries((plugin['delegate'] ?? {}) as Record<string, unknown>)) {
      if (key === 'hairpinMode') hairpin = value === true;
      else if (key !== 'isDefaultGateway' || value !== true)
        context.notModelled(place, { what: `delegate ${key}: ${JSON.stringify(value)}`, where });
    }
  }
  // The plug-in's own default is off; ours is that of the published file.
  return hairpin === true ? {} : { hairpinMode: false };
}

function readKubeProxy(data: Place, where: string, into: Partial<Configured>, context: LabContext): void {
  const inner = readInner(data, 'config.conf', context);
  if (inner === undefined) return;
  const { settings, unmodelled } = kubeProxySettings(inner.value as Record<string, unknown>);
  for (const what of unmodelled) context.notModelled(inside(data, 'config.conf'), { what, where });
  into.kubeProxy = settings;
}
