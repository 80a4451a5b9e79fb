export { type BuildOptions, type BuiltLab, buildNetwork } from './build.js';
export { checkEvents, checkEventsApart } from './check-events.js';
export { readCommands, refusalProblem } from './command.js';
export { isControl, parseControl } from './control.js';
export { applyCommands, applyFaults, type Faulted } from './faults.js';
export { createKubeProxy, type KubeProxy, type Running } from './kube-proxy.js';
export type * from './lab.js';
export { SWITCHABLE } from './start-order.js';
export type { ObjectCommand } from './world.js';
