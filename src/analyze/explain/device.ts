import { formatIpv4, formatMac } from '../../address/index.js';
import {
  addressesOf,
  allRoutes,
  formatOrigin,
  formatRoute,
  formatTable,
  ipipEnds,
  ipipWords,
  type Link,
  type Netns,
} from '../../linux/index.js';
import type { Thing } from '../../output/index.js';
import { type Network, objectName } from '../../topology/index.js';

/** The device of a name in a namespace. */
export function deviceThings(name: string, ns: Netns, network: Network): readonly Thing[] {
  const link = ns.links.get(name);
  if (link === undefined) return [];
  const ports = [...ns.links.values()].filter(({ master }) => master === name);
  return [
    {
      kind: 'device',
      type: link.kind === 'unmodelled' ? link.type : link.kind,
      up: link.up,
      mtu: link.mtu,
      mac: formatMac(link.address),
      master: link.master,
      addresses: addressesOf(ns, name).map(({ local, prefixLength }) => `${formatIpv4(local)}/${prefixLength}`),
      peer: peerText(link, network),
      ports: ports.map((port) => [port.name, peerText(port, network)].filter((each) => each !== undefined).join(' → ')),
      tunnel: tunnelText(link),
      routes: allRoutes(ns).flatMap(([table, route]) =>
        usesDevice(route, name) ? [formatRoute(route, tableName(table)).trim()] : [],
      ),
      origins: [formatOrigin(link.origin)],
    },
  ];
}

/** RT_TABLE_MAIN is not said. */
function tableName(table: number): string | undefined {
  return table === 254 ? undefined : formatTable(table);
}

function usesDevice(route: ReturnType<typeof allRoutes>[number][1], dev: string): boolean {
  if (route.type === 'unicast') return route.nexthops.some((nexthop) => nexthop.dev === dev);
  return 'dev' in route && route.dev === dev && route.type !== 'broadcast';
}

function peerText(link: Link, network: Network): string | undefined {
  const peer = network.peerOf(link);
  if (peer === undefined) return undefined;
  const object = network.directory.ofNetns(peer.netns.name);
  return `${object === undefined ? peer.netns.name : objectName(object)} ${peer.link.name}`;
}

function tunnelText(link: Link): string | undefined {
  if (link.kind === 'ipip') return `${ipipEnds(link, 'any')} ${ipipWords(link)}`;
  if (link.kind !== 'vxlan') return undefined;
  const { vni, local, dstport, lower } = link;
  const ends = local === undefined ? '' : ` local ${formatIpv4(local)}`;
  return `id ${vni}${ends}${lower === undefined ? '' : ` dev ${lower}`} dstport ${dstport}`;
}
