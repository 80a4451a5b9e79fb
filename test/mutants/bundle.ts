import { readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';
import type { IpvsGroup } from '../oracle/ipvs-recorded.js';
import type { firstWrong } from './at-random.js';
import type { Mutant } from './mutants.js';

/** A judge in this directory, with an interpreter into which one mistake has been put; without a mutant, with ours. */
async function judgeOf<T>(file: string, mutant: Mutant | undefined): Promise<T> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(file, import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    logLevel: 'silent',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire('file:///');" },
    plugins: [mutating(mutant)],
  });
  const [{ contents } = { contents: new Uint8Array() }] = outputFiles;
  return import(`data:text/javascript;base64,${Buffer.from(contents).toString('base64')}`) as Promise<T>;
}

/** What of the recordings such an interpreter follows otherwise; that it throws is otherwise as well. */
export async function judgedByRecordings(mutant: Mutant | undefined): Promise<string[]> {
  const { disagreements } = await judgeOf<typeof import('./disagreements.js')>('disagreements.ts', mutant);
  return orWhatItThrows(disagreements);
}

/** The first recording of IPVS, of one group, that it follows otherwise. */
export async function judgedByIpvs(mutant: Mutant | undefined, group: IpvsGroup): Promise<string[]> {
  const { disagreements } = await judgeOf<typeof import('./ipvs-disagreements.js')>('ipvs-disagreements.ts', mutant);
  return orWhatItThrows(() => disagreements(group));
}

/** The first recorded plan of BIRD that such a simulation ends otherwise. */
export async function judgedByBird(mutant: Mutant | undefined): Promise<string[]> {
  const { disagreements } = await judgeOf<typeof import('./bgp-disagreements.js')>('bgp-disagreements.ts', mutant);
  return orWhatItThrows(disagreements);
}

/** The first recorded scenario of FRR in which such a simulation has other aggregates. */
export async function judgedByFrr(mutant: Mutant | undefined): Promise<string[]> {
  const { disagreements } = await judgeOf<typeof import('./frr-disagreements.js')>('frr-disagreements.ts', mutant);
  return orWhatItThrows(disagreements);
}

function orWhatItThrows(judge: () => string[]): string[] {
  try {
    return judge();
  } catch (error) {
    return [String(error)];
  }
}

/** Which of these plans it gets wrong first; -1 when none. judge() counts what throws. */
export async function judgedAtRandom(
  mutant: Mutant | undefined,
  done: Parameters<typeof firstWrong>[0],
): Promise<number> {
  return (await judgeOf<typeof import('./at-random.js')>('at-random.ts', mutant)).firstWrong(done);
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
