import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import {
  addressesJson,
  bridgeLinksJson,
  conntrackEntries,
  createNetns,
  fdbJson,
  formatAddresses,
  formatAllRoutes,
  formatConntrack,
  formatIpvs,
  formatIpvsTable,
  formatRules,
  formatSysctl,
  formatTableRoutes,
  type Link,
  learn,
  linksJson,
  type Netns,
  neighboursJson,
  parseIpsets,
  parseRuleset,
  printIpsetList,
  printIpsets,
  printListings,
  printRuleset,
  type RouteDump,
  Runtime,
  readAddressText,
  readConntrack,
  readIpsetList,
  readIpvs,
  readLinks,
  readNetns,
  readRouteText,
  readRuleText,
  readSysctls,
  routesJson,
  rulesJson,
  type TableName,
} from '../../src/linux/index.js';
import { readable, recording } from '../recordings/load.js';
import { readShared, sharedFiles } from '../shared.js';

const DUMPS = 'reference/real-dumps';

/** A text through the state and back, beside what it should be. */
type Trip = (text: string, file: string) => { readonly printed: string; readonly wanted: string };

/** A dump by what is done with it, or why it can't be done. */
type Listed = { readonly trip: Trip } | { readonly not: string };

const NFT = 'nftables is not modelled yet';

/** Every dump, each with its format and what happens to it. */
const FILES: Readonly<Record<string, Listed>> = {
  'ip-6-route.calico-ipvs.k8s.excerpt.txt': { trip: routesAll },
  'ip-addr.kube-ipvs0.txt': { trip: addresses },
  'ip-route.calico-classic.excerpts.txt': { trip: routeExcerpts },
  'ip-route.flannel-vxlan.control-plane.txt': { trip: routes },
  'ip-route.kubeadm-1.11.no-cni.txt': { trip: routes },
  'ipset-L.calico-vxlan.kube-proxy-ipvs.txt': { trip: ipsetList },
  'ipset-list.calico-gke.selector-set.txt': { trip: ipsetList },
  'iptables-S-filter.calico-docker-libnetwork.static-chains.txt': { trip: listing },
  'iptables-S-filter.calico-gke.workload-policy.txt': { trip: listing },
  'iptables-S-nat.flannel-vxlan.kube-proxy.txt': { trip: listing },
  'iptables-S.docker.new-daemon.txt': { trip: listing },
  'iptables-S.docker.usernet-portmap-routed.txt': { trip: listing },
  'iptables-S.docker.usernet-portmap.txt': { trip: listing },
  'iptables-save-nat.calico-vxlan.kube-proxy-ipvs.txt': { trip: save },
  'iptables-save.aks-azurecni.azure-npm.cyclonus.txt': { trip: save },
  'iptables-save.aks.azure-npm-v1.filter.txt': { trip: save },
  'iptables-save.kubeadm-1.11.docker.no-cni.txt': { trip: save },
  'iptables-save.kubeadm-1.11.docker.weave.txt': { trip: save },
  'ipvsadm-Ln.calico-vxlan.kube-proxy-ipvs.txt': { trip: ipvsTable },
  'ipvsadm-Ln.sctp.nodeport.txt': { trip: ipvsTable },
  'nft-list.docker.new-daemon.txt': { not: NFT },
  'nft-list.docker.usernet-portmap-routed.txt': { not: NFT },
  'nft-list.docker.usernet-portmap.txt': { not: NFT },
  'own-node1/bridge-j-d-link.json': { trip: node1 },
  'own-node1/bridge-j-fdb.json': { trip: node1 },
  'own-node1/conntrack-L-ext.txt': { trip: conntrack },
  'own-node1/conntrack-L.txt': { trip: conntrack },
  'own-node1/ip-j-d-addr.json': { trip: node1 },
  'own-node1/ip-j-d-link.json': { trip: node1 },
  'own-node1/ip-j-neigh.json': { trip: node1 },
  'own-node1/ip-j-route-all.json': { trip: node1 },
  'own-node1/ip-j-rule.json': { trip: node1 },
  'own-node1/ip-route-all.txt': { trip: routesAll },
  'own-node1/ip-rule.txt': { trip: rules },
  'own-node1/ipset-save.txt': { trip: ipsetSave },
  'own-node1/iptables-save-c.txt': { trip: save },
  'own-node1/nft-j-ruleset.json': { not: NFT },
  'own-node1/nft-ruleset.txt': { not: NFT },
  'own-node1/sysctl.txt': { trip: sysctls },
};

