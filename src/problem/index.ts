export { formatProblem, InputError, type Problem, type ProblemCode, type Read, readResult } from './problem.js';
export { didYouMean, nearest } from './suggest.js';
