import type { Ipv4, Ipv4Prefix } from '../../address/index.js';
import type { Origin } from '../origin.js';
import type { JsonObject } from '../write-json.js';

/** What the program behind a listening socket does with what arrives. */
export type Behaviour =
  /** Answers a request with `bytes` bytes: over UDP with what it got when `bytes` is undefined. */
  | { readonly behaviour: 'reply'; readonly bytes: number | undefined }
  /** Reads and says nothing. */
  | { readonly behaviour: 'sink' }
  /** Hands it to the process of this index in the namespace's list. */
  | { readonly behaviour: 'process'; readonly process: number };

/** A socket that listens (TCP) or is bound (UDP). */
export type Socket = {
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  /** 0 for any local address. */
  readonly address: Ipv4;
  readonly port: number;
  /** The device that it takes packets from (SO_BINDTODEVICE); left out: any. */
  readonly dev?: string;
  /** Opened for IPv6, it takes IPv4 as well (`*:80`, `[::ffff:10.0.0.1]:80` of `ss`): no IPV6_V6ONLY. */
  readonly dualStack?: true;
  /** What else `ss` says of it, by its columns: queues, of a listener the backlog, and programs. */
  readonly kept?: JsonObject;
  readonly origin: Origin;
} & Behaviour;

/** A program that moves packets itself; the kinds have their behaviour in the tracer's registry. */
export type Process = {
  readonly origin: Origin;
} & {
  /** flanneld's UDP backend: packets read from a TUN device are sent to the peer that holds their destination. */
  readonly kind: 'udp-relay';
  readonly dev: string;
  readonly address: Ipv4;
  readonly port: number;
  /** Searched in order. */
  readonly routes: readonly RelayRoute[];
  /** Source of the ICMP error for a destination that no route holds. */
  readonly errorSource: Ipv4;
};

/** Which peer holds a subnet. */
export interface RelayRoute {
  readonly dst: Ipv4Prefix;
  readonly peer: Ipv4;
  readonly port: number;
}
