/**
 * What is done both on a kernel and in the simulation: commands that build a network, then cases. Plain JSON, so that a
 * counterexample is a file.
 */
export interface Plan {
  readonly name: string;
  /** Commands that make up the network, in sh(1)'s words, run outside of all namespaces. */
  readonly fixed: readonly string[];
  /** More of them, each of which may be left out: what shrinking tries. */
  readonly random: readonly string[];
  readonly listeners: readonly Listener[];
  readonly cases: readonly Case[];
  /** Namespaces that are not watched: switches, whose frames are those of their neighbours. */
  readonly unwatched: readonly string[];
  /** Whether each rule hit and what is counted is watched too, which takes time; with iptables-legacy then. */
  readonly traced?: true;
}

/** A program behind a socket of any local address. */
export interface Listener {
  readonly netns: string;
  readonly protocol: 'udp' | 'tcp';
  readonly port: number;
  /** A TCP listener accepts and says nothing. */
  readonly behaviour: 'echo' | 'sink';
}

/** One thing that happens. */
export type Case = SocketCase | FrameCase | CommandCase;

/** A program sends: a datagram, a connection request, an echo request. */
export interface SocketCase {
  readonly send: 'udp' | 'tcp' | 'ping';
  readonly from: string;
  readonly to: string;
  /** Of a ping: 0. */
  readonly port: number;
  /** Of a ping: its identifier. */
  readonly sport: number;
  readonly source?: string;
  readonly oif?: string;
  readonly ttl?: number;
  readonly df?: boolean;
  readonly tos?: number;
  readonly mark?: number;
  /** Bytes; nothing for TCP, of which the handshake is followed. */
  readonly payload: number;
  readonly connected?: boolean;
  readonly recverr?: boolean;
}

/** A frame that a program puts onto a device. */
export interface FrameCase {
  readonly send: 'frame';
  readonly from: string;
  readonly dev: string;
  readonly ethSrc: string;
  readonly ethDst: string;
  readonly packet: PacketSpec;
}

/** An IPv4 packet, with ports and flags in place or, of an ICMP error, what it is about. */
export interface PacketSpec {
  readonly src: string;
  readonly dst: string;
  readonly ttl: number;
  readonly df?: boolean;
  readonly tos?: number;
  readonly payload: number;
  readonly l4:
    | { readonly l4: 'udp'; readonly sport: number; readonly dport: number }
    | {
        readonly l4: 'tcp';
        readonly sport: number;
        readonly dport: number;
        readonly flags: string;
        readonly seq: number;
        readonly ack: number;
      }
    | {
        readonly l4: 'icmp';
        readonly type: number;
        readonly code: number;
        readonly id?: number;
        readonly mtu?: number;
        /** Of a redirect. */
        readonly gateway?: string;
        readonly about?: PacketSpec;
      };
}

/** The state changes between packets. */
export interface CommandCase {
  readonly send: 'command';
  readonly command: string;
}

/** Time passes, and nothing else; how much of it the clock of the kernel tells. */
export function isWait(command: string): boolean {
  return command.startsWith('sleep ');
}

/** The case as one line for a report. */
export function describeCase(one: Case): string {
  return JSON.stringify(one);
}
