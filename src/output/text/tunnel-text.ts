import type { TraceEvent } from '../../trace/index.js';
import type { Phrases } from './phrases.js';

type Kind<K extends TraceEvent['k']> = Extract<TraceEvent, { readonly k: K }>;

/** `flannel.1: VXLAN 1 to 192.168.56.12, 50 bytes more` */
export function encapText(event: Kind<'encap'>, p: Phrases): string {
  const pushed = event.diff.flatMap((diff) => (diff.op === 'push' ? diff.headers : []));
  const vni = pushed.find((header) => header.l === 'vxlan')?.vni ?? null;
  return p.into(event.dev, whatOf(vni), event.remote, event.overhead);
}

/** `tunl0: out of IPIP from 192.168.56.11` */
export function decapText(event: Kind<'decap'>, p: Phrases): string {
  return p.outOfTunnel(event.dev, whatOf(event.vni), event.remote);
}

function whatOf(vni: number | null): string {
  return vni === null ? 'IPIP' : `VXLAN ${vni}`;
}
