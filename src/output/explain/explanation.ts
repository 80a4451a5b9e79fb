/** What a condition of a rule is about. */
export type ConditionKind =
  | 'source'
  | 'destination'
  | 'protocol'
  | 'sport'
  | 'dport'
  | 'in'
  | 'out'
  | 'mark'
  | 'state'
  | 'source-type'
  | 'destination-type'
  | 'set'
  | 'share'
  | 'recent'
  /** Any other; the value is the match as iptables-save prints it. */
  | 'other';

/** One condition of a rule. */
export interface ConditionRow {
  readonly is: ConditionKind;
  readonly value: string;
  readonly not: boolean;
}

/** What a rule does with a packet that meets its conditions. */
export interface ActionRow {
  readonly does:
    | 'jump'
    | 'goto'
    | 'accept'
    | 'drop'
    | 'return'
    | 'reject'
    | 'dnat'
    | 'snat'
    | 'masquerade'
    | 'mark-set'
    | 'mark-flip'
    | 'mark-change'
    /** Nothing but counting. */
    | 'count'
    /** Any other; the value is the target as iptables-save prints it. */
    | 'other';
  readonly value: string;
}

/** A rule in parts, so that it can be told in words. */
export interface RuleRow {
  readonly table: string;
  readonly chain: string;
  /** 1-based. */
  readonly n: number;
  readonly conditions: readonly ConditionRow[];
  readonly action: ActionRow;
  readonly comment: string | undefined;
  readonly origin: string;
  /** How often it matched, where a dump says so. */
  readonly packets: number | undefined;
}

/** The service port, and maybe the endpoint, that a chain of kube-proxy is for. */
export interface SubjectRow {
  /** `default/web:http`. */
  readonly service: string;
  readonly protocol: string | undefined;
  /** `10.244.1.2:8080`. */
  readonly endpoint: string | undefined;
  /** `pod/default/web-1`. */
  readonly owner: string | undefined;
  /** `hash`: the hash of that is the chain's name; `comment`: only the rules' comments say so. */
  readonly by: 'hash' | 'comment';
}

/** One thing that has the name. Alike things of several namespaces are told once. */
export type Thing =
  | {
      readonly kind: 'chain';
      readonly family: 'iptables' | 'ip6tables';
      readonly table: string;
      /** Of a built-in chain. */
      readonly policy: string | undefined;
      readonly subject: SubjectRow | undefined;
      /** The rules that lead to it. */
      readonly from: readonly RuleRow[];
      readonly rules: readonly RuleRow[];
      /** Who made its rules, each once. */
      readonly origins: readonly string[];
    }
  | {
      readonly kind: 'ipset';
      readonly type: string;
      readonly members: readonly string[];
      /** The rules that ask it. */
      readonly from: readonly RuleRow[];
      readonly origins: readonly string[];
    }
  | {
      readonly kind: 'device';
      /** The word of `ip link add … type`. */
      readonly type: string;
      readonly up: boolean;
      readonly mtu: number;
      readonly mac: string;
      readonly master: string | undefined;
      readonly addresses: readonly string[];
      /** Whose the other end is, `pod/default/web-1 eth0`. */
      readonly peer: string | undefined;
      /** Of a bridge: its ports, and whose each is. */
      readonly ports: readonly string[];
      /** Of VXLAN, as `ip -d link` prints it: `id 1 local 192.168.56.11 dev eth0 dstport 8472`. */
      readonly tunnel: string | undefined;
      /** Routes that leave by it, as `ip route` prints them. */
      readonly routes: readonly string[];
      readonly origins: readonly string[];
    }
  | {
      readonly kind: 'mark';
      /** Rules that change these bits. */
      readonly setBy: readonly RuleRow[];
      /** Rules that look at them. */
      readonly readBy: readonly RuleRow[];
      /** Lines of `ip rule` that look at them. */
      readonly routedBy: readonly string[];
    }
  | { readonly kind: 'sysctl'; readonly value: string }
  | { readonly kind: 'table'; readonly routes: readonly string[]; readonly lookedUpBy: readonly string[] };

/** A thing, and the namespaces that have it. */
export type PlacedThing = Thing & { readonly on: readonly string[] };

/** What a name stands for in a network. */
export interface Explanation {
  readonly name: string;
  readonly things: readonly PlacedThing[];
  /** Of a chain that no namespace has, because its Service has no endpoints or another policy. */
  readonly subject: SubjectRow | undefined;
}
