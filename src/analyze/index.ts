export { type Checked, checkExpectations, checkLab, formatExpectation } from './check.js';
