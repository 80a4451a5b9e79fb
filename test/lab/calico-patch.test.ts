import { describe, expect, test } from 'vitest';
import type { CalicoObjects } from '../../src/cluster/index.js';
import { readLab } from '../../src/input/read-lab.js';
import { deleteObject, type Patchable, patchableKind, patchObject } from '../../src/lab/calico-patch.js';

/** Calico's objects of a lab with this section `calico:`. */
function objects(section: unknown): CalicoObjects {
  const nodes = '{node-1: {address: 192.168.56.11, labels: {rack: a}}}';
  const read = readLab(`cni: calico/bgp\nnodes: ${nodes}\ncalico: ${JSON.stringify(section)}\n`, 'lab.yaml');
  if ('problems' in read) throw new Error(read.problems.map(({ message }) => message).join('\n'));
  return read.value.calico;
}

/** Of each kind every field that can be changed, with another value than where nothing is said. */
const KINDS: readonly {
  readonly kind: Patchable;
  readonly name: string;
  /** The section with an object of this spec. */
  readonly section: (spec: object) => object;
  /** What has to be said at least. */
  readonly least: object;
  readonly spec: Readonly<Record<string, unknown>>;
}[] = [
  {
    kind: 'IPPool',
    name: 'p',
    section: (spec) => ({ ipPools: { p: spec } }),
    least: { cidr: '10.244.0.0/17' },
    spec: {
      ipipMode: 'CrossSubnet',
      natOutgoing: true,
      disabled: true,
      disableBGPExport: true,
      nodeSelector: 'has(rack)',
      allowedUses: ['Workload', 'LoadBalancer'],
    },
  },
  {
    kind: 'BGPConfiguration',
    name: 'default',
    section: (spec) => ({ bgpConfiguration: spec }),
    least: {},
    spec: {
      asNumber: '1.10',
      nodeToNodeMeshEnabled: false,
      serviceClusterIPs: [{ cidr: '10.96.0.0/12' }],
      serviceExternalIPs: [{ cidr: '198.51.100.0/24' }],
      serviceLoadBalancerIPs: ['203.0.113.0/24'],
      communities: [{ name: 'rack', value: '64512:100' }],
      prefixAdvertisements: [{ cidr: '10.244.0.0/16', communities: ['rack', '64512:1:2'] }],
      nodeMeshMaxRestartTime: '1m30s',
    },
  },
  {
    kind: 'BGPPeer',
    name: 'tor',
    section: (spec) => ({ bgpPeers: { tor: spec } }),
    least: {},
    spec: {
      nodeSelector: "rack == 'a'",
      peerIP: '192.168.56.1:179',
      asNumber: 65001,
      keepOriginalNextHop: true,
      nextHopMode: 'Self',
      filters: ['narrow'],
      maxRestartTime: '5s',
      numAllowedLocalASNumbers: 1,
      password: { secretKeyRef: { name: 'bgp', key: 'pw' } },
    },
  },
  {
    kind: 'BGPFilter',
    name: 'narrow',
    section: (spec) => ({ bgpFilters: { narrow: spec } }),
    least: {},
    spec: {
      exportV4: [{ action: 'Accept', matchOperator: 'In', cidr: '10.244.0.0/16', prefixLength: { min: 26 } }],
      importV4: [{ action: 'Reject', source: 'RemotePeers', interface: '*.calico' }],
    },
  },
  {
    kind: 'FelixConfiguration',
    name: 'default',
    section: (spec) => ({ felixConfiguration: spec }),
    least: {},
    spec: {
      defaultEndpointToHostAction: 'Return',
      chainInsertMode: 'Append',
      iptablesFilterAllowAction: 'Return',
      iptablesMangleAllowAction: 'Return',
      iptablesMarkMask: 0xff00,
      ipipMTU: 1480,
      vxlanMTU: 1400,
      vxlanVNI: 7,
      vxlanPort: 8472,
      deviceRouteProtocol: 80,
      removeExternalRoutes: false,
      natOutgoingAddress: '192.168.56.99',
      natPortRange: '32768:65535',
      allowVXLANPacketsFromWorkloads: true,
      allowIPIPPacketsFromWorkloads: true,
      disableConntrackInvalidCheck: true,
      serviceLoopPrevention: 'Disabled',
      logSeverityScreen: 'Debug',
    },
  },
];

describe.each(KINDS)('$kind', ({ kind, name, section, least, spec }) => {
  const before = objects(section(least));
  const whole = objects(section({ ...least, ...spec }));

  test('a patch says the same as the section of a lab in the same words', () => {
    expect(whole).not.toEqual(before);
    expect(patchObject(before, kind, name, spec)).toEqual({ calico: whole });
  });

  test('null is as if nothing were said', () => {
    const nothing = Object.fromEntries(Object.keys(spec).map((key) => [key, null]));
    expect(patchObject(whole, kind, name, nothing)).toEqual({ calico: before });
  });

  test('what a patch leaves out stays', () => {
    expect(patchObject(whole, kind, name, {})).toEqual({ calico: whole });
  });
});

