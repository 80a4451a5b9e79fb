export type { Note } from './context.js';
export { type ImportedLab, importKubectl } from './kubectl/import.js';
export { readFiles } from './kubectl/read-files.js';
export { checkFaults, type LoadOptions, loadLab, type OpenedLab, openLab, validateLab } from './load-lab.js';
export { readLab } from './read-lab.js';
export { redact } from './redact/redact.js';
