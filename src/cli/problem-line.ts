import { formatProblem, type Problem } from '../problem/index.js';

/** A problem on one line. Of what stands in the command line there is no line and column to tell. */
export function formatProblemLine(problem: Problem): string {
  if (problem.file !== 'probe') return formatProblem(problem);
  return `podpath: ${problem.path.join('.')}: ${problem.message}`;
}
