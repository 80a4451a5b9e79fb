export { Applier, type ApplyOptions } from './apply/applier.js';
export { type Applied, apply, applyTo, type Installs } from './apply.js';
export * from './install.js';
export { type CommandContext, parseCommand } from './command.js';
