import * as z from 'zod/mini';
import type { Lab } from '../lab/index.js';
import { type Problem, type Read, readResult } from '../problem/index.js';
import { complete } from './complete.js';
import { inside, LabContext, type Note, type Place, rootOf } from './context.js';
import { problemsOf } from './issues.js';
import type { LabFile } from './lab-file.js';
import { labSchema } from './lab-schema.js';
import { checkLimits } from './limits.js';
import { emptyManifest, type Manifest, readObject } from './manifest.js';
import { prune } from './prune.js';
import { eventProblems } from './sound-events.js';
import { soundPart } from './sound-part.js';
import { readYaml, type YamlDocument } from './yaml.js';

/** A lab, and what was decided for it that the file does not say. */
export interface ReadLab {
  readonly lab: Lab;
  readonly notes: readonly Note[];
  /** Where each pod stands, by `namespace/name`. */
  readonly podPlaces: ReadonlyMap<string, Place>;
}

/** Reads a lab file: YAML text; `file` is its name, for positions. Gives all problems at once. */
export function readLab(text: string, file: string): Read<Lab> {
  const read = readLabWithNotes(text, file);
  return 'problems' in read ? read : { value: read.value.lab };
}

/** {@link readLab}, and what was decided besides. */
export function readLabWithNotes(text: string, file: string): Read<ReadLab> {
  const read = readLabInPart(text, file);
  return 'problems' in read ? { problems: read.problems } : read;
}

/**
 * The same, and where all that is wrong is in settings, faults, expectations and single entries, the lab without these as
 * well: it can be built, and more be found wrong.
 */
export function readLabInPart(text: string, file: string): Read<ReadLab> & { readonly part?: ReadLab } {
  const read = readYaml(text, file);
  if ('problems' in read) return read;
  const [first, ...further] = read.value;
  if (first === undefined || first.value === null) {
    const message = 'expected a lab, found an empty file; a first line could be cni: flannel/vxlan';
    return { problems: [{ code: 'missing', message, file, path: [], line: 1, col: 1 }] };
  }
  const context = new LabContext(file);
  const manifest = emptyManifest();
  // A file may hold nothing but Kubernetes objects; then all documents are.
  const [head, objects] = isObject(first.value) ? [undefined, [first, ...further]] : [first, further];
  for (const document of objects) readObject(document.value, rootOf(document), manifest, context);
  const root = rootOf(head ?? first);
  const valid = validate(head?.value ?? {}, root, context);
  if (valid !== undefined) readManifest(valid, root, text, manifest, context);
  const small = valid !== undefined && checkLimits(valid, root, context);
  const made = small ? complete(valid, root, manifest, context) : undefined;
  const document = objects.length === 0 && valid?.manifest === undefined ? head?.value : undefined;
  const lab = made === undefined ? undefined : withSoundEvents(made, document, context);
  context.problems.sort((a, b) => a.line - b.line || a.col - b.col);
  const [problem, ...others] = context.problems;
  if (lab === undefined) {
    if (problem === undefined) throw new Error(`${file} makes no lab, and nothing is wrong with it`);
    return { problems: [problem, ...others] };
  }
  const { notes, podPlaces } = context;
  const part = { lab, notes, podPlaces };
  const result = readResult(part, context.problems);
  const among = context.problems.filter((problem) => !isSeparate(problem));
  if (among.length === 0) return { ...result, part };
  const sound = soundPart(lab, among);
  return sound === undefined ? result : { ...result, part: { lab: sound, notes, podPlaces } };
}

/**
 * The file with the right types. Where some of its entries are wrong, the rest is read on without them, so that all
 * problems are told at once; undefined when too much of it is wrong for that.
 */
function validate(value: unknown, root: Place, context: LabContext): LabFile | undefined {
  let rest = value;
  for (let round = 0; ; round++) {
    const parsed = z.safeParse(labSchema, rest);
    if (parsed.success) return parsed.data;
    const { issues } = parsed.error;
    if (round === 0) context.problems.push(...problemsOf(issues, root.document, context.file));
    const pruned = prune(rest, issues);
    if (pruned === undefined || round === MAX_ROUNDS) return undefined;
    for (const name of pruned.lost) context.lost.add(name);
    if (pruned.guessed) context.guess();
    context.forget(pruned.removed);
    rest = pruned.value;
  }
}

/** What nothing else in a lab depends on: of `commands` one may need what another has made. */
const SEPARATE = new Set(['sysctl', 'links', 'events', 'faults', 'expect']);

/** What control commands speak of is made from all of the lab. One that is wrong takes the others with it. */
function withSoundEvents(lab: Lab, document: unknown, context: LabContext): Lab {
  const among = context.problems.filter((problem) => !isSeparate(problem));
  context.problems.push(...eventProblems(lab, among, document));
  if (context.problems.length === 0) return lab;
  return { ...lab, events: [], faults: lab.faults.map((fault) => ({ ...fault, events: [] })) };
}

function isSeparate({ path: [key = ''] }: Problem): boolean {
  return SEPARATE.has(String(key));
}

/** Without a wrong value the key's parent may be wrong, and so on up to the entry. */
const MAX_ROUNDS = 8;

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'apiVersion' in value && 'kind' in value;
}

/** `manifest:`, a list of objects or a block of documents. */
function readManifest(file: LabFile, root: Place, text: string, manifest: Manifest, context: LabContext): void {
  const { manifest: said = [] } = file;
  const place = inside(root, 'manifest');
  if (typeof said !== 'string') {
    for (const [i, object] of said.entries()) readObject(object, inside(place, i), manifest, context);
    return;
  }
  const read = readYaml(said, context.file);
  const shift = blockShift(text, root.document, place);
  if ('problems' in read) context.problems.push(...read.problems.map((problem) => ({ ...problem, ...shift(problem) })));
  else
    for (const { value, positionOf, keyPosition } of read.value) {
      const document: YamlDocument = {
        value,
        positionOf: (path) => shift(positionOf(path)),
        keyPosition: (path) => shift(keyPosition(path)),
      };
      if (value !== null) readObject(value, rootOf(document), manifest, context);
    }
}

/** From a position within a block of text to the position in the file: the block starts below its `|`. */
function blockShift(
  text: string,
  document: YamlDocument,
  place: Place,
): (at: { readonly line: number; readonly col: number }) => { readonly line: number; readonly col: number } {
  const { line } = document.positionOf(place.path);
  const following = text.split('\n').slice(line);
  const indent = /^ */.exec(following.find((each) => each.trim() !== '') ?? '')?.[0].length ?? 0;
  return (at) => ({ line: at.line + line, col: at.col + indent });
}
