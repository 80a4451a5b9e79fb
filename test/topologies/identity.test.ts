import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { formatIpv4 } from '../../src/address/index.js';
import { diffNetworks } from '../../src/analyze/index.js';
import { openNetwork } from '../../src/input/index.js';
import { podpath } from '../cli/cli.js';
import { isolatedMachine } from '../isolated.js';
import { onMachine } from '../machine.js';
import { SHIPPED, type Shipped, shippedFile } from '../shipped.js';
import { guest, whyNoGuest } from '../uml.js';

const folder = mkdtempSync(join(tmpdir(), 'podpath-identity-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What each lab's `diff` may leave out: the kernel draws hardware addresses, and has sysctls that no lab sets. */
const NOT_COMPARED = [/^hardware addresses of links /, /^\d+ sysctls \(only one of the networks tells their values\)$/];
/** Labs that want what the kernel of a machine may lack: IPVS, and the module of IP in IP. */
const IN_GUEST: readonly Shipped[] = ['services-ipvs', 'calico-ipip', 'calico-ipip-crosssubnet'];
/** In a guest the module of IP in IP is loaded, and makes a device in every namespace. */
const TUNL0 = /^tunl0 of \S+(, tunl0 of \S+)* \(only one of the networks has it: down and without an address, /;

/** What a shell can't start: holds a TUN device and a port, as flanneld's UDP backend does. */
const RELAY = `import fcntl, os, signal, socket, struct, sys
tun = os.open("/dev/net/tun", os.O_RDWR)
# TUNSETIFF, IFF_TUN | IFF_NO_PI
fcntl.ioctl(tun, 0x400454ca, struct.pack("16sH22x", sys.argv[1].encode(), 0x1001))
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind((sys.argv[2], int(sys.argv[3])))
signal.pause()
`;

const { status: lacks } = await isolatedMachine(
  'ip link add v0 type vxlan id 1 dstport 8472 && ip link add br0 type bridge && ip tuntap add dev t0 mode tun && iptables -t nat -N x && ip netns add a && [ -e /proc/sys/net/bridge ] && command -v python3 && command -v ss',
);
const capable = lacks === 0;

/** Runs the script of a lab in a kernel, and then `more`; where each file is that `podpath collect` wrote to `dump`. */
async function steps(lab: Shipped, name: string, dump: string, more: readonly string[]): Promise<string> {
  const { out: script } = await podpath(['script', lab]);
  const { out: collect } = await podpath(['collect']);
  const write = (file: string, text: string): string => {
    writeFileSync(join(folder, `${name}-${file}`), text);
    return join(folder, `${name}-${file}`);
  };
  // Where no namespace has a name yet, they may have the lab's own names.
  const up = write('up.sh', script.replaceAll('podpath-', ''));
  const relay = write('relay.py', RELAY);
  const { network } = await openNetwork(shippedFile(lab));
  const relays = network
    .names()
    .flatMap((netns) => network.netns(netns)?.processes.map((process) => ({ netns, ...process })) ?? [])
    .flatMap(({ netns, dev, address, port }) => [
      `ip netns exec ${netns} python3 ${relay} ${dev} ${formatIpv4(address)} ${port} </dev/null &`,
      // A TUN device has a carrier once somebody reads from it.
      `for i in $(seq 100); do ip -n ${netns} link show ${dev} | grep -q LOWER_UP && break; sleep 0.1; done`,
    ]);
  return [
    'hostname node-1',
    `sh ${up} >&2 </dev/null || exit 1`,
    ...relays,
    ...more,
    'sleep 1.5',
    `ip netns exec node-1 sh ${write('collect.sh', collect)} ${dump} >&2 </dev/null`,
  ].join('\n');
}

/** What `podpath collect` finds in a kernel where the script of a lab has run, and then `more`. */
async function collected(lab: Shipped, name: string, more: readonly string[] = []): Promise<string> {
  const dump = join(folder, name);
  const ran = await isolatedMachine(`cd ${folder}\n${await steps(lab, name, dump, more)}`);
  expect(ran, ran.stderr).toMatchObject({ status: 0 });
  return dump;
}

/** The same in user-mode Linux, which writes no file of this machine: what it has collected comes as an archive. */
async function collectedInGuest(lab: Shipped, name: string): Promise<string> {
  const dump = join(folder, name);
  // Its kernel has no nf_tables.
  const legacy = ['', '-save', '-restore'].flatMap((what) =>
    ['iptables', 'ip6tables'].map((tool) => `ln -s $(command -v ${tool}-legacy${what}) /run/bin/${tool}${what}`),
  );
  const modules = ['modprobe br_netfilter; modprobe ip_vs; modprobe dummy; modprobe ipip; cd /run', ...legacy].join(
    '\n',
  );
  const script = await steps(lab, name, '/run/dump', []);
  const ran = guest(`${modules}\n${script} || exit 1\ntar -C /run/dump -cz . | base64`);
  expect(ran, ran.stderr).toMatchObject({ status: 0 });
  mkdirSync(dump);
  const unpacked = spawnSync('tar', ['-xz', '-C', dump], { input: Buffer.from(ran.stdout, 'base64') });
  expect(unpacked.status, String(unpacked.stderr)).toBe(0);
  return dump;
}

/** The lines of what `podpath diff` says, by what they are. */
async function differences(a: string, b: string): Promise<{ readonly found: string[]; readonly left: string[] }> {
  const { network: one } = await openNetwork(a);
  const { network: other } = await openNetwork(b);
  const { differences: found, notCompared, compared } = diffNetworks(one, other);
  expect([...compared].sort()).toEqual([...one.names()].sort());
  return {
    found: found.map(({ netns, is, kind, entry }) => `${netns}: ${is} ${kind} ${entry}`),
    left: notCompared.map(({ what, why }) => `${what} (${why})`),
  };
}

describe.skipIf(!capable)(
  onMachine(
    'lab, commands, kernel, dump, state',
    capable ? undefined : 'needs namespaces, drivers, iptables, ss and python3',
  ),
  () => {
    test.concurrent.each(SHIPPED.filter((lab) => !IN_GUEST.includes(lab)))(
      '%s comes back as it was',
      { timeout: 120_000 },
      async (lab) => {
        const dump = await collected(lab, lab);
        const { code, out } = await podpath(['diff', lab, dump]);
        expect(out).toMatch(/^= same /);
        expect(code).toBe(0);
        const { left } = await differences(shippedFile(lab), dump);
        expect(left.filter((each) => !NOT_COMPARED.some((known) => known.test(each)))).toEqual([]);
      },
    );

    test.concurrent('what is changed in the kernel is found', { timeout: 120_000 }, async () => {
      const changes = [
        ['ip -n node-1 link set cni0 mtu 1400', 'node-1: different link cni0 mtu'],
        ['ip -n node-1 addr add 10.9.9.9/32 dev lo', 'node-1: extra address lo 10.9.9.9'],
        ['ip -n node-1 route add blackhole 10.9.0.0/16', 'node-1: extra route 10.9.0.0/16'],
        ['ip -n node-1 rule add pref 9 lookup 9', 'node-1: extra rule 9'],
        [
          'ip -n node-2 neigh add 10.244.2.99 lladdr 02:00:00:00:00:99 dev cni0',
          'node-2: extra neighbour 10.244.2.99 dev cni0',
        ],
        ['ip -n node-2 neigh add proxy 10.244.2.98 dev cni0', 'node-2: extra neighbour 10.244.2.98 dev cni0 proxy'],
        [
          'bridge -n node-2 fdb add 02:00:00:00:00:98 dev flannel.1 dst 192.168.56.13',
          'node-2: extra fdb 02:00:00:00:00:98 dev flannel.1',
        ],
        [
          'ip netns exec node-2 sysctl -qw net.ipv4.conf.all.rp_filter=1',
          'node-2: different sysctl net.ipv4.conf.all.rp_filter',
        ],
        ['ip netns exec node-3 iptables -A FORWARD -j DROP', 'node-3: extra iptables filter FORWARD'],
        ['ip netns exec node-3 iptables -t nat -N MINE', 'node-3: extra iptables nat MINE'],
        ['kill $(ip netns pids internet | head -n 1)', 'internet: missing socket'],
      ] as const;
      const dump = await collected(
        'flannel-vxlan',
        'changed',
        changes.map(([command]) => command),
      );
      const { found } = await differences(shippedFile('flannel-vxlan'), dump);
      // What the kernel adds of itself.
      const implied = ['node-1: extra route local 10.9.9.9 local'];
      expect(found.map((each) => each.replace(/(internet: missing socket) .*/, '$1')).sort()).toEqual(
        [...changes.map(([, want]) => want), ...implied].sort(),
      );
    });
  },
);

const noGuest = whyNoGuest();

describe.skipIf(noGuest !== undefined)(onMachine('the same in user-mode Linux', noGuest), () => {
  test.each(IN_GUEST)('%s comes back as it was', { timeout: 600_000 }, async (lab) => {
    const dump = await collectedInGuest(lab, lab);
    const { code, out } = await podpath(['diff', lab, dump]);
    expect(out).toMatch(/^= same /);
    expect(code).toBe(0);
    const { left } = await differences(shippedFile(lab), dump);
    expect(left.filter((each) => ![...NOT_COMPARED, TUNL0].some((known) => known.test(each)))).toEqual([]);
    // Those that the lab has itself are compared.
    const { network } = await openNetwork(shippedFile(lab));
    const own = network.names().filter((name) => network.netns(name)?.links.has('tunl0'));
    expect(own).toHaveLength(lab === 'services-ipvs' ? 0 : 3);
    const untouched = left.find((each) => TUNL0.test(each)) ?? '';
    expect(network.names().filter((name) => !untouched.includes(`tunl0 of ${name}`))).toEqual(own);
  });
});

test.each(SHIPPED)('%s is what podpath export writes of it', async (lab) => {
  const exported = join(folder, `${lab}-exported`);
  expect((await podpath(['export', lab, exported])).code).toBe(0);
  const { code, out } = await podpath(['diff', lab, exported]);
  expect(out).toMatch(/^= same .*: \d+ namespaces\n$/);
  expect(code).toBe(0);
  expect(await differences(shippedFile(lab), exported)).toEqual({ found: [], left: [] });
});
