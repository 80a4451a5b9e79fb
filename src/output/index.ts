export { type FormatOptions, formatTrace, type OutputFormat, outputFormats, registerFormat } from './format.js';
export { displayWidth, padEnd } from './width.js';
