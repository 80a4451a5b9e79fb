import { judge } from '../oracle/differential.js';
import { type IpvsGroup, loadIpvs } from '../oracle/ipvs-recorded.js';

/** The first recorded plan of a group that the interpreter which this was bundled with follows otherwise. */
export function disagreements(group: IpvsGroup): string[] {
  const first = loadIpvs(group).find(({ plan, kernel }) => judge(plan, kernel, 'uml').disagreement !== undefined);
  return first === undefined ? [] : [first.name];
}