describe('what is refused', () => {
  const calico = objects({
    ipPools: { p: { cidr: '10.244.0.0/17' } },
    bgpPeers: { tor: { peerIP: '192.168.56.1', asNumber: 65001 } },
    bgpFilters: { f: {} },
  });

  test.each([
    // "IPPool CIDR cannot be modified", libcalico-go 3.21 lib/clientv3/ippool.go.
    { kind: 'IPPool', name: 'p', spec: { cidr: '10.244.0.0/18' }, want: /^cidr: .*can not be changed/ },
    { kind: 'IPPool', name: 'p', spec: { cidr: null }, want: /^cidr: .*can not be changed/ },
    { kind: 'IPPool', name: 'p', spec: { blockSize: 28 }, want: /^blockSize: .*can not be changed/ },
    { kind: 'IPPool', name: 'p', spec: { ipipMode: 'Crossubnet' }, want: /^ipipMode: .*mean "CrossSubnet"/ },
    { kind: 'IPPool', name: 'p', spec: { nodeSelector: 'rack = 1' }, want: /^nodeSelector: .*character 6/ },
    { kind: 'BGPPeer', name: 'tor', spec: { peerIP: 'fd00::1' }, want: /^not modelled: peerIP: fd00::1/ },
    { kind: 'BGPPeer', name: 'tor', spec: { ttlSecurity: 1 }, want: /^not modelled: ttlSecurity/ },
    { kind: 'BGPPeer', name: 'tor', spec: { password: { secretKeyRef: { name: 'x' } } }, want: /^password.*\.key: / },
    { kind: 'BGPFilter', name: 'f', spec: { exportV4: [{ acton: 'Accept' }] }, want: /^exportV4\[0\]\.acton: unknown/ },
    { kind: 'BGPFilter', name: 'f', spec: { importV4: [{}] }, want: /^importV4\[0\]\.action: expected/ },
    { kind: 'BGPFilter', name: 'f', spec: { importV4: {} }, want: /^importV4: expected a list/ },
    { kind: 'FelixConfiguration', name: 'default', spec: { bpfEnabled: true }, want: /^not modelled: bpfEnabled/ },
    { kind: 'FelixConfiguration', name: 'default', spec: { vxlanVNI: 0 }, want: /^vxlanVNI: expected a VNI, found 0/ },
    { kind: 'FelixConfiguration', name: 'node-1', spec: {}, want: /^no felixconfiguration .* there is default/ },
    {
      kind: 'BGPConfiguration',
      name: 'default',
      spec: {
        communities: [{ name: 'rack', value: '1:2' }],
        prefixAdvertisements: [{ cidr: '10.0.0.0/8', communities: ['rak'] }],
      },
      want: /^prefixAdvertisements\[0\]\.communities\[0\]: .*mean "rack"/,
    },
  ] as const)('$kind $spec', ({ kind, name, spec, want }) => {
    expect(patchObject(calico, kind, name, spec)).toEqual({ problem: expect.stringMatching(want) });
  });

  test('a value of a field that is not modelled, with which it changes nothing, is none', () => {
    expect(patchObject(calico, 'FelixConfiguration', 'default', { bpfEnabled: false })).toEqual({ calico });
  });
});

test('an object that is deleted is gone, a configuration is the default', () => {
  const calico = objects({ bgpPeers: { tor: {} }, bgpConfiguration: { asNumber: 1 } });
  expect(deleteObject(calico, 'BGPPeer', 'tor')).toEqual({ calico: { ...calico, bgpPeers: [] } });
  expect(deleteObject(calico, 'BGPConfiguration', 'default')).toEqual({
    calico: { ...calico, bgpConfiguration: objects({}).bgpConfiguration },
  });
  expect(deleteObject(calico, 'BGPPeer', 'tro')).toEqual({ problem: expect.stringContaining('did you mean "tor"?') });
});

// The names that calicoctl 3.21 knows these kinds by (resourcemgr/bgppeer.go and beside it).
test.each([
  { word: 'bgppeer', kind: 'BGPPeer' },
  { word: 'BGPPeers', kind: 'BGPPeer' },
  { word: 'bgpconfig', kind: 'BGPConfiguration' },
  { word: 'felixconfigs', kind: 'FelixConfiguration' },
  { word: 'ippools', kind: 'IPPool' },
  { word: 'pool', kind: 'IPPool' },
])('$word is $kind', ({ word, kind }) => {
  expect(patchableKind(word)).toEqual({ kind });
});
