import { inetAddrType, restoreIpvs } from '../../linux/index.js';
import type { RestoreChunk } from '../install.js';
import type { ApplyContext } from './context.js';
import { type Refused, refuse } from './refuse.js';

/** `ipvsadm -R`: the first line that is refused is told of; those behind it are carried out all the same. */
export function ipvsadmRestore(
  { draft }: ApplyContext,
  { chunks }: { readonly chunks: readonly RestoreChunk[] },
): Refused | undefined {
  const { services, refusals } = restoreIpvs(draft.ns.ipvs, chunks, (server) => {
    if (server.family === 'inet6') return true;
    const type = inetAddrType(draft.ns, server.address);
    return type === 'local' || type === 'unicast';
  });
  draft.ipvs = services;
  const [first] = refusals;
  return first && refuse(first.errno, `line ${first.line}: ${first.message}`);
}
