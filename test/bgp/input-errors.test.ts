import { describe, expect, test } from 'vitest';
import { describeBgpMessages, describeBgpRib, describeBgpSessions, explainBgp } from '../../src/analyze/index.js';
import { BgpSimulation } from '../../src/bgp/index.js';
import { openLab } from '../../src/input/index.js';
import { applyFaults } from '../../src/lab/index.js';
import { InputError } from '../../src/problem/index.js';
import { prefix } from '../must.js';
import { networkOf, speaker } from './networks.js';

const config = networkOf([speaker(0), speaker(1)], [[0, 1]]);
const simulation = new BgpSimulation(config);
simulation.converge();

/** What is wrong, by argument and path. */
function wrongIn(call: () => unknown): readonly string[] {
  try {
    call();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.problems.map(({ file, path, code, message }) => `${[file, ...path].join('.')} ${code} ${message}`);
  }
  return [];
}

const target = { prefix: prefix('10.0.0.0/8'), asked: '10.0.0.0/8' };
const there = 'there are n0, n1';
describe('what is not there is an InputError', () => {
  test.each([
    ['rib', () => simulation.rib('node'), [`speaker unknown-name no speaker is called "node"; ${there}`]],
    ['fib', () => simulation.fib('n00'), ['speaker unknown-name no speaker is called "n00"; did you mean "n0"?']],
    [
      'announced',
      () => simulation.announced('n0', 'n9'),
      ['session unknown-name n0 has no session "n9"; did you mean "n1"?'],
    ],
    [
      'an event of a speaker',
      () => simulation.apply({ type: 'kill', speaker: 'router' }),
      [`event.speaker unknown-name no speaker is called "router"; ${there}`],
    ],
    [
      'an event of a session',
      () => simulation.apply({ type: 'disable', speaker: 'n0', session: 'mesh' }),
      ['event.session unknown-name n0 has no session "mesh"; there are n1'],
    ],
    [
      'explainBgp',
      () => explainBgp(simulation, 'nope', target),
      [`speaker unknown-name no speaker is called "nope"; ${there}`],
    ],
    [
      'describeBgpRib',
      () => describeBgpRib(simulation, 'nope'),
      [`speaker unknown-name no speaker is called "nope"; ${there}`],
    ],
    [
      'describeBgpSessions, each name',
      () => describeBgpSessions(simulation, ['n0', 'left', 'right']),
      [
        `names.1 unknown-name no speaker is called "left"; ${there}`,
        `names.2 unknown-name no speaker is called "right"; ${there}`,
      ],
    ],
    [
      'describeBgpSessions, no list',
      () => describeBgpSessions(simulation, 'n0' as never),
      ['names bad-type expected a list of names, found "n0"'],
    ],
    [
      'describeBgpMessages, each option',
      () => describeBgpMessages(simulation, { from: 'x', to: 'left', limit: -1 }),
      [
        'options.limit bad-value expected a number from 0 to 9007199254740991, found -1',
        `options.from unknown-name no speaker is called "x"; ${there}`,
        `options.to unknown-name no speaker is called "left"; ${there}`,
      ],
    ],
  ])('%s', (_, call, want) => expect(wrongIn(call)).toEqual(want));

  test('all of a configuration at once: two of one name, AS 0 (RFC 7607), two sessions of one name', () => {
    const [first, second] = networkOf(
      [speaker(0), speaker(1, { as: 0 })],
      [
        [0, 1],
        [0, 1],
      ],
    ).speakers;
    if (first === undefined || second === undefined) throw new Error('no speakers');
    const speakers = [first, { ...second, name: 'n0' }];
    expect(wrongIn(() => new BgpSimulation({ speakers, reachable: undefined, seed: 1 }))).toEqual([
      'config.speakers.0.sessions.0.neighborAs bad-value expected an AS number from 1 to 4294967295, found 0',
      'config.speakers.0.sessions.1.name conflict another session is called "n1"',
      'config.speakers.0.sessions.1.neighborAs bad-value expected an AS number from 1 to 4294967295, found 0',
      'config.speakers.1.name conflict another speaker is called "n0"',
      'config.speakers.1.as bad-value expected an AS number from 1 to 4294967295, found 0',
      'config.speakers.1.sessions.1.name conflict another session is called "n0"',
    ]);
  });

  test('applyFaults, each name', async () => {
    const { lab, built } = await openLab('topologies/calico-bgp.yaml');
    const wrong = wrongIn(() => applyFaults(built.network, lab, ['mesh-of', 'mesh-off', 'zzz']));
    expect(wrong).toHaveLength(2);
    expect(wrong[0]).toBe('names unknown-name no fault is called "mesh-of"; did you mean "mesh-off"?');
  });
});
