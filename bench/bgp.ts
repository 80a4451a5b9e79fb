import type { Ipv4 } from '../src/address/index.js';
import {
  ACCEPT_ALL,
  type BgpConfig,
  BgpOscillationError,
  BgpSimulation,
  type LocalRoute,
  REJECT_ALL,
  SESSION_DEFAULTS,
  type SessionConfig,
  type SpeakerConfig,
} from '../src/bgp/index.js';

const SIMULATED = [10, 30, 100, 300];
/** Beyond what is simulated, the formulas that test/bgp/counts.test.ts checks. */
const COMPUTED = [1000, 5000];

/** Speakers around an origin of which each prefers its neighbour's path, and those that only hear of it. */
const RINGS = [
  [3, 0],
  [3, 1000],
  [31, 0],
] as const;

/** Full mesh against two reflectors: each node announces one block, as Calico's do. */
export function benchBgp(): void {
  console.log('BGP: n nodes with one block each; virtual ms until all know all, ms of processor time');
  for (const kind of ['mesh', 'reflectors'] as const) {
    console.log(kind === 'mesh' ? 'full mesh' : 'two reflectors that serve all others');
    for (const n of SIMULATED) simulate(kind, n);
    for (const n of COMPUTED) print(n, sessionsOf(kind, n), announcementsOf(kind, n), '  (formula)');
  }
}

/** How long it takes to tell a network that never converges. */
export function benchOscillations(): void {
  console.log('BGP that never converges: messages and ms of processor time until that is told');
  for (const [ring, others] of RINGS) {
    const simulation = new BgpSimulation(ringOf(ring, others));
    const start = process.cpuUsage();
    if (converges(simulation)) throw new Error(`a ring of ${ring} converges`);
    const { user, system } = process.cpuUsage(start);
    const { announce, withdraw } = simulation.counts();
    const [messages, ms] = [(announce + withdraw).toLocaleString('en'), ((user + system) / 1000).toFixed(0)];
    const name = `ring of ${ring}, ${others} others`;
    console.log(`  ${name.padEnd(24)}${messages.padStart(12)} messages${ms.padStart(8)} ms`);
  }
}

function converges(simulation: BgpSimulation): boolean {
  try {
    simulation.converge();
    return true;
  } catch (error) {
    if (error instanceof BgpOscillationError) return false;
    throw error;
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
    routes: [blockOf(i)],
    sessions: Array.from({ length: n }, (_, j) => j)
      .filter((j) => i !== j && (kind === 'mesh' || isReflector(i) || isReflector(j)))
      .map((j) => sessionOf(i, j, isReflector(i) && !isReflector(j))),
    kernel: { export: ACCEPT_ALL, mergePaths: true, limit: undefined, persist: true },
  }));
  return { speakers, reachable: undefined, seed: 1 };
}

function blockOf(i: number): LocalRoute {
  const net = { address: (BLOCKS + 64 * i) as Ipv4, length: 26 };
  return { net, type: 'blackhole', source: 'static', protocol: 'blocks', nexthops: [] };
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

/** Speaker 0 is the origin; others hang on the first of the ring. */
function ringOf(ring: number, others: number): BgpConfig {
  const sessions = new Map<number, SessionConfig[]>();
  const end = (i: number, j: number, fields: Partial<SessionConfig>): void => {
    const plain = { ...SESSION_DEFAULTS, name: `as-${j}`, local: addressOf(i), neighbor: addressOf(j) };
    const list = sessions.get(i) ?? [];
    list.push({ ...plain, neighborAs: FIRST_AS + j, multihop: false, export: EXPORT, ...fields });
    sessions.set(i, list);
  };
  const join = (i: number, j: number, here: Partial<SessionConfig> = {}, there: Partial<SessionConfig> = {}): void => {
    end(i, j, here);
    end(j, i, there);
  };
  for (let i = 1; i <= ring; i++) {
    join(0, i);
    join(i, (i % ring) + 1, { import: PREFERRED, export: REJECT_ALL }, { export: FROM_ORIGIN });
  }
  for (let i = 1; i <= others; i++) join(1, ring + i);
  const speakers = Array.from(
    { length: 1 + ring + others },
    (_, i): SpeakerConfig => ({
      name: `as-${i}`,
      as: FIRST_AS + i,
      routerId: addressOf(i),
      interfaces: [{ name: 'eth0', address: addressOf(i), prefixLength: 16 }],
      routes: i === 0 ? [blockOf(0)] : [],
      sessions: sessions.get(i) ?? [],
      kernel: { export: ACCEPT_ALL, mergePaths: true, limit: undefined, persist: true },
    }),
  );
  return { speakers, reachable: undefined, seed: 1 };
}

const FIRST_AS = 4_200_000_000;
const PREFERRED: SessionConfig['import'] = {
  terms: [{ match: {}, actions: [{ set: 'localPref', value: 200 }], then: 'accept' }],
  otherwise: 'reject',
};
const FROM_ORIGIN: SessionConfig['export'] = {
  terms: [{ match: { protocol: 'as-0' }, actions: [], then: 'accept' }],
  otherwise: 'reject',
};
