import { expect, test } from 'vitest';
import { sha256Base32, sha256Hex, sha512Hex } from '../../src/agents/digest.js';
import { buildNetwork } from '../../src/lab/index.js';
import { makeLab, node } from '../lab/make-lab.js';
import { commandsOf } from './commands.js';

const alone = { cni: { name: 'none', options: {} }, nodes: [node(1)] };

test('kubelet: chain, jumps from OUTPUT and INPUT, the rule, canaries (syncIPTablesRules())', () => {
  expect(commandsOf(buildNetwork(makeLab(alone)).installs('node-1'), 'kubelet')).toEqual([
    'iptables -t mangle -N KUBE-IPTABLES-HINT',
    'iptables -t filter -N KUBE-FIREWALL',
    'iptables -t filter -I OUTPUT 1 -j KUBE-FIREWALL',
    'iptables -t filter -I INPUT 1 -j KUBE-FIREWALL',
    "iptables -t filter -A KUBE-FIREWALL -m comment --comment 'block incoming localnet connections' --dst 127.0.0.0/8 ! --src 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP",
    'iptables -t mangle -N KUBE-KUBELET-CANARY',
    'iptables -t nat -N KUBE-KUBELET-CANARY',
    'iptables -t filter -N KUBE-KUBELET-CANARY',
  ]);
});

test.each([
  { more: { kubelet: 'off' as const }, why: 'for the lab' },
  { more: { nodes: [node(1, { off: ['kubelet'] })] }, why: 'on the node' },
])('switched off $why, the prerequisites of a node stay', ({ more }) => {
  const { installs, network } = buildNetwork(makeLab({ ...alone, ...more }));
  expect(commandsOf(installs('node-1'), 'kubelet')).toEqual([]);
  const sysctls = network.netns('node-1')?.sysctls;
  expect(sysctls?.get('net/ipv4/ip_forward')).toBe('1');
  expect(sysctls?.get('net/bridge/bridge-nf-call-iptables')).toBe('1');
});

test.each([
  // FIPS 180-4 examples; base32 is RFC 4648 §6 of the same bytes.
  { hash: sha256Hex('abc'), want: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' },
  { hash: sha256Base32('abc'), want: 'XJ4BNP4PAHH6UQKBIDPF3LRCEOYAGYNDSYLXVHFUCD7WD4QACWWQ' },
  { hash: sha512Hex('abc').slice(0, 32), want: 'ddaf35a193617abacc417349ae204131' },
])('digest $want', ({ hash, want }) => {
  expect(hash).toBe(want);
});
