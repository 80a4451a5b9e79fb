import {
  expireNodestConnections,
  IPVS_SCHEDULERS,
  type IpvsWatch,
  inetAddrType,
  kernelList,
  restoreIpvs,
  serverAt,
  serviceOfKey,
} from '../../linux/index.js';
import type { RestoreChunk } from '../install.js';
import { type ApplyContext, runtimeOf } from './context.js';
import { type Refused, refuse } from './refuse.js';

/** `ipvsadm -R`: the first line that is refused is told of; those behind it are carried out all the same. */
export function ipvsadmRestore(
  context: ApplyContext,
  { chunks }: { readonly chunks: readonly RestoreChunk[] },
): Refused | undefined {
  const { draft } = context;
  let removed = false;
  const watch = watchOf(context, () => {
    removed = true;
  });
  const { services, refusals } = restoreIpvs(draft.ns.ipvs, chunks, watch);
  draft.ipvs = services;
  if (removed && draft.ns.sysctls.number('net/ipv4/vs/expire_nodest_conn') !== 0) {
    const { journal, clock: now } = context.drafts.runtime;
    expireNodestConnections({ runtime: runtimeOf(context), journal, now }, ({ service, server }) => {
      return serverAt(serviceOfKey(services, service), server) !== undefined;
    });
  }
  const [first] = refusals;
  return first && refuse(first.errno, `line ${first.line}: ${first.message}`);
}

/** What schedulers remember goes with their service, and follows its servers. */
function watchOf(context: ApplyContext, removed: () => void): IpvsWatch {
  const { marks } = runtimeOf(context).ipvs;
  const { journal } = context.drafts.runtime;
  return {
    isUnicast(server) {
      if (server.family === 'inet6') return true;
      const type = inetAddrType(context.draft.ns, server.address);
      return type === 'local' || type === 'unicast';
    },
    timeouts({ tcp, tcpFin, udp }) {
      const { ipvsTimeouts: old } = context.draft.ns;
      context.draft.ipvsTimeouts = { tcp: tcp || old.tcp, tcpFin: tcpFin || old.tcpFin, udp: udp || old.udp };
    },
    gone(key) {
      journal.put(marks, key, undefined);
      removed();
    },
    rescheduled(key) {
      journal.put(marks, key, undefined);
    },
    changed(key, scheduler, before, after) {
      if (after.length < before.length) removed();
      const mark = marks.get(key);
      const change = IPVS_SCHEDULERS.get(scheduler)?.changed;
      if (mark === undefined || change === undefined) return;
      journal.put(marks, key, change(mark, kernelList({ servers: before }), kernelList({ servers: after })));
    },
  };
}
