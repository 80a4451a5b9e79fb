export type * from './lab.js';
