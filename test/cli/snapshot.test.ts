import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadLab } from '../../src/input/index.js';
import { InputError } from '../../src/problem/index.js';
import { trace } from '../../src/trace/index.js';
import { podpath } from './cli.js';

const folder = mkdtempSync(join(tmpdir(), 'podpath-'));
const dump = join(folder, 'dump');
afterAll(() => rmSync(folder, { recursive: true }));
beforeAll(async () => {
  expect(await podpath(['export', 'flannel-vxlan', dump])).toEqual({ code: 0, out: '', err: '' });
});

describe('a folder of node dumps wherever a lab can be', () => {
  test('trace, with a command on top', async () => {
    const { code, out } = await podpath(['trace', dump, 'client', 'service/web:80', '--branches', 'pin:web-1']);
    expect(code).toBe(0);
    // Every entry says which file it is from.
    expect(out).toContain(`${dump}/node-1/ip-route.json`);
    expect(out).toMatch(/dump\/node-1\/iptables-save\.txt:\d+/);
    const broken = await podpath(['trace', dump, 'client', 'web-1', '--exec', 'node-1: ip route del 10.244.2.0/24']);
    expect(broken.code).toBe(1);
  });

  test('show, graph and pcap say the same as of the lab', async () => {
    for (const what of [
      'links',
      'addresses',
      'routes',
      'rules',
      'neighbours',
      'fdb',
      'iptables',
      'ipsets',
      'sysctls',
      'refused',
    ]) {
      const [of, again] = [
        await podpath(['show', 'flannel-vxlan', 'node-1', what]),
        await podpath(['show', dump, 'node-1', what]),
      ];
      expect(again, what).toEqual(of);
    }
    expect(await podpath(['graph', dump])).toEqual(await podpath(['graph', 'flannel-vxlan']));
    const [a, b] = [join(folder, 'a.pcapng'), join(folder, 'b.pcapng')];
    expect((await podpath(['pcap', dump, 'client', 'web-1', '-w', a])).code).toBe(0);
    expect((await podpath(['pcap', 'flannel-vxlan', 'client', 'web-1', '-w', b])).code).toBe(0);
    expect(readFileSync(a).length).toBeGreaterThan(1000);
  });

  test('loadLab takes its path, or its file: URL', async () => {
    for (const source of [dump, `${dump}/`, pathToFileURL(dump)]) {
      const network = await loadLab(source);
      expect(trace(network, { from: 'client', to: 'web-1' }).verdict.exit).toBe(0);
    }
    const error: unknown = await loadLab(dump, { faults: ['no-fdb'] }).catch((thrown: unknown) => thrown);
    expect(error instanceof InputError && error.message).toBe(
      'options: faults: no fault is called "no-fdb"; a snapshot has none',
    );
  });

  test('what needs a lab says so', async () => {
    const { code, err } = await podpath(['test', dump]);
    expect(code).toBe(2);
    expect(err).toContain('it is a folder, and only a lab file will do here');
  });
});

test('trace --start learned begins with what the dump has learned', async () => {
  const learned = join(folder, 'learned');
  expect((await podpath(['export', 'flannel-vxlan', learned])).code).toBe(0);
  const neighbours = join(learned, 'client', 'ip-neigh.json');
  writeFileSync(
    neighbours,
    '[{"dst":"10.244.1.1","dev":"eth0","lladdr":"02:00:00:00:00:01","state":["REACHABLE"]},{"dst":"fe80::1","dev":"eth0","state":["STALE"]}]',
  );
  expect((await podpath(['validate', learned])).out).toContain('note: IPv6 is kept, and not followed: 1 neighbour\n');
  const cold = await podpath(['trace', learned, 'client', 'web-1']);
  expect(cold).toMatchObject({ code: 0, out: expect.stringContaining('A trace starts cold, without the neighbours') });
  // Nobody has that address.
  const warm = await podpath(['trace', learned, 'client', 'web-1', '--start', 'learned']);
  expect(warm).toMatchObject({ code: 1, out: expect.stringContaining('02:00:00:00:00:01') });
  expect((await podpath(['trace', learned, 'client', 'web-1', '--start', 'warm'])).code).toBe(2);
});

