import { describe, expect, test } from 'vitest';
import { CHAINS } from '../../src/agents/kube-proxy/ipvs/jumps.js';
import { SET_NAMES, setName } from '../../src/agents/kube-proxy/ipvs/sets.js';
import { buildNetwork } from '../../src/lab/index.js';
import { KNOWN_NAMES, knownName } from '../../src/output/index.js';
import { makeLab } from '../lab/make-lab.js';

describe('every name that a component gives is known', () => {
  test.each(['iptables', 'ipvs'] as const)('chains, sets and devices of a node in mode %s', (mode) => {
    const lab = makeLab({});
    const ns = buildNetwork({ ...lab, kubeProxy: { ...lab.kubeProxy, mode } }).network.netns('node-1');
    if (ns === undefined) throw new Error('no node-1');
    const chains = [...ns.iptables.values()].flatMap((table) => [...table.chains.values()]);
    const made = chains.filter(({ policy }) => policy === undefined).map(({ name }) => name);
    expect(made.length).toBeGreaterThan(10);
    expect(made.filter((name) => knownName(name, 'chain') === undefined)).toEqual([]);
    expect([...ns.ipsets.keys()].filter((name) => knownName(name, 'ipset') === undefined)).toEqual([]);
    expect([...ns.links.keys()].filter((name) => knownName(name, 'device') === undefined)).toEqual([]);
  });

  test.each(CHAINS.map(({ chain }) => chain))('chain %s of IPVS mode, by itself', (chain) => {
    expect(knownName(chain, 'chain')?.name).toBe(chain);
  });

  test.each(SET_NAMES)('set %s, and that of IPv6', (set) => {
    const known = knownName(set, 'ipset');
    expect(known).toBeDefined();
    expect(knownName(setName(set, 'ip6'), 'ipset')).toBe(known);
  });
});

test.each([
  { name: 'KUBE-6-LOAD-BALANCER-SOURCE-CID', kind: 'ipset', is: 'KUBE-LOAD-BALANCER-SOURCE-CIDR', why: 'cut after 31' },
  { name: 'CNI-FORWARD', kind: 'chain', is: 'CNI-FORWARD', why: 'no hash, so not of ipMasq' },
  { name: 'CNI-0123456789abcdef01234567', kind: 'chain', is: 'CNI-*', why: 'a hash' },
  { name: 'flannel.ipip', kind: 'device', is: 'flannel.ipip', why: 'no VNI, so not VXLAN' },
  { name: 'flannel.4096', kind: 'device', is: 'flannel.*', why: 'a VNI' },
  { name: 'cali-tw-cali0123', kind: 'chain', is: 'cali-tw-*', why: 'the longer beginning' },
  { name: 'cali-pri-kns.default', kind: 'chain', is: 'cali-pri-*', why: 'a profile, not a policy' },
  { name: 'cali-from-wl-dispatch-5', kind: 'chain', is: 'cali-from-wl-dispatch-*', why: 'a group of devices' },
  { name: 'cali40all-ipam-pools', kind: 'ipset', is: 'cali40all-ipam-pools', why: 'not of a policy' },
  { name: 'cali40s:2Cg9', kind: 'ipset', is: 'cali40*', why: 'a selector’s hash' },
  { name: 'cali82111e10a96', kind: 'device', is: 'cali*', why: 'of a pod' },
  { name: '0x10000/0x10000', kind: 'mark', is: '0x10000', why: 'as Felix writes it' },
  { name: '169.254.1.1', kind: undefined, is: '169.254.1.1', why: 'nothing has it, routes name it' },
  { name: '0x00004000/0x4000', kind: 'mark', is: '0x4000', why: 'as kube-proxy writes it' },
] as const)('$name is $is: $why', ({ name, kind, is }) => {
  expect(knownName(name, kind)?.name).toBe(is);
});

test.each([
  // The order in which Felix takes the bits of iptablesMarkMask, lowest first (felix 3.21 dataplane/driver.go).
  ['0x10000', 'accepted'],
  ['0x20000', 'next tier'],
  ['0x40000', 'scratch 0'],
  ['0x80000', 'scratch 1'],
])('mark %s of Felix: %s', (bit, says) => {
  expect(knownName(bit, 'mark')?.means.en).toContain(says);
});

test('only sets have names of their own for IPv6', () => {
  expect(knownName('KUBE-6-CLUSTER-IP', undefined)?.kind).toBe('ipset');
  expect(knownName('KUBE-6-SERVICES', undefined)).toBeUndefined();
});

test('no name is there twice', () => {
  const keys = KNOWN_NAMES.map(({ kind, name }) => `${kind} ${name}`);
  expect(keys.filter((key, i) => keys.indexOf(key) !== i)).toEqual([]);
});
