import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { isolated } from '../isolated.js';
import { onMachine } from '../machine.js';
import { SHIPPED } from '../shipped.js';
import { podpath } from './cli.js';

const folder = mkdtempSync(join(tmpdir(), 'podpath-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function script(...args: readonly string[]): Promise<string> {
  const { code, out, err } = await podpath(['script', ...args]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out;
}

describe('the text', () => {
  test.each(SHIPPED)('%s is a script that sh takes, and touches no namespace without the prefix', async (lab) => {
    for (const text of [await script(lab), await script(lab, '--teardown')]) {
      expect(spawnSync('sh', ['-n'], { input: text, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
      const places = [...text.matchAll(/^(?:.*\|\| )?(?:ip|bridge) (?:-n|netns \w+) (\S+)|\bnetns (\S+)$/gm)].map(
        ([, a, b]) => a ?? b,
      );
      expect(
        places.filter((place) => !/^(podpath-|"\$)/.test(place ?? '')).filter((place) => place !== '$namespaces;'),
      ).toEqual([]);
    }
  });

  test("flanneld's UDP relay can't be run, and that is said", async () => {
    const text = await script('flannel-udp');
    expect(text).toContain("# podpath-node-1: a script can't run the program that reads flannel0 (flanneld: lease ");
    expect(text).not.toMatch(/^listen podpath-node-1 udp 192/m);
  });

  test('a refused call does not end it, a fault comes last', async () => {
    const refused = await script('flannel-host-gw-two-segments');
    expect(refused).toMatch(
      /^# The kernel refuses this \(ENETUNREACH: .*\), as it does on the node\.\nset \+e\nip .*\nset -e$/m,
    );
    const lines = (await script('flannel-vxlan', '--fault', 'no-fdb')).trimEnd().split('\n');
    expect(lines.at(-4)).toMatch(/^bridge -n podpath-node-1 fdb del /);
    expect(lines[1]).toContain('lab flannel-vxlan with no-fdb');
  });

  test('what is wrong', async () => {
    const { code, err } = await podpath(['script', 'flannel-vxlan', '--prefix', '', '--fault', 'no-such']);
    expect(code).toBe(2);
    expect(err).toContain('--prefix');
    expect(err).toContain('no fault is called "no-such"');
  });
});

/** Root, namespaces, the drivers, iptables, and something that can listen. */
const capable =
  isolated(
    'ip link add v0 type vxlan id 1 dstport 8472 && ip link add br0 type bridge && iptables-save >/dev/null && iptables -t nat -L >/dev/null && [ -e /proc/sys/net/bridge ] && command -v python3',
  ).status === 0;

/** An echo request from a namespace, and a TCP connection; prints what answered. */
const PROBE = `import socket, struct, sys
def ping(to):
    s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 1); s.settimeout(3)
    body = struct.pack("!BBHHH", 8, 0, 0, 7, 1)
    s.sendto(struct.pack("!BBHHH", 8, 0, 0xffff - sum(struct.unpack("!4H", body)), 7, 1), (to, 0))
    while True:
        packet, peer = s.recvfrom(999)
        if packet[20] == 0: return peer[0]
def tcp(to, port):
    s = socket.create_connection((to, port), timeout=3); s.send(b"hello")
    return s.recv(9).decode()
for word in sys.argv[1:]:
    to, _, port = word.partition(":")
    try: print(word, tcp(to, int(port)) if port else ping(to))
    except OSError as error: print(word, "lost")
`;

describe.skipIf(!capable)(
  onMachine('in a kernel', capable ? undefined : 'needs namespaces, drivers, iptables, python3'),
  () => {
    /** Runs a lab's script among namespaces that are not its own; what is there before and after is printed around it. */
    async function built(lab: string, middle: string, change = (text: string): string => text): Promise<string[]> {
      const file = (name: string, text: string): string => {
        writeFileSync(join(folder, name), text);
        return join(folder, name);
      };
      const up = file('up.sh', change(await script(lab)));
      const down = file('down.sh', await script(lab, '--teardown'));
      const probe = file('probe.py', PROBE);
      const look =
        'ip netns list | sort; ip -br link; iptables-save | grep -v "^#"; ps -eo args | grep -c "[p]rotocol, address"';
      const { stdout, stderr } = isolated(`
ip netns add mine; ip netns exec mine ip link set lo up
ip link add kept type bridge
before=$(${look})
up=${up}; down=${down}
probe() { ip netns exec podpath-$1 python3 ${probe} "\${@:2}"; }
${middle}
[ "$before" = "$(${look})" ] && echo "as before"`);
      return [...stdout.trimEnd().split('\n'), ...stderr.split('\n').filter((line) => line !== '')];
    }

    test('flannel-vxlan: pods reach each other, and afterwards all is as before', { timeout: 60_000 }, async () => {
      const lines = await built(
        'flannel-vxlan',
        `sh $up >/dev/null; echo $?; sleep 1.5
probe client 10.244.2.2 10.244.2.2:8080 10.96.0.2:80
probe internet 192.168.56.13:30080
sh $up; echo $?
sh $down; echo $?; sleep 0.3`,
      );
      expect(lines).toEqual([
        '0',
        '10.244.2.2 10.244.2.2',
        '10.244.2.2:8080 hello',
        '10.96.0.2:80 hello',
        '192.168.56.13:30080 hello',
        '1',
        '0',
        'as before',
        'there is a namespace podpath-lan-1 already: nothing is made',
      ]);
    });

    test('what fails halfway is removed', { timeout: 60_000 }, async () => {
      const broken = (text: string): string => text.replace(/^ip -n podpath-web-1 /m, 'false\n$&');
      const lines = await built('flannel-vxlan', 'sh $up; echo $?; sleep 0.3', broken);
      expect(lines).toEqual(['1', 'as before', 'failed: what was made is removed']);
    });

    test('calls that the kernel refuses are no failure', { timeout: 60_000 }, async () => {
      const lines = await built('flannel-host-gw-two-segments', 'sh $up >/dev/null 2>&1; echo $?; sh $down; sleep 0.3');
      expect(lines).toEqual(['0', 'as before']);
    });
  },
);
