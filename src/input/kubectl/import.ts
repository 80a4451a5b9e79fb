import type { Source } from '../../linux/index.js';
import { type Problem, type Read, readResult } from '../../problem/index.js';
import { inside, LabContext, type Place, rootOf } from '../context.js';
import { emptyManifest, readObject } from '../manifest.js';
import { readLabInPart } from '../read-lab.js';
import { valueAt } from '../value-at.js';
import { type Configured, readConfigMap } from './config-maps.js';
import { readDocuments } from './documents.js';
import { type Aside, keepUnmodelled } from './unmodelled-objects.js';
import { writeLab } from './write-lab.js';

/** A lab made of a cluster's objects, and what there is to say of it. */
export interface ImportedLab {
  /** A lab file. */
  readonly text: string;
  /** What is not modelled, by the object's name, and what was left out. */
  readonly told: readonly string[];
  /** What the lab reader finds wrong with the lab: what the objects say does not fit together. */
  readonly misfits: readonly Problem[];
}

/** Makes a lab of what `kubectl get … -o json` or `-o yaml` printed, in one file or several. */
export function importKubectl(sources: readonly Source[]): Read<ImportedLab> {
  const manifest = emptyManifest();
  const configured: Partial<Configured> = {};
  const problems: Problem[] = [];
  const told: string[] = [];
  const aside: Aside[] = [];
  const unsaid: string[] = [];
  const met = new Set<string>();
  for (const { file, text } of sources) {
    const read = readDocuments(text, file);
    if ('problems' in read) {
      problems.push(...read.problems);
      continue;
    }
    const context = new LabContext(file);
    for (const document of read.value)
      for (const place of objectsIn(rootOf(document))) {
        if (isRepeated(place, met)) continue;
        const before = context.unmodelled.length;
        if (!readConfiguration(place, configured, context))
          readObject(valueAt(document.value, place.path), place, manifest, context);
        const found = context.unmodelled.slice(before);
        const kept = found.length > 0 ? keepUnmodelled(place) : [];
        aside.push(...kept);
        // Of a Service the lab's own entry says it.
        if (kept.length === 0 && kindOf(place) !== 'Service')
          unsaid.push(...found.map(({ what, where }) => `${what} (${where})`));
      }
    problems.push(...context.problems.sort((a, b) => a.line - b.line || a.col - b.col));
    told.push(...context.notes.map(({ line, col, message }) => `${file}:${line}:${col}: ${message}`));
  }
  const [first] = sources;
  if (problems.length === 0 && manifest.nodes.length === 0 && first !== undefined)
    problems.push({
      code: 'missing',
      message: 'expected Node objects, found none in any file; kubectl get nodes -o json prints them',
      file: first.file,
      path: [],
      line: 1,
      col: 1,
    });
  if (problems.length > 0) return readResult(NOTHING, problems);
  const files = sources.map(({ file }) => file);
  const { text, told: decided } = writeLab(manifest, configured, { aside, unsaid, files });
  const made = readLabInPart(text, 'the lab');
  return { value: { text, told: [...told, ...decided], misfits: 'problems' in made ? made.problems : [] } };
}

const NOTHING: ImportedLab = { text: '', told: [], misfits: [] };

/** The places of the objects of a document: those of a List, or the document itself. */
function objectsIn(place: Place): Place[] {
  const items = valueAt(place.document.value, [...place.path, 'items']);
  const kind = kindOf(place);
  // `kubectl get --raw` and other clients say NodeList, PodList …
  if (!Array.isArray(items) || !/List$/.test(String(kind))) return [place];
  return items.flatMap((_, i) => objectsIn(inside(place, 'items', i)));
}

function kindOf(place: Place): unknown {
  return valueAt(place.document.value, [...place.path, 'kind']);
}

/** Whether an object has been read before, from this file or another. */
function isRepeated({ document, path }: Place, met: Set<string>): boolean {
  const [kind, name, namespace] = [['kind'], ['metadata', 'name'], ['metadata', 'namespace']].map((key) =>
    valueAt(document.value, [...path, ...key]),
  );
  const id = `${kind} ${namespace ?? ''}/${name}`;
  if (name === undefined || !met.has(id)) {
    met.add(id);
    return false;
  }
  return true;
}

/** Objects that are no part of a lab's own: ConfigMaps of the network, and those that no packet meets. */
function readConfiguration(place: Place, configured: Partial<Configured>, context: LabContext): boolean {
  switch (kindOf(place)) {
    case 'ConfigMap':
      readConfigMap(place, configured, context);
      return true;
    case 'Namespace':
      return true;
    default:
      return false;
  }
}
