/**
 * Bundles the command line program with all that it needs. It runs without the bundle as well, but reading four hundred
 * small files takes longer than following a packet.
 */
import { chmodSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const inRoot = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

await build({
  entryPoints: { podpath: inRoot('src/cli/main.ts') },
  outdir: inRoot('dist/bin'),
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  // commander and yaml are CommonJS and ask for Node's modules by `require`.
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  logLevel: 'warning',
});
chmodSync(inRoot('dist/bin/podpath.js'), 0o755);
