import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Explanation } from '../../src/output/index.js';
import { podpath } from './cli.js';

const folder = mkdtempSync(join(tmpdir(), 'podpath-explain-'));
afterAll(() => rmSync(folder, { recursive: true }));

const LAB = 'flannel-vxlan';

// The names are the vectors of upstream's tests: base32(sha256(...)) of "ns1/svc1:p80" + "tcp", and of these and
// "10.180.0.1:80" (k8s 1.30 pkg/proxy/iptables/proxier_test.go).
const SVC = 'KUBE-SVC-XPGD46QRK7WJZT7O';
const SEP = 'KUBE-SEP-SXIVWICOYRO3J4NJ';

/** A folder with the rules of one node, as `iptables-save -c` prints them, and nothing that tells of Services. */
function dump(name: string, service: string, comment = '"ns1/svc1:p80 -> 10.180.0.1:80"'): string {
  const path = join(folder, name);
  mkdirSync(join(path, 'node-1'), { recursive: true });
  writeFileSync(join(path, 'network.yaml'), 'podpath: 1\nkind: snapshot\nnamespaces: {node-1: {role: node}}\n');
  writeFileSync(
    join(path, 'node-1', 'iptables-save.txt'),
    `*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:KUBE-MARK-MASQ - [0:0]
:${service} - [0:0]
:${SEP} - [0:0]
[0:0] -A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
[9:540] -A PREROUTING -d 172.30.0.41/32 -p tcp -m tcp --dport 80 -j ${service}
[3:180] -A ${service} ! -s 10.0.0.0/8 -d 172.30.0.41/32 -p tcp -m tcp --dport 80 -j KUBE-MARK-MASQ
[9:540] -A ${service} -m comment --comment ${comment} -m statistic --mode random --probability 0.33333333349 -j ${SEP}
[0:0] -A ${SEP} -s 10.180.0.1/32 -m comment --comment "ns1/svc1:p80" -j KUBE-MARK-MASQ
[9:540] -A ${SEP} -p tcp -m comment --comment "ns1/svc1:p80" -m tcp -j DNAT --to-destination 10.180.0.1:80
COMMIT
`,
  );
  return path;
}

async function explained(lab: string, name: string): Promise<Explanation> {
  const { code, out, err } = await podpath(['explain', lab, name, '--json']);
  expect(code, err).toBe(0);
  return JSON.parse(out) as Explanation;
}

describe('the hash in a chain’s name', () => {
  test('is worked out again from what the comments of dumped rules say', async () => {
    const lab = dump('hash', SVC);
    expect((await explained(lab, SVC)).things).toMatchObject([
      {
        kind: 'chain',
        table: 'nat',
        subject: { service: 'ns1/svc1:p80', protocol: 'tcp', endpoint: null, by: 'hash' },
      },
    ]);
    expect((await explained(lab, SEP)).things).toMatchObject([
      { subject: { service: 'ns1/svc1:p80', protocol: 'tcp', endpoint: '10.180.0.1:80', by: 'hash' } },
    ]);
  });

  test('that is of something else is not taken for granted', async () => {
    const other = 'KUBE-SVC-AAAAAAAAAAAAAAAA';
    expect((await explained(dump('other', other), other)).things).toMatchObject([
      { subject: { service: 'ns1/svc1:p80', protocol: null, by: 'comment' } },
    ]);
  });

  test('of a lab’s Service leads to its endpoint’s pod', async () => {
    const { out: rules } = await podpath(['show', LAB, 'node-1', 'iptables']);
    const [, chain = ''] = /-A (KUBE-SEP-\S+) .*--to-destination 10\.244\.2\.2:8080/.exec(rules) ?? [];
    const { things } = await explained(LAB, chain);
    expect(things).toMatchObject([
      {
        on: ['node-1', 'node-2', 'node-3'],
        subject: { endpoint: '10.244.2.2:8080', owner: 'pod/default/web-1', by: 'hash' },
        origins: [expect.stringContaining('kube-proxy: service/default/web')],
      },
    ]);
  });

  test('of a chain that no node has is explained as well', async () => {
    // base32(sha256("default/web:httptcp")) of the lab's Service: KUBE-SVC- is there, KUBE-SVL- is not.
    const { out: rules } = await podpath(['show', LAB, 'node-1', 'iptables']);
    const [, hash = ''] = /"default\/web:http cluster IP".*-j KUBE-SVC-(\w+)/.exec(rules) ?? [];
    expect(await explained(LAB, `KUBE-SVL-${hash}`)).toMatchObject({
      things: [],
      subject: { service: 'default/web:http', protocol: 'tcp' },
    });
  });
});

