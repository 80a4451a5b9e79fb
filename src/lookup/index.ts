export { PrefixTable } from './prefix-table.js';
