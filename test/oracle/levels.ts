import type fc from 'fast-check';
import type { Backend } from './backend.js';
import { IPVS_PLAN } from './ipvs-random.js';
import { CALICO_IPIP_PLAN, CALICO_PLAN, LAB_PLAN } from './labs.js';
import type { Plan } from './plan.js';
import { ROUTER_PLAN } from './router.js';
import { POD_PLAN, TUNNEL_PLAN } from './tunnel-random.js';

/** What is drawn at random. */
export interface Level {
  readonly name: string;
  readonly plan: fc.Arbitrary<Plan>;
  /** How large a share of the plans it has. */
  readonly share: number;
}

/** What every kernel is asked. */
export const LEVELS: readonly Level[] = [
  { name: 'router', plan: ROUTER_PLAN, share: 1 },
  { name: 'lab', plan: LAB_PLAN, share: 0.25 },
  { name: 'pods', plan: POD_PLAN, share: 0.25 },
  { name: 'calico', plan: CALICO_PLAN, share: 0.25 },
];

/** What needs IPVS, which the kernel of a machine often lacks. */
export const IPVS_LEVEL: Level = { name: 'ipvs', plan: IPVS_PLAN, share: 1 };

/** What needs the module of IP in IP, which the kernel of a machine may lack. */
const IPIP_LEVELS: readonly Level[] = [
  { name: 'ipip', plan: TUNNEL_PLAN, share: 1 },
  { name: 'calico-ipip', plan: CALICO_IPIP_PLAN, share: 0.25 },
];

/** The levels of a backend. */
export function levelsOf(backend: Backend): readonly Level[] {
  return backend === 'uml' ? [...LEVELS, IPVS_LEVEL, ...IPIP_LEVELS] : LEVELS;
}
