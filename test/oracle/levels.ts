import type fc from 'fast-check';
import { LAB_PLAN } from './labs.js';
import type { Plan } from './plan.js';
import { ROUTER_PLAN } from './router.js';

/** What is drawn at random, and how large a share of the plans each has. */
export const LEVELS: readonly { readonly name: string; readonly plan: fc.Arbitrary<Plan>; readonly share: number }[] = [
  { name: 'router', plan: ROUTER_PLAN, share: 1 },
  { name: 'lab', plan: LAB_PLAN, share: 0.25 },
];
