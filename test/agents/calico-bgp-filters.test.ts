import { expect, test } from 'vitest';
import { formatPrefix } from '../../src/address/index.js';
import { birdFilters } from '../../src/agents/calico/bird-filters.js';
import { runFilter } from '../../src/bgp/evaluate.js';
import type { Filter } from '../../src/bgp/index.js';
import { draftOf } from '../../src/bgp/path.js';
import { type BGPFilter, type BGPFilterRule, CALICO_DEFAULTS } from '../../src/cluster/index.js';
import { prefix } from '../must.js';

/** The routes that BIRD was asked about. */
const ROUTES = ['10.244.2.0/26', '10.244.2.0/27', '10.244.2.32/28', '10.244.2.64/26', '10.244.0.0/16'].map(prefix);

function rule(more: Partial<BGPFilterRule>): BGPFilterRule {
  return {
    action: 'Reject',
    matchOperator: undefined,
    cidr: undefined,
    prefixLength: undefined,
    source: undefined,
    interface: undefined,
    ...more,
  };
}

type Seen = { readonly source?: 'bgp' | 'static'; readonly dev?: string };

/** What a filter lets through. */
function accepted(filter: Filter, { source = 'bgp', dev = 'eth0' }: Seen = {}): string[] {
  return ROUTES.filter((net) =>
    runFilter(filter, { net, source, protocol: 'Global_10_0_0_254', dev }, draftOf(undefined)),
  ).map(formatPrefix);
}

function filtersOf(bgpFilters: readonly BGPFilter[], calico: Partial<typeof CALICO_DEFAULTS> = {}) {
  const made = birdFilters({ ...CALICO_DEFAULTS, ipPools: [], bgpFilters, ...calico });
  return { import: made.import, export: made.exports([], { announced: [], rejected: [] }) };
}

/** One filter `f` of these rules, on import, where what no rule has decided is accepted. */
const imported = (...importV4: readonly BGPFilterRule[]): Filter =>
  filtersOf([{ name: 'f', importV4, exportV4: [] }]).import(['f']);

/**
 * What filterStatement() writes, and for which of the routes bird 2.0.12 says TRUE to `print net, COND` in an import
 * filter of a `protocol static` that has them.
 */
test.each<{
  operator: BGPFilterRule['matchOperator'];
  bounds?: { min: number; max: number };
  bird: string;
  holds: string[];
}>([
  { operator: 'Equal', bird: '(net = 10.244.2.0/26)', holds: ['10.244.2.0/26'] },
  {
    operator: 'NotEqual',
    bird: '(net != 10.244.2.0/26)',
    holds: ['10.244.2.0/27', '10.244.2.32/28', '10.244.2.64/26', '10.244.0.0/16'],
  },
  { operator: 'In', bird: '(net ~ 10.244.2.0/26)', holds: ['10.244.2.0/26', '10.244.2.0/27', '10.244.2.32/28'] },
  { operator: 'NotIn', bird: '(net !~ 10.244.2.0/26)', holds: ['10.244.2.64/26', '10.244.0.0/16'] },
  { operator: 'Equal', bounds: { min: 26, max: 26 }, bird: '(net = [ 10.244.2.0/26{26,26} ])', holds: [] },
  {
    operator: 'NotEqual',
    bounds: { min: 26, max: 26 },
    bird: '(net != [ 10.244.2.0/26{26,26} ])',
    holds: ['10.244.2.0/26', '10.244.2.0/27', '10.244.2.32/28', '10.244.2.64/26', '10.244.0.0/16'],
  },
  { operator: 'In', bounds: { min: 26, max: 26 }, bird: '(net ~ [ 10.244.2.0/26{26,26} ])', holds: ['10.244.2.0/26'] },
  // A min above the length of the cidr: max(26, 27). One below it: max(26, 8).
  {
    operator: 'In',
    bounds: { min: 27, max: 32 },
    bird: '(net ~ [ 10.244.2.0/26{27,32} ])',
    holds: ['10.244.2.0/27', '10.244.2.32/28'],
  },
  {
    operator: 'In',
    bounds: { min: 8, max: 27 },
    bird: '(net ~ [ 10.244.2.0/26{26,27} ])',
    holds: ['10.244.2.0/26', '10.244.2.0/27'],
  },
  {
    operator: 'NotIn',
    bounds: { min: 27, max: 27 },
    bird: '(net !~ [ 10.244.2.0/26{27,27} ])',
    holds: ['10.244.2.0/26', '10.244.2.32/28', '10.244.2.64/26', '10.244.0.0/16'],
  },
])('$operator $bounds: $bird', ({ operator, bounds, holds }) => {
  const matching = rule({ matchOperator: operator, cidr: prefix('10.244.2.0/26'), prefixLength: bounds });
  expect(accepted(imported({ ...matching, action: 'Accept' }, rule({})))).toEqual(holds);
  const others = ROUTES.map(formatPrefix).filter((each) => !holds.includes(each));
  expect(accepted(imported(matching))).toEqual(others);
});

