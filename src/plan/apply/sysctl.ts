import type { ApplyContext } from './context.js';
import { type Refused, refuse } from './refuse.js';

/** `sysctl -w` and writing below /proc/sys: of a device that is not there nothing can be set. */
export function sysctlSet(
  { draft }: ApplyContext,
  { path, value }: { readonly path: string; readonly value: string },
): Refused | undefined {
  const dev = /^net\/ipv[46]\/(?:conf|neigh)\/([^/]+)\//.exec(path)?.[1];
  if (dev !== undefined && dev !== 'all' && dev !== 'default' && draft.link(dev) === undefined) return refuse('ENOENT');
  // What holds a number takes nothing else (proc_dointvec()).
  const old = draft.ns.sysctls.get(path);
  if (old !== undefined && /^-?\d+$/.test(old) && !/^-?\d+$/.test(value.trim())) return refuse('EINVAL');
  draft.sysctls.set(path, value.trim());
  return undefined;
}
