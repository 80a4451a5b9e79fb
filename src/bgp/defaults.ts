import type { SessionConfig } from './config.js';
import { ACCEPT_ALL } from './filter.js';

/**
 * What a session is like where nothing is said: an internal one of BIRD 2.0.12 (bgp_check_config(), proto/bgp/bgp.c) that
 * lets everything through, with graceful restart on, which BIRD by itself only helps others with.
 */
export const SESSION_DEFAULTS: Omit<SessionConfig, 'name' | 'local' | 'neighbor' | 'neighborAs'> = {
  multihop: true,
  passive: false,
  rrClient: false,
  clusterId: undefined,
  nextHopSelf: false,
  nextHopKeep: false,
  addPaths: false,
  gracefulRestart: true,
  restartTime: 120,
  holdTime: 240,
  allowLocalAs: 0,
  password: undefined,
  import: ACCEPT_ALL,
  export: ACCEPT_ALL,
};
