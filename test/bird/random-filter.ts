import { type Ipv4, type Ipv4Prefix, prefixOf } from '../../src/address/index.js';
import type { Filter, FilterAction, FilterMatch, FilterTerm, PrefixRange } from '../../src/bgp/index.js';
import type { Dice } from './dice.js';
import { ip, net } from './draft.js';

/** What the filters of a plan may speak of. */
export interface About {
  readonly nets: readonly string[];
  readonly numbers: readonly number[];
  readonly addresses: readonly Ipv4[];
}

const COMMUNITIES = [64512 * 65536 + 100, 64512 * 65536 + 200, 65000 * 65536 + 1] as const;

export function randomFilter(dice: Dice, about: About, direction: 'import' | 'export'): Filter {
  const terms = Array.from({ length: dice.between(1, 3) }, () => term(dice, about, direction));
  return { terms, otherwise: dice.percent(85) ? 'accept' : 'reject' };
}

function term(dice: Dice, about: About, direction: 'import' | 'export'): FilterTerm {
  const then = dice.oneOf('accept', 'accept', 'next', 'next', 'reject');
  const actions =
    then === 'reject' ? [] : Array.from({ length: dice.between(1, 2) }, () => action(dice, about, direction));
  return { match: match(dice, about), actions, then };
}

function match(dice: Dice, about: About): FilterMatch {
  switch (dice.oneOf('nets', 'nets', 'nets', 'notNets', 'source', 'nextHop', 'first', 'contains', 'community', 'all')) {
    case 'nets':
      return { nets: ranges(dice, about) };
    case 'notNets':
      return { notNets: ranges(dice, about) };
    case 'source':
      return { source: [dice.oneOf('static', 'kernel', 'bgp', 'device')] };
    case 'nextHop':
      return dice.percent(50) ? { nextHop: within(dice, about) } : { notNextHop: within(dice, about) };
    case 'first':
      return { asPathFirst: dice.of(about.numbers) ?? 0 };
    case 'contains':
      return { asPathContains: dice.of(about.numbers) ?? 0, nets: ranges(dice, about) };
    case 'community':
      return { community: dice.oneOf(...COMMUNITIES) };
    case 'all':
      return {};
  }
}

function within(dice: Dice, { addresses }: About): Ipv4Prefix {
  return prefixOf(dice.of(addresses) ?? ip('10.0.0.1'), dice.oneOf(24, 28));
}

function ranges(dice: Dice, { nets }: About): PrefixRange[] {
  return Array.from({ length: dice.between(1, 3) }, () => {
    const kind = dice.oneOf('one', 'one', 'blocks', 'services', 'default');
    if (kind === 'blocks') return { prefix: net('10.244.0.0/16'), ge: dice.oneOf(16, 26, 32), le: 32 };
    if (kind === 'services') return { prefix: net('10.96.0.0/16'), ge: 16, le: dice.oneOf(24, 32) };
    if (kind === 'default') return { prefix: net('0.0.0.0/0'), ge: 0, le: dice.oneOf(0, 24) };
    const prefix = net(dice.of(nets) ?? '10.244.1.0/26');
    return { prefix, ge: prefix.length, le: dice.percent(50) ? 32 : prefix.length };
  });
}

function action(dice: Dice, { numbers }: About, direction: 'import' | 'export'): FilterAction {
  switch (dice.oneOf('med', 'localPref', 'prepend', 'community', 'community', 'origin', 'large', 'delete', 'nextHop')) {
    case 'med':
      return { set: 'med', value: dice.oneOf(0, 10, 50, 4294967295) };
    case 'localPref':
      return { set: 'localPref', value: dice.oneOf(0, 50, 100, 100, 200) };
    case 'prepend':
      return { set: 'prepend', as: dice.of(numbers) ?? 64512, times: dice.between(1, 3) };
    case 'community':
      return { set: 'addCommunity', value: dice.oneOf(...COMMUNITIES) };
    case 'delete':
      return { set: 'deleteCommunity', value: dice.oneOf(...COMMUNITIES) };
    case 'origin':
      return { set: 'origin', value: dice.oneOf('IGP', 'EGP', 'INCOMPLETE') };
    case 'large':
      return { set: 'addLargeCommunity', value: [64512, dice.below(2), 7] };
    case 'nextHop':
      // Of those that some have a static route to; what a receiver does with it after its own filter is another matter.
      return direction === 'import'
        ? { set: 'med', value: 5 }
        : { set: 'nextHop', value: ip(`172.16.${dice.below(2)}.${dice.between(1, 3)}`) };
  }
}

/** What a speaker puts into its kernel: Calico's tunnels by pool, or less than all. */
export function kernelFilter(dice: Dice, about: About): Filter {
  const pool = { prefix: net('10.244.0.0/16'), ge: 16, le: 32 };
  switch (dice.oneOf('always', 'cross-subnet', 'reject', 'some')) {
    case 'always':
      return {
        terms: [{ match: { nets: [pool] }, actions: [{ set: 'tunnel', dev: 'tunl0' }], then: 'accept' }],
        otherwise: 'accept',
      };
    case 'cross-subnet': {
      const [own] = about.addresses;
      const subnet = prefixOf(own ?? ip('10.0.0.1'), 24);
      return {
        terms: [
          { match: { nets: [pool], nextHop: subnet }, actions: [], then: 'accept' },
          { match: { nets: [pool] }, actions: [{ set: 'tunnel', dev: 'tunl0' }], then: 'accept' },
        ],
        otherwise: 'accept',
      };
    }
    case 'reject':
      return { terms: [{ match: { nets: [pool] }, actions: [], then: 'reject' }], otherwise: 'accept' };
    case 'some':
      return { terms: [{ match: { nets: ranges(dice, about) }, actions: [], then: 'accept' }], otherwise: 'reject' };
  }
}
