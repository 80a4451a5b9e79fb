import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const { PODPATH_SHARED } = process.env;
/** Reference data that stay outside of the project: `PODPATH_SHARED`, else the folder `shared` beside the repository. */
const ROOT = PODPATH_SHARED ?? fileURLToPath(new URL('../../shared', import.meta.url));

/** The path of a file below the shared folder; undefined where it is not there, so that its test can be skipped. */
export function sharedPath(rel: string): string | undefined {
  const path = `${ROOT}/${rel}`;
  return existsSync(path) ? path : undefined;
}