describe('real dumps: file, state, text', () => {
  for (const [file, listed] of Object.entries(FILES)) {
    if ('not' in listed) test.skip(`${file}: ${listed.not}`);
    else
      test(file, (context) => {
        const text = file.startsWith('own-node1/') ? recording(file).text : readShared(context, `${DUMPS}/${file}`);
        const { printed, wanted } = listed.trip(text, file);
        expect(lines(printed)).toEqual(lines(wanted));
        expect(lines(wanted).length).toBeGreaterThan(0);
      });
  }

  test('none is left out', (context) => {
    const files = sharedFiles(DUMPS) ?? context.skip(`there is no ${DUMPS} in the shared folder`);
    expect(files.filter((file) => file !== 'SOURCES.md')).toEqual(Object.keys(FILES).sort());
  });

  test('none of our own is left out', () => {
    const own = readdirSync(fileURLToPath(new URL('../recordings/own-node1', import.meta.url)));
    expect(own.map((file) => `own-node1/${file}`).filter((file) => !(file in FILES))).toEqual([]);
  });
});

/** The recordings of one node as the dump of one namespace. */
const NODE1 = () => {
  const of = (file: string) => recording(`own-node1/${file}`);
  return {
    link: of('ip-j-d-link.json'),
    bridgeLink: of('bridge-j-d-link.json'),
    addr: of('ip-j-d-addr.json'),
    route: of('ip-j-route-all.json'),
    rule: of('ip-j-rule.json'),
    neigh: of('ip-j-neigh.json'),
    fdb: of('bridge-j-fdb.json'),
    sysctl: of('sysctl.txt'),
    iptables: of('iptables-save-c.txt'),
    ipset: of('ipset-save.txt'),
    ipvs: { file: 'ipvs', text: '-A -t 10.96.0.1:443 -s rr\n' },
    conntrack: of('conntrack-L-ext.txt'),
  };
};

test('own-node1 is one namespace, and its connections are where a trace begins', () => {
  const dump = NODE1();
  const { ns, learned } = readable(readNetns(dump, { name: 'node1', role: 'node', now: 5000 }));
  expect(printRuleset(ns.iptables, 'counters')).toBe(
    lines(dump.iptables.text)
      .map((line) => `${line}\n`)
      .join(''),
  );
  expect([...ns.ipsets.keys()]).toEqual(['KUBE-CLUSTER-IP', 'np', 'pn']);
  expect(formatIpvs(ns.ipvs)).toBe(dump.ipvs.text);
  const runtime = new Runtime();
  learn(runtime.of('node1'), learned, runtime.journal);
  const printed = formatConntrack(conntrackEntries(runtime.of('node1').conntrack, 5000)).replace(/ id=\d+/g, '');
  expect(lines(printed)).toEqual(lines(recording('own-node1/conntrack-L.txt').text));
});

/** Lines without comments, blank ones and the blanks at their ends. */
function lines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '' && !line.startsWith('# '));
}

function save(text: string, file: string): ReturnType<Trip> {
  const counters = /^\[\d+:\d+\] -A/m.test(text) ? 'counters' : 'plain';
  return { printed: printRuleset(readable(parseRuleset(text, file)), counters), wanted: text };
}

