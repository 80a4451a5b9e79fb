import { LineWords, type Role } from '../linux/index.js';
import { didYouMean, type Problem, type Read, readResult } from '../problem/index.js';
import { bridge } from './command/bridge.js';
import { ip } from './command/ip.js';
import { modprobe } from './command/ipip.js';
import { conntrack, echo, ipset, iptables, iptablesRestore, ipvsadm, sysctl } from './command/other-tools.js';
import type { Scene } from './command/scene.js';
import { type ShellCommand, type ShellWord, splitShell } from './command/shell.js';
import type { Install } from './install.js';

/** Where a command line is from, and where it would be run. */
export interface CommandContext {
  /** The namespace that it is run in, unless it says another; undefined outside of all. */
  readonly netns: string | undefined;
  /** Name of the text for problems and origins. */
  readonly file: string;
  /** 1-based; 1 when undefined. */
  readonly line?: number;
  /** What the command is given to read (`iptables-restore`). */
  readonly stdin?: string;
  /** What a namespace made by `ip netns add` stands for; `host` when undefined. */
  readonly role?: Role;
}

/** What a tool's words are made into. */
type Tool = (scene: Scene, role: Role) => void;

const TOOLS: ReadonlyMap<string, Tool> = new Map<string, Tool>([
  ['ip', ip],
  ['bridge', bridge],
  ['sysctl', sysctl],
  ['echo', echo],
  ['iptables', (scene) => iptables(scene, 'ip')],
  ['ip6tables', (scene) => iptables(scene, 'ip6')],
  ['iptables-restore', (scene) => iptablesRestore(scene, 'ip')],
  ['ip6tables-restore', (scene) => iptablesRestore(scene, 'ip6')],
  ['ipset', ipset],
  ['ipvsadm', ipvsadm],
  ['conntrack', conntrack],
  ['modprobe', modprobe],
]);
/** Tools that run a command line of their own. */
const SHELLS = new Set(['sh', 'bash']);

/**
 * The calls that a command line makes: of `ip`, `bridge`, `sysctl`, `echo … > /proc/sys/…`, `iptables`,
 * `iptables-restore`, `ipset`, `ipvsadm`, `conntrack -F` and `-D`, `modprobe ipip`, also behind `ip netns exec NS`, in `sh -c '…'`, and
 * several joined by `;` or `&&`. Options that are not known are problems, each with its column and what may have been
 * meant.
 */
export function parseCommand(line: string, context: CommandContext): Read<Install[]> {
  const problems: Problem[] = [];
  const installs: Install[] = [];
  const place = { file: context.file, line: context.line ?? 1, problems };
  const reader = new CommandReader(context, place, installs);
  for (const command of splitShell(line, place)) reader.run(command, context.netns);
  return readResult(installs, problems);
}

class CommandReader {
  readonly #context: CommandContext;
  readonly #place: { readonly file: string; readonly line: number; readonly problems: Problem[] };
  readonly #installs: Install[];

  constructor(
    context: CommandContext,
    place: { readonly file: string; readonly line: number; readonly problems: Problem[] },
    installs: Install[],
  ) {
    this.#context = context;
    this.#place = place;
    this.#installs = installs;
  }

  run(command: ShellCommand, netns: string | undefined): void {
    const [head, ...rest] = command.words;
    if (head === undefined) return;
    const name = head.text.slice(head.text.lastIndexOf('/') + 1);
    const exec = name === 'ip' ? netnsExec(rest) : undefined;
    if (exec !== undefined) this.run({ ...command, words: exec.words }, exec.netns);
    else if (SHELLS.has(name)) this.#shell(rest, netns);
    else {
      const tool = TOOLS.get(name);
      if (tool === undefined) this.#unknown(head);
      else tool(this.#scene(command, netns), this.#context.role ?? 'host');
    }
  }

  /** `sh -c '…'`: columns go on being those of the whole line. */
  #shell(words: readonly ShellWord[], netns: string | undefined): void {
    const [option, script] = words;
    if (option?.text !== '-c' || script === undefined) {
      const col = (option ?? { col: 1 }).col;
      this.#fail('expected -c and a command', col);
      return;
    }
    for (const command of splitShell(script.text, this.#place, script.col + 1)) this.run(command, netns);
  }

  #scene(command: ShellCommand, netns: string | undefined): Scene {
    const object = command.words.map((word) => word.text).join(' ');
    const { file, line, problems } = this.#place;
    return {
      netns,
      origin: { by: 'command', object, file, line },
      words: new LineWords(command.words.slice(1), { file, line, problems }),
      stdin: command.stdin ?? this.#context.stdin,
      redirect: command.redirect?.text,
      installs: this.#installs,
    };
  }

  #unknown(word: ShellWord): void {
    const near = didYouMean(word.text, [...TOOLS.keys(), ...SHELLS]);
    this.#fail(`"${word.text}" is no command that is understood here${near}`, word.col);
  }

  #fail(message: string, col: number): void {
    const { file, line, problems } = this.#place;
    problems.push({ code: 'unknown-name', message, file, path: [], line, col });
  }
}

/** The command behind `ip [options] netns exec NS`. */
function netnsExec(words: readonly ShellWord[]): { readonly netns: string; readonly words: ShellWord[] } | undefined {
  const [object, verb, netns, ...rest] = words;
  if (object?.text !== 'netns' || verb === undefined || netns === undefined || rest.length === 0) return undefined;
  return 'exec'.startsWith(verb.text) ? { netns: netns.text, words: rest } : undefined;
}
