import type { Header } from '../packet/index.js';
import type { HintCode } from './hint-code.js';
import type { DropCode } from './reason.js';

/**
 * What `trace` and `send` return: legs → paths → hops → events. Plain JSON; `null` means "not known" or "not
 * applicable". Published as `podpath-trace/1`.
 */
export interface Trace {
  readonly format: 'podpath-trace/1';
  readonly query: Query;
  readonly verdict: Verdict;
  readonly legs: readonly Leg[];
  /** Names of the objects that have the addresses in the packets: `10.244.2.2` is `pod/default/web-1`. */
  readonly owners: Readonly<Record<string, string>>;
  /** What the answer leans on though nobody said it. */
  readonly assumptions: readonly string[];
  /** Connections of the namespaces that the packets passed, after the last of them. */
  readonly conntrack: readonly TracedConnection[];
}

/** What was asked. */
export interface Query {
  readonly from: string;
  readonly to: string;
  readonly proto: string;
  readonly port: number | null;
}

/** How a packet's way ended. */
export type Outcome =
  /** A socket or the kernel itself took it. */
  | 'delivered'
  | 'dropped'
  /** Dropped, and its sender was told: an ICMP error or RST arrived. */
  | 'rejected'
  | 'looped'
  /** It left the modelled network. */
  | 'left-scope'
  /** What decides is not modelled, or not in the input. */
  | 'unknown'
  /** A program took it and sends something else on: see the `proxied` leg. */
  | 'relayed'
  /** Held by the kernel when the probe ended. */
  | 'held';

/** The answer in short. */
export interface Verdict {
  /**
   * Of the packet asked for. Over several branches of chance the worst: dropped, then unknown, then delivered; where
   * nobody knows which branch is taken, unknown unless all say the same.
   */
  readonly forward: Outcome;
  /** Of its answer; null where there is none. */
  readonly reply: Outcome | null;
  /** The reason of the first failure, and the event that shows it. */
  readonly code: DropCode | null;
  readonly event: string | null;
  /** What the state of the network says of the cause besides, the most telling first. */
  readonly hints: readonly Hint[];
  /** What the program gets instead of an answer: its call failed, or an ICMP error or RST reached its socket. */
  readonly errno: string | null;
  /** Branches explored. */
  readonly branches: number;
  /** Probability that packet and answer arrive; null where it depends on what nobody knows. */
  readonly pDelivered: number | null;
  /** Probability of what was not explored, beyond the cap on branches; 0 when all was. */
  readonly notExplored: number | null;
  /** 0 delivered and answered on every branch, 1 not, 3 unknown: the input, or what is modelled, does not decide. */
  readonly exit: 0 | 1 | 3;
}

/** A fact of the network's state that explains how a packet fared, where the place of its end does not. */
export interface Hint {
  readonly code: HintCode;
  /** Values for the placeholders of its sentence. */
  readonly values: Readonly<Record<string, string | number>>;
}

/** What a leg is to the packet that was asked for. */
export type LegKind =
  /** Sent by the probe's own socket. */
  | 'forward'
  /** Sent by whom it reached. */
  | 'reply'
  /** An ICMP error about another leg. */
  | 'icmp-error'
  | 'arp'
  /** A further copy of a flooded frame. */
  | 'copy'
  /** Sent on by a program that relays. */
  | 'proxied';

/** One packet's travel. */
export interface Leg {
  readonly id: string;
  readonly kind: LegKind;
  /** The path whose packet provoked this one; null for the first. */
  readonly of: string | null;
  /** The headers that it began with. */
  readonly packet: readonly Header[];
  readonly paths: readonly Path[];
}

/** One resolved branch of a leg. */
export interface Path {
  readonly id: string;
  /** Its probability; null where a choice depends on a state that nobody knows. */
  readonly p: number | null;
  readonly choices: readonly Choice[];
  /** Where it parts from an earlier path; null for the first. */
  readonly forkOf: { readonly path: string; readonly event: string } | null;
  readonly outcome: Outcome;
  /** Why it ended, unless it was delivered. */
  readonly code: DropCode | null;
  /** Who took it: `pod/default/web-1`, or a namespace. */
  readonly endpoint: string | null;
  readonly hops: readonly Hop[];
}

