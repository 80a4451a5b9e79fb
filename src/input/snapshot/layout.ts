import { type Netns, type NetnsDump, usedIpsets } from '../../linux/index.js';

/** A file of a namespace's folder in a node dump. */
export interface SnapshotPart {
  readonly file: string;
  /** What prints it. */
  readonly command: string;
  /** Which part of a dump it is. */
  readonly reader: keyof NetnsDump;
  /** What an empty file says: that there is none of it, or, of what every namespace has, that the command failed. */
  readonly blank: 'none' | 'failed';
  /** What is assumed where the file is absent, in the words of a trace. */
  readonly absent: string;
  /** Whether most namespaces have none of it: it is not missed. */
  readonly rare?: true;
  /** Whether a packet that reaches a namespace without this file depends on what is assumed. */
  leans(ns: Netns): boolean;
}

const always = (): boolean => true;
/** Nothing that is modelled reads it, or another file says the same. */
const never = (): boolean => false;
const addressed = (ns: Netns): boolean => ns.ipv4.addresses.length > 0;

/** Of two files with one reader one is read (see {@link fileNames}): `.txt` for an iproute2 without `-j`. */
export const SNAPSHOT_PARTS: readonly SnapshotPart[] = [
  {
    file: 'ip-link.json',
    command: 'ip -j -d link',
    reader: 'link',
    blank: 'failed',
    absent: 'No devices',
    leans: always,
  },
  {
    file: 'ip-addr.json',
    command: 'ip -j addr',
    reader: 'addr',
    blank: 'failed',
    absent: 'No addresses',
    leans: (ns) => [...ns.links.values()].some(({ master }) => master === undefined) && ns.role !== 'switch',
  },
  {
    file: 'ip-route.json',
    command: 'ip -j route show table all',
    reader: 'route',
    blank: 'none',
    absent: 'No routes',
    leans: addressed,
  },
  {
    file: 'ip-rule.json',
    command: 'ip -j rule',
    reader: 'rule',
    blank: 'failed',
    absent: 'The rules of a new namespace',
    leans: addressed,
  },
  {
    file: 'ip-neigh.json',
    command: 'ip -j neigh',
    reader: 'neigh',
    blank: 'none',
    absent: 'No neighbours but those that ARP finds',
    leans: addressed,
  },
  {
    file: 'ip-neigh-proxy.json',
    command: 'ip -j neigh show proxy',
    reader: 'proxy',
    blank: 'none',
    absent: 'No address that ARP is answered for besides its own',
    // Only a router answers for others (arp_process(), linux net/ipv4/arp.c).
    leans: (ns) => addressed(ns) && ns.sysctls.number('net/ipv4/ip_forward') !== 0,
  },
  {
    file: 'bridge-fdb.json',
    command: 'bridge -j fdb',
    reader: 'fdb',
    blank: 'none',
    absent: 'An empty FDB',
    leans: (ns) => [...ns.links.values()].some(({ kind }) => kind === 'bridge' || kind === 'vxlan'),
  },
  {
    file: 'bridge-link.json',
    command: 'bridge -j -d link',
    reader: 'bridgeLink',
    blank: 'none',
    absent: 'The port flags of ip-link.json',
    leans: never,
  },
  {
    file: 'iptables-save.txt',
    command: 'iptables-save -c',
    reader: 'iptables',
    blank: 'none',
    absent: 'No iptables rules',
    leans: addressed,
  },
  // Of the backend that `iptables` is not; what iptables-save.txt holds already is not taken again.
  {
    file: 'iptables-legacy-save.txt',
    command: 'iptables-legacy-save -c',
    reader: 'iptablesLegacy',
    blank: 'none',
    absent: 'No rules of iptables-legacy',
    rare: true,
    leans: never,
  },
  {
    file: 'iptables-nft-save.txt',
    command: 'iptables-nft-save -c',
    reader: 'iptablesNft',
    blank: 'none',
    absent: 'No rules of iptables-nft',
    rare: true,
    leans: never,
  },
  {
    file: 'ip6tables-save.txt',
    command: 'ip6tables-save -c',
    reader: 'ip6tables',
    blank: 'none',
    absent: 'No ip6tables rules',
    leans: never,
  },
  {
    file: 'ipset-save.txt',
    command: 'ipset save',
    reader: 'ipset',
    blank: 'none',
    absent: 'What is in IP sets is unknown',
    leans: (ns) => usedIpsets(ns.iptables).size > 0,
  },
  {
    file: 'ipvsadm-save.txt',
    command: 'ipvsadm -Sn',
    reader: 'ipvs',
    blank: 'none',
    absent: 'No IPVS services',
    // Pods of a cluster have none; kube-proxy's are on the node.
    leans: (ns) => addressed(ns) && ns.role !== 'pod',
  },
  {
    file: 'ipvs-connections.txt',
    command: 'ipvsadm -Lnc',
    reader: 'ipvsConnections',
    blank: 'none',
    absent: 'No connections of IPVS',
    leans: never,
  },
  {
    file: 'sysctl.txt',
    command: 'sysctl -a',
    reader: 'sysctl',
    blank: 'failed',
    absent: 'The sysctls of a new namespace',
    leans: always,
  },
  {
    file: 'conntrack.txt',
    command: 'conntrack -L',
    reader: 'conntrack',
    blank: 'none',
    absent: 'No connections',
    // A trace starts without connections, whatever was dumped.
    leans: never,
  },
  {
    file: 'ss.txt',
    command: 'ss -lntuH',
    reader: 'sockets',
    blank: 'none',
    absent: 'No listeners but those of network.yaml',
    leans: addressed,
  },
];

/** Other names of files, for what iproute2 prints without `-j`. */
const TEXT_FORMS: ReadonlyMap<string, string> = new Map([
  ['ip-addr.json', 'ip-addr.txt'],
  ['ip-route.json', 'ip-route.txt'],
  ['ip-rule.json', 'ip-rule.txt'],
]);

/** The names that a part's file may have, the preferred one first: of routes the text, which tells more than JSON. */
export function fileNames({ file }: SnapshotPart): readonly string[] {
  const text = TEXT_FORMS.get(file);
  if (text === undefined) return [file];
  return file === 'ip-route.json' ? [text, file] : [file, text];
}

/** The description of the whole: what no dump can tell. */
export const NETWORK_FILE = 'network.yaml';

/** Every file name that a namespace's folder may hold. */
export const KNOWN_FILES: ReadonlySet<string> = new Set(SNAPSHOT_PARTS.flatMap(fileNames));
