import { judge } from '../oracle/differential.js';
import { DIFFERENT, exceptionOf, IPVS_GROUPS, loadIpvs } from '../oracle/ipvs-recorded.js';

/** The first recorded plan of each group of IPVS that the interpreter which this was bundled with follows otherwise. */
export function disagreements(): string[] {
  return IPVS_GROUPS.flatMap((group) => {
    const first = loadIpvs(group).find(
      ({ name, plan, kernel }) =>
        exceptionOf(DIFFERENT, name) === undefined && judge(plan, kernel, 'uml').disagreement !== undefined,
    );
    return first === undefined ? [] : [`${group}: ${first.name}`];
  });
}
