import { afterEach, expect, test } from 'vitest';
import { Sysctls } from '../../src/linux/index.js';
import { KERNEL } from '../../src/trace/kernel.js';
import type { HookName, KernelFunctions } from '../../src/trace/net.js';
import { loadCorpus } from './corpus.js';
import { judge } from './differential.js';

/** Wrong kernels: the recordings must tell each of them from the right one, or they could not tell us from it. */
const original: KernelFunctions = { ...KERNEL, okfn: { ...KERNEL.okfn }, xmit: { ...KERNEL.xmit } };
const { conf, confMax } = Sysctls.prototype;

afterEach(() => {
  Object.assign(KERNEL, { ...original, okfn: { ...original.okfn }, xmit: { ...original.xmit } });
  Object.assign(Sysctls.prototype, { conf, confMax });
});

function withoutHooks(matches: (name: string, hook: HookName) => boolean): Partial<KernelFunctions> {
  return {
    hooks: (net, family, hook) => original.hooks(net, family, hook).filter(({ name }) => !matches(name, hook)),
  };
}

const MUTANTS: Readonly<Record<string, () => void>> = {
  'TTL is not decremented': () => {
    KERNEL.okfn = {
      ...original.okfn,
      ip_forward_finish(net, skb, state) {
        if (skb.ip !== undefined) skb.ip.ttl++;
        original.okfn.ip_forward_finish(net, skb, state);
      },
    };
  },
  'no ICMP errors': () => Object.assign(KERNEL, { icmp_send: () => undefined }),
  'errors have another code': () => {
    KERNEL.icmp_send = (net, about, type, code, info) => original.icmp_send(net, about, type, code === 0 ? 1 : 0, info);
  },
  'no NAT': () =>
    Object.assign(
      KERNEL,
      withoutHooks((name) => name === 'nf_nat_inet_fn'),
    ),
  'no source NAT': () =>
    Object.assign(
      KERNEL,
      withoutHooks((name, hook) => name === 'nf_nat_inet_fn' && hook === 'POSTROUTING'),
    ),
  'no NAT of own packets': () =>
    Object.assign(
      KERNEL,
      withoutHooks((name, hook) => name === 'nf_nat_inet_fn' && hook === 'OUTPUT'),
    ),
  'no filter': () =>
    Object.assign(
      KERNEL,
      withoutHooks((name) => name === 'iptable_filter'),
    ),
  'no mangle': () =>
    Object.assign(
      KERNEL,
      withoutHooks((name) => name === 'iptable_mangle'),
    ),
  'nothing at POSTROUTING': () =>
    Object.assign(
      KERNEL,
      withoutHooks((_, hook) => hook === 'POSTROUTING'),
    ),
  'nothing at PREROUTING': () =>
    Object.assign(
      KERNEL,
      withoutHooks((_, hook) => hook === 'PREROUTING'),
    ),
  'no connection is confirmed at INPUT': () =>
    Object.assign(
      KERNEL,
      withoutHooks((_, hook) => hook === 'INPUT'),
    ),
  'ARP is not answered': () => Object.assign(KERNEL, { arp_rcv: () => undefined }),
  'rp_filter is ignored': () => {
    Sysctls.prototype.confMax = function (this: Sysctls, dev, name) {
      return name === 'rp_filter' ? 0 : confMax.call(this, dev, name);
    };
  },
  'forwarding is always on': () => {
    Sysctls.prototype.conf = function (this: Sysctls, dev, name) {
      return name === 'forwarding' ? 1 : conf.call(this, dev, name);
    };
  },
};

test('the right kernel is not caught', () => {
  for (const { plan, kernel } of loadCorpus()) expect(judge(plan, kernel).disagreement).toBeUndefined();
});

test.each(Object.entries(MUTANTS))('caught: %s', (_, mutate) => {
  mutate();
  const caught = loadCorpus().filter(({ plan, kernel }) => judge(plan, kernel).disagreement !== undefined);
  expect(caught).not.toEqual([]);
});
