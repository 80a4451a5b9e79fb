export type { AsPathSegment, BgpAttributes, Origin } from './attributes.js';
export type {
  AggregateConfig,
  BgpConfig,
  BgpEvent,
  KernelConfig,
  LocalRoute,
  NextHop,
  Reach,
  SessionConfig,
  SessionTimers,
  SpeakerConfig,
  SpeakerInterface,
} from './config.js';
export { SESSION_DEFAULTS } from './defaults.js';
export { isOffered } from './evaluate.js';
export type { Candidate, DecisionRule, Explanation, Withheld, WithheldCause } from './explanation.js';
export {
  ACCEPT_ALL,
  type Filter,
  type FilterAction,
  type FilterMatch,
  type FilterTerm,
  type PrefixRange,
  REJECT_ALL,
} from './filter.js';
export { BgpOscillationError, type Oscillation } from './oscillation.js';
export type { FibRoute, RibRoute, SessionStatus } from './rib.js';
export { BgpSimulation, type Message, type MessageCounts } from './simulation.js';
