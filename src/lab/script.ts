import type { Install } from '../plan/index.js';
import type { BuiltGroup } from './group.js';

/**
 * The calls that build a whole lab in one go, as on a real kernel: all namespaces first, then each group's own calls,
 * and each cable once, though both of its ends have made it. Switches come first, so that links get the same index.
 */
export function scriptOf(groups: readonly BuiltGroup[]): readonly Install[] {
  const isSwitch = ({ namespaces }: BuiltGroup): boolean => [...namespaces.values()].some((ns) => ns.role === 'switch');
  const ordered = [...groups.filter(isSwitch), ...groups.filter((group) => !isSwitch(group))];
  const made = new Set<string>();
  const own = ordered.flatMap(({ namespaces, installs }) => installs.filter(({ netns }) => namespaces.has(netns)));
  const born = own.filter(({ call }) => call.call === 'netns add');
  const rest = own.filter(({ netns, call }) => {
    if (call.call === 'netns add') return false;
    if (call.call !== 'link add veth') return true;
    const { link, peer } = call;
    if (made.has(`${netns}/${link.name}`)) return false;
    made.add(`${peer.netns}/${peer.name}`);
    return true;
  });
  return [...born, ...rest];
}