describe('validate', () => {
  test('a table of what there is, and what is inferred', async () => {
    const part = join(folder, 'part');
    expect((await podpath(['export', 'flannel-vxlan', part])).code).toBe(0);
    rmSync(join(part, 'node-2', 'iptables-save.txt'));
    writeFileSync(join(part, 'node-2', 'ipvsadm-save.txt'), '-A -t 10.0.0.1:80 -s rr\n');
    writeFileSync(join(part, 'node-2', 'README'), 'mine');
    const yaml = readFileSync(join(part, 'network.yaml'), 'utf8');
    writeFileSync(join(part, 'network.yaml'), yaml.replace(/^.*, web-1\/eth0\]\n/m, ''));
    const { code, out } = await podpath(['validate', part]);
    expect(code).toBe(0);
    const lines = out.split('\n');
    expect(lines[0]?.trim().split(/\s+/)).toEqual(
      'link addr route rule neigh neigh-proxy bridge-fdb bridge-link iptables ip6tables ipset ipvsadm ipvs-connections sysctl conntrack ss'.split(
        ' ',
      ),
    );
    const row = lines.find((line) => line.startsWith('node-2 ')) ?? '';
    expect(row.split(/\s+/).slice(1, 14).join(' ')).toBe(
      'read read read read read read read read - read read read read',
    );
    expect(out).toContain(`${part}: note: not read: node-2/README\n`);
    expect(out).toMatch(/note: inferred wire node-2\/veth\w+ - web-1\/eth0: each names the other's index\n/);
    expect(out).toContain(`${part}: ok: 10 namespaces\n`);
    const { out: traced } = await podpath(['trace', part, 'client', 'web-1']);
    expect(traced).toContain('No iptables rules, for want of iptables-save.txt (node-2)');
  });

  test('all that is wrong', async () => {
    const wrong = join(folder, 'wrong');
    expect((await podpath(['export', 'flannel-vxlan', wrong])).code).toBe(0);
    writeFileSync(join(wrong, 'client', 'ip-link.json'), '[{');
    writeFileSync(join(wrong, 'node-1', 'ipset-save.txt'), 'create s hash:nothing\n');
    const { code, out } = await podpath(['validate', wrong]);
    expect(code).toBe(2);
    expect(out).toContain('wrong/client/ip-link.json:1:3: ');
    expect(out).toContain('wrong/node-1/ipset-save.txt:1:');
    expect(out).toContain(`${wrong}: 2 problems\n`);
  });
});

describe('export', () => {
  test('takes an empty folder, and leaves one that is not as it is', async () => {
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    expect((await podpath(['export', 'flannel-udp', empty])).code).toBe(0);
    const before = readdirSync(empty);
    const again = await podpath(['export', 'flannel-udp', empty]);
    expect(again.code).toBe(2);
    expect(again.err).toContain('is there already, and is not an empty folder: nothing is written');
    expect(readdirSync(empty)).toEqual(before);
    const file = join(folder, 'file');
    writeFileSync(file, '');
    expect((await podpath(['export', 'flannel-udp', file])).code).toBe(2);
  });

  test('nothing is written where something is wrong', async () => {
    const none = join(folder, 'none');
    expect((await podpath(['export', 'flannel-udp', none, '--fault', 'nonsense'])).code).toBe(2);
    expect((await podpath(['export', 'flannel-udp', join(folder, 'file', 'below')])).code).toBe(2);
    expect(existsSync(none)).toBe(false);
    expect(readdirSync(folder).filter((name) => name.includes('.podpath-'))).toEqual([]);
  });

  test('of a lab with a fault, and of a dump with a command', async () => {
    const fault = join(folder, 'fault');
    expect((await podpath(['export', 'flannel-vxlan', fault, '--fault', 'no-fdb'])).code).toBe(0);
    expect((await podpath(['trace', fault, 'client', 'web-1'])).code).toBe(1);
    const changed = join(folder, 'changed');
    expect((await podpath(['export', dump, changed, '--exec', 'node-2: sysctl -w net.ipv4.ip_forward=0'])).code).toBe(
      0,
    );
    expect((await podpath(['trace', changed, 'client', 'web-1'])).code).toBe(1);
  });
});
