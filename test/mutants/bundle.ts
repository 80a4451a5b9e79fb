import { readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';
import type { Mutant } from './mutants.js';

/** What a bundle of the recordings and of an interpreter gives. */
export interface Judge {
  disagreements(): string[];
}

/** The recordings with an interpreter into which one mistake has been put; without a mutant, with ours. */
export async function judgeOf(mutant: Mutant | undefined): Promise<Judge> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('disagreements.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    logLevel: 'silent',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire('file:///');" },
    plugins: [mutating(mutant)],
  });
  const [{ contents } = { contents: new Uint8Array() }] = outputFiles;
  return import(`data:text/javascript;base64,${Buffer.from(contents).toString('base64')}`) as Promise<Judge>;
}

function mutating(mutant: Mutant | undefined): Plugin {
  return {
    name: 'mutant',
    setup({ onLoad }) {
      onLoad({ filter: /[\\/](src|test)[\\/].*\.ts$/ }, ({ path }) => {
        const url = pathToFileURL(path).href;
        // In the bundle every file is at the bundle's place.
        const text = readFileSync(path, 'utf8').replaceAll('import.meta.url', JSON.stringify(url));
        const mine = mutant !== undefined && url.endsWith(`/src/${mutant.file}`);
        return { contents: mine ? mutated(text, mutant) : text, loader: 'ts' };
      });
    },
  };
}

function mutated(text: string, { file, from, to }: Mutant): string {
  const parts = text.split(from);
  if (parts.length !== 2) throw new Error(`${file} has "${from}" ${parts.length - 1} times, not once`);
  return parts.join(to);
}
