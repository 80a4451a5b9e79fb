import { formatPrefix } from '../../src/address/index.js';
import { ACCEPT_ALL, type Filter, type SpeakerConfig } from '../../src/bgp/index.js';
import { Dice } from './dice.js';
import { blackhole, type Draft, Draw, type ip, net, unicast } from './draft.js';
import type { BirdPlan } from './plan.js';
import { randomEvents, slowEvents } from './random-events.js';
import { kernelFilter, randomFilter } from './random-filter.js';
import { SHAPES } from './shapes.js';

/** A plan of a shape, or of any: the same seed draws the same. */
export function randomPlan(seed: number, shape?: string): BirdPlan {
  const dice = new Dice(seed);
  const names = Object.keys(SHAPES);
  const chosen = shape ?? names[dice.below(names.length)] ?? '';
  const draw = new Draw(dice);
  SHAPES[chosen]?.(draw);
  routes(draw);
  sessions(draw);
  filters(draw);
  if (dice.percent(20)) mistakes(draw);
  const speakers: SpeakerConfig[] = draw.speakers.filter(({ sessions }) => sessions.length > 0);
  // Nobody speaks with anybody.
  if (speakers.length === 0) return { ...randomPlan(seed + 1_000_000, chosen), name: `${chosen}, seed ${seed}` };
  const slow = dice.percent(8) ? slowEvents(dice, draw.speakers) : [];
  return { name: `${chosen}, seed ${seed}`, speakers, events: slow.length > 0 ? slow : randomEvents(dice, speakers) };
}

/** What is announced by several, what leads over others, and what comes from the kernel. */
function routes({ dice, speakers }: Draw): void {
  for (let n = 0; n < dice.between(0, 3); n++)
    for (const speaker of dice.some(speakers, 40)) blackhole(speaker, `10.96.${n}.0/24`);
  for (const [n, speaker] of speakers.entries()) {
    if (dice.percent(30)) unicast(speaker, 'kernel', `10.244.${n + 1}.2/32`, undefined, 'cali0');
    if (dice.percent(10)) blackhole(speaker, `10.244.${n + 1}.64/26`);
    const near = neighbours(speaker, speakers);
    const via = dice.of(near);
    if (via !== undefined && dice.percent(25)) unicast(speaker, 'static', `172.16.${dice.below(2)}.0/24`, ...via);
  }
}

/** Addresses of others on a segment, and the interface there. */
function neighbours(speaker: Draft, all: readonly Draft[]): (readonly [ReturnType<typeof ip>, string])[] {
  const others = all.filter((other) => other !== speaker).flatMap(({ interfaces }) => interfaces);
  return speaker.interfaces.flatMap(({ name, address }) =>
    others.filter((other) => other.address >>> 8 === address >>> 8).map((other) => [other.address, name] as const),
  );
}

/** What all sessions have, or some. */
function sessions({ dice, speakers }: Draw): void {
  const paths = dice.oneOf('no', 'no', 'no', 'all', 'some');
  const restart = dice.oneOf('all', 'all', 'some', 'no');
  const oneSided = dice.percent(25);
  for (const session of speakers.flatMap((speaker) => speaker.sessions)) {
    session.addPaths = paths === 'all' || (paths === 'some' && dice.percent(60));
    session.gracefulRestart = restart === 'all' || (restart === 'some' && dice.percent(50));
    session.restartTime = 120;
    if (oneSided && dice.percent(20) && !partner(speakers, session)?.passive) session.passive = true;
    if (dice.percent(5)) session.nextHopSelf = true;
    if (dice.percent(15) && session.password === undefined) {
      const other = partner(speakers, session);
      if (other !== undefined) [session.password, other.password] = ['secret', 'secret'];
    }
  }
}

function partner(speakers: readonly Draft[], { local, neighbor }: { local: number; neighbor: number }) {
  return speakers.flatMap((one) => one.sessions).find((one) => one.local === neighbor && one.neighbor === local);
}

function filters({ dice, speakers }: Draw): void {
  const share = dice.oneOf(0, 15, 15, 40);
  const all = speakers.flatMap((speaker) => speaker.sessions);
  const nets = [...new Set(speakers.flatMap(({ routes: own }) => own.map((route) => formatPrefix(route.net))))];
  const numbers = [...new Set(speakers.map(({ as }) => as))];
  const addresses = speakers.flatMap(({ interfaces }) => interfaces.map(({ address }) => address));
  const about = { nets, numbers, addresses };
  // Calico's: blocks and no more.
  const onlyOwn: Filter = {
    terms: [{ match: { source: ['static', 'bgp'] }, actions: [], then: 'accept' }],
    otherwise: 'reject',
  };
  // Who announces its default route to all has as many outcomes as there are orders of messages.
  const allButDefault: Filter = {
    terms: [{ match: { nets: [{ prefix: net('0.0.0.0/0'), ge: 0, le: 0 }] }, actions: [], then: 'reject' }],
    otherwise: 'accept',
  };
  const usual = dice.percent(50) ? onlyOwn : dice.percent(90) ? allButDefault : ACCEPT_ALL;
  for (const session of all) {
    session.export = dice.percent(share) ? randomFilter(dice, about, 'export') : usual;
    if (dice.percent(share)) session.import = randomFilter(dice, about, 'import');
  }
  for (const { kernel } of speakers) if (dice.percent(40)) kernel.export = kernelFilter(dice, about);
}

/** Sessions that can't come up. */
function mistakes({ dice, speakers }: Draw): void {
  const session = dice.of(speakers.flatMap((speaker) => speaker.sessions));
  if (session === undefined) return;
  const kind = dice.oneOf('as', 'password', 'no-password', 'passive', 'gone');
  const other = partner(speakers, session);
  if (kind === 'as') session.neighborAs = 64999;
  else if (kind === 'password') session.password = 'wrong';
  else if (kind === 'no-password') session.password = session.password === undefined ? 'alone' : undefined;
  else if (kind === 'passive' && other !== undefined) [session.passive, other.passive] = [true, true];
  else if (other !== undefined)
    for (const speaker of speakers) {
      const at = speaker.sessions.indexOf(other);
      if (at !== -1 && speaker.sessions.length > 1) speaker.sessions.splice(at, 1);
    }
  // A client must be of the same AS.
  if (kind === 'as') Object.assign(session, { rrClient: false });
}
