import type { Agent } from '../../agent.js';

/** Felix as it starts: sysctls, tunnel devices, the chains that do not depend on pods. */
export const felix: Agent = { name: 'felix', *install() {} };

/** Felix once pods are there: their chains and routes, and the routes of VXLAN. */
export const felixLate: Agent = { name: 'felix', *install() {} };
