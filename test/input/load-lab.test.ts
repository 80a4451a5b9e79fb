import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { loadLab, openLab, validateLab } from '../../src/input/index.js';
import { InputError } from '../../src/problem/index.js';
import { trace } from '../../src/trace/index.js';

const LAB =
  'nodes: {n: 10.0.0.1}\npods: {a: n, b: {node: n, ports: [80]}}\nfaults: {cut: {pod/b: ip link set eth0 down}}\n';
const folder = mkdtempSync(join(tmpdir(), 'podpath-'));
const file = join(folder, 'lab.yaml');
writeFileSync(file, LAB);
afterAll(() => rmSync(folder, { recursive: true }));

/** Codes of the problems that loading throws. */
async function problems(source: string | URL, faults: readonly string[] = []): Promise<string[]> {
  const error = await loadLab(source, { faults }).catch((thrown: unknown) => thrown);
  if (!(error instanceof InputError)) throw error;
  return error.problems.map((p) => `${p.code} ${p.file.replace(folder, '')}: ${p.message}`);
}

test.each([
  { what: 'text of several lines', source: LAB },
  { what: 'a path', source: file },
  { what: 'a file: URL', source: pathToFileURL(file) },
  { what: 'a data: URL, fetched', source: new URL(`data:text/yaml,${encodeURIComponent(LAB)}`) },
])('a lab from $what', async ({ source }) => {
  expect(trace(await loadLab(source), { from: 'a', to: 'b' }).verdict.exit).toBe(0);
});

test.each(['\uFEFF', ''])('a byte order mark before a file is no part of it: %j', async (mark) => {
  const lab = join(folder, 'marked.yaml');
  writeFileSync(lab, mark + LAB);
  expect(trace(await loadLab(lab), { from: 'a', to: 'b' }).verdict.exit).toBe(0);
  expect((await loadLab(mark + LAB)).names()).toContain('b');
  const dump = mkdtempSync(join(folder, 'dump-'));
  mkdirSync(join(dump, 'n'));
  for (const [name, text] of [
    ['network.yaml', 'podpath: 1\nkind: snapshot\nnamespaces:\n  n: {role: node}\n'],
    [
      'n/ip-link.json',
      '[{"ifindex":1,"ifname":"lo","flags":["LOOPBACK"],"mtu":65536,"link_type":"loopback","linkinfo":{}}]',
    ],
    ['n/sysctl.txt', 'net.ipv4.ip_forward = 1\n'],
    ['n/iptables-save.txt', '*filter\n:FORWARD DROP [0:0]\nCOMMIT\n'],
  ] as const)
    writeFileSync(join(dump, name), mark + text);
  const ns = (await loadLab(dump)).netns('n');
  expect(ns?.links.has('lo')).toBe(true);
  expect(ns?.sysctls.number('net/ipv4/ip_forward')).toBe(1);
  expect(ns?.iptables.get('filter')?.chains.get('FORWARD')?.policy).toBe('DROP');
});

test('a fault changes the network and leaves the lab as it is', async () => {
  expect(trace(await loadLab(LAB, { faults: ['cut'] }), { from: 'a', to: 'b' }).verdict.exit).toBe(1);
  expect(trace(await loadLab(LAB), { from: 'a', to: 'b' }).verdict.exit).toBe(0);
});

test('a lab is named for its file', async () => {
  expect((await openLab(file)).lab.name).toBe('lab');
});

test.each([
  { source: join(folder, 'gone.yaml'), want: "unreadable /gone.yaml: can't be read: there is no such file" },
  {
    source: folder,
    want: 'missing : expected network.yaml or folders with dumps such as node-1/ip-link.json, found neither',
  },
  { source: new URL('data:x'), want: expect.stringMatching(/^unreadable data:x: can't be read: /) },
])('$want', async ({ source, want }) => {
  expect(await problems(source)).toEqual([want]);
});

test('what commands are refused is told together with wrong entries, but not what may come of these', async () => {
  const text = `nodes: {n: 10.0.0.1, m: 10.0.0.1}
pods: {a: n, b: {node: x, ip: 10.244.1.2}, c: {node: n, ip: 10.244.1.2}}
commands:
  n: [iptables -A FORWRD -j DROP, iptables -A FORWARD -j DRPO, ip link set eth9 up, ipset add nope 1.2.3.4]
  m: ip link set eth9 up
  pod/c: ip link set eth9 up
faults:
  f: {n: [ip link set vethc down, iptables -t nat -F KUBE-SVC-X, ip route del 10.9.0.0/16, ip link set eth8 up]}
`;
  const error = await validateLab(text).catch((thrown: unknown) => thrown);
  if (!(error instanceof InputError)) throw error;
  expect(error.problems.map(({ code, path }) => `${code} ${path.join('.')}`)).toEqual([
    'conflict nodes.m',
    'unknown-name pods.b.node',
    'conflict pods.c',
    'refused commands.n.0',
    'refused commands.n.1',
    'refused commands.n.2',
    'refused commands.n.3',
    'refused faults.f.n.3',
  ]);
});

test('a fault that the lab does not have', async () => {
  expect(await problems(LAB, ['cat', 'x'])).toEqual([
    'unknown-name options: no fault is called "cat"; did you mean "cut"?',
    'unknown-name options: no fault is called "x"; it has cut',
  ]);
});
