import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import {
  conntrackEntries,
  createNetns,
  formatAllRoutes,
  formatConntrack,
  formatIpvs,
  formatIpvsTable,
  formatRules,
  formatSysctl,
  formatTableRoutes,
  learn,
  parseIpsets,
  parseRuleset,
  printIpsetList,
  printIpsets,
  printListings,
  printRuleset,
  Runtime,
  readConntrack,
  readIpsetList,
  readIpvs,
  readLinks,
  readNetns,
  readRoutes,
  readRouteText,
  readRules,
  readRuleText,
  readSysctls,
  type TableName,
} from '../../src/linux/index.js';
import { readable, recording } from '../recordings/load.js';
import { readShared, sharedFiles } from '../shared.js';

const DUMPS = 'reference/real-dumps';

/** A text through the state and back, beside what it should be. */
type Trip = (text: string, file: string) => { readonly printed: string; readonly wanted: string };

/** A dump by what is done with it, or why it can't be done. */
type Listed = { readonly trip: Trip } | { readonly not: string };

const NO_READER = 'a format without a reader';
const NFT = 'nftables is not modelled yet';
const IPV6 = 'routes of IPv6 are not held';
const ELSEWHERE = 'compared as JSON in write-json.test.ts, IPv6 and noise left out';

/** Every dump, each with its format and what happens to it. */
const FILES: Readonly<Record<string, Listed>> = {
  'ip-6-route.calico-ipvs.k8s.excerpt.txt': { not: IPV6 },
  'ip-addr.kube-ipvs0.txt': { not: `${NO_READER}: the text of \`ip addr\`` },
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
  'own-node1/bridge-j-d-link.json': { not: ELSEWHERE },
  'own-node1/bridge-j-fdb.json': { not: ELSEWHERE },
  'own-node1/conntrack-L-ext.txt': { trip: conntrack },
  'own-node1/conntrack-L.txt': { trip: conntrack },
  'own-node1/ip-j-d-addr.json': { not: ELSEWHERE },
  'own-node1/ip-j-d-link.json': { not: ELSEWHERE },
  'own-node1/ip-j-neigh.json': { not: ELSEWHERE },
  'own-node1/ip-j-route-all.json': { trip: routesJson },
  'own-node1/ip-j-rule.json': { trip: rulesJson },
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

test('own-node1 is one namespace, and its connections are where a trace begins', () => {
  const of = (file: string) => recording(`own-node1/${file}`);
  const dump = {
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
  expect(lines(printed)).toEqual(lines(of('conntrack-L.txt').text));
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
  const tables = readable(readRouteText({ file, text }));
  return { printed: formatTableRoutes(withTables(tables)), wanted: spaced(text) };
}

/** Four machines, each behind a comment; the third is what `ip monitor` told of, no table. */
function routeExcerpts(text: string, file: string): ReturnType<Trip> {
  const parts = text.split(/^# .*$/m).filter((part) => part.trim() !== '' && !part.includes('Deleted'));
  expect(parts).toHaveLength(3);
  const trips = parts.map((part) => routes(part, file));
  return { printed: trips.map(({ printed }) => printed).join(''), wanted: trips.map(({ wanted }) => wanted).join('') };
}

function withTables(tables: ReturnType<typeof createNetns>['ipv4']['tables']): ReturnType<typeof createNetns> {
  const ns = createNetns('n1', 'node');
  return { ...ns, ipv4: { ...ns.ipv4, tables } };
}

/** The lines of IPv4: the other half is not held. */
function ofIpv4(text: string): string {
  return text
    .split('\n')
    .filter((line) => !/fe80::|ff00::|::1/.test(line))
    .join('\n');
}

function routesAll(text: string, file: string): ReturnType<Trip> {
  return { printed: formatAllRoutes(withTables(readable(readRouteText({ file, text })))), wanted: ofIpv4(text) };
}

function routesJson(text: string, file: string): ReturnType<Trip> {
  const ns = withTables(readable(readRoutes({ file, text })));
  return { printed: formatAllRoutes(ns), wanted: ofIpv4(recording('own-node1/ip-route-all.txt').text) };
}

function rules(text: string, file: string): ReturnType<Trip> {
  const ns = createNetns('n1', 'node');
  const read = readable(readRuleText({ file, text }));
  return { printed: formatRules({ ...ns, ipv4: { ...ns.ipv4, rules: read } }), wanted: text };
}

function rulesJson(text: string, file: string): ReturnType<Trip> {
  const ns = createNetns('n1', 'node');
  const read = readable(readRules({ file, text }));
  const wanted = recording('own-node1/ip-rule.txt').text;
  return { printed: formatRules({ ...ns, ipv4: { ...ns.ipv4, rules: read } }), wanted };
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
