import type { LegKind, Outcome } from '../../trace/index.js';
import type { Hints, Reasons } from '../reason/reason.js';

/** Languages that sentences exist in. */
export type Language = 'en' | 'zh';

/** What the text format says in one language. Names of Linux and Kubernetes are not translated. */
export interface Phrases {
  readonly reasons: Reasons;
  readonly hints: Hints;
  readonly outcome: Readonly<Record<Outcome, string>>;
  readonly leg: Readonly<Record<LegKind, string>>;
  readonly label: Readonly<Record<Label, string>>;
  readonly answered: string;
  /** Of a packet whose answer is lost. */
  readonly arrived: string;
  readonly answerLost: (outcome: string) => string;
  readonly unanswered: string;
  readonly branches: (count: number) => string;
  readonly arrive: (percent: string) => string;
  readonly notExplored: (percent: string) => string;
  /** `n`: a number, or several such as `2-3`. */
  readonly branch: (n: string, of: number, percent: string) => string;
  /** `to`: where the branch's destination is translated to, and whose that is. */
  readonly branchTo: (branch: string, to: string) => string;
  readonly furtherBranches: (count: number) => string;
  readonly unknownChance: string;
  readonly took: (who: string, what: string) => string;
  readonly answerAt: string;
  /** Of a packet that was never made, because the call failed. */
  readonly notSent: string;
  readonly callGives: (call: string, errno: string) => string;
  readonly callFails: (errno: string) => string;
  readonly on: (host: string) => string;
  readonly continued: string;
  /** Frames that went the same way one after the other. */
  readonly frames: (count: number) => string;
  readonly bytes: (count: number) => string;
  readonly rule: (table: string, chain: string, n: number) => string;
  readonly policy: (table: string, chain: string) => string;
  readonly by: (what: string) => string;
  readonly forAddress: (dst: string, src: string) => string;
  readonly noRoute: (errno: string) => string;
  readonly local: string;
  readonly isAt: (ip: string, mac: string) => string;
  readonly byArp: string;
  readonly toHost: (bridge: string) => string;
  readonly outOf: (bridge: string, mac: string, port: string) => string;
  readonly flooded: (bridge: string, mac: string, ports: string) => string;
  readonly broadcast: (bridge: string, mac: string, ports: string) => string;
  readonly noPort: string;
  readonly connection: (id: number) => string;
  readonly ct: Readonly<Record<'new' | 'found' | 'confirmed' | 'invalid' | 'untracked', string>>;
  readonly hook: Readonly<Record<'accept' | 'drop' | 'stolen' | 'skipped', string>>;
  readonly ttl: (from: number, to: number) => string;
  readonly ofMtu: (length: number, mtu: number) => string;
  readonly into: (dev: string, what: string, remote: string, overhead: number) => string;
  readonly outOfTunnel: (dev: string, what: string, remote: string) => string;
  readonly split: (why: string, count: number) => string;
  readonly joined: (count: number) => string;
  readonly takes: (socket: string, remote: string, local: string) => string;
  readonly missed: (count: number) => string;
  readonly fails: (match: string, have: string) => string;
  readonly goesOn: (leg: string) => string;
  readonly sends: (name: string) => string;
  readonly sendsNot: (name: string) => string;
  /** What the tracer says in words of its own, which are English. */
  readonly said: (text: string) => string;
  readonly connections: string;
  readonly assumptions: string;
}

/** What stands at the beginning of a line. */
export type Label =
  | 'why'
  | 'try'
  | 'send'
  | 'route'
  | 'neigh'
  | 'bridge'
  | 'hook'
  | 'rule'
  | 'miss'
  | 'accept'
  | 'mark'
  | 'ct'
  | 'forward'
  | 'check'
  | 'encap'
  | 'decap'
  | 'split'
  | 'join'
  | 'copy'
  | 'wait'
  | 'deliver'
  | 'relay'
  | 'icmp'
  | 'drop'
  | 'fork'
  | 'unsupported'
  | 'errno'
  | 'note'
  | 'capture';
