import { formatProblem, type Problem } from '../problem/index.js';

/** A problem on one line. Of what stands in the command line there is no line and column to tell. */
export function formatProblemLine(problem: Problem): string {
  if (problem.line > 0 || problem.path.length === 0) return formatProblem(problem);
  const [option = '', ...rest] = problem.path;
  return `podpath: ${[OPTIONS.get(String(option)) ?? option, ...rest].join('.')}: ${problem.message}`;
}

/** What the library calls otherwise than the command line. */
const OPTIONS = new Map([
  ['payload', '--size'],
  ['port', '--port'],
  ['sport', '--sport'],
  ['ttl', '--ttl'],
  ['faults', '--fault'],
]);
