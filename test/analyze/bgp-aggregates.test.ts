import { describe, expect, test } from 'vitest';
import { describeBgpRib, describeBgpSessions, explainBgp } from '../../src/analyze/index.js';
import type { BgpSimulation } from '../../src/bgp/index.js';
import { type BgpExplanation, formatBgp } from '../../src/output/index.js';
import { blackhole, converged, networkOf, speaker } from '../bgp/networks.js';
import { prefix } from '../must.js';

const NET = '10.9.0.0/16';
const A = '10.9.1.0/24';

/** n0 (AS 65000) has an aggregate of what n1 (AS 65001) and n2 (AS 65002) announce, and tells n3 (AS 65003). */
function star(): BgpSimulation {
  const aggregates = [{ net: prefix(NET), asSet: true, summaryOnly: true }];
  const speakers = [
    speaker(0, { as: 65000, routes: [], aggregates }),
    speaker(1, { as: 65001, routes: [blackhole(prefix(A))] }),
    speaker(2, { as: 65002, routes: [blackhole(prefix('10.9.2.0/24'))] }),
    speaker(3, { as: 65003, routes: [] }),
  ];
  const direct = { multihop: false };
  return converged(
    networkOf(
      speakers,
      [1, 2, 3].map((n) => [0, n, direct, direct] as const),
    ),
  );
}

const explained = (view: BgpSimulation, name: string, asked: string): BgpExplanation =>
  explainBgp(view, name, { prefix: prefix(asked), asked });
const lines = (report: Parameters<typeof formatBgp>[0]): string[] =>
  formatBgp(report, { all: true, width: 400 }).split('\n');

describe('an aggregate', () => {
  test('has a set as BIRD 2.0.12 writes it, and no AS that it is from (as_path_format(), as_path_get_last(), nest/a-path.c)', () => {
    const shown = lines(describeBgpRib(star(), 'n3'));
    const at = shown.findIndex((line) => line.startsWith(NET));
    expect(shown.slice(at, at + 9)).toEqual([
      `${NET}          unicast [n0] * (100) [i]`,
      '\tvia 10.0.0.1 on eth0',
      '\tType: BGP univ',
      '\tBGP.origin: IGP',
      '\tBGP.as_path: 65000 {65001 65002}',
      '\tBGP.next_hop: 10.0.0.1',
      '\tBGP.med: 0',
      '\tBGP.local_pref: 100',
      '\tBGP.aggregator: 10.0.0.1 AS65000',
    ]);
  });

  test('is told with what it is made of, where it is made', () => {
    const report = explained(star(), 'n0', NET);
    expect(report.contributors).toEqual([
      { net: A, neighbor: 'n1', protocol: 'n1' },
      { net: '10.9.2.0/24', neighbor: 'n2', protocol: 'n2' },
    ]);
    expect(report.origins).toEqual([{ speaker: 'n0', source: 'aggregate', protocol: 'aggregator1', net: NET }]);
    expect(lines(report)).toContain('  made of      10.9.1.0/24, from n1 (n1)');
    expect(explained(star(), 'n3', NET).contributors).toBeUndefined();
    const [n0, n3] = describeBgpSessions(star(), ['n0', 'n3']).speakers;
    expect(n0?.protocols).toContainEqual({ name: 'aggregator1', proto: 'Aggregator' });
    expect(n3?.protocols.map(({ proto }) => proto)).not.toContain('Aggregator');
  });

  test('of nothing is not there: nobody originates it', () => {
    const view = star();
    for (const session of ['n1', 'n2']) view.apply({ type: 'disable', speaker: 'n0', session });
    view.converge();
    const report = explained(view, 'n0', NET);
    expect(report).toMatchObject({ candidates: [], contributors: [], origins: [] });
    expect(lines(report).join('\n')).toContain('so the aggregate is not announced');
  });

  test('stands for what it is made of: told where that is, and where it does not come', () => {
    const view = star();
    const here = explained(view, 'n0', A);
    expect(here.suppressedBy).toBe(NET);
    expect(lines(here).join('\n')).toMatch(/not told +to any neighbour: the aggregate 10\.9\.0\.0\/16 stands for it/);
    const there = explained(view, 'n3', A);
    expect(there.suppressedBy).toBeUndefined();
    expect(there.lost).toEqual([
      { from: 'n0', to: 'n3', session: 'n0', why: `the aggregate ${NET} stands for it (summary-only)` },
    ]);
  });
});
