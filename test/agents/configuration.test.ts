import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatPrefix } from '../../src/address/index.js';
import { formatConflist, formatSubnetEnv, readConflist, readNetConf, readSubnetEnv } from '../../src/agents/index.js';
import type { Source } from '../../src/linux/index.js';
import { formatProblem, type Read } from '../../src/problem/index.js';
import { ip, prefix } from '../must.js';
import { readable } from '../recordings/load.js';

const source = (text: string): Source => ({ file: 'f', text });

function problemsOf(read: Read<unknown>): string[] {
  return 'problems' in read ? read.problems.map(formatProblem) : [];
}

/** 10-flannel.conflist of the published manifest (flannel 0.28 Documentation/kube-flannel.yml). */
const FLANNEL = `{
  "name": "cbr0",
  "cniVersion": "0.3.1",
  "plugins": [
    {
      "type": "flannel",
      "delegate": {
        "hairpinMode": true,
        "isDefaultGateway": true
      }
    },
    {
      "type": "portmap",
      "capabilities": {
        "portMappings": true
      }
    }
  ]
}
`;

describe('net-conf.json', () => {
  test('the published one', () => {
    const text = '{"Network": "10.244.0.0/16", "EnableNFTables": false, "Backend": {"Type": "vxlan"}}';
    expect(readable(readNetConf(source(text)))).toEqual({
      network: prefix('10.244.0.0/16'),
      subnetLen: undefined,
      subnetMin: undefined,
      subnetMax: undefined,
      backendType: 'vxlan',
      backendOptions: {},
      unmodelled: [],
    });
  });

  test('all that can be said, keys in any case', () => {
    const text =
      '{"network": "10.0.0.0/8", "SubnetLen": 20, "SubnetMin": "10.10.0.0", "SubnetMax": "10.99.0.0", "EnableIPv6": true, "IPv6Network": "fd00::/48", "Backend": {"type": "vxlan", "vni": 7, "GBP": true, "DirectRouting": true}}';
    expect(readable(readNetConf(source(text)))).toMatchObject({
      network: prefix('10.0.0.0/8'),
      subnetLen: 20,
      subnetMin: ip('10.10.0.0'),
      subnetMax: ip('10.99.0.0'),
      backendType: 'vxlan',
      backendOptions: { vni: 7, GBP: true, DirectRouting: true },
      unmodelled: ['EnableIPv6', 'IPv6Network', 'Backend.GBP'],
    });
    const other = '{"Network": "10.0.0.0/8", "Backend": {"Type": "wireguard", "PSK": "x"}}';
    expect(readable(readNetConf(source(other))).unmodelled).toEqual(['Backend.Type wireguard', 'Backend.PSK']);
  });

  test('without a Backend it is udp (parseBackendType())', () => {
    expect(readable(readNetConf(source('{"Network": "10.0.0.0/8"}'))).backendType).toBe('udp');
  });

  test.each([
    ['{}', 'f:1:1: Network: "Network" is missing'],
    ['[]', 'f:1:1: expected an object, found a list'],
    ['{"Network": "10.0.0.0"', 'f:1:23: not well-formed JSON: the text ends where something else was expected'],
    ['{"Network": "10.0.0/8"}', 'f:1:13: Network: expected an IPv4 prefix, found "10.0.0/8"'],
    [
      '{"Network": "10.0.0.0/8",\n "Backend": {"Type": "vxlan", "VNI": "x"}}',
      'f:2:38: Backend.VNI: expected a number from 0 to 16777215, found "x"',
    ],
    ['{"Network": "10.0.0.0/8", "SubnetLen": 31}', 'f:1:40: SubnetLen: expected a number from 1 to 30, found 31'],
    ['{"Network": "10.0.0.0/8", "Backend": {}}', 'f:1:38: Backend.Type: "Type" is missing'],
  ])('%s', (text, want) => {
    expect(problemsOf(readNetConf(source(text)))).toEqual([want]);
  });
});

describe('subnet.env', () => {
  const TEXT = 'FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.1.1/24\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n';

  test('what flanneld writes comes back', () => {
    const { env, unmodelled } = readable(readSubnetEnv(source(TEXT)));
    expect(formatPrefix(env.subnet)).toBe('10.244.1.0/24');
    expect(formatSubnetEnv(env)).toBe(TEXT);
    expect(unmodelled).toEqual([]);
    const both = `${TEXT}FLANNEL_IPV6_NETWORK=fd00::/48\nFLANNEL_IPV6_SUBNET=fd00::1/64\n`;
    expect(readable(readSubnetEnv(source(both))).unmodelled).toEqual(['FLANNEL_IPV6_NETWORK', 'FLANNEL_IPV6_SUBNET']);
  });

  test('everything that is wrong is told, where it is', () => {
    const text = 'FLANNEL_NETWORK=10.0.0.0/8,10.1.0.0/16\nFLANNEL_SUBNETS=1\n x\nFLANNEL_MTU=9\nFLANNEL_IPMASQ=yes';
    expect(problemsOf(readSubnetEnv(source(text)))).toEqual([
      'f:2:1: no variable of flannel: "FLANNEL_SUBNETS"; did you mean "FLANNEL_SUBNET"?',
      'f:3:1: expected NAME=VALUE, found "x"',
      'f:1:17: FLANNEL_NETWORK: expected one IPv4 prefix, found "10.0.0.0/8,10.1.0.0/16"',
      'f:1:1: FLANNEL_SUBNET is missing',
      'f:4:13: FLANNEL_MTU: expected a number from 68 to 65535, found "9"',
      'f:5:16: FLANNEL_IPMASQ: expected true or false, found "yes"',
    ]);
  });
});

