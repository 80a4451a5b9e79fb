export { Applier, type ApplyOptions } from './apply/applier.js';
export { apply, applyTo } from './apply.js';
export { type ShellCommand, type ShellWord, splitShell } from './command/shell.js';
export { type CommandContext, parseCommand } from './command.js';
export { formatCommand } from './format-command.js';
export * from './install.js';
export { formatScript, formatTeardown, type ScriptOptions } from './shell-script.js';
