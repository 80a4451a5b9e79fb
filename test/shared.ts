import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { TestContext } from 'vitest';

const { PODPATH_SHARED } = process.env;
/** Reference data that stay outside of the project: `PODPATH_SHARED`, else the folder `shared` beside the repository. */
const ROOT = PODPATH_SHARED ?? fileURLToPath(new URL('../../shared', import.meta.url));

/** The text of a file below the shared folder; where it is not there, the test is skipped and says so. */
export function readShared(context: TestContext, rel: string): string {
  return sharedText(rel) ?? context.skip(`there is no ${rel} in the shared folder`);
}

/** The text of a file below the shared folder; undefined where it is not there. */
export function sharedText(rel: string): string | undefined {
  const path = `${ROOT}/${rel}`;
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

/** The names of the files below a folder of the shared folder, in order; undefined where it is not there. */
export function sharedFiles(rel: string): string[] | undefined {
  const path = `${ROOT}/${rel}`;
  if (!existsSync(path)) return undefined;
  const entries = readdirSync(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(path.length + 1))
    .sort();
}
