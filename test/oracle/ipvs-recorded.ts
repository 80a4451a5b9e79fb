import { recording } from '../recordings/load.js';
import type { RecordedPlan } from './corpus.js';

/** What Linux 6.1 does with IPVS (`record-ipvs.ts`), by group; a plan on each line. */
export const IPVS_GROUPS = ['schedulers', 'connections', 'paths'] as const;

export type IpvsGroup = (typeof IPVS_GROUPS)[number];

/** A group of recordings. */
export function loadIpvs(group: IpvsGroup): readonly RecordedPlan[] {
  const plans = JSON.parse(recording(`ipvs-${group}-6.1.json`).text) as Omit<RecordedPlan, 'name'>[];
  return plans.map((one) => ({ ...one, name: one.plan.name }));
}

/** Recordings that are not followed to their end. */
interface Unmodelled {
  readonly plans: RegExp;
  /** What is said of it. */
  readonly said: RegExp;
  readonly because: string;
}

/** What is not modelled, and said so. */
export const LEFT: readonly Unmodelled[] = [
  { plans: /^lblcr?[ :]/, said: /"IPVS scheduler lblcr?: /, because: 'its table forgets by a clock of its own' },
  { plans: /^thresholds: /, said: /"IPVS -x of server /, because: 'thresholds are kept, and not looked at' },
];
