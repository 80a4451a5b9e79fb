import type { Agent } from '../agent.js';

/** BIRD's kernel protocol: the routes of its table, as it writes them into the node's. */
export const bird: Agent = { name: 'bird', *install() {} };
