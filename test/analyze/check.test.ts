import { expect, test } from 'vitest';
import { checkLab, formatExpectation } from '../../src/analyze/index.js';
import { openLab } from '../../src/input/index.js';

const { lab, built } = await openLab(`
nodes: {node-1: 10.0.0.1, node-2: 10.0.0.2}
pods:
  a: node-1
  b: {node: node-2, ports: [80, 80/udp]}
faults:
  cut: {node-2: ip route del 10.244.1.0/24}
expect:
  - a -> b:80: delivered
  - a -> b:80: dropped
  - a -> b:81: rejected (NO_SOCKET)
  - a -> b:81: rejected (NO_ROUTE)
  - a -> b:81: dropped (NO_SOCKET)
  - a -> b:80 with cut: delivered
  - a -> b:80 with cut: reply rejected (NO_ROUTE)
  - a -> b:80 with cut: reply delivered
  - a -> b:80 udp size 5000 df: dropped (MTU_DF)
  - a -> b icmp with cut: reply dropped
`);

test('an expectation holds when the outcome, whose it is and the reason are as it says', () => {
  const checked = [...checkLab(lab, built.network)].map(
    ({ expectation, passed, got }) => `${formatExpectation(expectation)}${passed ? '' : ` | ${got}`}`,
  );
  expect(checked).toEqual([
    'a -> b:80: delivered',
    'a -> b:80: dropped | delivered',
    'a -> b:81: rejected (NO_SOCKET)',
    'a -> b:81: rejected (NO_ROUTE) | rejected (NO_SOCKET)',
    'a -> b:81: dropped (NO_SOCKET) | rejected (NO_SOCKET)',
    'a -> b:80 with cut: delivered | reply rejected (NO_ROUTE)',
    'a -> b:80 with cut: reply rejected (NO_ROUTE)',
    'a -> b:80 with cut: reply delivered | reply rejected (NO_ROUTE)',
    'a -> b:80 udp size 5000 df: dropped (MTU_DF)',
    'a -> b icmp with cut: reply dropped',
  ]);
});
