export { checkTrace, type Injection, type TraceOptions } from './arguments.js';
export type { Branching } from './chance.js';
export { type Crossing, crossings, type PlacedCrossing, placedCrossings } from './crossings.js';
export { applyDiff } from './diff.js';
export { HINT_CODES, type HintCode } from './hint-code.js';
export { checkProbe, type Probe, type ProbeProtocol } from './probe.js';
export { DROP_CODES, type DropCode } from './reason.js';
export { createSimulation, Simulation, trace, traceStanding } from './simulation.js';
export type * from './trace.js';
