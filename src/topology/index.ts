export { Directory, type NamedObject, type NamedPort, type ObjectKind, objectName } from './directory.js';
export { Network, type NetworkSource, type Place } from './network.js';
