export { type BuiltLab, buildNetwork } from './build.js';
export { applyFaults, type Faulted, readCommands, refusalProblem } from './command.js';
export { createKubeProxy, type KubeProxy, type Running } from './kube-proxy.js';
export type * from './lab.js';
export { SWITCHABLE } from './start-order.js';
