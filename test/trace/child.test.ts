import { describe, expect, test } from 'vitest';
import { readSnapshot, snapshotFiles } from '../../src/input/index.js';
import { trace } from '../../src/trace/index.js';
import { networkFrom, ROUTER } from '../network.js';
import { readable } from '../recordings/load.js';

/** As iproute2 6.1 printed a macvlan of r's eth0 that was moved to another namespace (Linux 6.18). */
const LINK = `[{"ifindex":2,"link_index":2,"ifname":"mv0","flags":["BROADCAST","MULTICAST","UP","LOWER_UP"],"mtu":1500,
"qdisc":"noqueue","operstate":"UP","linkmode":"DEFAULT","group":"default","txqlen":1000,"link_type":"ether",
"address":"0a:5d:e3:cc:34:06","broadcast":"ff:ff:ff:ff:ff:ff","link_netnsid":0,"promiscuity":0,"allmulti":0,"min_mtu":68,
"max_mtu":65535,"linkinfo":{"info_kind":"macvlan","info_data":{"mode":"bridge","bcqueuelen":1000,"usedbcqueuelen":1000}}}]`;
const IPVLAN = LINK.replace('0a:5d:e3:cc:34:06', '02:00:00:00:00:02').replace(
  /"info_kind".*/,
  '"info_kind":"ipvlan","info_data":{"mode":"l2","mode_flag":"bridge"}}}]',
);
const ADDR = `[{"ifname":"mv0","addr_info":[{"family":"inet","local":"10.0.0.60","prefixlen":24,"scope":"global",
"label":"mv0"}]}]`;
const ROUTE = `[{"type":"local","dst":"10.0.0.60","dev":"mv0","table":"local","protocol":"kernel","scope":"host",
"prefsrc":"10.0.0.60","flags":[]}]`;

/** How `a` fares, with a further namespace `c` that has a child of a device with index 2. */
function fares(link: string, to: string, commands = ''): string {
  const network = networkFrom(`${ROUTER}${commands}`);
  const texts = new Map([
    ...snapshotFiles(network),
    ['c/ip-link.json', link],
    ['c/ip-addr.json', ADDR],
    ['c/ip-route.json', ROUTE],
  ]);
  const read = readable(readSnapshot({ name: 'dump', texts, folders: [...network.names(), 'c'], others: [] }));
  const { verdict, legs } = trace(read.network, { from: 'a', to, proto: 'icmp' });
  const events = legs.flatMap(({ paths }) => paths.flatMap(({ hops }) => hops.flatMap((hop) => hop.events)));
  const what = events.flatMap((event) => (event.k === 'drop' ? (event.values['what'] ?? []) : []));
  return [verdict.code, verdict.exit, ...what].join(' ');
}

const neighbour = (ip: string, mac: string): string => `a: ip neigh add ${ip} lladdr ${mac} dev eth0\n`;
const CHILD = '0a:5d:e3:cc:34:06';
const PARENT = '02:00:00:00:00:02';

describe('a child of a device that is in another namespace', () => {
  // macvlan_handle_frame(): a broadcast is handed to each child, and to the device itself.
  test('answers questions that nobody else answers', () => {
    expect(fares(LINK, '10.0.0.60')).toBe('UNSUPPORTED 3 macvlan c/mv0 of eth0');
    expect(fares(IPVLAN, '10.0.0.60')).toBe('UNSUPPORTED 3 ipvlan c/mv0 of eth0');
    expect(fares(LINK, '10.0.0.61')).toBe('NEIGH_FAILED 1');
    expect(fares(LINK, '10.0.1.1')).toBe(' 0');
  });

  // macvlan_hash_lookup() goes by MAC, and a device that is down is not in that table (macvlan_stop()).
  test('of macvlan takes what is for its MAC', () => {
    expect(fares(LINK, '10.0.0.60', neighbour('10.0.0.60', CHILD))).toBe('UNSUPPORTED 3 macvlan c/mv0 of eth0');
    const down = LINK.replace('"UP","LOWER_UP"', '"M-DOWN"');
    expect(fares(down, '10.0.0.60', neighbour('10.0.0.60', CHILD))).toBe('WRONG_MAC 1');
    expect(fares(down, '10.0.0.60')).toBe('NEIGH_FAILED 1');
  });

  // ipvlan_addr_lookup() goes by IP address: the MAC is the device's own.
  test('of ipvlan takes what is for its address', () => {
    expect(fares(IPVLAN, '10.0.0.60', neighbour('10.0.0.60', PARENT))).toBe('UNSUPPORTED 3 ipvlan c/mv0 of eth0');
    expect(fares(IPVLAN, '10.0.0.2', neighbour('10.0.0.2', PARENT))).toBe(' 0');
  });
});
