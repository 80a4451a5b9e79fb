import { describe, expect, test } from 'vitest';
import { cniBackend, cniBackends, registerCni } from '../../src/agents/index.js';
import { cniCases } from '../cases/cni.js';
import { prefix } from '../must.js';

/** flannel: the subnet's own address and the bridge's; Calico: that of a tunnel, which it takes before any pod comes. */
function reservedBy(name: string): number {
  if (name.startsWith('flannel/')) return 2;
  return name === 'calico/bgp' ? 0 : 1;
}

describe.each(cniBackends().map((backend) => ({ name: backend.name, backend })))('$name', ({ name, backend }) => {
  cniCases(backend, name === 'none' ? { noPodNetwork: 'it has no plug-ins' } : { reserved: reservedBy(name) });
});

test('known by name', () => {
  expect(cniBackends().map(({ name }) => name)).toEqual([
    'flannel/vxlan',
    'flannel/host-gw',
    'flannel/udp',
    'calico/bgp',
    'calico/ipip',
    'calico/ipip-crosssubnet',
    'calico/vxlan',
    'calico/vxlan-crosssubnet',
    'none',
  ]);
  expect(cniBackend('flannel/vxlan')?.parts).toEqual(['flanneld', 'flanneld/masq', 'flanneld/forward']);
  expect(cniBackend('calico')).toBeUndefined();
});

test('a name is taken once', () => {
  const [first] = cniBackends();
  expect(() => first !== undefined && registerCni(first)).toThrow('registered already');
});

describe('options', () => {
  const problems = (given: Readonly<Record<string, unknown>>): (readonly [string, string])[] => {
    const configured = cniBackend('flannel/vxlan')?.configure(given, prefix('10.244.0.0/16'));
    return configured !== undefined && 'problems' in configured
      ? configured.problems.map(({ code, message }) => [code, message] as const)
      : [];
  };

  test.each([
    { given: { VNI: 4096, Port: 4789 }, why: 'as in net-conf.json' },
    { given: { vni: 1, directrouting: true }, why: 'in any case' },
    { given: { ipMasq: false }, why: 'flags without their dashes' },
    { given: { 'ip-masq': false }, why: 'flags as they are' },
  ])('$given: $why', ({ given }) => {
    expect(problems(given)).toEqual([]);
  });

  test.each([
    { given: { VNI: -1 }, want: ['bad-value', 'expected a number from 0 to 16777215, found -1'] },
    { given: { VNI: '1' }, want: ['bad-value', 'expected a number from 0 to 16777215, found "1"'] },
    { given: { DirectRouting: 'yes' }, want: ['bad-value', 'expected true or false, found "yes"'] },
    { given: { DirectRoutin: true }, want: ['unknown-key', 'no such option; did you mean "DirectRouting"?'] },
    { given: { VNI: 1, vni: 2 }, want: ['conflict', 'VNI is given twice'] },
    { given: { iface: 'a name that is too long' }, want: ['bad-value', expect.stringContaining('at most 15')] },
  ])('$given', ({ given, want }) => {
    expect(problems(given)).toEqual([want]);
  });
});
