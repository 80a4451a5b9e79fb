export { type Checked, checkExpectations, checkLab, formatExpectation } from './check.js';
export { type CompareOptions, compareModes } from './compare/compare.js';
export { type DiffOptions, diffNetworks, type Told } from './diff/networks.js';
export { type Explained, explainName } from './explain/explain.js';
export { describeServices } from './services/services.js';
