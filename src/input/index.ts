export type { Note } from './context.js';
export { type ImportedLab, importKubectl } from './kubectl/import.js';
export { readFiles } from './kubectl/read-files.js';
export {
  type LoadOptions,
  loadLab,
  type OpenedLab,
  type OpenedNetwork,
  openLab,
  openNetwork,
  openSnapshot,
  validateLab,
} from './load-lab.js';
export { readLab } from './read-lab.js';
export { redact } from './redact/redact.js';
export { SNAPSHOT_PARTS } from './snapshot/layout.js';
export type { PartState } from './snapshot/read-namespace.js';
export { readSnapshot, type Snapshot, type SnapshotFolder } from './snapshot/read-snapshot.js';
export { snapshotFiles } from './snapshot/write-snapshot.js';
