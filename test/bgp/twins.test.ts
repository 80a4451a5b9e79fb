import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Ipv4, Ipv4Prefix } from '../../src/address/index.js';
import { AdjRibOut } from '../../src/bgp/adj-rib-out.js';
import { better } from '../../src/bgp/decision.js';
import { type Path, PathTable } from '../../src/bgp/path.js';
import { EventQueue } from '../../src/bgp/queue.js';
import { concernsHosts } from '../../src/bgp/resolve.js';
import { type HostEntry, type Protocol, Route, type World } from '../../src/bgp/state.js';
import { emptyTable, replaceRoute, routesTo } from '../../src/bgp/table.js';

/** Each fast structure against what it stands for, written in the plainest way. */

const path = (number: number): Path => ({ number }) as Path;

describe('EventQueue', () => {
  test('gives what is due first, all of it, and lets time pass until then', () => {
    const steps = fc.array(fc.oneof(fc.nat(5), fc.constant('take' as const)), { maxLength: 60 });
    fc.assert(
      fc.property(steps, fc.nat(), (all, seed) => {
        const queue = new EventQueue<number>(seed);
        /** When each event is due that was not taken, by number. */
        const twin = new Map<number, number>();
        for (const [i, step] of all.entries()) {
          if (step !== 'take') {
            twin.set(i, queue.now + step);
            queue.add(i, step);
            continue;
          }
          const earliest = twin.size === 0 ? undefined : Math.min(...twin.values());
          expect(queue.next()).toBe(earliest);
          const event = queue.take();
          if (earliest === undefined) {
            expect(event).toBeUndefined();
            continue;
          }
          expect(queue.now).toBe(earliest);
          expect(twin.get(event ?? -1)).toBe(earliest);
          twin.delete(event ?? -1);
        }
      }),
    );
  });

  test('takes each of three that are due together first, about as often', () => {
    const firsts = [0, 0, 0];
    for (let seed = 0; seed < 3000; seed++) {
      const queue = new EventQueue<number>(seed);
      for (const event of firsts.keys()) queue.add(event, 1);
      const first = queue.take() ?? -1;
      firsts[first] = (firsts[first] ?? 0) + 1;
    }
    // 1000 each; four standard deviations are 4 * sqrt(3000 * 1/3 * 2/3) = 103.
    for (const count of firsts) expect(Math.abs(count - 1000)).toBeLessThan(104);
  });
});

describe('AdjRibOut', () => {
  const step = fc.oneof(
    fc.record({ op: fc.constant('set' as const), id: fc.nat(40), path: fc.option(fc.nat(3), { nil: undefined }) }),
    fc.record({ op: fc.constant('delete' as const), id: fc.nat(40) }),
    fc.record({ op: fc.constant('clear' as const), id: fc.constant(0) }),
  );

  test('is a map from ids to paths, or to what is announced as nothing', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const out = new AdjRibOut();
        const twin = new Map<number, number | undefined>();
        for (const each of steps) {
          if (each.op === 'set') {
            out.set(each.id, each.path === undefined ? undefined : path(each.path));
            twin.set(each.id, each.path);
          } else if (each.op === 'delete') {
            out.delete(each.id);
            twin.delete(each.id);
          } else {
            out.clear();
            twin.clear();
          }
          expect(out.size).toBe(twin.size);
          for (let id = 0; id <= 41; id++) {
            expect([out.has(id), out.get(id), out.isInvalid(id)]).toEqual([
              twin.has(id),
              twin.get(id),
              twin.has(id) && twin.get(id) === undefined,
            ]);
          }
        }
      }),
    );
  });
});

/** All that `replaceRoute` asks of a world with one net. */
const world = { nets: [{ address: 0 as Ipv4, length: 24 }] } as unknown as World;

/** Protocols by preference, so that which one is better is plain; equal ones stay in their order. */
const protocols = [100, 100, 200, 10].map(
  (preference, i): Protocol =>
    ({
      kind: 'static',
      name: `${i}`,
      preference,
      session: undefined,
      sources: new Map(),
      imported: 0,
      preferred: 0,
    }) as unknown as Protocol,
);

