import { type Link, withoutLower } from '../../linux/index.js';
import type { ApplyContext } from './context.js';
import { unregister } from './delete-link.js';
import { checkIpipMove } from './ipip.js';
import { checkName } from './new-link.js';
import { type Refused, refuse } from './refuse.js';

/**
 * `ip link set DEV netns NS` (__dev_change_net_namespace()): there the device is down and has neither addresses nor
 * sysctls of its own, but keeps its hardware address, its MTU and, if it is free, its index.
 *
 * @param wanted the name that it gets there.
 */
export function moveLink(
  context: ApplyContext,
  link: Link,
  netns: string,
  wanted: string = link.name,
): { readonly context: ApplyContext; readonly name: string } | Refused {
  const { draft, drafts } = context;
  const target = drafts.get(netns);
  if (target === undefined) return refuse('ENOENT', `Invalid "netns" value "${netns}"`);
  if (target === draft) return { context, name: link.name };
  // Bridges and lo are bound to where they were made (netns_immutable).
  if (link.kind === 'loopback' || link.kind === 'bridge') return refuse('EINVAL', 'The interface netns is immutable');
  if (link.kind === 'ipip') return checkIpipMove(link);
  if (link.kind === 'vxlan')
    return refuse('EOPNOTSUPP', 'podpath does not model a VXLAN device with its underlay in another namespace');
  if (checkName(target, wanted)?.errno === 'EEXIST')
    return refuse('EEXIST', 'An interface with the same name exists in the target netns');
  const refused = checkName(target, wanted);
  if (refused !== undefined) return refused;
  unregister(context, link);
  const ifindex = target.nextIndex(link.ifindex);
  const moved: Link = {
    ...withoutLower(link),
    name: wanted,
    ifindex,
    up: false,
    carrier: false,
    master: undefined,
    port: undefined,
  };
  target.setLink(moved);
  const peer = drafts.peerOf(moved);
  if (peer?.link.kind === 'veth') peer.draft.setLink({ ...peer.link, peer: { netns, dev: wanted } });
  return { context: { ...context, draft: target }, name: wanted };
}
