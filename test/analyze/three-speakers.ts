import { readFileSync } from 'node:fs';
import {
  ACCEPT_ALL,
  type BgpConfig,
  type Filter,
  type FilterMatch,
  type LocalRoute,
  SESSION_DEFAULTS,
  type SessionConfig,
  type SpeakerConfig,
} from '../../src/bgp/index.js';
import { ip, prefix } from '../must.js';

/** A file of test/recordings/bird: what birdc of BIRD 2.0.12 printed on the first of three speakers. */
export function birdText(name: string): string {
  return readFileSync(new URL(`../recordings/bird/${name}`, import.meta.url), 'utf8');
}

/** A line without times of day, which end in nothing that a simulation knows. */
export function withoutTimes(line: string): string {
  return line.replace(/ (\d\d:\d\d:\d\d\.\d{3}|---)(?=[ \]]|$) */g, ' ').trimEnd();
}

/** The lines of a table by prefix, in order of the text: birdc has that of its hash table. */
export function blocksOf(table: string): readonly string[] {
  const lines = table.split('\n').filter((line) => !/^BIRD |^Table |^\tKernel\.|^$/.test(line));
  const blocks: string[] = [];
  for (const line of lines.map(withoutTimes))
    if (/^\S/.test(line)) blocks.push(line);
    else blocks.push(`${blocks.pop()}\n${line}`);
  return blocks.map((block) => block.replaceAll(/ +\]/g, ']')).sort();
}

/** A session with Calico's settings but for what is said. */
export function session(
  name: string,
  set: Partial<SessionConfig> & Pick<SessionConfig, 'local' | 'neighbor'>,
): SessionConfig {
  return {
    ...SESSION_DEFAULTS,
    name,
    neighborAs: 64512,
    addPaths: true,
    ...set,
  };
}

/** A node with one interface and one block, as Calico configures it. */
export function speaker(
  name: string,
  address: string,
  blocks: readonly string[],
  sessions: readonly SessionConfig[],
  set: Partial<SpeakerConfig> = {},
): SpeakerConfig {
  return {
    name,
    as: 64512,
    routerId: ip(address),
    interfaces: [{ name: 'eth0', address: ip(address), prefixLength: 24 }],
    routes: blocks.map((block) => ({
      net: prefix(block),
      type: 'blackhole',
      source: 'static',
      protocol: 'blocks',
      nexthops: [],
    })),
    sessions,
    kernel: { export: ACCEPT_ALL, mergePaths: true, limit: undefined, persist: true },
    ...set,
  };
}

/** A filter of one term that accepts. */
function acceptOnly(match: FilterMatch, actions: Filter['terms'][number]['actions'] = []): Filter {
  return { terms: [{ match, actions, then: 'accept' }], otherwise: 'reject' };
}

const A = ip('192.168.56.11');
const B = ip('192.168.56.12');
const C = ip('192.168.56.13');
const exported = acceptOnly({ source: ['static'] });
const external = { multihop: false, addPaths: false, gracefulRestart: false } as const;

/** What three-speakers-a.conf, -b.conf and -c.conf say, and the default route that the kernel of a has. */
export const THREE_SPEAKERS: BgpConfig = {
  speakers: [
    speaker(
      'a',
      '192.168.56.11',
      ['10.244.1.0/26'],
      [
        session('Mesh_192_168_56_12', { local: A, neighbor: B, export: exported }),
        session('Mesh_192_168_56_14', { local: A, neighbor: ip('192.168.56.14'), export: exported }),
        session('Ext_192_168_56_13', { ...external, local: A, neighbor: C, neighborAs: 65001, export: exported }),
      ],
    ),
    speaker(
      'b',
      '192.168.56.12',
      ['10.244.2.0/26', '10.8.0.0/24'],
      [
        session('Mesh_192_168_56_11', {
          local: B,
          neighbor: A,
          passive: true,
          export: {
            terms: [
              {
                match: { nets: [{ prefix: prefix('10.8.0.0/24'), ge: 24, le: 24 }] },
                actions: [{ set: 'nextHop', value: ip('172.16.0.9') }],
                then: 'next',
              },
              {
                match: { source: ['static'] },
                actions: [{ set: 'addCommunity', value: 64512 * 65536 + 100 }],
                then: 'accept',
              },
            ],
            otherwise: 'reject',
          },
        }),
      ],
    ),
    speaker(
      'c',
      '192.168.56.13',
      ['10.244.2.0/26'],
      [session('Ext_192_168_56_11', { ...external, local: C, neighbor: A, neighborAs: 64512, export: exported })],
      { as: 65001 },
    ),
  ].map(addRoutes),
  reachable: undefined,
  seed: 1,
};

function addRoutes(config: SpeakerConfig): SpeakerConfig {
  const unicast = (net: string, via: string, source: 'static' | 'kernel', protocol: string): LocalRoute => ({
    net: prefix(net),
    type: 'unicast',
    source,
    protocol,
    nexthops: [{ via: ip(via), dev: 'eth0', weight: 1 }],
  });
  const more = {
    a: [unicast('0.0.0.0/0', '192.168.56.1', 'kernel', 'kernel1')],
    c: [unicast('10.9.0.0/24', '192.168.56.77', 'static', 'blocks')],
  }[config.name];
  return { ...config, routes: [...config.routes, ...(more ?? [])] };
}
