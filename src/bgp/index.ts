export type { AsPathSegment, BgpAttributes, Origin } from './attributes.js';
export type {
  BgpConfig,
  BgpEvent,
  KernelConfig,
  LocalRoute,
  NextHop,
  SessionConfig,
  SpeakerConfig,
  SpeakerInterface,
} from './config.js';
export {
  ACCEPT_ALL,
  type Filter,
  type FilterAction,
  type FilterMatch,
  type FilterTerm,
  type PrefixRange,
  REJECT_ALL,
} from './filter.js';
export type { FibRoute, RibRoute, SessionStatus } from './rib.js';
export {
  BgpSimulation,
  type Candidate,
  type DecisionRule,
  type Explanation,
  type Message,
  type MessageCounts,
} from './simulation.js';