describe('CNI configuration', () => {
  test('the published one', () => {
    const conflist = readable(readConflist(source(FLANNEL)));
    expect(conflist).toMatchObject({
      cniVersion: '0.3.1',
      name: 'cbr0',
      plugins: [
        { type: 'flannel', delegate: { hairpinMode: true, isDefaultGateway: true }, unmodelled: [] },
        { type: 'portmap', conf: { name: 'cbr0', snat: true, masqAll: false, markMasqBit: 13 }, unmodelled: [] },
      ],
    });
    expect(JSON.parse(formatConflist(conflist))).toEqual(JSON.parse(FLANNEL));
  });

  test('bridge with host-local, as a list of ranges and alone', () => {
    const ipam = {
      type: 'host-local',
      ranges: [[{ subnet: '10.1.0.0/24', rangeStart: '10.1.0.10' }], [{ subnet: 'fd00::/64' }]],
      routes: [{ dst: '0.0.0.0/0' }, { dst: '::/0' }],
    };
    const text = JSON.stringify({
      cniVersion: '1.0.0',
      name: 'n',
      type: 'bridge',
      isGateway: true,
      vlan: 5,
      macspoofchk: false,
      ipam,
    });
    const { plugins } = readable(readConflist(source(text)));
    expect(plugins).toMatchObject([
      {
        type: 'bridge',
        conf: {
          name: 'n',
          bridge: 'cni0',
          isGateway: true,
          ipMasq: false,
          ipam: {
            subnet: prefix('10.1.0.0/24'),
            rangeStart: ip('10.1.0.10'),
            routes: [{ dst: prefix('0.0.0.0/0'), gw: undefined }],
          },
        },
        unmodelled: ['vlan', 'ipam.ranges besides the first of IPv4', 'ipam.routes to ::/0'],
      },
    ]);
  });

  test('what is not modelled is named and kept', () => {
    const text =
      '{"name": "n", "plugins": [{"type": "calico", "mtu": 1}, {"type": "bridge", "ipam": {"type": "dhcp"}}]}';
    const conflist = readable(readConflist(source(text)));
    expect(conflist.plugins.map((plugin) => 'plugin' in plugin && plugin.plugin)).toEqual([
      'calico',
      'bridge with IPAM dhcp',
    ]);
    expect(JSON.parse(formatConflist(conflist))).toMatchObject(JSON.parse(text) as object);
  });

  test.each([
    ['{"plugins": []}', ['f:1:1: name: "name" is missing']],
    ['{"name": "n", "plugins": []}', ['f:1:26: plugins: expected at least one plug-in']],
    ['{"name": "n", "plugins": [{}]}', ['f:1:27: plugins[0].type: "type" is missing']],
    [
      '{"name": "n", "plugins": [{"type": "bridge", "ipam": {"type": "host-local", "ranges": [[{"subnet": "10"}]]}}]}',
      ['f:1:100: plugins[0].ipam.ranges[0][0].subnet: expected an IPv4 prefix, found "10"'],
    ],
    [
      '{"name": "n", "plugins": [{"type": "portmap", "markMasqBit": 40}]}',
      ['f:1:62: plugins[0].markMasqBit: expected a number from 0 to 31, found 40'],
    ],
  ])('%s', (text, want) => {
    expect(problemsOf(readConflist(source(text)))).toEqual(want);
  });
});

test('no text makes a reader throw', () => {
  const keys = fc.constantFrom(
    ...'name plugins type ipam ranges routes subnet dst gw delegate bridge mtu Network Backend Type VNI SubnetLen'.split(
      ' ',
    ),
  );
  const leaf = fc.oneof(
    fc.constantFrom('bridge', 'host-local', 'flannel', 'vxlan', '10.0.0.0/8', ''),
    fc.integer(),
    fc.constant(null),
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof({ depthSize: 'small' }, leaf, fc.array(tie('tree')), fc.dictionary(keys, tie('tree'))),
  }));
  const lines = fc
    .array(fc.constantFrom('FLANNEL_MTU=', 'FLANNEL_SUBNET=10.0.0.0/8', '\n', '=', 'x'))
    .map((all) => all.join(''));
  const texts = fc.oneof(
    fc.string(),
    fc.json(),
    tree.map((value) => JSON.stringify(value)),
    lines,
  );
  fc.assert(
    fc.property(texts, (text) =>
      [readNetConf, readSubnetEnv, readConflist].every((reader) => {
        const read: Read<unknown> = reader(source(text));
        return 'value' in read || read.problems.every(({ line, col }) => line >= 1 && col >= 1);
      }),
    ),
    { numRuns: 1000 },
  );
});
