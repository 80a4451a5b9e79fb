export { Directory, type NamedObject, type NamedPort, type ObjectKind, objectName } from './directory.js';
export {
  type Connection,
  type ConnectionKind,
  type Device,
  type HostNamespaces,
  type NetnsDevices,
  Topology,
} from './graph.js';
export {
  type ChildPlace,
  type LostRoute,
  Network,
  type NetworkSource,
  type Place,
  type RefusedCall,
  type UnlearnedRoute,
  type Unmodelled,
} from './network.js';