test('rules are told in words, with how often they matched and where they stand', async () => {
  const lab = dump('words', SVC);
  const { out } = await podpath(['explain', lab, SVC]);
  // A third of 2^31 is what the kernel keeps of 1/3.
  const lines = out.replace(/\s+/g, ' ');
  expect(lines).toContain(
    '1 if the source is not 10.0.0.0/8 and the destination is 172.30.0.41 and the protocol is tcp and the port is 80: jump to KUBE-MARK-MASQ (3 packets)',
  );
  expect(lines).toContain(`2 if chance has it, 33.3 %: jump to ${SEP} (9 packets)`);
  expect(lines).toContain('comes from nat PREROUTING rule 1');
  const { things } = await explained(lab, SVC);
  expect(things[0]).toMatchObject({
    origins: expect.arrayContaining([expect.stringMatching(/iptables-save\.txt:12$/)]),
  });
});

describe('other names', () => {
  test('a veth is the pod behind it', async () => {
    const { out: links } = await podpath(['show', LAB, 'node-2', 'links']);
    const [, veth = ''] = /\d+: (veth\w+)@/.exec(links) ?? [];
    expect((await explained(LAB, veth)).things).toMatchObject([
      { kind: 'device', type: 'veth', master: 'cni0', peer: 'pod/default/web-1 eth0', on: ['node-2'] },
    ]);
  });

  test('a mark: who sets it and who reads it', async () => {
    const { things } = await explained(LAB, '0x4000/0x4000');
    expect(things).toMatchObject([{ kind: 'mark', on: ['node-1', 'node-2', 'node-3'] }]);
    const [thing] = things;
    if (thing?.kind !== 'mark') throw new Error('expected a mark');
    const chains = (rules: typeof thing.setBy): readonly string[] => rules.map(({ chain }) => chain).sort();
    // KUBE-POSTROUTING takes it off again; flanneld leaves marked packets to kube-proxy.
    expect(chains(thing.setBy)).toEqual(['KUBE-MARK-MASQ', 'KUBE-POSTROUTING']);
    expect(chains(thing.readBy)).toEqual(['FLANNEL-POSTRTG', 'KUBE-FORWARD', 'KUBE-POSTROUTING']);
  });

  test.each([
    { name: 'cni0', kind: 'device', on: ['node-1'] },
    { name: 'flannel.1', kind: 'device', on: ['node-1'] },
    { name: 'net.bridge.bridge-nf-call-iptables', kind: 'sysctl', on: undefined },
    { name: 'main', kind: 'table', on: ['node-1'] },
    { name: 'FLANNEL-FWD', kind: 'chain', on: ['node-1', 'node-2', 'node-3'] },
    { name: 'POSTROUTING', kind: 'chain', on: undefined },
  ])('$name is a $kind', async ({ name, kind, on }) => {
    const [thing] = (await explained(LAB, name)).things;
    expect(thing?.kind).toBe(kind);
    if (on !== undefined) expect(thing?.on).toEqual(on);
  });

  test('an IP set of IPVS mode is also a chain where both have the name', async () => {
    const lab = join(folder, 'ipvs.yaml');
    writeFileSync(
      lab,
      'kubeProxy: ipvs\nnodes: {n: 10.0.0.1}\npods: {w: {node: n, labels: {app: w}, ports: [80]}}\nservices: {w: {selector: {app: w}, port: 80}}\n',
    );
    const { things } = await explained(lab, 'KUBE-CLUSTER-IP');
    // "KUBE-CLUSTER-IP | hash:ip,port | clusterIP": one member for the one port.
    expect(things).toMatchObject([
      { kind: 'ipset', type: 'hash:ip,port', members: [expect.stringMatching(/,tcp:80$/)] },
    ]);
    const both = (await explained(lab, 'KUBE-LOAD-BALANCER')).things.map(({ kind }) => kind);
    expect(both.sort()).toEqual(['chain', 'ipset']);
    expect((await explained(lab, 'kube-ipvs0')).things).toMatchObject([{ kind: 'device', type: 'dummy', up: false }]);
  });

  test('a name of old that no node has', async () => {
    const { code, out } = await podpath(['explain', LAB, 'KUBE-MARK-DROP']);
    expect(code).toBe(0);
    expect(out).toContain('no namespace has it');
  });

  test.each([
    { name: 'KUBE-POSTROTING', hint: 'did you mean "KUBE-POSTROUTING"?' },
    { name: 'cni', hint: 'did you mean "cni0"?' },
    { name: 'KUBE-MARK-DORP', hint: 'did you mean "KUBE-MARK-DROP"? It is well known, and not in this network' },
    { name: '0x10', hint: 'nothing in' },
    { name: '', hint: 'nothing in' },
  ])('$name is unknown', async ({ name, hint }) => {
    const { code, out, err } = await podpath(['explain', LAB, name]);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(hint);
  });
});

test('in Chinese, names of Linux and Kubernetes stay', async () => {
  const { out } = await podpath(['explain', LAB, 'KUBE-POSTROUTING', '--lang', 'zh']);
  expect(out).toContain('nat 表的链');
  expect(out).toContain('翻转标记 0x4000');
  for (const line of out.split('\n')) expect([...line].length).toBeLessThanOrEqual(100);
});
