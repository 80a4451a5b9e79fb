import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  type Ipset,
  parseRuleset,
  printIpsets,
  printRuleset,
  type Ruleset,
  readIpsetList,
  type TableName,
  usedIpsets,
} from '../../src/linux/index.js';
import { AS_ROOT } from '../isolated.js';
import { onMachine } from '../machine.js';
import { readable, recording } from '../recordings/load.js';
import { readShared } from '../shared.js';

const DUMPS = 'reference/real-dumps';

/** Runs a script in namespaces of its own; what it reads is handed in by its standard input. */
function isolated(script: string, input = ''): { readonly status: number | null; readonly stdout: string } {
  const lock = 'mount -t tmpfs t /run && ip link set lo up || exit 1';
  return spawnSync('unshare', [...AS_ROOT, '-m', '-n', 'bash', '-c', `mount --make-rprivate / && ${lock}\n${script}`], {
    encoding: 'utf8',
    input,
  });
}

/** Root, namespaces, and the tool with what it needs of the kernel. */
function works(command: string): boolean {
  return isolated(command).status === 0;
}

/** Dumps of whole machines or tables, and the table that a text without table lines is from. */
const SAVES: readonly (readonly [file: string, table?: TableName])[] = [
  ['iptables-save-nat.calico-vxlan.kube-proxy-ipvs.txt'],
  ['iptables-save.aks-azurecni.azure-npm.cyclonus.txt'],
  ['iptables-save.aks.azure-npm-v1.filter.txt'],
  ['iptables-save.kubeadm-1.11.docker.no-cni.txt'],
  ['iptables-save.kubeadm-1.11.docker.weave.txt'],
  ['iptables-S-filter.calico-docker-libnetwork.static-chains.txt', 'filter'],
  ['iptables-S-nat.flannel-vxlan.kube-proxy.txt', 'nat'],
  ['iptables-S.docker.new-daemon.txt'],
  ['iptables-S.docker.usernet-portmap-routed.txt'],
  ['iptables-S.docker.usernet-portmap.txt'],
];

for (const flavour of ['legacy', 'nft'] as const) {
  const restore = `iptables-${flavour}-restore`;
  const able = works(
    `echo '*nat\n-A PREROUTING -p tcp -j REDIRECT\nCOMMIT' | ${restore} && iptables-${flavour}-save && ipset create x hash:ip`,
  );
  describe.skipIf(!able)(
    onMachine(
      `${restore} takes what we print`,
      able ? undefined : 'needs namespaces, it and ipset, and iptables-legacy-save root',
    ),
    () => {
      test.for(SAVES)('%s', ([file, table], context) => {
        const text = readShared(context, `${DUMPS}/${file}`);
        expectLoads(`ip`, flavour, readable(parseRuleset(text, file, table === undefined ? {} : { table })));
      });

      test('own-node1/iptables-save-c.txt', () => {
        const { text, file } = recording('own-node1/iptables-save-c.txt');
        expectLoads('ip', flavour, readable(parseRuleset(text, file)));
      });

      test('ip6tables-save-1.8.9.txt', () => {
        const text = readFileSync(new URL('ip6tables-save-1.8.9.txt', import.meta.url), 'utf8');
        expectLoads('ip6', flavour, readable(parseRuleset(text, 'ip6tables-save', { family: 'ip6' })));
      });
    },
  );
}

/** The tool takes it, first as a test and then in earnest, and saves the same rules again. */
function expectLoads(family: 'ip' | 'ip6', flavour: 'legacy' | 'nft', ruleset: Ruleset): void {
  const printed = printRuleset(ruleset);
  // A set that a rule names has to be there; of which type does not matter to a rule.
  const sets = [...usedIpsets(ruleset)].map((name) => `ipset create '${name}' hash:ip`);
  const tool = `${family}tables-${flavour}`;
  const script = [...sets, 'cat > /run/rules', `${tool}-restore --test /run/rules`, `${tool}-restore /run/rules`];
  const { status, stdout } = isolated(`set -e\n${script.join('\n')}\n${tool}-save`, printed);
  expect(status).toBe(0);
  expect(rulesOf(stdout)).toEqual(rulesOf(printed));
}

/** The lines of each table; in which order the tables come is the tool's business. */
function rulesOf(text: string): string[] {
  const tables = text
    .split(/^(?=\*)/m)
    .map((table) =>
      table
        .split('\n')
        .filter((line) => /^[*-]/.test(line))
        .join('\n'),
    )
    .filter((table) => /^-A/m.test(table));
  return tables.sort();
}

const ipsetWorks = works('ipset create x hash:ip');

describe.skipIf(!ipsetWorks)(
  onMachine('ipset restore takes what we print', ipsetWorks ? undefined : 'needs namespaces and ipset'),
  () => {
    test('own-node1/ipset-save.txt', () => {
      const { text } = recording('own-node1/ipset-save.txt');
      expect(savedSets(text)).toEqual(text.split('\n').sort());
    });

    test.for(['ipset-L.calico-vxlan.kube-proxy-ipvs.txt', 'ipset-list.calico-gke.selector-set.txt'])(
      '%s',
      (file, c) => {
        const sets: ReadonlyMap<string, Ipset> = readable(readIpsetList(readShared(c, `${DUMPS}/${file}`), file));
        // The kernel of this machine adds words to the header that an older one had not.
        const newer = / (bucketsize|initval) \w+/g;
        const saved = savedSets(printIpsets(sets)).map((line) => line.replace(newer, ''));
        expect(saved).toEqual(printIpsets(sets).split('\n').sort());
      },
    );

    test('what ipset list prints reads as the sets that ipset save prints', () => {
      const { text } = recording('own-node1/ipset-save.txt');
      const { stdout } = isolated('ipset restore && ipset list', text);
      const again = printIpsets(readable(readIpsetList(stdout, 'list')));
      expect(again.split('\n').sort()).toEqual(text.split('\n').sort());
    });
  },
);

function savedSets(text: string): string[] {
  const { status, stdout } = isolated('ipset restore && ipset save', text);
  expect(status).toBe(0);
  return stdout.split('\n').sort();
}
