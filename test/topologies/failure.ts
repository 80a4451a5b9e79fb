import type { Probe } from '../../src/trace/index.js';
import type { Shipped } from '../shipped.js';

/** A way for a packet to fail on a shipped lab, and what a kernel makes of it. */
export interface Failure {
  readonly what: string;
  readonly lab?: Shipped;
  readonly faults?: readonly string[];
  readonly probe: Probe;
  /** Of the packet, of its answer, the code, and the errno that the program sees; `-` for none. */
  readonly verdict: string;
  /** The namespace and the kernel function where it ends. */
  readonly at: string;
  /** Words that the sentence for the reader cannot do without: who, and which thing. */
  readonly says: readonly string[];
  /** Codes of what the state says besides, in order; none unless given. */
  readonly hints?: readonly string[];
}

export const toWeb1: Probe = { from: 'pod/client', to: 'pod/web-1:8080' };
export const udpToWeb1: Probe = { ...toWeb1, proto: 'udp' };
