import { devicesOf, inet6Renamed, keptRenamed, type Link, withDeviceRenamed } from '../../linux/index.js';
import { type ApplyContext, isOf, runtimeOf } from './context.js';
import { checkName } from './new-link.js';
import type { Refused } from './refuse.js';

/**
 * `ip link set DEV name NAME` (dev_change_name()): everything that is kept by device follows, since the kernel knows
 * devices by their index. Rules and netfilter go by name, and don't.
 */
export function renameLink(context: ApplyContext, link: Link, name: string): Refused | undefined {
  const { draft, drafts } = context;
  const refused = checkName(draft, name);
  if (refused !== undefined) return refused;
  const old = link.name;
  const rename = (dev: string): string => (dev === old ? name : dev);
  renamePeer(context, link, name);
  const now = draft.link(old) ?? link;
  draft.deleteLink(old);
  draft.setLink({ ...now, name });
  for (const other of [...draft.ns.links.values()]) {
    if (other.master === old) draft.changeLink(other, { master: name });
    if (other.kind === 'vxlan' && other.lower === old) draft.setLink({ ...other, lower: name });
    if (other.kept?.['link'] === old) draft.setLink({ ...other, kept: { ...other.kept, link: name } });
  }
  let nth = 0;
  draft.addresses = draft.ns.ipv4.addresses.map((a) =>
    a.dev === old ? { ...a, dev: name, label: renamedLabel(a.label, name, ++nth) } : a,
  );
  renameRoutes(context, old, name);
  for (const [key, n] of [...draft.ns.ipv4.neighbours]) {
    if (n.dev !== old) continue;
    draft.neighbours.delete(key);
    draft.neighbours.set(rekey(key, old, name), { ...n, dev: name });
  }
  draft.proxies = draft.ns.ipv4.proxies.map((proxy) => ({ ...proxy, dev: rename(proxy.dev) }));
  renameFdb(context, old, name);
  draft.ipv6 = inet6Renamed(draft.ns.ipv6, old, name);
  draft.otherFdb = keptRenamed(draft.ns.otherFdb, old, name);
  draft.sysctls.renameDevice(old, name);
  draft.processes = draft.ns.processes.map((process) => ({ ...process, dev: rename(process.dev) }));
  renameRuntime(context, old, name);
  for (const ct of runtimeOf(context).conntrack.list(drafts.runtime.clock))
    if (ct.masqueradeDev === old) drafts.runtime.journal.set(ct, 'masqueradeDev', name);
  return undefined;
}

/** The first address is labelled with the name alone, the others with a suffix of their own (inetdev_changename()). */
function renamedLabel(label: string, name: string, nth: number): string {
  if (nth === 1) return name;
  const suffix = /:.*$/.exec(label)?.[0] ?? `:${nth}`;
  return `${name.slice(0, 15 - suffix.length)}${suffix}`;
}

/** The other end of a veth pair is told its peer's new name. */
function renamePeer({ draft, drafts }: ApplyContext, link: Link, name: string): void {
  const peer = drafts.peerOf(link);
  if (peer?.link.kind === 'veth') peer.draft.setLink({ ...peer.link, peer: { netns: draft.name, dev: name } });
}

function renameRoutes({ draft }: ApplyContext, old: string, name: string): void {
  for (const [id, table] of draft.ns.ipv4.tables)
    for (const route of [...table])
      if (devicesOf(route).includes(old)) draft.table(id).replace(route, withDeviceRenamed(route, old, name));
}

function renameFdb({ draft }: ApplyContext, old: string, name: string): void {
  for (const [key, entry] of [...draft.ns.bridgeFdb]) {
    if (entry.bridge !== old && entry.dev !== old) continue;
    const bridge = entry.bridge === old ? name : entry.bridge;
    draft.bridgeFdb.delete(key);
    draft.bridgeFdb.set(rekey(key, old, name), { ...entry, bridge, dev: entry.dev === old ? name : entry.dev });
  }
  for (const [key, entry] of [...draft.ns.vxlanFdb]) {
    const [first, ...others] = entry.remotes.map((r) => (r.via === old ? { ...r, via: name } : r));
    if (first === undefined || (entry.dev !== old && !entry.remotes.some((r) => r.via === old))) continue;
    draft.vxlanFdb.delete(key);
    const dev = entry.dev === old ? name : entry.dev;
    draft.vxlanFdb.set(rekey(key, old, name), { ...entry, dev, remotes: [first, ...others] });
  }
}

function renameRuntime(context: ApplyContext, old: string, name: string): void {
  const { neighbours, stations, vxlanStations } = runtimeOf(context);
  const { journal } = context.drafts.runtime;
  const move = <V>(map: Map<string, V>): void => {
    for (const [key, value] of [...map]) {
      if (!isOf(key, old)) continue;
      journal.put(map, key, undefined);
      journal.put(map, rekey(key, old, name), value);
    }
  };
  move(neighbours);
  move(stations);
  move(vxlanStations);
  for (const station of stations.values()) if (station.dev === old) journal.set(station, 'dev', name);
}

/** A key of the form `dev|…`, if it is of the old name. */
function rekey(key: string, old: string, name: string): string {
  return isOf(key, old) ? `${name}${key.slice(old.length)}` : key;
}
