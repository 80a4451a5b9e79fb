import { readFileSync } from 'node:fs';

/** The version in package.json, which stands two folders above this file in the sources and in the package. */
export function version(): string {
  const file = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return /"version": "([^"]+)"/.exec(file)?.[1] ?? 'unknown';
}
