export * from './bgp/bgp-rows.js';
export { formatBgp, formatBgpJson } from './bgp/format-bgp.js';
export { COLLECT_SCRIPT } from './collect-script.js';
export type * from './compare/compare-rows.js';
export { formatComparison, formatComparisonJson } from './compare/format-compare.js';
export { type DiffFormatOptions, formatDiff, formatDiffJson } from './diff.js';
export {
  type Difference,
  ENTRY_KINDS,
  type EntryKind,
  type EntryOrigin,
  type EntryText,
  type NetworkDiff,
  type NotCompared,
} from './difference.js';
export type * from './explain/explanation.js';
export { formatExplanation, formatExplanationJson } from './explain/format-explain.js';
export { KNOWN_NAMES, type KnownName, knownName } from './explain/known-names.js';
export { formatPicture, type Picture } from './flowchart.js';
export { type FormatOptions, formatTrace, type OutputFormat, outputFormats, registerFormat } from './format.js';
export { type CaptureOptions, formatPcapng } from './pcapng.js';
export { endOf, type Run, replyOf, runsOf } from './run.js';
export { formatServices, formatServicesJson } from './services/format-services.js';
export * from './services/service-rows.js';
