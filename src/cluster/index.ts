export { allocateServices, NODE_PORT_RANGE, needsHealthCheck, needsNodePorts, type PortRange } from './allocate.js';
export type * from './calico.js';
export { NODE_ANNOTATIONS } from './calico.js';
export type { Field, Form, MapForm } from './calico-form.js';
export type { Issue, Tell } from './calico-issue.js';
export { AS_NUMBER, CALICO_DEFAULTS, CALICO_KINDS, CALICO_SECTIONS, type CalicoKinds, SUBNET } from './calico-kinds.js';
export { defaultsOf, patchForm, readForm } from './calico-read.js';
export {
  type CalicoSelector,
  formatSelector,
  matchesSelector,
  parseSelector,
  prefixLabels,
} from './calico-selector.js';
export { parseASNumber, parseCommunity, parseDuration } from './calico-text.js';
export { deriveEndpointSlices, TOPOLOGY_ZONE, topologyMode } from './endpoint-slice.js';
export type * from './objects.js';
export { SERVICE_DEFAULTS } from './objects.js';
export { groupBy, groupByNode, podsOn, slicesOf } from './placement.js';
export { nodeSubnet } from './pod-cidr.js';
export { matchesLabels } from './selector.js';
export { type Candidate, candidates, type WhyNot } from './why-not.js';
