export { type FormatOptions, formatTrace, type OutputFormat, outputFormats, registerFormat } from './format.js';
