import type { Option, Skb } from '../linux/index.js';
import type { Net } from './net.js';
import type { DropCode } from './reason.js';
import type { EventBody, LegKind, TracedRule } from './trace.js';

/** An event without its identity and its diff, which the observer finds out by itself. */
export type EventFields = EventBody & { readonly fn?: string };

/** A drop as the place that drops tells it. */
export interface DropFields {
  readonly fn: string;
  readonly code: DropCode;
  readonly rule?: TracedRule;
  /** Values for the placeholders of the reason's text. */
  readonly values?: Readonly<Record<string, string | number>>;
}

/**
 * Watches a walk. All calls come at the time of what they tell, with the live skb, of which copies must be taken.
 *
 * A walk without an observer does the same and allocates nothing for the telling.
 */
export interface Observer {
  /** Whether rules that do not match are told one by one, or counted. */
  readonly detail: 'hits' | 'all';
  /** A new packet begins; `of` is the frame that provoked it. */
  begin(net: Net, skb: Skb, kind: LegKind, of: number | undefined): void;
  event(net: Net, skb: Skb, fields: EventFields): void;
  drop(net: Net, skb: Skb, fields: DropFields): void;
  /** A frame is at a device, where a capture would see it. */
  crossing(net: Net, skb: Skb, dev: string, dir: 'in' | 'out', order: number): void;
  /** `skb` has become several frames. */
  split(net: Net, skb: Skb, pieces: readonly Skb[], why: string): void;
  /** The frames of `pieces` have become `skb`. */
  join(net: Net, skb: Skb, pieces: readonly number[]): void;
  /** `clone` is a copy of `skb` that goes its own way. */
  copy(net: Net, skb: Skb, clone: Skb): void;
  /** The kernel keeps the packet for now. */
  hold(net: Net, skb: Skb, why: string): void;
  fork(about: string, option: Option): void;
}

export type { LegKind };
