export {
  argumentProblem,
  checkShape,
  type Expected,
  flag,
  type Shape,
  showValue,
  textOf,
  wholeNumber,
  wordOf,
} from './argument.js';
export {
  formatPath,
  formatProblem,
  InputError,
  type Problem,
  type ProblemCode,
  type Read,
  readResult,
} from './problem.js';
export { didYouMean, nearest } from './suggest.js';
