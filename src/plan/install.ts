import type { Ipv4, Ipv4Prefix, Mac } from '../address/index.js';
import type {
  BridgePort,
  InetAddress,
  IpipKind,
  LinkKind,
  NewRoute,
  Origin,
  Process,
  Role,
  Route,
  RoutingRule,
  Socket,
  VxlanRemote,
} from '../linux/index.js';

/**
 * One call that a component makes on a namespace: what all agents return, and the only way to change configured
 * state. Printed as commands, a list of them builds the real thing.
 */
export interface Install {
  readonly netns: string;
  /** Who makes the call, and for what. Lines inside a restore text have their own. */
  readonly origin: Origin;
  readonly call: Call;
}

/** Lines of a restore text that one object is the reason for. Shared between nodes, so parsed once. */
export interface RestoreChunk {
  readonly origin: Origin;
  readonly lines: readonly string[];
}

/** What a new link can be given at once; the rest follows from its kind. A veth pair has a call of its own. */
export type NewLink = NewLinkKind & {
  readonly name: string;
  /** undefined: the kernel's choice for the kind. */
  readonly mtu: number | undefined;
  /** undefined: drawn from the seed, as the kernel draws it at random. */
  readonly address: Mac | undefined;
};

type NewLinkKind =
  | Exclude<LinkKind, { readonly kind: 'loopback' | 'veth' | 'bridge' | 'ipip' }>
  | Omit<IpipKind, 'fallback'>
  | Omit<Extract<LinkKind, { readonly kind: 'bridge' }>, 'addressSet' | 'mtuSet'>;

/** Which route a `del` means: what is undefined may be anything, but a TOS of undefined is 0. */
export interface RouteSelector {
  readonly table: number;
  readonly dst: Ipv4Prefix;
  readonly type: Route['type'] | undefined;
  readonly dev: string | undefined;
  readonly via: Ipv4 | undefined;
  readonly metric: number | undefined;
  readonly tos: number | undefined;
  readonly protocol: string | undefined;
  readonly scope?: number | undefined;
  readonly prefsrc?: Ipv4 | undefined;
}

/** A rule; a priority of undefined lets the kernel put it before all but the first. */
export type NewRule = Omit<RoutingRule, 'origin' | 'priority'> & { readonly priority: number | undefined };

