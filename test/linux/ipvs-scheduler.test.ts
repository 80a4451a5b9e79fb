import { describe, expect, test } from 'vitest';
import { endText, IPVS_SCHEDULERS, kernelList, readIpvs, type VirtualService } from '../../src/linux/index.js';
import { ip } from '../must.js';
import { readable } from '../recordings/load.js';

const AT_HEAD = { at: undefined, weight: 0 };

function service(scheduler: string, weights: readonly number[]): VirtualService {
  const servers = weights.map((weight, i) => `-a -t 10.96.0.1:80 -r 10.0.1.${i + 1}:80 -m -w ${weight}`);
  const [read] = readable(readIpvs({ file: 'f', text: [`-A -t 10.96.0.1:80 -s ${scheduler}`, ...servers].join('\n') }));
  if (read === undefined) throw new Error('no service');
  return read;
}

interface Case {
  readonly scheduler: string;
  readonly weights: readonly number[];
  /** Active and inactive connections, by server. */
  readonly counts?: readonly (readonly [number, number])[];
  readonly start?: number;
  /** Last octets of the servers chosen, one call after the other; 0 for none. */
  readonly want: readonly number[];
  readonly why: string;
}

// Servers are 10.0.1.1, 10.0.1.2, …, in the order in which they were added; the kernel's list is the other way round.
const CASES: readonly Case[] = [
  { scheduler: 'rr', weights: [1, 1, 1], want: [3, 2, 1, 3], why: 'the newest is first in the list' },
  { scheduler: 'rr', weights: [1, 0, 1], want: [3, 1, 3], why: 'without a weight it is passed over' },
  { scheduler: 'rr', weights: [0], want: [0], why: 'there is none' },
  // Passes ask for 2 (the most), then 1 (less their divisor): 2 has 2 of 3 turns.
  { scheduler: 'wrr', weights: [1, 2], start: 2, want: [2, 2, 1, 2, 2, 1], why: 'passes of weights 2 and 1' },
  { scheduler: 'wrr', weights: [0, 0], start: 0, want: [0], why: 'no weight' },
  {
    scheduler: 'lc',
    weights: [1, 9],
    counts: [
      [0, 255],
      [1, 0],
    ],
    want: [1],
    why: '255 < 256, weights do not count',
  },
  {
    scheduler: 'lc',
    weights: [1, 1],
    counts: [
      [1, 0],
      [0, 256],
    ],
    want: [2],
    why: 'as many: the first in the list',
  },
  {
    scheduler: 'wlc',
    weights: [1, 3],
    counts: [
      [1, 0],
      [2, 0],
    ],
    want: [2],
    why: '256 / 1 > 512 / 3',
  },
  {
    scheduler: 'wlc',
    weights: [1, 0],
    counts: [
      [9, 0],
      [0, 0],
    ],
    want: [1],
    why: 'no weight, no connection',
  },
  {
    scheduler: 'sed',
    weights: [1, 2],
    counts: [
      [0, 0],
      [1, 0],
    ],
    want: [2],
    why: '(0 + 1) / 1 = (1 + 1) / 2: the first',
  },
  {
    scheduler: 'sed',
    weights: [3, 1],
    counts: [
      [1, 0],
      [0, 9],
    ],
    want: [1],
    why: '2 / 3 < 1 / 1',
  },
  {
    scheduler: 'nq',
    weights: [1, 9],
    counts: [
      [0, 9],
      [1, 0],
    ],
    want: [1],
    why: 'it is idle',
  },
  { scheduler: 'fo', weights: [5, 7, 5], want: [2], why: 'the greatest weight' },
  {
    scheduler: 'ovf',
    weights: [1, 2],
    counts: [
      [0, 0],
      [3, 0],
    ],
    want: [1],
    why: '3 connections are more than its weight',
  },
];

describe('who is chosen', () => {
  test.each(CASES)('$scheduler $weights: $why', ({ scheduler, weights, counts, start = 0, want }) => {
    const one = service(scheduler, weights);
    let mark: { at: string | undefined; weight: number } = { ...AT_HEAD, weight: start };
    const chosen = want.map(() => {
      const { server, mark: next } = schedule(one, mark, counts);
      mark = { ...mark, ...next };
      return server === undefined ? 0 : Number(/\.(\d+):/.exec(endText(server))?.[1]);
    });
    expect(chosen).toEqual(want);
  });
});

function schedule(
  one: VirtualService,
  mark: { readonly at: string | undefined; readonly weight: number },
  counts: Case['counts'] = [],
  client: { readonly src: string; readonly sport: number } = { src: '10.0.0.1', sport: 20001 },
): ReturnType<NonNullable<ReturnType<typeof IPVS_SCHEDULERS.get>>['schedule']> {
  const scheduler = IPVS_SCHEDULERS.get(one.scheduler);
  if (scheduler === undefined) throw new Error(`no scheduler ${one.scheduler}`);
  return scheduler.schedule({
    service: one,
    servers: kernelList(one),
    mark,
    src: ip(client.src),
    sport: client.sport,
    dst: ip('10.96.0.1'),
    counts(server) {
      const [active, inactive] = counts[one.servers.indexOf(server)] ?? [0, 0];
      return { active, inactive };
    },
  });
}

describe('round robin when its servers change', () => {
  const rr = IPVS_SCHEDULERS.get('rr');
  const three = service('rr', [1, 1, 1]);
  const [first, second, third] = kernelList(three);
  test.each([
    { gone: second, at: first, why: 'the one before takes its place (ip_vs_rr_del_dest())' },
    { gone: first, at: undefined, why: 'before the first is the head' },
    { gone: third, at: second, why: 'another one' },
  ])('$why', ({ gone, at }) => {
    if (gone === undefined || rr?.changed === undefined) throw new Error('no server');
    const after = kernelList(three).filter((server) => server !== gone);
    const mark = { at: endText(gone), weight: 0 };
    expect(rr.changed(mark, kernelList(three), after).at).toBe(at && endText(at));
  });
});

describe('hashes', () => {
  // 10.0.0.1 is 0x0a000001. Times 0x61c88647 that is 0xc6000000 + 0x61c88647 = 0x27c88647 modulo 2^32, whose upper 8 bits
  // are 0x27 = 39 (hash_32()). Place 39 of a list of 3, again and again, is its first: the newest. 10.0.0.2: 0xc6000000
  // + 2 * 0x61c88647 = 0x89910c8e, 0x89 = 137, the third.
  test.each([
    ['10.0.0.1', '10.0.1.3:80'],
    ['10.0.0.2', '10.0.1.1:80'],
  ])('sh of %s is %s', (src, want) => {
    const { server } = schedule(service('sh', [1, 1, 1]), AT_HEAD, [], { src, sport: 20001 });
    expect(server && endText(server)).toBe(want);
  });

  test('a server takes as many places as it has weight; the port counts where asked for', () => {
    const one = service('sh -b sh-port', [0, 3]);
    const ports = Array.from({ length: 200 }, (_, i) => i + 20000);
    const chosen = ports.map((sport) => schedule(one, AT_HEAD, [], { src: '10.0.0.1', sport }).server?.weight);
    // A place in four is of the server without a weight, which gets nobody.
    const nobody = chosen.filter((weight) => weight === undefined).length;
    expect(nobody).toBeGreaterThan(20);
    expect(nobody).toBeLessThan(90);
    const fallback = service('sh -b sh-fallback,sh-port', [0, 3]);
    expect(
      ports.every((sport) => schedule(fallback, AT_HEAD, [], { src: '10.0.0.1', sport }).server?.weight === 3),
    ).toBe(true);
  });
});
