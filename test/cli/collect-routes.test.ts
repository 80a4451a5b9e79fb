import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadLab } from '../../src/input/index.js';
import { isolatedMachine } from '../isolated.js';
import { onMachine } from '../machine.js';
import { podpath } from './cli.js';

const folder = mkdtempSync(join(tmpdir(), 'podpath-routes-'));
afterAll(() => rmSync(folder, { recursive: true }));

const SETUP = `[ -f /etc/iproute2/rt_tables ] || exit 1
cp -r /etc/iproute2 ${folder}/ && mount --bind ${folder}/iproute2 /etc/iproute2 || exit 1
echo '100 mgmt' >>/etc/iproute2/rt_tables
ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up && ip addr add 10.0.0.1/24 dev v0
`;
const lacks = await isolatedMachine(`${SETUP}ip -N -j route`);
const capable = lacks.status === 0;

describe.skipIf(!capable)(onMachine('routes that JSON does not tell', capable ? undefined : 'needs namespaces'), () => {
  test('with names of the machine, locked metrics and encapsulations are collected', { timeout: 60_000 }, async () => {
    const { out: script } = await podpath(['collect']);
    const path = join(folder, 'dump');
    const { stderr } = await isolatedMachine(`hostname node-1
rm -rf ${folder}/iproute2
${SETUP}
ip route add 10.9.0.0/24 dev v0 table mgmt tos EF
ip rule add to 10.9.0.0/24 lookup mgmt pref 50
ip route add 10.7.2.0/24 mtu lock 1400 via 10.0.0.2
ip route add 10.8.1.0/24 encap ip id 5 dst 10.0.0.7 dev v0
ip route show table all >&2
sh -s ${path} <<'END'
${script}
END`);
    // The machine does print names.
    expect(stderr).toContain('table mgmt');
    const { ipv4 } = (await loadLab(path)).netns('node-1') ?? {};
    expect([...(ipv4?.tables.get(100) ?? [])].map(({ tos }) => tos)).toEqual([0xb8]);
    expect(ipv4?.rules.find(({ priority }) => priority === 50)?.action).toEqual({ action: 'lookup', table: 100 });
    const main = [...(ipv4?.tables.get(254) ?? [])];
    expect(main.find(({ mtu }) => mtu === 1400)?.mtuLock).toBe(true);
    expect(main.filter(({ type }) => type === 'unmodelled')).toHaveLength(1);
  });
});
