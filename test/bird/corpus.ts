import { existsSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { SessionConfig, SpeakerConfig } from '../../src/bgp/index.js';
import type { BirdRuns, Run } from './compare.js';
import { PLAIN } from './draft.js';
import type { BirdPlan, PlanEvent } from './plan.js';
import type { SeenLines } from './seen.js';

/** The version is part of the name: it is that of Debian 12. */
export const CORPUS: URL = new URL('../recordings/bird-random-2.0.12.json', import.meta.url);

/** Sessions without what is plain; of a run what was seen first, and then what each event has changed; no lines: gone. */
interface RecordedRuns {
  readonly plan: RecordedPlan;
  readonly runs: readonly Run[];
}

type RecordedSession = Partial<SessionConfig> & Pick<SessionConfig, 'name' | 'local' | 'neighbor' | 'neighborAs'>;
type RecordedSpeaker = Omit<SpeakerConfig, 'sessions'> & { readonly sessions: readonly RecordedSession[] };
type RecordedEvent =
  | Exclude<PlanEvent, { readonly type: 'reconfigure' }>
  | { readonly type: 'reconfigure'; readonly config: RecordedSpeaker };

interface RecordedPlan {
  readonly name: string;
  readonly speakers: readonly RecordedSpeaker[];
  readonly events: readonly RecordedEvent[];
}

export function loadCorpus(): BirdRuns[] {
  if (!existsSync(CORPUS)) return [];
  const recorded = JSON.parse(readFileSync(CORPUS, 'utf8')) as RecordedRuns[];
  return recorded.map(({ plan, runs }) => ({ plan: planOf(plan), runs: runs.map(unpacked) }));
}

/** Runs that saw the same are one. */
export function packed({ plan, runs }: BirdRuns): RecordedRuns {
  const texts = runs.map((run) => JSON.stringify(changes(run)));
  return { plan: recordedPlan(plan), runs: [...new Set(texts)].map((text) => JSON.parse(text) as Run) };
}

function changes(run: Run): Run {
  return run.map((lines, step) => {
    const before = run[step - 1];
    // Sorted: two runs of BIRD show the same in another order.
    const keys = [...new Set([...Object.keys(lines), ...Object.keys(before ?? {})])].sort();
    const changed = keys.filter((key) => before === undefined || String(lines[key]) !== String(before[key]));
    return Object.fromEntries(changed.map((key) => [key, lines[key] ?? []]));
  });
}

function unpacked(changed: Run): Run {
  const run: SeenLines[] = [];
  for (const step of changed) {
    const all = Object.entries({ ...run.at(-1), ...step });
    run.push(Object.fromEntries(all.filter(([, lines]) => lines.length > 0)));
  }
  return run;
}

function recordedPlan({ name, speakers, events }: BirdPlan): RecordedPlan {
  return {
    name,
    speakers: speakers.map(recordedSpeaker),
    events: events.map((event) =>
      event.type === 'reconfigure' ? { ...event, config: recordedSpeaker(event.config) } : event,
    ),
  };
}

function recordedSpeaker(speaker: SpeakerConfig): RecordedSpeaker {
  const sessions = speaker.sessions.map(({ name, local, neighbor, neighborAs, ...rest }) => {
    const plain = new Map<string, unknown>(Object.entries(PLAIN));
    const own = Object.entries(rest).filter(([key, value]) => !isDeepStrictEqual(value, plain.get(key)));
    return { name, local, neighbor, neighborAs, ...Object.fromEntries(own) };
  });
  return { ...speaker, sessions };
}

function planOf({ name, speakers, events }: RecordedPlan): BirdPlan {
  return {
    name,
    speakers: speakers.map(speakerOf),
    events: events.map((event) =>
      event.type === 'reconfigure' ? { ...event, config: speakerOf(event.config) } : event,
    ),
  };
}

function speakerOf(speaker: RecordedSpeaker): SpeakerConfig {
  return { ...speaker, sessions: speaker.sessions.map((session) => ({ ...PLAIN, ...session })) };
}
