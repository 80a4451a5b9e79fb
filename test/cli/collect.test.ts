import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { diffNetworks } from '../../src/analyze/index.js';
import { shippedLab } from '../../src/cli/lab-argument.js';
import { openLab } from '../../src/input/index.js';
import { connectLinks, type NetnsDump, parseRuleset, type Role, readNetns } from '../../src/linux/index.js';
import { formatCommand } from '../../src/plan/index.js';
import { Network } from '../../src/topology/index.js';
import { readable } from '../recordings/load.js';
import { podpath } from './cli.js';

const folder = mkdtempSync(join(tmpdir(), 'podpath-collect-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a script where it sees no processes, names of namespaces and host names but its own. */
function isolated(script: string): {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
} {
  const before = 'mount --make-rprivate / && mkdir -p /run/netns && mount -t tmpfs t /run/netns || exit 1';
  return spawnSync('unshare', ['-m', '-n', '-u', '-p', '-f', '--mount-proc', 'bash', '-c', `${before}\n${script}`], {
    encoding: 'utf8',
  });
}

const capable =
  isolated(
    'ip link add v0 type vxlan id 1 dstport 8472 && ip link add br0 type bridge && iptables -t nat -N x && ip netns add a',
  ).status === 0;

const hasShellcheck = spawnSync('shellcheck', ['--version']).status === 0;

test.skipIf(!hasShellcheck)(`the script is clean${hasShellcheck ? '' : ': needs shellcheck'}`, async () => {
  const { out } = await podpath(['collect']);
  const { stdout } = spawnSync('shellcheck', ['-s', 'sh', '-'], { input: out, encoding: 'utf8' });
  expect(stdout).toBe('');
});

test('the script is one that a POSIX shell can read', async () => {
  const { out, code } = await podpath(['collect']);
  expect(code).toBe(0);
  expect(spawnSync('sh', ['-n'], { input: out, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
});

interface Written {
  readonly namespaces: Readonly<Record<string, { readonly role: Role; readonly host?: string }>>;
  readonly wires: readonly (readonly [string, string])[];
}

const PARTS: Readonly<Record<keyof NetnsDump, string>> = {
  link: 'ip-link.json',
  bridgeLink: 'bridge-link.json',
  addr: 'ip-addr.json',
  route: 'ip-route.json',
  rule: 'ip-rule.json',
  neigh: 'ip-neigh.json',
  proxy: 'ip-neigh-proxy.json',
  fdb: 'bridge-fdb.json',
  sysctl: 'sysctl.txt',
  sockets: 'ss.txt',
};

/** The folder as a network. */
function readFolder(path: string): Network {
  const { namespaces, wires } = parse(readFileSync(join(path, 'network.yaml'), 'utf8')) as Written;
  const read = Object.entries(namespaces).map(([name, { role, host }]) => {
    const source = (file: string): { file: string; text: string } => ({
      file,
      // An older iproute2 prints nothing for an empty list.
      text: readFileSync(join(path, name, file), 'utf8') || (file.endsWith('.json') ? '[]' : ''),
    });
    const dump = Object.fromEntries(
      Object.entries(PARTS).map(([part, file]) => [part, source(file)]),
    ) as unknown as NetnsDump;
    const { ns } = readable(readNetns(dump, host === undefined ? { name, role } : { name, role, host }));
    const { file, text } = source('iptables-save.txt');
    return { ...ns, iptables: readable(parseRuleset(text, file)) };
  });
  const ends = wires.map(([a, b]) => [end(a), end(b)] as const);
  return Network.of(connectLinks(read, ends));
}

function end(text: string): { readonly netns: string; readonly dev: string } {
  const [netns = '', dev = ''] = text.split('/');
  return { netns, dev };
}

describe.skipIf(!capable)(`in the kernel of this machine${capable ? '' : ': needs root and drivers'}`, () => {
  test('what the script collects of a lab is the lab', { timeout: 60_000 }, async () => {
    const { built } = await openLab(shippedLab('flannel-vxlan'));
    const { network } = built;
    const commands = built.script
      .filter(({ call }) => !/^(process|socket)/.test(call.call))
      // What the kernel refuses here is refused in the lab as well.
      .map((install) => `{ ${formatCommand(install)}\n} 2>/dev/null`);
    const { out: script } = await podpath(['collect']);
    const path = join(folder, 'dump');
    const lines = [
      'hostname node-1',
      ...commands,
      // One pod whose namespace has no name but what its own process says.
      "ip netns exec web-0 unshare -u sh -c 'hostname web-0; exec sleep 60' & sleeper=$!",
      'sleep 1.2',
      'umount /run/netns/web-0 && rm /run/netns/web-0',
      `cd ${folder} && ip netns exec node-1 sh -s ${path} <<'END'\n${script}\nEND`,
      'kill $sleeper',
    ];
    const before = readdirSync(folder);
    const ran = isolated(lines.join('\n'));
    expect(ran.stderr).toContain('10 namespaces');
    // Nothing else has been written.
    expect(readdirSync(folder).filter((each) => !before.includes(each))).toEqual(['dump']);

    const written = parse(readFileSync(join(path, 'network.yaml'), 'utf8')) as Written;
    expect(Object.keys(written.namespaces).sort()).toEqual([...network.names()].sort());
    const collected = readFolder(path);
    for (const name of network.names())
      for (const link of network.netns(name)?.links.values() ?? [])
        if (link.kind === 'veth')
          expect(collected.netns(name)?.links.get(link.name), `${name}/${link.name}`).toMatchObject({
            peer: link.peer,
          });

    // Nobody has started the programs that listen in pods and hosts; all else is as in the lab.
    const { differences } = diffNetworks(network, collected);
    expect(differences.map(({ netns, is, kind, entry }) => `${netns} ${is} ${kind} ${entry}`)).toEqual(
      ['web-0 tcp', 'web-0 udp', 'web-1 tcp', 'web-1 udp', 'internet tcp', 'internet udp'].map((each) => {
        const [netns, protocol] = each.split(' ');
        return `${netns} missing socket ${protocol} 0.0.0.0:${netns === 'internet' ? 80 : 8080}`;
      }),
    );
  });

  test('it does not write into a folder that is there', async () => {
    const { out } = await podpath(['collect']);
    const there = mkdtempSync(join(folder, 'there-'));
    const { status } = spawnSync('sh', ['-s', there], { input: out, encoding: 'utf8' });
    expect(status).toBe(2);
    expect(existsSync(join(there, 'network.yaml'))).toBe(false);
  });
});
