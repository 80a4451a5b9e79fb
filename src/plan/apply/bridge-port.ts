import type { Link, LinkOf } from '../../linux/index.js';
import { type ApplyContext, dropEntries, isOf, runtimeOf } from './context.js';

/** The ports of a bridge, in order of their numbers. */
export function portsOf({ draft }: Pick<ApplyContext, 'draft'>, bridge: string): Link[] {
  const ports = [...draft.ns.links.values()].filter((link) => link.master === bridge && link.port !== undefined);
  return ports.sort((a, b) => (a.port?.no ?? 0) - (b.port?.no ?? 0));
}

/** Forgets the stations learned on one port. */
export function forgetStations(context: ApplyContext, bridge: string, port: string): void {
  dropEntries(context, runtimeOf(context).stations, (key, { dev }) => isOf(key, bridge) && dev === port);
}

/** The bridge that a link is a port of. */
export function bridgeOf({ draft }: ApplyContext, link: Link): LinkOf<'bridge'> | undefined {
  const bridge = link.master === undefined ? undefined : draft.link(link.master);
  return bridge?.kind === 'bridge' ? bridge : undefined;
}
