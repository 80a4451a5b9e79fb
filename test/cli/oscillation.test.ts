import { afterEach, expect, test, vi } from 'vitest';
import { BgpOscillationError, BgpSimulation } from '../../src/bgp/index.js';
import { prefix } from '../must.js';
import { podpath } from './cli.js';

afterEach(() => vi.restoreAllMocks());

test.each([
  ['bgp', 'calico-bgp', 'sessions'],
  ['trace', 'calico-bgp', 'client', 'web-1'],
])('podpath %s: routes that never settle are a property of the lab, not a bug', async (...args) => {
  // No lab has such routes: its daemons have add paths on all sessions.
  vi.spyOn(BgpSimulation.prototype, 'converge').mockImplementation(() => {
    const speakers = [{ name: 'node-1', routes: [undefined] }];
    throw new BgpOscillationError({ oscillations: [{ net: prefix('10.244.2.0/26'), speakers }], recurs: true });
  });
  const { code, err } = await podpath(args);
  expect(err).toBe(
    'podpath: BGP does not converge: 10.244.2.0/26: the same routes come again and again\n  10.244.2.0/26 on node-1: none\n',
  );
  expect(code).toBe(3);
});
