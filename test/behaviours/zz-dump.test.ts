import { test } from 'vitest';
import { labProbe, scenarioCase } from './evidence.js';

const S = (process.env['S'] ?? '').split(',').filter(Boolean);
const L = (process.env['L'] ?? '').split(',').filter(Boolean);
test.each([...S, ...L])('%s', (id) => {
  const [name = '', n] = id.split(':');
  const e = n === undefined ? scenarioCase(name) : labProbe(name as never, Number(n));
  console.log(
    id +
      '\n' +
      ('probe' in e
        ? JSON.stringify([e.probe.title, e.probe.before, e.probe.result, e.probe.conntrackAfter])
        : JSON.stringify([e.recorded.note, e.recorded.observed.deliveries, e.recorded.observed.senderErrors])) +
      '\n' +
      e.at().join('\n'),
  );
});
import { recordedPlan } from './evidence.js';
test('plans', () => {
  for (const name of (process.env['P'] ?? '').split('|').filter(Boolean)) {
    const e = recordedPlan(name);
    console.log(name + ' refused ' + e.refused.join(';') + '\n' + e.cases.map((c, i) => `case ${i} ${c.deliveries.join(', ')} errors ${c.errors.join(',')}\n` + c.at().join('\n')).join('\n'));
  }
});
