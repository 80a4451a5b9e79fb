import { openLab } from '../src/index.js';

const MODES = ['flannel/vxlan', 'calico/vxlan'];
const NODES = [100, 200, 400];

/** All nodes of generated labs: each has a neighbour, an FDB entry and a route for each of the others. */
export async function benchLabs(): Promise<void> {
  console.log('Labs of n nodes, all built: ms of processor time and µs for each of the n(n-1) peers');
  for (const mode of MODES) {
    console.log(mode);
    for (const n of NODES) await build(mode, n);
  }
}

async function build(mode: string, n: number): Promise<void> {
  const { built } = await openLab(labOf(mode, n));
  const start = process.cpuUsage();
  const { network } = built;
  const entries = network.names().reduce((sum, name) => sum + (network.netns(name)?.vxlanFdb.size ?? 0), 0);
  const { user, system } = process.cpuUsage(start);
  const peers = n * (n - 1);
  if (entries !== peers) throw new Error(`${mode} of ${n}: ${entries} FDB entries`);
  const us = user + system;
  const [ms, each] = [(us / 1000).toFixed(0), (us / peers).toFixed(1)];
  console.log(
    `  n ${n.toString().padStart(5)}${peers.toLocaleString('en').padStart(12)} peers${ms.padStart(8)} ms${each.padStart(8)} µs`,
  );
}

function labOf(mode: string, n: number): string {
  const nodes = Array.from({ length: n }, (_, i) => `  node-${i}: 10.1.${i >> 7}.${1 + (i & 127)}\n`);
  return `cni: ${mode}\npodCIDR: 10.240.0.0/12\nsegments: {lan: 10.1.0.0/16}\nnodes:\n${nodes.join('')}`;
}