describe('replaceRoute', () => {
  const step = fc.record({ protocol: fc.nat(3), pathId: fc.nat(1), metric: fc.option(fc.nat(2), { nil: undefined }) });

  /** rte_recalculate(), bird 2.0.12 nest/rt-table.c, on an array. */
  function recalculate(
    list: Route[],
    { protocol, pathId }: Pick<Route, 'protocol' | 'pathId'>,
    added?: Route,
  ): Route[] {
    const at = list.findIndex((r) => r.protocol === protocol && r.pathId === pathId);
    const [best] = list;
    const rest = list.filter((_, i) => i !== at);
    if (added !== undefined && (best === undefined || better(added, best))) return [added, ...rest];
    if (at === 0) {
      const all = added === undefined ? rest : [added, ...rest];
      let first = 0;
      for (const [i, route] of all.entries()) if (i > 0 && better(route, all[first] ?? route)) first = i;
      return [...all.slice(first, first + 1), ...all.slice(0, first), ...all.slice(first + 1)];
    }
    if (added === undefined) return rest;
    return at < 0 ? [...rest, added] : [...rest.slice(0, at), added, ...rest.slice(at)];
  }

  test('keeps the order of the array, its ids apart, and counts', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const table = emptyTable();
        let twin: Route[] = [];
        for (const { protocol: number, pathId, metric } of steps) {
          const protocol = protocols[number];
          if (protocol === undefined) throw new Error(`there is no protocol ${number}`);
          const leads = { host: undefined, dest: 'unicast' as const, nexthops: [], igpMetric: metric ?? 0 };
          const added = metric === undefined ? undefined : new Route(0, protocol, pathId, undefined, leads);
          const old = twin.find((r) => r.protocol === protocol && r.pathId === pathId);
          const change = replaceRoute(world, table, { net: 0, protocol, pathId }, added);
          const isSame = added === undefined ? old === undefined : old?.igpMetric === added.igpMetric;
          expect(change === undefined).toBe(isSame);
          if (!isSame) twin = recalculate(twin, { protocol, pathId }, added);
          expect([...routesTo(table, 0)]).toEqual(twin);
          expect(new Set(twin.map((r) => r.id)).size).toBe(twin.length);
          expect(table.lengths[24]).toBe(twin.length > 0 ? 1 : 0);
          expect(change?.best ?? twin[0]).toBe(twin[0]);
        }
        for (const protocol of protocols) protocol.imported = 0;
      }),
    );
  });
});

describe('concernsHosts', () => {
  const address = fc.nat(255).map((n) => (0xc0a8_0000 + n) as Ipv4);
  const host = fc.record({ address, length: fc.integer({ min: 24, max: 32 }) });
  const net = fc
    .record({ address, length: fc.integer({ min: 22, max: 32 }) })
    .map((n): Ipv4Prefix => ({ ...n, address: ((n.address & (-1 << (32 - n.length))) >>> 0) as Ipv4 }));

  test('finds what a walk through all next hops finds', () => {
    fc.assert(
      fc.property(fc.uniqueArray(host, { selector: (h) => h.address }), net, (hosts, of) => {
        const table = emptyTable();
        for (const each of hosts) {
          table.hostsInOrder.push(each as HostEntry);
          table.hostsSorted = false;
          table.lowestHost = Math.min(table.lowestHost, each.address);
          table.highestHost = Math.max(table.highestHost, each.address);
        }
        const last = of.address + 2 ** (32 - of.length) - 1;
        const walked = hosts.some((h) => h.address >= of.address && h.address <= last && h.length <= of.length);
        expect(concernsHosts(table, of)).toBe(walked);
      }),
    );
  });
});

describe('PathTable', () => {
  const attributes = fc.record({
    origin: fc.constantFrom('IGP' as const, 'EGP' as const),
    asPath: fc.array(
      fc.record({
        type: fc.constantFrom('sequence' as const, 'set' as const),
        as: fc.array(fc.nat(2), { minLength: 1, maxLength: 2 }),
      }),
      { maxLength: 2 },
    ),
    nextHop: fc.nat(2).map((n) => n as Ipv4),
    med: fc.option(fc.nat(1), { nil: undefined }),
    localPref: fc.option(fc.nat(1), { nil: undefined }),
    atomicAggregate: fc.boolean(),
    aggregator: fc.option(fc.record({ as: fc.nat(1), address: fc.nat(1).map((n) => n as Ipv4) }), { nil: undefined }),
    communities: fc.array(fc.nat(2), { maxLength: 2 }),
    largeCommunities: fc.array(fc.tuple(fc.nat(1), fc.nat(1), fc.nat(1)), { maxLength: 2 }),
    originatorId: fc.option(
      fc.nat(1).map((n) => n as Ipv4),
      { nil: undefined },
    ),
    clusterList: fc.array(
      fc.nat(2).map((n) => n as Ipv4),
      { maxLength: 2 },
    ),
  });

  test('has one object for equal attributes, and one number for equal next hops', () => {
    fc.assert(
      fc.property(attributes, attributes, (a, b) => {
        const paths = new PathTable();
        const [one, other] = [paths.intern(a), paths.intern(b)];
        expect(one === other).toBe(JSON.stringify(a) === JSON.stringify(b));
        expect(one.hop === other.hop).toBe(a.nextHop === b.nextHop);
        expect([paths.at(one.number), paths.at(other.number)]).toEqual([one, other]);
      }),
      { numRuns: 500 },
    );
  });
});
