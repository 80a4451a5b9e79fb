import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatPrefix } from '../../src/address/index.js';
import type { BgpConfig, BgpSimulation, RibRoute } from '../../src/bgp/index.js';
import { converged, type Link, networkOf, speaker } from './networks.js';

/** Up to eight speakers in up to three ASes, any of them with sessions, some of which are with clients of a reflector. */
const network = fc
  .record({
    as: fc.array(fc.integer({ min: 64512, max: 64514 }), { minLength: 2, maxLength: 8 }),
    links: fc.array(
      fc.record({
        a: fc.nat(7),
        b: fc.nat(7),
        addPaths: fc.boolean(),
        rrClient: fc.boolean(),
        nextHopSelf: fc.boolean(),
      }),
      { minLength: 1, maxLength: 16 },
    ),
    seed: fc.nat(),
  })
  .map(({ as, links, seed }): BgpConfig => {
    const n = as.length;
    const speakers = as.map((each, i) => speaker(i, { as: each }));
    const seen = new Set<string>();
    const between: Link[] = [];
    for (const { a: first, b: second, addPaths, rrClient, nextHopSelf } of links) {
      const [a, b] = [first % n, second % n];
      const key = `${Math.min(a, b)} ${Math.max(a, b)}`;
      if (a === b || seen.has(key)) continue;
      seen.add(key);
      between.push([a, b, { addPaths, rrClient: rrClient && as[a] === as[b], nextHopSelf }, { addPaths }]);
    }
    return networkOf(speakers, between, seed);
  });

const RUNS = { numRuns: 100 };

function withoutAddPaths(config: BgpConfig): BgpConfig {
  const speakers = config.speakers.map((s) => ({
    ...s,
    sessions: s.sessions.map((each) => ({ ...each, addPaths: false })),
  }));
  return { ...config, speakers };
}

/** Without what depends on the order of arrival. */
function tables(simulation: BgpSimulation, { speakers }: BgpConfig): readonly string[] {
  return speakers.flatMap(({ name }) => simulation.rib(name).map((r) => `${name} ${textOf(r)}`)).toSorted();
}

const textOf = (route: RibRoute): string => JSON.stringify({ ...route, net: formatPrefix(route.net) });

describe('any network', () => {
  test('comes to the same tables and messages with the same seed', () => {
    fc.assert(
      fc.property(network, (config) => {
        const [one, other] = [converged(config), converged(config)];
        expect(one.messages()).toEqual(other.messages());
        expect(tables(one, config)).toEqual(tables(other, config));
      }),
      RUNS,
    );
  });

  test('comes to the same tables with any seed: without MED and add-paths, nothing depends on what came first', () => {
    fc.assert(
      fc.property(network, fc.nat(), (drawn, seed) => {
        // Two paths of one neighbour differ in nothing that the last rules look at: the older one stays.
        const config = withoutAddPaths(drawn);
        expect(tables(converged({ ...config, seed }), config)).toEqual(tables(converged(config), config));
      }),
      RUNS,
    );
  });

  test('has no path in which an AS stands twice, nor its own', () => {
    fc.assert(
      fc.property(network, (config) => {
        const simulation = converged(config);
        for (const { name, as } of config.speakers) {
          for (const { attributes } of simulation.rib(name)) {
            const path = attributes?.asPath.flatMap((s) => s.as) ?? [];
            expect(new Set([as, ...path]).size).toBe(path.length + 1);
          }
        }
      }),
      RUNS,
    );
  });

  test('takes from a neighbour what that one announces, but for loops', () => {
    fc.assert(
      fc.property(network, (config) => {
        const simulation = converged(config);
        for (const here of config.speakers) {
          for (const { name: session } of here.sessions) {
            // Sessions are called after the neighbour.
            const announced = simulation.announced(session, here.name).filter((r) => !isLoop(here, session, config, r));
            const taken = simulation.rib(here.name).filter((r) => r.protocol === session);
            expect(taken.map(carried).toSorted()).toEqual(announced.map(carried).toSorted());
          }
        }
      }),
      RUNS,
    );
  });

  test('passes on what is from iBGP to iBGP only where one is a client', () => {
    fc.assert(
      fc.property(network, (config) => {
        const simulation = converged(config);
        for (const here of config.speakers) {
          const internal = here.sessions.filter((s) => s.neighborAs === here.as);
          const isClient = (name: string): boolean => here.sessions.find((s) => s.name === name)?.rrClient === true;
          const isInternal = (name: string): boolean => internal.some((s) => s.name === name);
          for (const to of internal) {
            for (const { protocol } of simulation.announced(here.name, to.name)) {
              expect(protocol).not.toBe(to.name);
              if (isInternal(protocol)) expect(isClient(protocol) || to.rrClient).toBe(true);
            }
          }
        }
      }),
      RUNS,
    );
  });
});

/** What the receiver drops: RFC 4271 §9, RFC 4456 §8. */
function isLoop(here: BgpConfig['speakers'][number], from: string, config: BgpConfig, route: RibRoute): boolean {
  const a = route.attributes;
  if (a === undefined) return false;
  if (a.asPath.some((s) => s.as.includes(here.as))) return true;
  const isInternal = config.speakers.find((s) => s.name === from)?.as === here.as;
  if (isInternal && a.originatorId === here.routerId) return true;
  const isClient = here.sessions.find((s) => s.name === from)?.rrClient === true;
  return isClient && a.clusterList.includes(here.routerId);
}

/** What an UPDATE carries; LOCAL_PREF is added by who receives it from another AS. */
function carried({ net, attributes: a }: RibRoute): string {
  return JSON.stringify([formatPrefix(net), { ...a, localPref: undefined }]);
}
