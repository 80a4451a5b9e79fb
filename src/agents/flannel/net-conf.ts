import type { Ipv4, Ipv4Prefix } from '../../address/index.js';
import { type JsonRecord, jsonObject, type Source } from '../../linux/index.js';
import { type Problem, type Read, readResult } from '../../problem/index.js';
import { type OptionSpecs, readOptions } from '../cni/options.js';
import { BACKEND_OPTIONS } from './backend.js';

/** net-conf.json of the ConfigMap kube-flannel-cfg (flannel 0.28 pkg/subnet/config.go, Config). */
export interface NetConf {
  /** undefined only without IPv4. */
  readonly network: Ipv4Prefix | undefined;
  /** `SubnetLen`, `SubnetMin`, `SubnetMax`: which subnets are handed out, where Kubernetes does not. */
  readonly subnetLen: number | undefined;
  readonly subnetMin: Ipv4 | undefined;
  readonly subnetMax: Ipv4 | undefined;
  /** `vxlan`, `host-gw`, …; `udp` where nothing is said. */
  readonly backendType: string;
  /** What `Backend` says besides, by the names that the backend's options have. */
  readonly backendOptions: Readonly<Record<string, unknown>>;
  /** What is said and not modelled: a backend, an option of one, IPv6, nftables. */
  readonly unmodelled: readonly string[];
}

/** Keys of the document; Go reads them without regard to case. */
const KEYS = [
  'Network',
  'SubnetLen',
  'SubnetMin',
  'SubnetMax',
  'Backend',
  'EnableIPv4',
  'EnableIPv6',
  'EnableNFTables',
  'IPv6Network',
  'IPv6SubnetLen',
  'IPv6SubnetMin',
  'IPv6SubnetMax',
] as const;
type Key = (typeof KEYS)[number];

/** Reads net-conf.json. */
export function readNetConf(source: Source): Read<NetConf> {
  const problems: Problem[] = [];
  const document = jsonObject(source, problems);
  const name = (key: Key): string => spelled(document, key);
  const enableIPv4 = document?.boolean(name('EnableIPv4')) ?? true;
  const network = document?.prefix(name('Network'));
  if (document !== undefined && enableIPv4 && network === undefined && !document.has(name('Network')))
    document.fail('Network', '"Network" is missing', 'missing');
  const backend = document?.record(name('Backend'));
  const typeKey = spelled(backend, 'Type');
  // parseBackendType(): without a backend it is udp.
  const backendType = backend === undefined ? 'udp' : backend.requiredString(typeKey);
  const given = Object.entries(backend?.fields ?? {}).filter(([key]) => key !== typeKey);
  const specs = BACKEND_OPTIONS.get(backendType);
  const known = given.filter(([key]) => specs !== undefined && isKnown(specs, key));
  const read = readOptions(specs ?? {}, Object.fromEntries(known));
  if ('problems' in read) for (const { option, message, code } of read.problems) backend?.fail(option, message, code);
  const subnetLen = document?.number(name('SubnetLen'));
  if (subnetLen !== undefined && (!Number.isInteger(subnetLen) || subnetLen < 1 || subnetLen > 30))
    document?.fail(name('SubnetLen'), `expected a number from 1 to 30, found ${subnetLen}`);
  const unmodelled = [
    ...(document === undefined ? [] : unmodelledKeys(document)),
    ...(specs === undefined ? [`Backend.Type ${backendType}`] : []),
    ...given.filter((option) => !known.includes(option)).map(([key]) => `Backend.${key}`),
  ];
  const value: NetConf = {
    network: enableIPv4 ? network : undefined,
    subnetLen,
    subnetMin: document?.ipv4(name('SubnetMin')),
    subnetMax: document?.ipv4(name('SubnetMax')),
    backendType,
    backendOptions: Object.fromEntries(given),
    unmodelled,
  };
  return readResult(value, problems);
}

function unmodelledKeys(document: JsonRecord): string[] {
  return Object.keys(document.fields).filter((key) => {
    const known = KEYS.find((each) => each.toLowerCase() === key.toLowerCase());
    if (known === undefined) return true;
    if (known === 'EnableIPv6' || known === 'EnableNFTables') return document.boolean(key) === true;
    return known === 'EnableIPv4' ? document.boolean(key) === false : known.startsWith('IPv6');
  });
}

/** The key as the document spells it, or as flannel does. */
function spelled(record: JsonRecord | undefined, key: string): string {
  return Object.keys(record?.fields ?? {}).find((each) => each.toLowerCase() === key.toLowerCase()) ?? key;
}

function isKnown(specs: OptionSpecs, key: string): boolean {
  return Object.keys(specs).some((name) => name.toLowerCase() === key.toLowerCase());
}