function listing(text: string, file: string): ReturnType<Trip> {
  const table = /iptables-S-(\w+)/.exec(file)?.[1] as TableName | undefined;
  // An excerpt without chain lines: declare the chains that its rules are in.
  const isExcerpt = !/^-P/m.test(text);
  const chains = new Set([...text.matchAll(/^-A ((?!FORWARD|INPUT|OUTPUT)\S+)/gm)].map((match) => match[1] ?? ''));
  const declared = isExcerpt ? [...chains].map((chain) => `-N ${chain}\n`).join('') : '';
  const ruleset = readable(parseRuleset(declared + text, file, table === undefined ? {} : { table }));
  const printed = printListings(ruleset);
  return { printed: isExcerpt ? printed.replace(/^-[PN].*$/gm, '') : printed, wanted: text };
}

/** How the text and iproute2's present version space their words; and the state of links, which no route holds. */
function spaced(text: string): string {
  return text.replace(/ +/g, ' ').replace(/ linkdown\b/g, '');
}

function routes(text: string, file: string): ReturnType<Trip> {
  const read = readable(readRouteText({ file, text }));
  return { printed: formatTableRoutes(withRoutes(read)), wanted: spaced(text) };
}

/** Four machines, each behind a comment; the third is what `ip monitor` told of, no table. */
function routeExcerpts(text: string, file: string): ReturnType<Trip> {
  const parts = text.split(/^# .*$/m).filter((part) => part.trim() !== '' && !part.includes('Deleted'));
  expect(parts).toHaveLength(3);
  const trips = parts.map((part) => routes(part, file));
  return { printed: trips.map(({ printed }) => printed).join(''), wanted: trips.map(({ wanted }) => wanted).join('') };
}

function withRoutes({ tables, inet6 }: RouteDump): Netns {
  const ns = createNetns('n1', 'node');
  return { ...ns, ipv4: { ...ns.ipv4, tables }, ipv6: { ...ns.ipv6, routes: inet6 } };
}

function routesAll(text: string, file: string): ReturnType<Trip> {
  return { printed: formatAllRoutes(withRoutes(readable(readRouteText({ file, text })))), wanted: text };
}

/** The addresses: of its links this text tells less than `ip -d link`. */
function addresses(text: string, file: string): ReturnType<Trip> {
  const { inet, inet6 } = readable(readAddressText({ file, text }));
  const links = [...text.matchAll(/^(\d+): ([^:@]+)/gm)].map(([, ifindex, ifname]) => {
    return { ifindex: Number(ifindex), ifname, flags: [], mtu: 1500, link_type: 'ether' };
  });
  const link = { file, text: JSON.stringify(links) };
  const { ns } = readable(readNetns({ link }, { name: 'n1', role: 'node' }));
  const withAddresses = { ...ns, ipv4: { ...ns.ipv4, addresses: inet }, ipv6: { ...ns.ipv6, addresses: inet6 } };
  const ofAddresses = (all: string): string =>
    all
      .split('\n')
      .filter((line) => /^\s+(inet6?|valid_lft) /.test(line))
      .join('\n');
  return { printed: ofAddresses(formatAddresses(withAddresses)), wanted: ofAddresses(text) };
}

function rules(text: string, file: string): ReturnType<Trip> {
  const ns = createNetns('n1', 'node');
  const read = readable(readRuleText({ file, text }));
  return { printed: formatRules({ ...ns, ipv4: { ...ns.ipv4, rules: read.inet } }), wanted: text };
}

/** The JSON of one node, a line for each object; the kernel's order of neighbours and stations is that of a hash. */
function node1(text: string, file: string): ReturnType<Trip> {
  const { ns: read, learned, farEnds } = readable(readNetns(NODE1(), { name: 'node1', role: 'node', now: 5000 }));
  const links = new Map(
    [...read.links].map(([dev, link]): [string, Link] => {
      const far = farEnds.get(dev);
      return [dev, link.kind === 'veth' && far ? { ...link, peer: { netns: `id ${far.netnsid}`, dev } } : link];
    }),
  );
  const ns: Netns = { ...read, links };
  const view = { peerIndex: ({ name }: Link) => farEnds.get(name)?.ifindex, cpus: 2 };
  const runtime = new Runtime();
  learn(runtime.of('node1'), learned, runtime.journal);
  const printed = new Map([
    ['bridge-j-d-link.json', bridgeLinksJson(ns)],
    ['bridge-j-fdb.json', fdbJson(ns, runtime.of('node1'))],
    ['ip-j-d-addr.json', addressesJson(ns, view)],
    ['ip-j-d-link.json', linksJson(ns, view)],
    ['ip-j-neigh.json', neighboursJson(ns, runtime.of('node1'))],
    ['ip-j-route-all.json', routesJson(ns)],
    ['ip-j-rule.json', rulesJson(ns)],
  ]).get(file.replace('own-node1/', ''));
  const isHashed = /fdb|neigh/.test(file);
  const objects = (json: string): string => {
    const list = (JSON.parse(standing(json)) as Record<string, unknown>[]).map((object) => {
      return JSON.stringify(file.endsWith('d-addr.json') ? withoutDetails(object) : object);
    });
    return (isHashed ? list.sort() : list).join('\n');
  };
  // `bridge` names the device behind a port by its index, which here is one of another namespace.
  const known = file.endsWith('bridge-j-d-link.json') ? text.replace('"link":"eth0",', '') : text;
  return { printed: objects(printed ?? '[]'), wanted: objects(known) };
}

/** Timers run, and a namespace keeps the number that it was once given: the state holds neither. */
function standing(json: string): string {
  return json.replace(/("link_netnsid":)[1-9]\d*/g, '$10').replace(/("\w+_timer":)\d+\.\d\d/g, '$10.00');
}

/** `ip -d addr` says of a link what `ip -d link` says too. */
function withoutDetails(object: Record<string, unknown>): Record<string, unknown> {
  const details = /^(promiscuity|allmulti|linkinfo|(min|max)_mtu|num_[tr]x_queues|[gt]so_.*|gro_.*)$/;
  return Object.fromEntries(Object.entries(object).filter(([key]) => !details.test(key)));
}

/** Without what the kernel counts, and what depends on its version. */
function ipsetList(text: string, file: string): ReturnType<Trip> {
  const wanted = text.replace(/^(Revision|Size in memory|References): .*$/gm, '');
  return { printed: printIpsetList(readable(readIpsetList(text, file))), wanted };
}

function ipsetSave(text: string, file: string): ReturnType<Trip> {
  return { printed: printIpsets(readable(parseIpsets(text, file))), wanted: text };
}

/** The last two columns count connections. The lines `-Sn` would have are read back to the same services. */
function ipvsTable(text: string, file: string): ReturnType<Trip> {
  const services = readable(readIpvs({ file, text }));
  const again = readable(readIpvs({ file, text: formatIpvs(services) }));
  const uncounted = (table: string): string => table.replace(/^( +-> .*?) +\d+ +\d+ *$/gm, '$1');
  expect(uncounted(formatIpvsTable(again))).toBe(uncounted(formatIpvsTable(services)));
  return { printed: uncounted(formatIpvsTable(services)), wanted: uncounted(text) };
}

function conntrack(text: string, file: string): ReturnType<Trip> {
  return { printed: formatConntrack(readable(readConntrack({ file, text }))), wanted: text };
}

/** What the dump says; a namespace has more. */
function sysctls(text: string, file: string): ReturnType<Trip> {
  const { links } = readable(readLinks(recording('own-node1/ip-j-d-link.json'), { netns: 'node1' }));
  const known = readable(readSysctls({ file, text })).entries(['all', 'default', ...links.keys()]);
  const printed = new Set([...known].map(([path, value]) => formatSysctl(path, value)));
  return {
    printed: lines(text)
      .filter((line) => printed.has(line))
      .join('\n'),
    wanted: text,
  };
}
