import { describe, expect, test } from 'vitest';
import { diffNetworks } from '../../src/analyze/index.js';
import { readSnapshot, snapshotFiles } from '../../src/input/index.js';
import { formatLinks, linksJson, type Netns, Runtime, readNetns } from '../../src/linux/index.js';
import type { Network } from '../../src/topology/index.js';
import { run } from '../network.js';
import { readable } from '../recordings/load.js';

/**
 * As iproute2 6.1 printed it on Linux 6.18: a veth whose other end is elsewhere, with `altname uplink` and `group 7`, and a
 * macvlan of it.
 */
const DUMP = `[{"ifindex":2,"link":"va","ifname":"mv0","flags":["BROADCAST","MULTICAST","UP","LOWER_UP"],"mtu":1500,\
"qdisc":"noqueue","operstate":"UP","linkmode":"DEFAULT","group":"default","txqlen":1000,"link_type":"ether",\
"address":"76:a7:36:01:d8:ac","broadcast":"ff:ff:ff:ff:ff:ff","promiscuity":0,"allmulti":0,"min_mtu":68,\
"max_mtu":65535,"linkinfo":{"info_kind":"macvlan","info_data":{"mode":"bridge","bcqueuelen":1000,\
"usedbcqueuelen":1000}},"inet6_addr_gen_mode":"eui64","num_tx_queues":1,"num_rx_queues":1,"gso_max_size":65536,\
"gso_max_segs":65535,"tso_max_size":524280,"tso_max_segs":65535,"gro_max_size":65536},{"ifindex":3,"link_index":2,\
"ifname":"va","flags":["BROADCAST","MULTICAST","UP","LOWER_UP"],"mtu":1500,"qdisc":"noqueue","operstate":"UP",\
"linkmode":"DEFAULT","group":"7","txqlen":1000,"link_type":"ether","address":"6a:e5:33:72:4d:c4",\
"broadcast":"ff:ff:ff:ff:ff:ff","link_netnsid":1,"promiscuity":1,"allmulti":0,"min_mtu":68,"max_mtu":65535,\
"linkinfo":{"info_kind":"veth"},"inet6_addr_gen_mode":"eui64","num_tx_queues":2,"num_rx_queues":2,\
"gso_max_size":65536,"gso_max_segs":65535,"tso_max_size":524280,"tso_max_segs":65535,"gro_max_size":65536,\
"altnames":["uplink"]}]
`;

function network(text: string): Network {
  const texts = new Map([['n/ip-link.json', text]]);
  return readable(readSnapshot({ name: 'dump', texts, folders: ['n'], others: [] })).network;
}

const nsOf = (text: string): Netns =>
  readable(readNetns({ link: { file: 'l', text } }, { name: 'n', role: 'host' })).ns;

describe('what a dump says of a link and the model does not hold', () => {
  test('is printed back', () => {
    // A macvlan makes the veth below listen to everything, which is counted there and not held.
    const heard = DUMP.replace('"promiscuity":1', '"promiscuity":0');
    expect(linksJson(nsOf(DUMP))).toBe(heard);
    expect(snapshotFiles(network(DUMP)).get('n/ip-link.json')).toBe(heard);
  });

  // print_linkinfo() of iproute2: `@NAME` of a device below, `@if2` of one elsewhere.
  test('is in the text of ip link', () => {
    const lines = formatLinks(nsOf(DUMP)).split('\n');
    const flags = '<BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP mode DEFAULT';
    expect(lines).toContain(`3: va@if2: ${flags} group 7 qlen 1000`);
    expect(lines).toContain(`2: mv0@va: ${flags} group default qlen 1000`);
    expect(lines).toContain('    altname uplink');
    expect(lines[4]).toContain(' link-netnsid 1 ');
    expect(lines[5]).toContain(' numtxqueues 2 numrxqueues 2 ');
  });

  test('follows the device: its state, and the name of the one below', () => {
    const after = run(
      'n: ip link set va down\nn: ip link set mv0 down\nn: ip link set va name vz',
      network(DUMP),
      new Runtime(),
    );
    const [child] = JSON.parse(snapshotFiles(after.network).get('n/ip-link.json') ?? '');
    expect(child).toMatchObject({ link: 'vz', operstate: 'DOWN' });
  });

  test.each([
    ['"mode":"bridge"', '"mode":"vepa"', 'mv0 mode'],
    ['"link":"va"', '"link":"vb"', 'mv0 dev'],
  ])('%s against %s is a difference', (from, to, entry) => {
    const { differences } = diffNetworks(network(DUMP), network(DUMP.replace(from, to)));
    expect(differences.map((each) => `${each.is} ${each.kind} ${each.entry}`)).toEqual([`different link ${entry}`]);
  });
});
