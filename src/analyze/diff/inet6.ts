import {
  formatInet6Address,
  formatInet6Neighbour,
  formatInet6Socket,
  formatRouteFields,
  formatRuleFields,
  type KeptEntry,
  type Netns,
  wordsOf,
} from '../../linux/index.js';
import type { EntryKind } from '../../output/index.js';
import type { Entry } from './entries.js';
import type { Names } from './names.js';

/** Whether anything is known of a namespace's IPv6: every link that is up has addresses and routes of it, `lo` too. */
export function tellsInet6({ ipv6 }: Netns): boolean {
  return ipv6.addresses.length > 0 || ipv6.routes.length > 0;
}

/**
 * What is configured of IPv6. What time changes and packets have taught is left out, and so is what is below fe80::/64
 * and ff00::/8, which the kernel makes of the links' hardware addresses.
 */
export function inet6EntriesOf(ns: Netns, names: Names): Entry[] {
  const one = (kind: EntryKind, key: string, text: string, { origin }: KeptEntry): Entry => {
    return { kind, key: names.words(ns, key), value: names.words(ns, text), text, origin };
  };
  const { addresses, routes, rules, neighbours, sockets } = ns.ipv6;
  return [
    ...addresses
      .filter(({ fields: { scope } }) => scope !== 'link')
      .map((address) => {
        const { tentative: _, ...fields } = address.fields;
        const dev = address.dev ?? '';
        const text = `${formatInet6Address({ ...address, fields })} dev ${dev}`;
        return one('address', `${dev} ${wordsOf(fields['local'])}`, text, address);
      }),
    ...routes
      .filter(({ fields: { dst } }) => !/^(fe80::|ff00::\/8)/.test(wordsOf(dst)))
      .map((route) => {
        const { expires: _, ...fields } = route.fields;
        const text = formatRouteFields(fields).replace(/\s+/g, ' ');
        const { type, dst, dev, table } = fields;
        return one('route', [type, dst, dev, table].filter((word) => word !== undefined).join(' '), text, route);
      }),
    ...rules.map((rule) => {
      const priority = wordsOf(rule.fields['priority']);
      return one('rule', `${priority} inet6`, `${priority}: ${formatRuleFields(rule.fields)}`, rule);
    }),
    ...neighbours
      .filter(({ fields }) => 'proxy' in fields || wordsOf(fields['state']) === 'PERMANENT')
      .map((neighbour) => {
        const { dst, dev } = neighbour.fields;
        return one('neighbour', `${wordsOf(dst)} dev ${wordsOf(dev)}`, formatInet6Neighbour(neighbour), neighbour);
      }),
    ...sockets.map((socket) => one('socket', formatInet6Socket(socket), formatInet6Socket(socket), socket)),
  ];
}
