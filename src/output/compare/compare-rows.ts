import type { DropCode, Outcome } from '../../trace/index.js';

/** How a probe was answered. */
export interface AnswerRow {
  readonly outcome: Outcome;
  /** Of the answer; null where there is none. */
  readonly reply: Outcome | null;
  readonly code: DropCode | null;
  /** What the program gets. */
  readonly errno: string | null;
  /** Where the packet ended, `node/node-1`, when it did not arrive. */
  readonly at: string | undefined;
  /** The rule, or who else is the reason: `filter KUBE-SERVICES rule 1`. */
  readonly by: string | undefined;
  /** The ICMP error that was sent back: `port unreachable`. */
  readonly icmp: string | undefined;
  /** What is not modelled and decides. */
  readonly unknown: string | undefined;
}

/** What one namespace looked at for one packet. */
export interface LookedAt {
  readonly netns: string;
  /** Rules of iptables whose conditions were looked at, of all tables. */
  readonly rules: number;
  /** IP sets that these conditions asked. */
  readonly sets: number;
  /** How often IPVS found a service or connection for it. */
  readonly ipvs: number;
}

/** One change of a packet's addresses. */
export interface TranslationRow {
  readonly netns: string;
  /** `PREROUTING`; undefined where no rule was looked at before. */
  readonly hook: string | undefined;
  readonly manip: 'src' | 'dst';
  /** `10.96.0.10:80`; without the port where that stays. */
  readonly from: string;
  readonly to: string;
  /** `nat KUBE-SEP-… rule 2`, `IPVS rr: the next of 2`. */
  readonly by: string;
}

/** How many connections fare well, where not all of them go the same way. */
export type ShareRow =
  /** The probability; null where nobody knows. */
  | { readonly by: 'chance'; readonly p: number | null }
  /** Of the servers of the virtual service those that were tried, and those of them that answer. */
  | { readonly by: 'scheduler'; readonly delivered: number; readonly tried: number; readonly servers: number };

/** One way that chance may go, or the scheduler of IPVS. */
export interface BranchRow {
  /** null where nobody knows, or where the servers take turns. */
  readonly p: number | null;
  readonly outcome: Outcome;
  readonly code: DropCode | null;
  /** Who took the packet. */
  readonly endpoint: string | null;
  /** In the order in which the packet met them, those that looked at nothing left out. */
  readonly there: readonly LookedAt[];
  readonly back: readonly LookedAt[];
  readonly translations: readonly TranslationRow[];
  /** The source address and port that the server sees. */
  readonly seen: string | undefined;
  /** Objects, or namespaces without one, that the answer passes. */
  readonly replyPath: readonly string[];
}

/** One mode of kube-proxy. */
export type ModeRow = { readonly mode: string } & (
  | {
      readonly problem: undefined;
      /** Of several ways the first that fails. */
      readonly probe: AnswerRow;
      /** undefined where all connections go one way, or arrive. */
      readonly share: ShareRow | undefined;
      readonly branches: readonly BranchRow[];
      /** The same for a port that the Service does not have. */
      readonly wrongPort: AnswerRow | undefined;
      /** The same with no endpoint left. */
      readonly empty: AnswerRow | undefined;
      readonly exit: 0 | 1 | 3;
    }
  /** It can't be followed, because of that. */
  | { readonly problem: string; readonly exit: 3 }
);

/** A probe in several modes of kube-proxy. */
export interface Comparison {
  readonly from: string;
  readonly to: string;
  readonly proto: string;
  /** The Service that it is for; undefined for any other target. */
  readonly service: string | undefined;
  /** The port that no port of the Service is. */
  readonly wrongPort: number | undefined;
  readonly modes: readonly ModeRow[];
}
