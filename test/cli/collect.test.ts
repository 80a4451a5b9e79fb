import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { diffNetworks } from '../../src/analyze/index.js';
import { shippedLab } from '../../src/cli/lab-argument.js';
import { loadLab, openLab } from '../../src/input/index.js';
import { formatCommand } from '../../src/plan/index.js';
import { trace } from '../../src/trace/index.js';
import { isolatedMachine } from '../isolated.js';
import { onMachine } from '../machine.js';
import { podpath } from './cli.js';

const folder = mkdtempSync(join(tmpdir(), 'podpath-collect-'));
afterAll(() => rmSync(folder, { recursive: true }));

const { status: lacks } = await isolatedMachine(
  'ip link add v0 type vxlan id 1 dstport 8472 && ip link add br0 type bridge && iptables -t nat -N x && ip netns add a',
);
const capable = lacks === 0;

const hasShellcheck = spawnSync('shellcheck', ['--version']).status === 0;

test.skipIf(!hasShellcheck)(
  onMachine('the script is clean', hasShellcheck ? undefined : 'needs shellcheck'),
  async () => {
    const { out } = await podpath(['collect']);
    const { stdout } = spawnSync('shellcheck', ['-s', 'sh', '-'], { input: out, encoding: 'utf8' });
    expect(stdout).toBe('');
  },
);

test('the script is one that a POSIX shell can read', async () => {
  const { out, code } = await podpath(['collect']);
  expect(code).toBe(0);
  expect(spawnSync('sh', ['-n'], { input: out, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
});

interface Written {
  readonly namespaces: Readonly<Record<string, object>>;
  readonly wires: readonly (readonly [string, string])[];
}

describe.skipIf(!capable)(onMachine('in a kernel', capable ? undefined : 'needs namespaces and drivers'), () => {
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
    const ran = await isolatedMachine(lines.join('\n'));
    expect(ran.stderr).toContain('10 namespaces');
    // Nothing else has been written.
    expect(readdirSync(folder).filter((each) => !before.includes(each))).toEqual(['dump']);

    const written = parse(readFileSync(join(path, 'network.yaml'), 'utf8')) as Written;
    expect(Object.keys(written.namespaces).sort()).toEqual([...network.names()].sort());
    const collected = await loadLab(path);
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

  test('a redacted copy is traced the same way, without the names and addresses', { timeout: 60_000 }, async () => {
    const [path, copy] = [join(folder, 'dump'), join(folder, 'copy')];
    expect((await podpath(['collect', '--redact', path, '-w', copy, '--key', 'k'])).code).toBe(0);
    expect((await podpath(['collect', '--redact', path, '-w', copy])).code).toBe(2);
    const namesIn = (where: string): string[] =>
      Object.keys((parse(readFileSync(join(where, 'network.yaml'), 'utf8')) as Written).namespaces);
    const renamed = new Map(namesIn(path).map((name, i) => [name, namesIn(copy)[i] ?? '']));
    const follow = async (dump: string, from: string, to: string): Promise<string[]> => {
      const result = trace(await loadLab(dump), { from: `pod/${from}`, to: `pod/${to}`, proto: 'icmp' });
      expect(result.verdict.exit).toBe(0);
      return result.legs.flatMap(({ paths }) =>
        paths.flatMap(({ hops }) => hops.flatMap(({ events }) => events.map(({ k, fn }) => `${k} ${fn}`))),
      );
    };
    const there = await follow(path, 'client', 'web-1');
    expect(await follow(copy, renamed.get('client') ?? '', renamed.get('web-1') ?? '')).toEqual(there);
    expect(existsSync(join(copy, 'collect.log'))).toBe(false);
    const texts = spawnSync('grep', ['-rlE', 'web-1|10[.]244[.]|192[.]168[.]56|203[.]0[.]113', copy], {
      encoding: 'utf8',
    });
    expect(texts.stdout).toBe('');
  });

  test('it does not write into a folder that is there', async () => {
    const { out } = await podpath(['collect']);
    const there = mkdtempSync(join(folder, 'there-'));
    const { status } = spawnSync('sh', ['-s', there], { input: out, encoding: 'utf8' });
    expect(status).toBe(2);
    expect(existsSync(join(there, 'network.yaml'))).toBe(false);
  });
});