/** One answer to a question of chance. */
export interface Choice {
  readonly about: string;
  readonly take: string;
  readonly p: number | null;
}

/** One traversal of one namespace, from where the frame came in to where it goes out. */
export interface Hop {
  readonly netns: string;
  /** The object that the namespace belongs to, where it has a name. */
  readonly object: string | null;
  /** The node whose kernel it is. */
  readonly host: string;
  readonly frame: number;
  /** Device; null at the origin. */
  readonly in: string | null;
  /** Device; null at the end. */
  readonly out: string | null;
  readonly events: readonly TraceEvent[];
}

/** A change of the header stack, index 0 outermost. */
export type Diff =
  | { readonly op: 'push'; readonly headers: readonly Header[] }
  | { readonly op: 'pop'; readonly headers: readonly Header[] }
  /** `/1/ttl`: header 1, field ttl. */
  | { readonly op: 'set'; readonly path: string; readonly from: unknown; readonly to: unknown }
  /** The skb's own: `/skb/mark`. */
  | { readonly op: 'meta'; readonly path: string; readonly from: number; readonly to: number };

/** A rule, by where it stands. */
export interface TracedRule {
  readonly table: string;
  readonly chain: string;
  /** 1-based, as `iptables -L --line-numbers` counts; 0 for the chain's policy. */
  readonly n: number;
  readonly text: string;
  readonly origin: string;
}

/** One connection, as `conntrack -L` would show it. */
export interface TracedConnection {
  readonly netns: string;
  readonly id: number;
  readonly original: string;
  readonly reply: string;
  /** `SYN_SENT`, `ESTABLISHED` …; null for protocols without states. */
  readonly state: string | null;
  readonly status: readonly string[];
}

/** What all events have. `fn` is the kernel function, where there is one. */
interface Common {
  readonly id: string;
  readonly fn: string | null;
  /** Changes of the headers since the event before, of the same frame. */
  readonly diff: readonly Diff[];
}

/** What happened, in order. */
export type TraceEvent = Common & EventBody;

