import type { Mutant } from './mutants.js';

/** Mistakes with aggregates, which the recorded scenarios of FRR must find. */
export const AGGREGATE_MUTANTS: readonly Mutant[] = [
  {
    name: 'the prefix of the aggregate itself contributes',
    file: 'bgp/aggregate.ts',
    from: 'length > config.net.length && contains',
    to: 'length >= config.net.length && contains',
  },
  {
    name: 'an aggregate is made of aggregates',
    file: 'bgp/aggregate.ts',
    from: "return kind !== 'aggregate' && networks.has(route.net);",
    to: "return kind === 'aggregate' || networks.has(route.net);",
  },
  {
    name: 'networks of its own do not contribute',
    file: 'bgp/aggregate.ts',
    from: "return kind !== 'aggregate' && networks.has(route.net);",
    to: 'return false;',
  },
  {
    name: 'all local routes contribute',
    file: 'bgp/aggregate.ts',
    from: "return kind !== 'aggregate' && networks.has(route.net);",
    to: "return kind !== 'aggregate';",
  },
  {
    name: 'every aggregate suppresses',
    file: 'bgp/aggregate.ts',
    from: 'each.config.summaryOnly && isWithin',
    to: 'isWithin',
  },
  {
    name: 'no aggregate suppresses',
    file: 'bgp/aggregate.ts',
    from: 'each.config.summaryOnly && isWithin',
    to: 'false && isWithin',
  },
  {
    name: 'an aggregate with a set is atomic',
    file: 'bgp/aggregate.ts',
    from: 'atomicAggregate: !asSet,',
    to: 'atomicAggregate: true,',
  },
  {
    name: 'an aggregate has no AGGREGATOR',
    file: 'bgp/aggregate.ts',
    from: 'aggregator: { as, address: routerId },',
    to: 'aggregator: undefined,',
  },
  {
    name: 'all that differs goes into the set, and what is alike too',
    file: 'bgp/aggregate.ts',
    from: 'if (alike > 0) leading.push(',
    to: 'if (false) leading.push(',
  },
  {
    name: 'what stands in front is not in the set again',
    file: 'bgp/aggregate.ts',
    from: 'as: [...new Set(rest)]',
    to: 'as: [...new Set(rest)].filter((as) => !leading.some((segment) => segment.as.includes(as)))',
  },
  {
    name: 'the best origin wins',
    file: 'bgp/aggregate.ts',
    from: 'ORIGIN_CODE[each] > ORIGIN_CODE[worst]',
    to: 'ORIGIN_CODE[each] < ORIGIN_CODE[worst]',
  },
  {
    name: 'communities are taken over without as-set',
    file: 'bgp/aggregate.ts',
    from: 'communities: asSet ? communitiesOf(parts) : []',
    to: 'communities: communitiesOf(parts)',
  },
  {
    name: 'a contributor that goes is still counted',
    file: 'bgp/aggregation.ts',
    from: 'if (goes !== undefined) count(aggregate, goes.path, -1);',
    to: '',
  },
  {
    name: 'only the best paths contribute',
    file: 'bgp/aggregation.ts',
    from: 'const comes = added !== undefined && contributes(aggregation, added) ? added : undefined;',
    to: 'const comes = added !== undefined && added === speaker.table.nets.get(net) && contributes(aggregation, added) ? added : undefined;',
  },
  {
    name: 'ATOMIC_AGGREGATE of what is there already is not seen',
    file: 'bgp/aggregation.ts',
    from: 'install(world, speaker, aggregation, aggregate, atomic && isNew);',
    to: 'install(world, speaker, aggregation, aggregate, false);',
  },
  {
    name: 'neighbours are not told again when aggregates change',
    file: 'bgp/reconfigure.ts',
    from: '(refilter.export || aggregates)',
    to: 'refilter.export',
  },
  {
    name: 'a set counts as many as are in it',
    file: 'bgp/path.ts',
    from: "sum + (s.type === 'set' ? 1 : s.as.length)",
    to: 'sum + s.as.length',
  },
  {
    name: 'the own AS in a set is no loop',
    file: 'bgp/path.ts',
    from: 'for (const segment of asPath) for (const each of segment.as)',
    to: "for (const segment of asPath) for (const each of segment.type === 'set' ? [] : segment.as)",
  },
  {
    name: 'the own AS goes into a set that comes first',
    file: 'bgp/path.ts',
    from: "if (first?.type === 'sequence' && first.as.length < LONGEST_SEQUENCE) {\n    return [{ type: 'sequence',",
    to: 'if (first !== undefined) {\n    return [{ type: first.type,',
  },
];
