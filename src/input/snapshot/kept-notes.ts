import { foreignText, formatRouteFields, type Inet6, type Netns, type Route } from '../../linux/index.js';

/** Names told of a kind of entry. */
const MOST = 5;

const KINDS = [
  ['addresses', 'address'],
  ['routes', 'route'],
  ['rules', 'rule'],
  ['neighbours', 'neighbour'],
  ['sockets', 'socket'],
] as const satisfies (readonly [keyof Inet6, string])[];

/** What dumps say that is kept and printed, but that no packet follows. */
export function keptNotes(namespaces: readonly Netns[]): string[] {
  const notes: string[] = [];
  const counts = KINDS.flatMap(([kind, singular]) => {
    const count = namespaces.reduce((sum, { ipv6 }) => sum + ipv6[kind].length, 0);
    return count === 0 ? [] : [`${count} ${count === 1 ? singular : kind}`];
  });
  if (counts.length > 0) notes.push(`IPv6 is kept, and not followed: ${counts.join(', ')}`);
  const unmodelled = namespaces.flatMap((ns) => [
    ...[...ns.links.values()].flatMap((link) =>
      // A dummy that is down carries nothing: kube-ipvs0 is one.
      link.kind === 'unmodelled' && (link.up || link.type !== 'dummy')
        ? [`link ${link.name} of type ${link.type} (${ns.name})`]
        : [],
    ),
    ...routesOf(ns).flatMap((route) =>
      route.type === 'unmodelled' ? [`ip route: ${formatRouteFields(route.fields)} (${ns.name})`] : [],
    ),
    ...ns.ipv4.rules.flatMap(({ action }) =>
      action.action === 'unmodelled' ? [`ip rule: ${action.text} (${ns.name})`] : [],
    ),
    ...ns.foreignRules.map((rules) => `${foreignText(rules)} (${ns.name})`),
  ]);
  const more = unmodelled.length > MOST ? ` and ${unmodelled.length - MOST} more` : '';
  if (unmodelled.length > 0)
    notes.push(`kept, and unknown to a packet that meets it: ${unmodelled.slice(0, MOST).join(', ')}${more}`);
  return notes;
}

function routesOf({ ipv4 }: Netns): Route[] {
  return [...ipv4.tables.values()].flatMap((table) => [...table]);
}