test('conditions of a rule are joined by &&: RemotePeers is RTS_BGP, an interface is a pattern of its name', () => {
  const filter = imported(
    rule({ matchOperator: 'In', cidr: prefix('10.244.2.0/24'), source: 'RemotePeers', interface: 'eth*' }),
  );
  expect(accepted(filter)).toEqual(['10.244.0.0/16']);
  expect(accepted(filter, { source: 'static' })).toHaveLength(ROUTES.length);
  expect(accepted(filter, { dev: 'tunl0' })).toHaveLength(ROUTES.length);
});

/** bird.cfg.template of calico 3.25: the functions of a peer's filters one after the other, then Calico's own. */
test('filters of a peer follow each other in its order; a filter that decides nothing leaves it to the next', () => {
  const block = { matchOperator: 'Equal', cidr: prefix('10.244.2.0/26') } as const;
  const reject = [rule(block)];
  const accept = [rule({ ...block, action: 'Accept' })];
  const both = (a: readonly BGPFilterRule[], b: readonly BGPFilterRule[]) =>
    filtersOf([
      { name: 'a', importV4: a, exportV4: a },
      { name: 'b', importV4: b, exportV4: b },
    ]);
  const others = ['10.244.2.0/27', '10.244.2.32/28', '10.244.2.64/26', '10.244.0.0/16'];
  // On import, what is left is accepted; on export, what is in no pool is rejected.
  expect(accepted(both(reject, accept).import(['a', 'b']))).toEqual(others);
  expect(accepted(both(reject, accept).import(['b', 'a']))).toEqual(['10.244.2.0/26', ...others]);
  expect(accepted(both(reject, accept).export(['a', 'b']))).toEqual([]);
  expect(accepted(both(reject, accept).export(['b', 'a']))).toEqual(['10.244.2.0/26']);
});

test('on export they decide before a pool that is not exported, and before one that is', () => {
  const pool = (name: string, cidr: string, disableBGPExport: boolean) => ({
    name,
    cidr: prefix(cidr),
    blockSize: 26,
    ipipMode: 'Never' as const,
    vxlanMode: 'Never' as const,
    natOutgoing: false,
    disabled: false,
    disableBGPExport,
    nodeSelector: 'all()',
    allowedUses: ['Workload' as const],
  });
  const ipPools = [pool('kept', '10.244.2.0/26', true), pool('told', '10.244.2.64/26', false)];
  const exportV4 = [
    rule({ action: 'Accept', matchOperator: 'Equal', cidr: prefix('10.244.2.0/27') }),
    rule({ matchOperator: 'Equal', cidr: prefix('10.244.2.64/26') }),
  ];
  const { export: filter } = filtersOf([{ name: 'f', importV4: [], exportV4 }], { ipPools });
  expect(accepted(filter([]))).toEqual(['10.244.2.64/26']);
  expect(accepted(filter(['f']))).toEqual(['10.244.2.0/27']);
});
