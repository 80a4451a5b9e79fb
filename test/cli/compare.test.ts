import { describe, expect, test } from 'vitest';
import type { Comparison, ModeRow } from '../../src/output/index.js';
import { displayWidth } from '../../src/output/width.js';
import { podpath } from './cli.js';

const LAB = 'flannel-vxlan';

async function compared(args: readonly string[], code = 0): Promise<Comparison> {
  const ran = await podpath(['compare', LAB, ...args, '--json']);
  expect(ran.code, ran.err).toBe(code);
  return JSON.parse(ran.out) as Comparison;
}

type Followed = Extract<ModeRow, { readonly problem: undefined }>;

function mode({ modes }: Comparison, name: string): Followed {
  const found = modes.find((each) => each.mode === name);
  if (found === undefined || !('probe' in found)) throw new Error(`${name} was not followed`);
  return found;
}

describe('a pod and a cluster IP', async () => {
  const comparison = await compared(['client', 'service/web:80']);
  const [iptables, ipvs] = [mode(comparison, 'iptables'), mode(comparison, 'ipvs')];

  test('iptables draws, each of two endpoints with a half; IPVS gives each its turn', () => {
    expect(iptables.branches.map(({ p, endpoint }) => [p, endpoint])).toEqual([
      [0.5, 'pod/default/web-0'],
      [0.5, 'pod/default/web-1'],
    ]);
    expect(ipvs.branches.map(({ p, endpoint }) => [p, endpoint]).sort()).toEqual([
      [null, 'pod/default/web-0'],
      [null, 'pod/default/web-1'],
    ]);
    expect([iptables.share, ipvs.share]).toEqual([null, { by: 'scheduler', delivered: 2, tried: 2, servers: 2 }]);
  });

  test('each rule that is looked at is counted', () => {
    // client and web-0 are on one bridge of node-1. Rules of the nat table at PREROUTING: the jump to KUBE-SERVICES, the
    // first rule there, two of KUBE-SVC-, two of KUBE-SEP-. FORWARD: five jumps, three rules of KUBE-FORWARD, one of
    // FLANNEL-FWD. POSTROUTING: two jumps, one rule of KUBE-POSTROUTING, two of FLANNEL-POSTRTG.
    expect(iptables.branches[0]?.there).toEqual([{ netns: 'node-1', rules: 6 + 9 + 5, sets: 0, ipvs: 0 }]);
    // The answer is of a known connection: FORWARD's first jump wants NEW, the second leads to KUBE-FORWARD, whose third
    // rule accepts. No nat table is asked again.
    expect(iptables.branches[0]?.back).toEqual([{ netns: 'node-1', rules: 5, sets: 0, ipvs: 0 }]);
  });

  test('IPVS finds the service on the way there, its connection on the way back', () => {
    const [branch] = ipvs.branches;
    const at = (side: 'there' | 'back') => branch?.[side].find(({ netns }) => netns === 'node-1');
    expect([at('there')?.ipvs, at('back')?.ipvs]).toEqual([1, 1]);
    expect(at('there')?.sets).toBeGreaterThan(0);
  });

  test('iptables translates before routing, IPVS when the packet is delivered to the node', () => {
    const hooks = ({ branches }: Followed) => branches.map(({ translations }) => translations.map(({ hook }) => hook));
    expect(hooks(iptables)).toEqual([['PREROUTING'], ['PREROUTING']]);
    expect(hooks(ipvs)).toEqual([['INPUT'], ['INPUT']]);
    expect(iptables.branches[0]?.translations).toMatchObject([
      { manip: 'dst', from: '10.96.0.2:80', to: '10.244.1.3:8080' },
    ]);
  });

  test('the server sees the pod: what comes from pods is not masqueraded', () => {
    for (const { branches } of [iptables, ipvs])
      for (const { seen } of branches) expect(seen).toMatch(/^10\.244\.1\.2:/);
  });

  test('an empty Service: "port unreachable", by a rule or by IPVS', () => {
    const common = { outcome: 'rejected', icmp: 'port unreachable', errno: 'ECONNREFUSED', at: 'node/node-1' };
    expect(iptables.empty).toMatchObject({ ...common, code: 'NO_ENDPOINTS', by: 'filter KUBE-SERVICES rule 1' });
    expect(ipvs.empty).toMatchObject({ ...common, by: expect.stringContaining('IPVS') });
  });

  test('a wrong port: nobody’s for iptables, an own address for IPVS, whose KUBE-IPVS-FILTER rejects', () => {
    expect(comparison.wrongPort).toBe(81);
    // No rule is about it, so it leaves the node by the default route.
    expect(iptables.wrongPort).toMatchObject({ code: 'NO_ROUTE', at: 'host/router' });
    expect(ipvs.wrongPort).toMatchObject({
      outcome: 'rejected',
      icmp: 'port unreachable',
      at: 'node/node-1',
      by: expect.stringContaining('KUBE-IPVS-FILTER'),
    });
  });

  test('the answer goes back through the node that translated', () => {
    for (const { branches } of [iptables, ipvs])
      for (const { replyPath } of branches) expect(replyPath).toContain('node/node-1');
  });
});

