import { type ShellCommand, type ShellWord, splitShell } from '../plan/index.js';
import { didYouMean, type Problem, type Read, readResult } from '../problem/index.js';
import { type Patchable, patchableKind } from './calico-patch.js';

/** Something that befalls the control plane, or time that passes. */
export type ControlCommand =
  /** `pkill -KILL bird`, `pkill bird`, `bird`. */
  | { readonly command: 'kill' | 'shutdown' | 'start' }
  /** `birdc disable SESSION`; a name, a pattern in quotes, or `all`. */
  | { readonly command: 'disable' | 'enable' | 'restart'; readonly session: ShellWord }
  /** `calicoctl patch KIND NAME -p JSON`. */
  | { readonly command: 'patch'; readonly kind: Patchable; readonly name: ShellWord; readonly patch: PatchText }
  | { readonly command: 'delete'; readonly kind: Patchable; readonly name: ShellWord }
  | { readonly command: 'sleep'; readonly seconds: number }
  /** Routes that a router's hardware has room for; no tool of Linux sets that. */
  | { readonly command: 'fib limit'; readonly limit: number | undefined };

/** A JSON merge patch (RFC 7396), and where it stands. */
export interface PatchText {
  readonly value: Readonly<Record<string, unknown>>;
  readonly col: number;
}

/** Where a command line stands. */
export interface ControlPlace {
  readonly file: string;
  readonly line: number;
}

/** The words that control commands begin with. */
const CONTROL_COMMANDS = ['pkill', 'bird', 'birdc', 'calicoctl', 'sleep', 'fib'] as const;

/** Whether a command line is one for the control plane, and none that the kernel is told. */
export function isControl(line: string): boolean {
  const [, first = ''] = /^\s*(\S+)/.exec(line) ?? [];
  return CONTROL_COMMANDS.some((each) => each === first);
}

/** What a line of control commands says; several may be joined by `;` or `&&`. Columns of problems are those of the line. */
export function parseControl(line: string, place: ControlPlace): Read<readonly ControlCommand[]> {
  const problems: Problem[] = [];
  const commands = splitShell(line, { ...place, problems }).flatMap((command) => {
    const reader = new ControlReader(command, { ...place, problems });
    return reader.read() ?? [];
  });
  return readResult(commands, problems);
}

class ControlReader {
  readonly #words: readonly ShellWord[];
  readonly #place: ControlPlace & { readonly problems: Problem[] };
  #at = 1;

  constructor({ words }: ShellCommand, place: ControlPlace & { readonly problems: Problem[] }) {
    this.#words = words;
    this.#place = place;
  }

  /** undefined where something is wrong, which has been told. */
  read(): ControlCommand | undefined {
    const [head] = this.#words;
    if (head === undefined) return undefined;
    const read = this.#command(head);
    const more = this.#words[this.#at];
    if (read !== undefined && more !== undefined)
      return this.#fail('syntax', `unexpected "${more.text}" at the end`, more.col);
    return read;
  }

