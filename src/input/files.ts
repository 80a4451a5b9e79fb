/**
 * The only file of the library that touches the machine: it reads files and fetches addresses. Node's modules are asked
 * for by name when they are needed, so that a browser, which has none, can load this file.
 */

/** A text and the name that it goes by in problems. */
export interface NamedText {
  readonly text: string;
  readonly file: string;
}

/** Why a text could not be had, in words for people. */
export class UnreadableError extends Error {}

/**
 * The text that `source` stands for: itself when it has more than one line, else a file's path (in a browser an
 * address), or a URL.
 *
 * @throws UnreadableError
 */
export async function readSource(source: string | URL): Promise<NamedText> {
  if (typeof source === 'string' && source.includes('\n')) return { text: source, file: 'lab' };
  const file = String(source);
  const node = nodeFileSystem();
  if (node !== undefined && (typeof source === 'string' || source.protocol === 'file:'))
    return { text: await readFile(node, source), file: typeof source === 'string' ? file : node.pathOf(source) };
  return { text: await fetchText(file), file };
}

/** The parts of node:fs and node:url that are used. */
interface NodeFileSystem {
  readFile(path: string | URL): Promise<string>;
  pathOf(url: URL): string;
}

/** Node's own file system; undefined where there is none. Bundlers see no import that they would have to resolve. */
function nodeFileSystem(): NodeFileSystem | undefined {
  const builtin = globalThis.process?.getBuiltinModule;
  if (builtin === undefined) return undefined;
  const { readFile: read } = builtin('node:fs/promises');
  return { readFile: (path) => read(path, 'utf8'), pathOf: builtin('node:url').fileURLToPath };
}

const WHY = new Map([
  ['ENOENT', 'there is no such file'],
  ['EACCES', 'reading it is not allowed'],
  ['EISDIR', 'it is a directory'],
]);

async function readFile(node: NodeFileSystem, path: string | URL): Promise<string> {
  try {
    return await node.readFile(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw new UnreadableError(WHY.get(code) ?? (code === '' ? String(error) : code));
  }
}

async function fetchText(address: string): Promise<string> {
  if (globalThis.fetch === undefined) throw new UnreadableError('nothing here can read files or fetch addresses');
  let response: Response;
  try {
    response = await fetch(address);
  } catch (error) {
    throw new UnreadableError(error instanceof Error ? error.message : String(error));
  }
  if (!response.ok) throw new UnreadableError(`the server answered ${response.status}`);
  return response.text();
}
