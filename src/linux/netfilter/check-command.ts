import { didYouMean } from '../../problem/index.js';
import { parseCommand } from './command.js';
import { MATCHES } from './match/registry.js';
import { UNMODELLED_MATCHES, type UnmodelledMatch } from './match/unmodelled.js';
import type { Match } from './rule.js';
import { type WordSource, Words } from './words.js';

/**
 * What iptables itself has against a command line, before it asks the kernel: words without the program's name, as the
 * shell hands them over. Problems are told in the columns of the words.
 */
export function checkIptablesCommand(
  words: readonly { readonly text: string; readonly col: number }[],
  source: WordSource,
): void {
  const { file, line, problems } = source;
  const all = words.map((word) => ({ ...word, quoted: false }));
  const command = parseCommand(new Words(all, source), source, { by: 'command', file, line })?.command;
  const rules = command !== undefined && 'rules' in command ? command.rules : [];
  for (const name of new Set(rules.flatMap(({ matches }) => matches.flatMap(unknownMatch)))) {
    const message = `no match is called "${name}"${didYouMean(name, [...MATCHES.keys(), ...UNMODELLED_MATCHES])}`;
    const { col = 1 } = words.find((word) => word.text === name) ?? {};
    problems.push({ code: 'unknown-name', message, file, path: [], line, col });
  }
}

/** The name behind `-m` where iptables has no such extension (`Couldn't load match`). */
function unknownMatch(match: Match): string[] {
  if (match.match !== 'unmodelled') return [];
  const { name } = match as UnmodelledMatch;
  return MATCHES.has(name) || UNMODELLED_MATCHES.has(name) ? [] : [name];
}
