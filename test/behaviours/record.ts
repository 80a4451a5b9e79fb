/**
 * Runs the plans of these tests on the kernel of this machine and writes them, with what it did, into `recorded/`. Needs
 * root: `npx tsx test/behaviours/record.ts [NAME…]`, all of them unless some are named.
 */
import { recordPlans } from '../oracle/record.js';
import { CLUSTER_PLANS } from './plans-cluster.js';
import { NODE_PLANS } from './plans-nodes.js';

recordPlans([...NODE_PLANS, ...CLUSTER_PLANS], new URL('recorded/', import.meta.url), process.argv.slice(2));
