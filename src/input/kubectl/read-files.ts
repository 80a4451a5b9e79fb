import type { Source } from '../../linux/index.js';
import { InputError, type Problem } from '../../problem/index.js';
import { readSource, UnreadableError } from '../files.js';

/**
 * The texts of files.
 *
 * @throws InputError with all that can't be read.
 */
export async function readFiles(files: readonly string[]): Promise<readonly Source[]> {
  const problems: Problem[] = [];
  const sources: Source[] = [];
  for (const file of files) {
    try {
      sources.push({ ...(await readSource(file)), file });
    } catch (error) {
      if (!(error instanceof UnreadableError)) throw error;
      const message = `can't be read: ${error.message}`;
      problems.push({ code: 'unreadable', message, file, path: [], line: 1, col: 1 });
    }
  }
  if (problems.length > 0) throw new InputError(problems);
  return sources;
}
