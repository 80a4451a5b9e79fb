import type { Ipv4 } from '../src/address/index.js';
import { ACCEPT_ALL, type BgpConfig, BgpSimulation, SESSION_DEFAULTS, type SessionConfig } from '../src/bgp/index.js';

const SIMULATED = [10, 30, 100, 300];
/** Beyond what is simulated, the formulas that test/bgp/counts.test.ts checks. */
const COMPUTED = [1000, 5000];

/** Full mesh against two reflectors: each node announces one block, as Calico's do. */
export function benchBgp(): void {
  console.log('BGP: n nodes with one block each; virtual ms until all know all, ms of processor time');
  for (const kind of ['mesh', 'reflectors'] as const) {
    console.log(kind === 'mesh' ? 'full mesh' : 'two reflectors that serve all others');
    for (const n of SIMULATED) simulate(kind, n);
    for (const n of COMPUTED) print(n, sessionsOf(kind, n), announcementsOf(kind, n), '  (formula)');
  }
}

type Kind = 'mesh' | 'reflectors';

function sessionsOf(kind: Kind, n: number): number {
  return kind === 'mesh' ? (n * (n - 1)) / 2 : 2 * (n - 2) + 1;
}

function announcementsOf(kind: Kind, n: number): number {
  return kind === 'mesh' ? n * (n - 1) : 2 * (n - 2) * n + 2 * (n - 1);
}

function simulate(kind: Kind, n: number): void {
  const config = configOf(kind, n);
  const start = process.cpuUsage();
  const simulation = new BgpSimulation(config);
  simulation.converge();
  const { user, system } = process.cpuUsage(start);
  const { announce } = simulation.counts();
  if (announce !== announcementsOf(kind, n)) throw new Error(`${kind} of ${n}: ${announce} announcements`);
  const ms = ((user + system) / 1000).toFixed(0);
  print(n, sessionsOf(kind, n), announce, `${simulation.now.toString().padStart(7)} ms${ms.padStart(8)} ms`);
}

function print(n: number, sessions: number, announcements: number, rest: string): void {
  const [a, b] = [sessions, announcements].map((each) => each.toLocaleString('en'));
  console.log(`  n ${n.toString().padStart(5)}${a?.padStart(12)} sessions${b?.padStart(13)} announcements${rest}`);
}

function configOf(kind: Kind, n: number): BgpConfig {
  const isReflector = (i: number): boolean => kind === 'reflectors' && i < 2;
  const speakers = Array.from({ length: n }, (_, i) => ({
    name: `node-${i}`,
    as: 64512,
    routerId: addressOf(i),
    interfaces: [{ name: 'eth0', address: addressOf(i), prefixLength: 16 }],
    routes: [
      {
        net: { address: (BLOCKS + 64 * i) as Ipv4, length: 26 },
        type: 'blackhole',
        source: 'static',
        protocol: 'blocks',
        nexthops: [],
      } as const,
    ],
    sessions: Array.from({ length: n }, (_, j) => j)
      .filter((j) => i !== j && (kind === 'mesh' || isReflector(i) || isReflector(j)))
      .map((j) => sessionOf(i, j, isReflector(i) && !isReflector(j))),
    kernel: { export: ACCEPT_ALL, mergePaths: true, limit: undefined, persist: true },
  }));
  return { speakers, reachable: undefined, seed: 1 };
}

const NODES = 0x0a00_0001;
const BLOCKS = 0x0af4_0000;
const POOL = { prefix: { address: BLOCKS as Ipv4, length: 14 }, ge: 14, le: 32 };

function addressOf(i: number): Ipv4 {
  return (NODES + i) as Ipv4;
}

function sessionOf(i: number, j: number, rrClient: boolean): SessionConfig {
  return {
    ...SESSION_DEFAULTS,
    name: `node-${j}`,
    local: addressOf(i),
    neighbor: addressOf(j),
    neighborAs: 64512,
    passive: j > i,
    rrClient,
    clusterId: addressOf(0),
    addPaths: true,
    timers: { connectDelay: 2, connectRetry: 5, errorWait: [5, 30] },
    export: EXPORT,
  };
}

const EXPORT: SessionConfig['export'] = {
  terms: [{ match: { nets: [POOL] }, actions: [], then: 'accept' }],
  otherwise: 'reject',
};
