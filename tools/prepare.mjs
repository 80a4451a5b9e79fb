/** Builds, unless dist is newer than all that it is made of: npx, which links a checkout, makes it ready a second time. */
import { execSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const built = join(root, 'dist/bin/podpath.js');
const sources = ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'src', 'tools', 'node_modules'];

/** Of a file, or the latest of all in a folder; of what is installed only the folder's own. */
function changed(path) {
  const { mtimeMs } = statSync(path);
  if (!statSync(path).isDirectory() || path.endsWith('node_modules')) return mtimeMs;
  return Math.max(mtimeMs, ...readdirSync(path).map((name) => changed(join(path, name))));
}

const latest = Math.max(...sources.map((path) => changed(join(root, path))));
if (!existsSync(built) || statSync(built).mtimeMs < latest) execSync('npm run build', { cwd: root, stdio: 'inherit' });
