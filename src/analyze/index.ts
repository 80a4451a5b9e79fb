export { type Checked, checkExpectations, checkLab, formatExpectation } from './check.js';
export { type DiffOptions, diffNetworks } from './diff/networks.js';
