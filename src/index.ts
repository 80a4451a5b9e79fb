/**
 * podpath as a library.
 *
 * `loadLab` makes a network of a lab file, `trace` follows a packet through it, `formatTrace` tells what happened. All
 * but `loadLab` is pure and synchronous, and runs in a browser as well.
 */
export { type CniBackend, type CniSetup, cniBackends, registerCni } from './agents/index.js';
export { type Checked, checkLab, formatExpectation } from './analyze/index.js';
export { type LoadOptions, loadLab, type Note, type OpenedLab, openLab, readLab } from './input/index.js';
export { applyFaults, type BuiltLab, buildNetwork, type Lab } from './lab/index.js';
export { type FormatOptions, formatTrace, type OutputFormat, outputFormats, registerFormat } from './output/index.js';
export type { Header, Packet } from './packet/index.js';
export { formatCommand, type Install, parseCommand, type Refusal } from './plan/index.js';
export { formatProblem, InputError, type Problem, type ProblemCode, type Read } from './problem/index.js';
export type { Network } from './topology/index.js';
export {
  applyDiff,
  type Branching,
  type Crossing,
  createSimulation,
  crossings,
  type DropCode,
  type Injection,
  type Outcome,
  type Probe,
  type Simulation,
  type Trace,
  type TraceOptions,
  trace,
} from './trace/index.js';
