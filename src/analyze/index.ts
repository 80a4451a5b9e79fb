export { type Checked, checkLab, formatExpectation } from './check.js';