test('from outside to a node port the source is the node’s, in both modes', async () => {
  const comparison = await compared(['internet', 'node-3:30080']);
  expect(comparison.service).toBe('service/default/web');
  for (const name of ['iptables', 'ipvs'])
    for (const { seen, translations } of mode(comparison, name).branches) {
      expect(seen, name).toMatch(/^10\.244\.3\./);
      expect(translations.map(({ manip }) => manip).sort()).toEqual(['dst', 'src']);
    }
});

test('from a node the translation is at OUTPUT', async () => {
  const { branches } = mode(await compared(['node-3', 'service/web:80', '--proxy', 'iptables']), 'iptables');
  for (const { translations } of branches) expect(translations[0]).toMatchObject({ hook: 'OUTPUT', manip: 'dst' });
});

test('a pod and its own Service, hairpin off: of two endpoints one is itself, in both modes', async () => {
  const args = ['web-0', 'service/web:80', '--fault', 'hairpin-off'];
  const comparison = await compared(args, 1);
  const [iptables, ipvs] = [mode(comparison, 'iptables'), mode(comparison, 'ipvs')];
  expect([iptables.share, ipvs.share]).toEqual([
    { by: 'chance', p: 0.5 },
    { by: 'scheduler', delivered: 1, tried: 2, servers: 2 },
  ]);
  for (const { probe } of [iptables, ipvs]) expect(probe.code).toBe('HAIRPIN_OFF');
  const outcomes = ['iptables', 'ipvs'].map(async (proxy) => {
    const { out } = await podpath(['compare', LAB, ...args, '--proxy', proxy]);
    return /^outcome +(.*)$/m.exec(out)?.[1];
  });
  expect(await Promise.all(outcomes)).toEqual([
    expect.stringMatching(/^dropped .*HAIRPIN_OFF; 50 % delivered$/),
    expect.stringMatching(/HAIRPIN_OFF.*; delivered by 1 of 2 servers$/),
  ]);
});

test('session affinity: a client meets one server, and the table says so', async () => {
  const ran = await podpath(['compare', 'services', 'client', 'service/sticky:80', '--proxy', 'ipvs', '--json']);
  const { share } = mode(JSON.parse(ran.out) as Comparison, 'ipvs');
  expect(share).toMatchObject({ by: 'scheduler', tried: 1 });
});

test('an ICMP redirect on the way is not what refuses', async () => {
  const ran = await podpath(['compare', 'services', 'admin', 'service/web:80', '--proxy', 'iptables', '--json']);
  const { empty, wrongPort } = mode(JSON.parse(ran.out) as Comparison, 'iptables');
  // icmp_err_convert[], linux net/ipv4/icmp.c: which error makes which errno.
  expect(empty).toMatchObject({ icmp: 'port unreachable', errno: 'ECONNREFUSED' });
  expect(wrongPort).toMatchObject({ icmp: 'net unreachable', errno: 'ENETUNREACH' });
});

describe('exit codes', () => {
  test.each([
    { args: ['client', 'service/web:80'], code: 0, why: 'delivered in every mode' },
    { args: ['client', 'service/web:80', '--proxy', 'none'], code: 1, why: 'nobody translates' },
    { args: ['web-0', 'service/web:80', '--fault', 'hairpin-off', '--proxy', 'iptables'], code: 1, why: 'a fault' },
    {
      args: ['client', 'service/web:80', '--exec', 'node-1: ipset add KUBE-CLUSTER-IP 10.96.0.9,tcp:9'],
      code: 3,
      why: 'only IPVS mode has that set: iptables mode can’t be followed',
    },
    { args: ['client', 'service/web:80', '--proxy', 'ipv'], code: 2, why: 'no such mode' },
    { args: ['client', 'service/web:80', '--proxy', ','], code: 2, why: 'no mode' },
    { args: ['client', 'service/web:80', '--proxy', ''], code: 2, why: 'an empty mode' },
    { args: ['client', 'service/wep:80'], code: 2, why: 'no such Service' },
    { args: ['client', 'service/web:80', '--fault', 'x'], code: 2, why: 'no such fault' },
    { args: ['client', 'service/web:80', '--exec', 'node-1: ip rote'], code: 2, why: 'no such command' },
    { args: ['client', 'service/web:80', '--ttl', '0'], code: 2, why: 'a number out of range' },
  ])('$code: $why', async ({ args, code }) => {
    const { code: got, out, err } = await podpath(['compare', LAB, ...args]);
    expect(got, err).toBe(code);
    if (code === 2) expect(out).toBe('');
  });

  test('a mode that can’t be followed says why, and the other is followed', async () => {
    const add = 'node-1: ipset add KUBE-CLUSTER-IP 10.96.0.9,tcp:9';
    const comparison = await compared(['client', 'service/web:80', '--exec', add], 3);
    expect(comparison.modes).toMatchObject([
      { mode: 'iptables', problem: expect.stringContaining('there is no set KUBE-CLUSTER-IP'), exit: 3 },
      { mode: 'ipvs', problem: null, exit: 0 },
    ]);
  });
});

test.each(['en', 'zh'])('a screen of 100 columns, in %s', async (lang) => {
  const { out } = await podpath(['compare', LAB, 'client', 'service/web:80', '--lang', lang]);
  for (const line of out.split('\n')) expect(displayWidth(line), line).toBeLessThanOrEqual(100);
});
