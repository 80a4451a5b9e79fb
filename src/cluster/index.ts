export { allocateServices, NODE_PORT_RANGE } from './allocate.js';
export { deriveEndpointSlices } from './endpoint-slice.js';
export type * from './objects.js';
export { SERVICE_DEFAULTS } from './objects.js';
export { groupByNode, podsOn } from './placement.js';
export { nodeSubnet } from './pod-cidr.js';
export { matchesLabels } from './selector.js';