/** Which rule a `del` means: what is left out may be anything. `not` is no criterion, as in the kernel. */
export type RuleSelector = Partial<Omit<RoutingRule, 'origin' | 'invert'>>;

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** The calls, named for the verbs of the tools that make them. */
export type Call =
  | { readonly call: 'netns add'; readonly role: Role; readonly host: string }
  | { readonly call: 'link add'; readonly link: NewLink }
  /** A veth pair; the other end may be in another namespace. */
  | {
      readonly call: 'link add veth';
      readonly link: { readonly name: string; readonly mtu: number | undefined; readonly address: Mac | undefined };
      readonly peer: {
        readonly netns: string;
        readonly name: string;
        readonly mtu: number | undefined;
        readonly address: Mac | undefined;
      };
    }
  /**
   * The device that the module of IP in IP makes in every namespace, wherever it is not yet there: the call loads the
   * module (dev_load()), and changes nothing of the device.
   */
  | { readonly call: 'tunnel change'; readonly dev: 'tunl0'; readonly mode: 'ipip' }
  | { readonly call: 'link set'; readonly dev: string; readonly set: LinkSettings }
  | { readonly call: 'link del'; readonly dev: string }
  | { readonly call: 'bridge link set'; readonly dev: string; readonly set: PortSettings }
  | {
      readonly call: 'addr add' | 'addr replace';
      readonly address: Pick<InetAddress, 'dev' | 'local' | 'prefixLength' | 'broadcast'> & {
        readonly scope: number | undefined;
        readonly peer: Ipv4 | undefined;
        /** undefined: the device's name. */
        readonly label?: string | undefined;
      };
    }
  | { readonly call: 'addr del'; readonly dev: string; readonly local: Ipv4; readonly prefixLength: number | undefined }
  | { readonly call: 'addr flush'; readonly dev: string }
  | {
      readonly call: 'route add' | 'route replace' | 'route append' | 'route prepend' | 'route change';
      readonly table: number;
      /** A unicast next hop whose `dev` is empty lets the kernel find it by its gateway. */
      readonly route: NewRoute;
    }
  | { readonly call: 'route del'; readonly route: RouteSelector }
  | { readonly call: 'route flush'; readonly table: number; readonly dev: string | undefined }
  /** Forgets learned path MTUs and redirects: runtime only. */
  | { readonly call: 'route flush cache' }
  | { readonly call: 'rule add'; readonly rule: NewRule }
  | { readonly call: 'rule del'; readonly rule: RuleSelector }
  | {
      readonly call: 'neigh add' | 'neigh replace' | 'neigh change';
      readonly dev: string;
      readonly ip: Ipv4;
      readonly lladdr: Mac;
      /** PERMANENT when left out. An entry of any other state but NOARP is as if it had been learned. */
      readonly nud?: 'PERMANENT' | 'NOARP' | 'REACHABLE' | 'STALE' | 'DELAY' | 'PROBE' | undefined;
    }
  | { readonly call: 'neigh add proxy' | 'neigh del proxy'; readonly dev: string; readonly ip: Ipv4 }
  | { readonly call: 'neigh del'; readonly dev: string; readonly ip: Ipv4 }
  /** As `ip neigh flush`: what has been learned; permanent entries stay. */
  | { readonly call: 'neigh flush'; readonly dev: string | undefined }
  /** `… dst IP self`: the VXLAN device's own table. */
  | {
      readonly call: 'fdb add' | 'fdb replace' | 'fdb append';
      readonly dev: string;
      readonly mac: Mac;
      readonly remote: VxlanRemote;
    }
  /** `… master`: the bridge's table. */
  | {
      readonly call: 'fdb add master' | 'fdb replace master';
      readonly dev: string;
      readonly mac: Mac;
      readonly state: 'permanent' | 'static';
    }
  | {
      readonly call: 'fdb del';
      readonly dev: string;
      readonly mac: Mac;
      readonly table: 'self' | 'master';
      /** Only this remote of a VXLAN entry; undefined: all of it. */
      readonly remote?: VxlanRemote | undefined;
    }
  | { readonly call: 'sysctl set'; readonly path: string; readonly value: string }
  | {
      readonly call: 'iptables-restore';
      readonly family: 'ip' | 'ip6';
      /** `--noflush`: declared chains are emptied, the others stay. */
      readonly flush: 'flush' | 'noflush';
      readonly chunks: readonly RestoreChunk[];
    }
  /** One `iptables` command line, without the program's name. */
  | { readonly call: 'iptables'; readonly family: 'ip' | 'ip6'; readonly args: readonly string[] }
  | { readonly call: 'ipset restore'; readonly chunks: readonly RestoreChunk[] }
  /** Lines of `ipvsadm -R`, in numbers; a command line of ipvsadm is one. What is refused does not stop the others. */
  | { readonly call: 'ipvsadm restore'; readonly chunks: readonly RestoreChunk[] }
  | { readonly call: 'conntrack flush' }
  /** `conntrack -D`: that there is no such connection is no error. */
  | { readonly call: 'conntrack delete'; readonly connections: ConnectionSelector }
  | { readonly call: 'process start'; readonly process: DistributiveOmit<Process, 'origin'> }
  | { readonly call: 'socket listen'; readonly socket: DistributiveOmit<Socket, 'origin'> };

/** Which connections are meant: those that have all of this; what is left out may be anything. */
export interface ConnectionSelector {
  readonly protocol?: 'tcp' | 'udp' | 'sctp' | undefined;
  /** As the client sent to. */
  readonly origDst?: Ipv4 | undefined;
  /** Needs a protocol. */
  readonly origDport?: number | undefined;
  /** What DNAT made of the address; of a connection whose address it left alone nothing. */
  readonly dstNat?: Ipv4 | undefined;
}

/** What `ip link set` changes; undefined stays as it is. */
export interface LinkSettings {
  readonly up?: boolean;
  readonly mtu?: number;
  readonly address?: Mac;
  readonly promisc?: boolean;
  readonly arp?: boolean;
  /** The bridge, or empty for `nomaster`. */
  readonly master?: string;
  readonly name?: string;
  readonly netns?: string;
}

/** What `bridge link set` changes. */
export interface PortSettings {
  readonly hairpin?: boolean;
  readonly isolated?: boolean;
  readonly learning?: boolean;
  readonly flood?: boolean;
  readonly mcastFlood?: boolean;
  readonly bcastFlood?: boolean;
  readonly state?: BridgePort['state'];
}

/** Errors that the kernel refuses a call with. */
export type Errno =
  | 'EEXIST'
  | 'ENOENT'
  | 'ESRCH'
  | 'ENODEV'
  | 'ENETDOWN'
  | 'ENETUNREACH'
  | 'EINVAL'
  | 'EBUSY'
  | 'EADDRNOTAVAIL'
  | 'EOPNOTSUPP'
  | 'ENAMETOOLONG'
  | 'ELOOP'
  | 'ERANGE'
  | 'EADDRINUSE'
  | 'ENOTEMPTY'
  | 'ENOSPC'
  | 'EMLINK'
  | 'E2BIG';

/**
 * A call that the kernel refused. The state is as if it had not been made, but for what the kernel does not take back
 * either: of one call with several steps (`link set`, a restore text) those before the refused one.
 */
export interface Refusal {
  readonly install: Install;
  readonly errno: Errno;
  /** The kernel's own words, where it has some (netlink extack): `Nexthop has invalid gateway`. */
  readonly message: string;
}
