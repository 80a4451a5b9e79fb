export type { Note } from './context.js';
export { checkFaults, type LoadOptions, loadLab, type OpenedLab, openLab, validateLab } from './load-lab.js';
export { readLab } from './read-lab.js';
