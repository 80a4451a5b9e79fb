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
  if (typeof source === 'string' && source.includes('\n')) return { text: unmarked(source), file: 'lab' };
  const file = String(source);
  const node = nodeFileSystem();
  if (node !== undefined && (typeof source === 'string' || source.protocol === 'file:'))
    return { text: await readFile(node, source), file: typeof source === 'string' ? file : node.pathOf(source) };
  return { text: await fetchText(file), file };
}

/** The texts of a folder. */
export interface FolderTexts {
  readonly name: string;
  /** By path below the folder, with `/`. */
  readonly texts: ReadonlyMap<string, string>;
  readonly folders: readonly string[];
  /** Files that were not asked for, here and in its folders. */
  readonly others: readonly string[];
  /** Files that can't be read, and why. */
  readonly unreadable: ReadonlyMap<string, string>;
}

/** Which files of a folder are wanted: of the folder itself, and of each folder in it. */
export interface WantedFiles {
  readonly here: ReadonlySet<string>;
  readonly below: ReadonlySet<string>;
}

/** What is wanted of a folder; undefined when the source is none. What begins with a dot is passed over. */
export async function readFolder(source: string | URL, wanted: WantedFiles): Promise<FolderTexts | undefined> {
  const node = nodeFileSystem();
  if (node === undefined || (typeof source === 'string' ? source.includes('\n') : source.protocol !== 'file:'))
    return undefined;
  const name = (typeof source === 'string' ? source : node.pathOf(source)).replace(/(?<=.)\/+$/, '');
  const entries = await node.list(name);
  if (entries === undefined) return undefined;
  const texts = new Map<string, string>();
  const others: string[] = [];
  const unreadable = new Map<string, string>();
  const read = async (path: string, isWanted: boolean): Promise<void> => {
    if (!isWanted) others.push(path);
    else
      try {
        texts.set(path, await readFile(node, `${name}/${path}`));
      } catch (error) {
        if (!(error instanceof UnreadableError)) throw error;
        unreadable.set(path, error.message);
      }
  };
  for (const file of entries.files) await read(file, wanted.here.has(file));
  for (const folder of entries.folders)
    for (const file of (await node.list(`${name}/${folder}`))?.files ?? [])
      await read(`${folder}/${file}`, wanted.below.has(file));
  return { name, texts, folders: entries.folders, others, unreadable };
}

/** The parts of node:fs and node:url that are used. */
interface NodeFileSystem {
  readFile(path: string | URL): Promise<string>;
  pathOf(url: URL): string;
  /** What is in a folder, in order of name; undefined when the path is no folder. */
  list(path: string): Promise<{ readonly files: readonly string[]; readonly folders: readonly string[] } | undefined>;
}

/** Node's own file system; undefined where there is none. Bundlers see no import that they would have to resolve. */
function nodeFileSystem(): NodeFileSystem | undefined {
  const builtin = globalThis.process?.getBuiltinModule;
  if (builtin === undefined) return undefined;
  const { readFile: read, readdir, stat } = builtin('node:fs/promises');
  return {
    readFile: (path) => read(path, 'utf8'),
    pathOf: builtin('node:url').fileURLToPath,
    async list(path) {
      const found = await stat(path).catch(() => undefined);
      if (found?.isDirectory() !== true) return undefined;
      const entries = await readdir(path, { withFileTypes: true });
      const shown = entries.filter((entry) => !entry.name.startsWith('.'));
      const names = (folder: boolean): string[] =>
        shown.flatMap((entry) => (entry.isDirectory() === folder ? entry.name : [])).sort();
      return { files: names(false), folders: names(true) };
    },
  };
}

const WHY = new Map([
  ['ENOENT', 'there is no such file'],
  ['EACCES', 'reading it is not allowed'],
  ['EISDIR', 'it is a folder, and only a lab file will do here'],
]);

async function readFile(node: NodeFileSystem, path: string | URL): Promise<string> {
  try {
    return unmarked(await node.readFile(path));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw new UnreadableError(WHY.get(code) ?? (code === '' ? String(error) : code));
  }
}

/** Without the byte order mark that some editors begin a text with; fetch() leaves it out of itself. */
function unmarked(text: string): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
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
