import { Argument, type Command } from 'commander';
import type { Io } from '../io.js';
import { shippedLabs } from '../lab-argument.js';

/** `podpath completion`. */
export function addCompletion(program: Command, io: Io): void {
  program
    .command('completion')
    .description('Print a completion script for a shell.')
    .addArgument(new Argument('<shell>', 'the shell').choices(['bash', 'zsh', 'fish']))
    .addHelpText('after', EXAMPLES)
    .action((shell: 'bash' | 'zsh' | 'fish') => {
      io.out(SCRIPTS[shell](wordsOf(program)));
    });
}

const EXAMPLES = `
Examples:
  podpath completion bash > ~/.local/share/bash-completion/completions/podpath
  podpath completion zsh > "\${fpath[1]}/_podpath"
  podpath completion fish > ~/.config/fish/completions/podpath.fish`;

/** What can be completed. */
interface Words {
  readonly commands: readonly {
    readonly name: string;
    readonly description: string;
    readonly options: readonly string[];
    /** Fixed values of arguments, or names of further commands, where it has some. */
    readonly values: readonly string[];
    readonly takesLab: boolean;
  }[];
  readonly labs: readonly string[];
}

function wordsOf(program: Command): Words {
  const commands = program.commands.map((command) => ({
    name: command.name(),
    description: command.description().split('. ')[0] ?? '',
    options: command.options.flatMap((option) => option.long ?? []),
    values: [
      ...command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
      ...command.commands.map((sub) => sub.name()),
    ],
    takesLab: command.registeredArguments[0]?.name() === 'lab',
  }));
  return { commands, labs: shippedLabs() };
}

/** `case` branches shared by bash and zsh: the words that may follow a command. */
function cases({ commands, labs }: Words, variable: string): string {
  return commands
    .map(({ name, options, values, takesLab }) => {
      const words = [...options, ...values, ...(takesLab ? labs : [])];
      return `    ${name}) ${variable}="${words.join(' ')}" ;;`;
    })
    .join('\n');
}

const SCRIPTS: Readonly<Record<'bash' | 'zsh' | 'fish', (words: Words) => string>> = {
  bash: (words) => `_podpath() {
  local words cur="\${COMP_WORDS[COMP_CWORD]}"
  case "\${COMP_WORDS[1]}" in
${cases(words, 'words')}
    *) words="${words.commands.map(({ name }) => name).join(' ')}" ;;
  esac
  [ "$COMP_CWORD" -eq 1 ] && words="${words.commands.map(({ name }) => name).join(' ')}"
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  [ "$COMP_CWORD" -gt 1 ] && COMPREPLY+=($(compgen -f -X '!*.y*ml' -- "$cur") $(compgen -d -- "$cur"))
}
complete -o filenames -F _podpath podpath
`,
  zsh: (words) => `#compdef podpath
_podpath() {
  if (( CURRENT == 2 )); then
    compadd -- ${words.commands.map(({ name }) => name).join(' ')}
    return
  fi
  local candidates
  case "\${words[2]}" in
${cases(words, 'candidates')}
  esac
  compadd -- \${=candidates}
  _files -g '*.y(a|)ml'
}
compdef _podpath podpath
`,
  fish: ({ commands, labs }) =>
    `${[
      'complete -c podpath -f',
      ...commands.map(({ name, description }) => {
        return `complete -c podpath -n __fish_use_subcommand -a ${name} -d '${description.replaceAll("'", '')}'`;
      }),
      ...commands.flatMap(({ name, options, values, takesLab }) => [
        ...options.map(
          (o) => `complete -c podpath -n '__fish_seen_subcommand_from ${name}' -l ${o.replace(/^--/, '')}`,
        ),
        ...(values.length === 0
          ? []
          : [`complete -c podpath -n '__fish_seen_subcommand_from ${name}' -a '${values.join(' ')}'`]),
        ...(takesLab
          ? [
              `complete -c podpath -n '__fish_seen_subcommand_from ${name}' -a '${labs.join(' ')}'`,
              `complete -c podpath -n '__fish_seen_subcommand_from ${name}' -F`,
            ]
          : []),
      ]),
    ].join('\n')}\n`,
};
