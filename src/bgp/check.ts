import { argumentProblem, didYouMean, InputError, type Problem, showValue } from '../problem/index.js';
import type { BgpConfig, BgpEvent, SpeakerConfig } from './config.js';

type Path = readonly (string | number)[];

/** @throws InputError with all that is wrong with speakers. */
export function checkConfig({ speakers }: BgpConfig): void {
  const names = new Set<string>();
  const problems = speakers.flatMap((speaker, i) => {
    const twice = twiceIn(names, speaker.name, ['speakers', i, 'name'], 'speaker');
    return [...twice, ...speakerProblems(speaker, ['speakers', i])];
  });
  throwAny(problems.map((each) => ({ ...each, file: 'config' })));
}

function speakerProblems({ as, sessions }: SpeakerConfig, at: Path): readonly Problem[] {
  const names = new Set<string>();
  return [
    ...asProblems(as, [...at, 'as']),
    ...sessions.flatMap(({ name, neighborAs }, i) => [
      ...twiceIn(names, name, [...at, 'sessions', i, 'name'], 'session'),
      ...asProblems(neighborAs, [...at, 'sessions', i, 'neighborAs']),
    ]),
  ];
}

function twiceIn(names: Set<string>, name: string, path: Path, what: string): readonly Problem[] {
  const known = names.has(name);
  names.add(name);
  return known ? [problem(path, 'conflict', `another ${what} is called "${name}"`)] : [];
}

/** 0 is nobody's (RFC 7607), and BIRD takes no such configuration: bgp_check_config(), proto/bgp/bgp.c. */
function asProblems(as: number, path: Path): readonly Problem[] {
  if (Number.isInteger(as) && as > 0 && as <= 0xffff_ffff) return [];
  return [problem(path, 'bad-value', `expected an AS number from 1 to 4294967295, found ${showValue(as)}`)];
}

/** @throws InputError where an event is about what is not there, or would make what cannot be. */
export function checkEvent(config: BgpConfig, event: BgpEvent): void {
  if (event.type === 'reachable') return;
  const problems: Problem[] = [];
  if (event.type === 'reconfigure') {
    problems.push(...nameProblems(config, event.config.name, ['config', 'name']));
    problems.push(...speakerProblems(event.config, ['config']));
  } else {
    problems.push(...nameProblems(config, event.speaker, ['speaker']));
    if (problems.length === 0 && (event.type === 'disable' || event.type === 'enable'))
      problems.push(...sessionProblems(config, event.speaker, event.session, ['session']));
  }
  throwAny(problems.map((each) => ({ ...each, file: 'event' })));
}

/** For the argument `speaker` of a function: there is none of that name. */
export function noSpeaker(config: BgpConfig, name: string): InputError {
  return new InputError(nameProblems(config, name, []));
}

/** For the argument `session`: the speaker has none of that name. */
export function noSession(config: BgpConfig, speaker: string, name: string): InputError {
  return new InputError(sessionProblems(config, speaker, name, []).map((each) => ({ ...each, file: 'session' })));
}

function nameProblems({ speakers }: BgpConfig, name: string, path: Path): readonly Problem[] {
  const names = speakers.map((each) => each.name);
  if (names.includes(name)) return [];
  return [problem(path, 'unknown-name', `no speaker is called ${showValue(name)}${suggestion(name, names)}`)];
}

function sessionProblems({ speakers }: BgpConfig, speaker: string, name: string, path: Path): readonly Problem[] {
  const names = speakers.find((each) => each.name === speaker)?.sessions.map((each) => each.name) ?? [];
  if (names.includes(name)) return [];
  return [problem(path, 'unknown-name', `${speaker} has no session ${showValue(name)}${suggestion(name, names)}`)];
}

/** More names than these tell nobody more. */
const MOST_NAMES = 12;

function suggestion(name: string, names: readonly string[]): string {
  const near = didYouMean(String(name), names);
  if (near !== '') return near;
  const more = names.length > MOST_NAMES ? ', …' : '';
  return names.length === 0 ? '; there is none' : `; there are ${names.slice(0, MOST_NAMES).join(', ')}${more}`;
}

function problem(path: Path, code: Problem['code'], message: string): Problem {
  return argumentProblem('speaker', path, code, message);
}

function throwAny(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new InputError(problems);
}

/** Problems with names of speakers in an argument of a function; undefined names nobody. */
export function speakerNameProblems(
  config: BgpConfig,
  argument: string,
  named: readonly (readonly [path: Path, name: unknown])[],
): readonly Problem[] {
  return named.flatMap(([path, name]) => {
    if (name === undefined) return [];
    return nameProblems(config, name as string, path).map((each) => ({ ...each, file: argument }));
  });
}
