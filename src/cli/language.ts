import type { Command } from 'commander';
import { InputError } from '../problem/index.js';
import type { Values } from './values.js';

/** In which language, and whether in colour. */
export interface LanguageOptions {
  readonly lang: 'en' | 'zh';
  readonly color: boolean;
}

/** Adds --lang and --no-color. */
export function addLanguageOptions(command: Command, values: Values): Command {
  return command
    .addOption(values.choice('--lang <language>', 'language of the text', ['en', 'zh']).default('en'))
    .option('--no-color', 'no colours (as NO_COLOR)');
}

/** @throws InputError where the values of options were wrong. */
export function checkedLanguage({ problems }: Values): void {
  if (problems.length > 0) throw new InputError(problems);
}
