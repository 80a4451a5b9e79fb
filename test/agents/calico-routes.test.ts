import { expect, test } from 'vitest';
import { readLab } from '../../src/input/index.js';
import { buildNetwork } from '../../src/lab/index.js';
import { formatAllRoutes } from '../../src/linux/index.js';
import { readable } from '../recordings/load.js';
import { readShared } from '../shared.js';

/** Routes of nodes that Calico ran on, each excerpt below a line `# (a) …`. */
const DUMP = 'reference/real-dumps/ip-route.calico-classic.excerpts.txt';

/** One node with a block, and one that has two pods of its own and one with an address of the other's block. */
const lab = (cni: string, second: string): string => `
cni: ${cni}
nodes: {node-1: 192.168.56.11, node-2: ${second}}
calico: {blocks: {node-1: [10.244.1.0/26], node-2: [10.244.2.0/26]}}
pods: {a: node-1, b: node-1, c: node-2, borrower: {node: node-2, ip: 10.244.1.9}}
hosts: {outside: 203.0.113.10}
`;

/** What Calico wrote of it, with every address, link and prefix length of the lab's own replaced by what it stands for. */
function shapes(text: string): Set<string> {
  const lines = text.split('\n').filter((line) => /\bproto bird\b|\bdev cali/.test(line) && !/\btable\b/.test(line));
  return new Set(
    lines.map((line) =>
      line
        .replace(/^Deleted /, '')
        .replace(/\d+(\.\d+){3}/g, 'ADDRESS')
        .replace(/\bcali[0-9a-f]{11}\b/g, 'CALI')
        .replace(/\b(eth0|ens4v1)\b/g, 'UPLINK')
        .replace(/ +/g, ' ')
        .trim(),
    ),
  );
}

function ours(cni: string, second = '192.168.56.12'): Set<string> {
  const { network } = buildNetwork(readable(readLab(lab(cni, second), 'lab.yaml')));
  const ns = network.netns('node-1');
  return shapes(ns === undefined ? '' : formatAllRoutes(ns));
}

/** The excerpts whose heading has the word. */
function excerpt(dump: string, word: string): Set<string> {
  const found = dump
    .split(/^(?=# )/m)
    .filter((part) => part.startsWith('# ') && part.split('\n', 1)[0]?.includes(word));
  return shapes(found.join('\n'));
}

test('IP in IP: blocks, own pods and a borrowed address have the shape that two nodes have', (context) => {
  const dump = readShared(context, DUMP);
  const real = new Set([...excerpt(dump, 'IPIP (excerpt'), ...excerpt(dump, 'ip monitor')]);
  expect(real.size).toBe(4);
  expect(ours('calico/ipip')).toEqual(real);
});

test('no tunnel: the own block and pods, and a block behind the gateway of another subnet', (context) => {
  const dump = readShared(context, DUMP);
  const real = new Set([...excerpt(dump, 'without IPIP'), ...excerpt(dump, 'cloud gateway')]);
  expect(real.size).toBe(3);
  // The dumps have no borrowed address.
  const borrowed = 'ADDRESS via ADDRESS dev UPLINK proto bird';
  expect(ours('calico/bgp', '192.168.57.12')).toEqual(new Set([...real, borrowed]));
});