  #command(head: ShellWord): ControlCommand | undefined {
    switch (head.text) {
      case 'pkill':
        return this.#pkill();
      case 'bird':
        return { command: 'start' };
      case 'birdc':
        return this.#birdc();
      case 'calicoctl':
        return this.#calicoctl();
      case 'sleep':
        return this.#sleep();
      case 'fib':
        return this.#fibLimit();
      default: {
        const near = didYouMean(head.text, CONTROL_COMMANDS);
        const message = `"${head.text}" is no command for the control plane${near}; a line has them alone`;
        return this.#fail('unknown-name', message, head.col);
      }
    }
  }

  #pkill(): ControlCommand | undefined {
    const word = this.#take('a program: bird');
    if (word === undefined) return undefined;
    const signal = SIGNALS.get(word.text);
    if (signal === undefined && word.text.startsWith('-'))
      return this.#fail('bad-value', `expected -KILL or -TERM, found "${word.text}"`, word.col);
    const program = signal === undefined ? word : this.#take('a program: bird');
    if (program === undefined) return undefined;
    if (program.text !== 'bird') {
      const message = `only bird can be stopped here, found "${program.text}"`;
      return this.#fail('unknown-name', message, program.col);
    }
    return { command: signal ?? 'shutdown' };
  }

  #birdc(): ControlCommand | undefined {
    const verb = this.#oneOf(['disable', 'enable', 'restart'] as const, 'a command of birdc');
    if (verb === undefined) return undefined;
    const session = this.#take('the name of a session');
    return session === undefined ? undefined : { command: verb, session };
  }

  #calicoctl(): ControlCommand | undefined {
    const verb = this.#oneOf(['patch', 'delete'] as const, 'a command of calicoctl');
    const kind = verb === undefined ? undefined : this.#kind();
    const name = kind === undefined ? undefined : this.#take(`the name of a ${kind.toLowerCase()}`);
    if (verb === undefined || kind === undefined || name === undefined) return undefined;
    if (verb === 'delete') return { command: 'delete', kind, name };
    const patch = this.#patch();
    return patch === undefined ? undefined : { command: 'patch', kind, name, patch };
  }

  #kind(): Patchable | undefined {
    const word = this.#take('a kind such as bgppeer');
    if (word === undefined) return undefined;
    const read = patchableKind(word.text);
    return 'kind' in read ? read.kind : this.#fail('unknown-name', read.problem, word.col);
  }

  /**
   * `-p JSON`, `--patch JSON` or `--patch=JSON`. No YAML: calicoctl hands the text to StrategicMergePatch() of Kubernetes,
   * which takes JSON alone (Patch(), calicoctl 3.21 calicoctl/resourcemgr/resourcemgr.go).
   */
  #patch(): PatchText | undefined {
    const option = this.#take('-p \'{"spec":{…}}\'');
    if (option === undefined) return undefined;
    const [, joined] = /^--patch=(.*)$/s.exec(option.text) ?? [];
    if (joined === undefined && option.text !== '-p' && option.text !== '--patch')
      return this.#fail('unknown-key', `expected -p and a patch, found "${option.text}"`, option.col);
    const word = joined === undefined ? this.#take('a patch') : { text: joined, col: option.col };
    if (word === undefined) return undefined;
    const value = parseJson(word.text);
    if (typeof value === 'string') return this.#fail('syntax', `the patch is no JSON: ${value}`, word.col);
    if (!isRecord(value.json) || !isRecord(value.json['spec']))
      return this.#fail('bad-type', 'expected a patch such as {"spec":{…}}', word.col);
    const [other] = Object.keys(value.json).filter((key) => key !== 'spec');
    if (other !== undefined)
      return this.#fail('unknown-key', `a patch changes the spec alone, found "${other}"`, word.col);
    return { value: value.json['spec'], col: word.col };
  }

  #sleep(): ControlCommand | undefined {
    const word = this.#take('a number of seconds');
    if (word === undefined) return undefined;
    if (/^\d+(\.\d{1,3})?s?$/.test(word.text)) return { command: 'sleep', seconds: Number.parseFloat(word.text) };
    return this.#fail('bad-value', `expected a number of seconds, found "${word.text}"`, word.col);
  }

  #fibLimit(): ControlCommand | undefined {
    if (this.#oneOf(['limit'] as const, 'fib limit N') === undefined) return undefined;
    const word = this.#take('a number of routes, or none');
    if (word === undefined) return undefined;
    if (word.text === 'none') return { command: 'fib limit', limit: undefined };
    if (/^\d{1,9}$/.test(word.text)) return { command: 'fib limit', limit: Number(word.text) };
    return this.#fail('bad-value', `expected a number of routes or none, found "${word.text}"`, word.col);
  }

  #take(what: string): ShellWord | undefined {
    const word = this.#words[this.#at];
    if (word !== undefined) {
      this.#at++;
      return word;
    }
    const last = this.#words.at(-1);
    return this.#fail('missing', `${what} is missing at the end`, last === undefined ? 1 : last.col + last.text.length);
  }

  #oneOf<const T extends string>(words: readonly T[], what: string): T | undefined {
    const word = this.#take(`${what} (${words.join(', ')})`);
    if (word === undefined) return undefined;
    const found = words.find((each) => each === word.text);
    if (found !== undefined) return found;
    const near = didYouMean(word.text, words);
    return this.#fail('unknown-name', `expected ${words.join(' or ')}, found "${word.text}"${near}`, word.col);
  }

  #fail(code: Problem['code'], message: string, col: number): undefined {
    const { file, line, problems } = this.#place;
    problems.push({ code, message, file, path: [], line, col });
    return undefined;
  }
}

const SIGNALS: ReadonlyMap<string, 'kill' | 'shutdown'> = new Map([
  ...['-KILL', '-SIGKILL', '-9'].map((word) => [word, 'kill'] as const),
  ...['-TERM', '-SIGTERM', '-15'].map((word) => [word, 'shutdown'] as const),
]);

/** What is wrong with it, as text, or the value. */
function parseJson(text: string): { readonly json: unknown } | string {
  try {
    return { json: JSON.parse(text) };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