/** The part of an event that depends on its kind. */
export type EventBody =
  | { readonly k: 'origin'; readonly note: string }
  | {
      readonly k: 'rx' | 'tx';
      readonly dev: string;
      /** As a capture on the device names it. */
      readonly dir: 'in' | 'in-bcast' | 'in-mcast' | 'in-otherhost' | 'out';
      readonly headers: readonly Header[];
      /** Payload bytes of each segment that a GSO packet stands for; 0 for an ordinary one. */
      readonly gsoSize: number;
      /** Place in the order of capture time stamps. */
      readonly order: number;
      /** Virtual time, ms. */
      readonly time: number;
    }
  | {
      readonly k: 'bridge';
      readonly bridge: string;
      readonly decision: 'local' | 'forward' | 'flood';
      readonly mac: string;
      /** The ports that it leaves by. */
      readonly ports: readonly string[];
      /** What the entry is: learned, permanent …; null without one. */
      readonly fdb: string | null;
    }
  | {
      readonly k: 'hook';
      readonly hook: string;
      /** `bridge` when br_netfilter calls the IP hook. */
      readonly via: 'ip' | 'bridge';
      /** Whether it is the outer packet of a tunnel. */
      readonly verdict: 'accept' | 'drop' | 'stolen' | 'skipped';
      readonly because: string | null;
    }
  | {
      readonly k: 'rule';
      readonly hook: string;
      /** The devices that the hook is called with, which `-i` and `-o` are compared with; null for none. */
      readonly in: string | null;
      readonly out: string | null;
      /** The skb's mark as the rule found it, uint32. */
      readonly mark: number;
      readonly rule: TracedRule;
      readonly hit: boolean;
      /** What follows: `ACCEPT`, `jump KUBE-SVC-…`, `next rule`. */
      readonly next: string;
      /** The first condition that the packet does not meet, and what it has; null for a hit. */
      readonly fail: { readonly match: string; readonly have: string } | null;
      /** Rules tried in this chain since the last one listed. */
      readonly missesBefore: number;
    }
  | {
      readonly k: 'nat';
      readonly manip: 'src' | 'dst';
      readonly rule: TracedRule | null;
      readonly connection: number;
    }
  | {
      readonly k: 'ipvs';
      /** To the server, or back from it. */
      readonly way: 'in' | 'out';
      /** As ipvsadm spells it; of a service that is gone, what it was recognised by. */
      readonly service: string;
      readonly server: string;
      readonly forwarding: 'masq' | 'route' | 'tunnel' | 'local';
      /** Why this server: `rr: the next of 2`, `of its connection`. */
      readonly because: string;
      /** `tcp 10.0.0.1:20000 > 10.96.0.1:80 > 10.244.1.2:8080`: client, service, server. */
      readonly connection: string;
      /** Of TCP; null for protocols without states. */
      readonly state: string | null;
      /** Of the server; null when it has been removed. */
      readonly origin: string | null;
    }
  | {
      readonly k: 'ct';
      readonly what: 'new' | 'found' | 'confirmed' | 'invalid' | 'untracked';
      readonly connection: number | null;
      readonly state: string | null;
      readonly dir: 'original' | 'reply' | null;
      readonly original: string | null;
      readonly reply: string | null;
    }
  | {
      readonly k: 'route';
      readonly want: { readonly dst: string; readonly src: string; readonly iif: string; readonly mark: number };
      readonly got: TracedRoute;
    }
  | {
      readonly k: 'neigh';
      readonly ip: string;
      readonly dev: string;
      readonly mac: string | null;
      readonly state: string;
      readonly origin: string | null;
    }
  | { readonly k: 'forward'; readonly ttl: number; readonly mtu: number; readonly length: number }
  | { readonly k: 'check'; readonly what: string; readonly result: string }
  | {
      readonly k: 'encap';
      readonly dev: string;
      readonly remote: string;
      readonly fdb: { readonly mac: string; readonly state: string; readonly origin: string } | null;
      /** Bytes added. */
      readonly overhead: number;
    }
  | {
      readonly k: 'decap';
      readonly dev: string;
      /** Of VXLAN; null for IP in IP. */
      readonly vni: number | null;
      /** The source of the outer packet. */
      readonly remote: string;
    }
  /** The frame becomes several, each with headers of its own. */
  | { readonly k: 'split'; readonly why: string; readonly pieces: readonly Piece[] }
  /** Several frames have become this one. */
  | { readonly k: 'join'; readonly frames: readonly number[]; readonly headers: readonly Header[] }
  | { readonly k: 'copy'; readonly leg: string }
  | { readonly k: 'queue'; readonly why: string }
  | {
      readonly k: 'deliver';
      /** `tcp LISTEN 0.0.0.0:8080`, `icmp`, `udp-relay`. */
      readonly to: string;
      readonly local: string;
      readonly remote: string;
    }
  | { readonly k: 'relay'; readonly process: string; readonly note: string }
  | {
      readonly k: 'icmp';
      readonly type: number;
      readonly code: number;
      readonly name: string;
      /** The leg of the error; null when it could not be sent. */
      readonly leg: string | null;
    }
  | {
      readonly k: 'drop';
      readonly code: DropCode;
      /** The kernel's drop reason; null where it has none for this. */
      readonly kernel: string | null;
      readonly rule: TracedRule | null;
      readonly values: Readonly<Record<string, string | number>>;
    }
  | { readonly k: 'fork'; readonly about: string; readonly take: string; readonly p: number | null }
  | { readonly k: 'unsupported'; readonly what: string; readonly rule: TracedRule | null }
  | { readonly k: 'errno'; readonly errno: string; readonly call: string }
  | { readonly k: 'note'; readonly note: string };

/** A frame that another one was split into. */
export interface Piece {
  readonly frame: number;
  readonly headers: readonly Header[];
}

/** What a route lookup said. */
export type TracedRoute = {
  /** Priority of the policy rule; null when none led anywhere. */
  readonly rule: number | null;
  readonly table: string | null;
  /** The route as `ip route` prints it; null without one. */
  readonly route: string | null;
  readonly origin: string | null;
} & (
  | { readonly type: 'unicast'; readonly dev: string; readonly via: string | null; readonly src: string | null }
  | { readonly type: 'local' | 'broadcast' | 'multicast'; readonly dev: string }
  | { readonly type: 'error'; readonly errno: string }
);
