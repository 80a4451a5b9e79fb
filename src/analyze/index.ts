export { type Checked, checkExpectations, checkLab, formatExpectation } from './check.js';
export { compareMode } from './compare/compare.js';
export { portOfNone, serviceOf, withoutEndpoints, withProxyMode } from './compare/target.js';
export { type DiffOptions, diffNetworks, type Told } from './diff/networks.js';
export { explainName } from './explain/explain.js';
export { serviceRows } from './services/services.js';
