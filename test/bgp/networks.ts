import type { Ipv4, Ipv4Prefix } from '../../src/address/index.js';
import {
  ACCEPT_ALL,
  type BgpConfig,
  BgpSimulation,
  type LocalRoute,
  SESSION_DEFAULTS,
  type SessionConfig,
  type SpeakerConfig,
} from '../../src/bgp/index.js';
import { ip, prefix } from '../must.js';

/** Address of the nth speaker on the subnet that all of `networkOf` share. */
export function addressOf(n: number): Ipv4 {
  return (0x0a00_0001 + n) as Ipv4;
}

/** The nth block of 64 addresses. */
export function blockOf(n: number): Ipv4Prefix {
  return { address: (0x0af4_0000 + 64 * n) as Ipv4, length: 26 };
}

export function blackhole(net: Ipv4Prefix): LocalRoute {
  return { net, type: 'blackhole', source: 'static', protocol: 'blocks', nexthops: [] };
}

/** A session with BIRD's defaults, but for what is said. */
function session(
  fields: Partial<SessionConfig> & Pick<SessionConfig, 'local' | 'neighbor' | 'neighborAs'>,
): SessionConfig {
  return {
    ...SESSION_DEFAULTS,
    name: `to${fields.neighbor & 0xffff}`,
    export: ONLY_BLOCKS,
    ...fields,
  };
}

/** Not the subnet that all share. */
const ONLY_BLOCKS: SessionConfig['export'] = {
  terms: [{ match: { notNets: [{ prefix: prefix('10.0.0.0/16'), ge: 16, le: 32 }] }, actions: [], then: 'accept' }],
  otherwise: 'reject',
};

/** A speaker on the shared subnet, with the block of its number. */
export function speaker(n: number, fields: Partial<SpeakerConfig> = {}): SpeakerConfig {
  return {
    name: `n${n}`,
    as: 64512,
    routerId: addressOf(n),
    interfaces: [{ name: 'eth0', address: addressOf(n), prefixLength: 16 }],
    routes: [blackhole(blockOf(n))],
    sessions: [],
    kernel: { export: ACCEPT_ALL, mergePaths: true, limit: undefined, persist: true },
    ...fields,
  };
}

/** Two ends of a session, and what differs from the defaults at the first one and at the second one. */
export type Link = readonly [number, number, Partial<SessionConfig>?, Partial<SessionConfig>?];

/** Speakers by number with sessions between them. */
export function networkOf(speakers: readonly SpeakerConfig[], links: readonly Link[], seed = 1): BgpConfig {
  const sessions = new Map<string, SessionConfig[]>(speakers.map((s) => [s.name, []]));
  const byNumber = (n: number): SpeakerConfig => {
    const found = speakers.find((s) => s.name === `n${n}`);
    if (found === undefined) throw new Error(`there is no n${n}`);
    return found;
  };
  for (const [a, b, atA, atB] of links) {
    const ends = [
      [a, b, atA],
      [b, a, atB],
    ] as const;
    for (const [here, there, fields] of ends) {
      const config = { local: addressOf(here), neighbor: addressOf(there), neighborAs: byNumber(there).as };
      sessions.get(`n${here}`)?.push(session({ name: `n${there}`, ...config, ...fields }));
    }
  }
  const configured = speakers.map((s) => ({ ...s, sessions: sessions.get(s.name) ?? [] }));
  return { speakers: configured, reachable: undefined, seed };
}

export function converged(config: BgpConfig): BgpSimulation {
  const simulation = new BgpSimulation(config);
  simulation.converge();
  return simulation;
}

/** Calico's: each with each, the lower address waits. */
export function mesh(n: number, seed = 1): BgpConfig {
  const links: Link[] = [];
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) links.push([i, j, { addPaths: true, passive: true }, { addPaths: true }]);
  }
  return networkOf(numbered(n), links, seed);
}

/** The first `reflectors` speakers serve all others, and peer with each other. */
export function reflected(n: number, reflectors: number, seed = 1): BgpConfig {
  const links: Link[] = [];
  const client = { addPaths: true, rrClient: true, clusterId: ip('244.0.0.1') };
  for (let i = 0; i < reflectors; i++) {
    for (let j = i + 1; j < reflectors; j++) links.push([i, j, { addPaths: true }, { addPaths: true }]);
    for (let j = reflectors; j < n; j++) links.push([i, j, client, { addPaths: true }]);
  }
  return networkOf(numbered(n), links, seed);
}

function numbered(n: number): readonly SpeakerConfig[] {
  return Array.from({ length: n }, (_, i) => speaker(i));
}
