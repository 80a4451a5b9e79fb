/**
 * podpath as a library.
 *
 * `loadLab` makes a network of a lab file, `trace` follows a packet through it, `formatTrace` tells what happened. All
 * but `loadLab` is pure and synchronous, and runs in a browser as well.
 */

export { formatIpv4, formatMac, formatPrefix, parseIpv4, parseMac, parsePrefix } from './address/index.js';
export {
  type Agent,
  type AgentContext,
  type CniArgs,
  type CniBackend,
  type CniSetup,
  cniBackends,
  type Off,
  type OptionProblem,
  type OptionSpec,
  type OptionSpecs,
  type PodNetwork,
  registerCni,
  type Steps,
  type View,
} from './agents/index.js';
export {
  type Checked,
  type CompareOptions,
  checkLab,
  compareModes,
  type DiffOptions,
  describeServices,
  diffNetworks,
  type Explained,
  explainName,
  formatExpectation,
  type Told,
} from './analyze/index.js';
export {
  type ImportedLab,
  importKubectl,
  type LoadOptions,
  loadLab,
  type Note,
  type OpenedLab,
  type OpenedNetwork,
  openLab,
  openNetwork,
  readLab,
  readSnapshot,
  type Snapshot,
  type SnapshotFolder,
  snapshotFiles,
} from './input/index.js';
export {
  applyFaults,
  type BuiltLab,
  buildNetwork,
  createKubeProxy,
  type Faulted,
  type KubeProxy,
  type Lab,
  type Running,
} from './lab/index.js';
export {
  type CaptureOptions,
  type Comparison,
  type Difference,
  type DiffFormatOptions,
  type EntryKind,
  type EntryOrigin,
  type EntryText,
  type Explanation,
  type FormatOptions,
  formatComparison,
  formatComparisonJson,
  formatDiff,
  formatDiffJson,
  formatExplanation,
  formatExplanationJson,
  formatPcapng,
  formatPicture,
  formatServices,
  formatServicesJson,
  formatTrace,
  type NetworkDiff,
  type NotCompared,
  type OutputFormat,
  outputFormats,
  type Picture,
  registerFormat,
  type ServiceRow,
} from './output/index.js';
export { arpFrame, clonePacket, type Header, ipPacket, type Packet } from './packet/index.js';
export {
  type CommandContext,
  formatCommand,
  formatScript,
  formatTeardown,
  type Install,
  parseCommand,
  type Refusal,
  type ScriptOptions,
} from './plan/index.js';
export { formatProblem, InputError, type Problem, type ProblemCode, type Read } from './problem/index.js';
export {
  type Connection,
  type ConnectionKind,
  type Device,
  type HostNamespaces,
  type NetnsDevices,
  Network,
  type NetworkSource,
  type Place,
  Topology,
} from './topology/index.js';
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
  type ProbeProtocol,
  type Simulation,
  type Trace,
  type TraceOptions,
  trace,
} from './trace/index.js';
