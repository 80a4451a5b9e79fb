import type { Connection } from '../../linux/index.js';
import { IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP } from '../../packet/index.js';
import type { Call, ConnectionSelector } from '../install.js';
import { type ApplyContext, runtimeOf } from './context.js';

/** `conntrack -F`. */
export function conntrackFlush(context: ApplyContext): void {
  forget(context, () => true);
}

/** `conntrack -D`. */
export function conntrackDelete(
  context: ApplyContext,
  { connections }: Extract<Call, { readonly call: 'conntrack delete' }>,
): void {
  forget(context, (ct) => matches(ct, connections));
}

function forget(context: ApplyContext, which: (ct: Connection) => boolean): void {
  const { conntrack } = runtimeOf(context);
  const { clock, journal } = context.drafts.runtime;
  for (const ct of conntrack.list(clock)) if (which(ct)) conntrack.delete(ct, journal);
}

const PROTOCOLS = { tcp: IPPROTO_TCP, udp: IPPROTO_UDP, sctp: IPPROTO_SCTP } as const;

/**
 * `--dst-nat` asks whether answers come from elsewhere than was asked, by whomever: of a connection that IPVS translates
 * netfilter has decided too, to leave it as it is (filter_nat(), conntrack-tools src/conntrack.c; getobjopt_is_dnat(),
 * libnetfilter_conntrack, which asks for IPS_DST_NAT_DONE).
 */
function matches({ original, reply, dstNatDone }: Connection, selector: ConnectionSelector): boolean {
  const { protocol, origDst, origDport, dstNat } = selector;
  return (
    (protocol === undefined || original.protocol === PROTOCOLS[protocol]) &&
    (origDst === undefined || original.dst === origDst) &&
    (origDport === undefined || original.dport === origDport) &&
    (dstNat === undefined || (dstNatDone && reply.src === dstNat && reply.src !== original.dst))
  );
}
