import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { nearest } from '../problem/index.js';
import { UsageError } from './exit.js';

const SHIPPED = new URL('../../topologies/', import.meta.url);

/** Names of the shipped labs, without their ending. */
export function shippedLabs(): readonly string[] {
  return readdirSync(SHIPPED)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
    .sort();
}

/** The file of a shipped lab. */
export function shippedLab(name: string): string {
  return fileURLToPath(new URL(`${name}.yaml`, SHIPPED));
}

/**
 * What a LAB argument stands for: a file, a URL, or a shipped lab by its name.
 *
 * @throws UsageError
 */
export function labSource(argument: string): string | URL {
  if (/^(https?|file):\/\//.test(argument)) return new URL(argument);
  if (existsSync(argument)) return argument;
  const shipped = shippedLabs();
  if (shipped.includes(argument)) return shippedLab(argument);
  const here = readdirSync('.').filter((file) => /\.ya?ml$/.test(file));
  const near = nearest(argument, [...here, ...shipped]);
  const hint = near === undefined ? '"podpath labs" lists the shipped ones' : `did you mean "${near}"?`;
  throw new UsageError(`there is no lab "${argument}", neither a file nor a shipped one; ${hint}`);
}
