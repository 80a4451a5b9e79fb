import { describe, expect, test } from 'vitest';
import { recording } from '../recordings/load.js';
import { replay, type Scenario, splitSysctl, statesOf } from './replay-commands.js';

/** Recorded by `test/oracle/record-commands.ts`: commands, the kernel's answers, and the state that they led to. */
const { scenarios } = JSON.parse(recording('commands-6.18.json').text) as { scenarios: Scenario[] };

/** What the kernel does and we refuse, and why. */
const NOT_MODELLED = new Map([
  [
    'bridge fdb add 02:aa:00:00:00:01 dev v1 dst 10.0.0.1 self',
    'the addresses that a device listens to besides its own',
  ],
]);

/** Commands whose refusal is worded by the tool, which has no part in this. */
const WORDED_BY_TOOL = /^(sysctl: cannot stat|Error: argument .* is wrong)/;

test('there is something to replay', () => {
  expect(scenarios.length).toBeGreaterThan(100);
});

describe.each(scenarios)('$name', (scenario) => {
  const { steps, state } = scenario;
  const { applier, answers } = replay(steps);

  test('answers', () => {
    for (const { step, by, words } of answers) {
      const refused = NOT_MODELLED.has(step.cmd) || step.exit !== undefined;
      expect(by !== 'nobody', `${step.cmd}: ${words.join(' / ')}`).toBe(refused);
      // What our reader does not let through has its own words, with a column.
      if (by === 'kernel' && !WORDED_BY_TOOL.test(step.stderr ?? '') && !NOT_MODELLED.has(step.cmd))
        expect(words, step.cmd).toContain(step.stderr);
    }
  });

  test('state', () => {
    for (const { name, ours, kernel } of statesOf(scenario, applier.network())) expect(ours, name).toEqual(kernel);
  });

  test('sysctls', () => {
    for (const [name, { sysctl }] of Object.entries(state)) {
      const { sysctls } = applier.netns(name) ?? {};
      const got = sysctl.map(splitSysctl).map(([path]) => `${path} = ${sysctls?.get(path) ?? ''}`);
      expect(got).toEqual(sysctl);
    }
  });
});
