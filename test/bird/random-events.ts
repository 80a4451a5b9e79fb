import { ACCEPT_ALL, type SpeakerConfig } from '../../src/bgp/index.js';
import type { Dice } from './dice.js';
import { type Draft, net } from './draft.js';
import { type PlanEvent, PlanState } from './plan.js';

/** Long enough that a busy machine does not run into it before it has looked. */
const RESTART_SECONDS = 8;
const HOLD_SECONDS = 6;

/** Speakers with events that take seconds: what a timer ends. */
export function slowEvents(dice: Dice, speakers: readonly Draft[]): PlanEvent[] {
  const [speaker] = dice.shuffled(speakers);
  const session = dice.of(speaker?.sessions ?? []);
  const other = speakers.find(({ interfaces }) => interfaces.some(({ address }) => address === session?.neighbor));
  if (speaker === undefined || session === undefined || other === undefined) return [];
  const all = speakers.flatMap(({ sessions }) => sessions);
  if (dice.percent(50)) {
    for (const one of all) one.restartTime = RESTART_SECONDS;
    const after: PlanEvent[] = [{ type: 'start', speaker: speaker.name }];
    const wait: PlanEvent = { type: 'wait', seconds: RESTART_SECONDS + 1 };
    return [{ type: 'kill', speaker: speaker.name }, wait, ...(dice.percent(30) ? after : [])];
  }
  for (const one of all) one.holdTime = HOLD_SECONDS;
  const between = [speaker.name, other.name] as const;
  return [{ type: 'cut', between }, ...(dice.percent(40) ? [{ type: 'mend', between } as const] : [])];
}

/** Up to three, one after the other. */
export function randomEvents(dice: Dice, speakers: readonly SpeakerConfig[]): PlanEvent[] {
  const state = new PlanState({ name: '', speakers, events: [] });
  const events: PlanEvent[] = [];
  const n = dice.oneOf(0, 1, 1, 1, 2, 2, 3);
  while (events.length < n) {
    const event = randomEvent(dice, state, events);
    if (event === undefined) break;
    events.push(event);
    state.apply(event);
  }
  return events;
}

function randomEvent(dice: Dice, state: PlanState, before: readonly PlanEvent[]): PlanEvent | undefined {
  const speaker = dice.of([...state.running]);
  if (speaker === undefined) return undefined;
  const config = state.config(speaker);
  const session = dice.of(config.sessions)?.name;
  const down = [...state.configs.keys()].find((name) => !state.running.has(name));
  if (down !== undefined && dice.percent(50)) return { type: 'start', speaker: down };
  const off = before.findLast((event) => event.type === 'disable');
  if (off?.type === 'disable' && state.running.has(off.speaker) && dice.percent(50))
    return { type: 'enable', speaker: off.speaker, session: off.session };
  switch (dice.oneOf('kill', 'kill', 'shutdown', 'disable', 'disable', 'reconfigure', 'reconfigure', 'reconfigure')) {
    case 'kill':
      return { type: 'kill', speaker };
    case 'shutdown':
      return { type: 'shutdown', speaker };
    case 'disable':
      return session === undefined ? { type: 'kill', speaker } : { type: 'disable', speaker, session };
    case 'reconfigure':
      return { type: 'reconfigure', config: reconfigured(dice, config) };
  }
}

/** The same speaker with one thing changed. */
function reconfigured(dice: Dice, config: SpeakerConfig): SpeakerConfig {
  const { sessions, routes, kernel } = config;
  const at = dice.below(Math.max(sessions.length, 1));
  const changed = (how: Partial<SpeakerConfig['sessions'][number]>): SpeakerConfig => ({
    ...config,
    sessions: sessions.map((session, n) => (n === at ? { ...session, ...how } : session)),
  });
  const statics = routes.filter(({ source }) => source === 'static');
  const gone = dice.of(statics);
  switch (dice.oneOf('import', 'export', 'session', 'withdraw', 'withdraw', 'add', 'merge', 'next-hop-self')) {
    case 'import':
      return changed({ import: setting(dice) });
    case 'export':
      return changed({ export: setting(dice) });
    case 'session':
      return { ...config, sessions: sessions.filter((_, n) => n !== at || sessions.length === 1) };
    case 'withdraw':
      return { ...config, routes: routes.filter((route) => route !== gone) };
    case 'add':
      return {
        ...config,
        routes: [
          ...routes,
          { net: net('10.245.0.0/24'), type: 'blackhole', source: 'static', protocol: 'blocks', nexthops: [] },
        ],
      };
    case 'merge':
      return { ...config, kernel: { ...kernel, mergePaths: !kernel.mergePaths } };
    case 'next-hop-self':
      return changed({ nextHopSelf: !sessions[at]?.nextHopSelf, nextHopKeep: false });
  }
}

function setting(dice: Dice): SpeakerConfig['sessions'][number]['import'] {
  const blocks = { prefix: net('10.244.0.0/16'), ge: 16, le: 32 };
  const match = dice.percent(50) ? { nets: [blocks] } : { notNets: [blocks] };
  return dice.percent(50)
    ? { terms: [{ match, actions: [], then: 'reject' }], otherwise: 'accept' }
    : {
        terms: [{ match, actions: [{ set: 'localPref', value: dice.oneOf(50, 200) }], then: 'accept' }],
        otherwise: ACCEPT_ALL.otherwise,
      };
}
