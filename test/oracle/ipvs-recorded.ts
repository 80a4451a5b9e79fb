import { recording } from '../recordings/load.js';
import type { RecordedPlan } from './corpus.js';

/** What Linux 6.1 does with IPVS (`record-ipvs.ts`), by group; a plan on each line. */
export const IPVS_GROUPS = ['schedulers', 'connections', 'paths'] as const;

/** A group of recordings. */
export function loadIpvs(group: (typeof IPVS_GROUPS)[number]): readonly RecordedPlan[] {
  const plans = JSON.parse(recording(`ipvs-${group}-6.1.json`).text) as Omit<RecordedPlan, 'name'>[];
  return plans.map((one) => ({ ...one, name: one.plan.name }));
}

/** Recordings that are not followed to their end. */
interface Exception {
  readonly plans: RegExp;
  /** What is said of it: of what is not modelled, or of the difference. */
  readonly said: RegExp;
  readonly because: string;
}

/** What is not modelled, and said so. */
export const LEFT: readonly Exception[] = [
  { plans: /^lblcr?[ :]/, said: /"IPVS scheduler lblcr?: /, because: 'its table forgets by a clock of its own' },
  { plans: /^thresholds: /, said: /"IPVS -x of server /, because: 'thresholds are kept, and not looked at' },
];

/** What we do otherwise. */
export const DIFFERENT: readonly Exception[] = [
  {
    plans: /^bridge-nf-call-iptables=1, (conntrack=0|conntrack=1: )/,
    said: /the path in p1/,
    because: 'answers that are bridged do not meet ip_vs_reply4()',
  },
  {
    plans: /^(sh|mh) with \1-port,\1-fallback/,
    said: /\(\w+-fallback,/,
    because: 'flags are printed as they were typed',
  },
];

/** The row of a table for a plan. */
export function exceptionOf(table: readonly Exception[], name: string): Exception | undefined {
  return table.find(({ plans }) => plans.test(name));
}
