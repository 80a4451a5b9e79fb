import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = new URL('../topologies/', import.meta.url);

/** Names of the shipped labs. */
export const SHIPPED: readonly string[] = readdirSync(folder)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => file.slice(0, -'.yaml'.length));

/** The file of a shipped lab. */
export function shipped(name: string): string {
  return fileURLToPath(new URL(`${name}.yaml`, folder));
}
