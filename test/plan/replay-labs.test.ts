import { describe, expect, test } from 'vitest';
import { connectLinks, deviceSysctlPath, type Netns, Runtime, readNetns } from '../../src/linux/index.js';
import { Applier, type Install, parseCommand, type Refusal } from '../../src/plan/index.js';
import { Network } from '../../src/topology/index.js';
import { ip } from '../must.js';
import { dumpOf, LABS, type LabName, loadLab, readable, roleOf } from '../recordings/load.js';
import { type Description, describeNetns } from './describe-netns.js';

/** Set-up lines that no tool of ours makes: what a CNI plugin or a program of user space did. */
const NOT_A_COMMAND = /^(CNI_COMMAND=|relay routes:|ping )/;
/** The relay's own program: it opens a TUN device and keeps it. */
const OPENS_TUN = /opens TUN (\w+) .* bound to ([\d.]+):(\d+)$/;

/** What the recorded state has besides, by device, and who made it. */
const MADE_BY_CNI: Readonly<Record<string, string>> = {
  cni0: 'the bridge plugin made it',
  br7: 'the bridge plugin made it',
  'veth*': 'bridge and ptp plugins make one for each pod',
};
/** Sysctls that a plugin has set besides, and why. */
const SET_BY_CNI: Readonly<Record<string, string>> = {
  'net/ipv4/ip_forward': 'ptp and bridge plugins switch forwarding on',
  'net/ipv4/conf/all/forwarding': 'the same',
  'net/ipv4/conf/default/forwarding': 'the same',
  'net/ipv4/conf/all/accept_redirects': 'switched off by forwarding',
};

function isMadeByCni(dev: string): boolean {
  return dev in MADE_BY_CNI || /^veth[0-9a-f]{8}$/.test(dev);
}

function runtimeLines(file: string, ns: string, cmd: string): Install[] {
  const [, dev, address, port] = OPENS_TUN.exec(cmd) ?? [];
  if (dev === undefined || address === undefined) return [];
  const origin = { by: 'relay', file };
  const source = ip(address);
  return [
    {
      netns: ns,
      origin,
      call: { call: 'link add', link: { kind: 'tun', name: dev, mtu: undefined, address: undefined } },
    },
    {
      netns: ns,
      origin,
      call: {
        call: 'process start',
        process: { kind: 'udp-relay', dev, address: source, port: Number(port), routes: [], errorSource: source },
      },
    },
  ];
}

function replay(name: LabName): { applier: Applier; refused: { at: number; refusal: Refusal }[] } {
  const { commands, setupCommands } = loadLab(name);
  const applier = new Applier(Network.of([]), new Runtime());
  const refused: { at: number; refusal: Refusal }[] = [];
  commands.slice(0, setupCommands).forEach(({ ns, cmd }, at) => {
    if (NOT_A_COMMAND.test(cmd)) return;
    const file = `lab-${name}.json`;
    const installs = OPENS_TUN.test(cmd)
      ? runtimeLines(file, ns ?? '', cmd)
      : readable(parseCommand(cmd, { netns: ns ?? undefined, file, line: at + 1 }));
    for (const install of installs) {
      const refusal = applier.apply(install);
      if (refusal !== undefined) refused.push({ at, refusal });
    }
  });
  return { applier, refused };
}

/** Leaves out what hangs on the devices that plugins made. */
function withoutCni(ns: Netns): Netns {
  const links = [...ns.links].filter(([dev]) => !isMadeByCni(dev));
  const fdb = [...ns.bridgeFdb].filter(([, { bridge, dev }]) => !isMadeByCni(bridge) && !isMadeByCni(dev));
  return { ...ns, links: new Map(links), bridgeFdb: new Map(fdb) };
}

function withoutCniLines(description: Description): Description {
  const keep = (lines: readonly string[]): string[] =>
    lines.filter((line) => !/\b(cni0|br7|veth[0-9a-f]{8})\b/.test(line));
  return {
    links: description.links,
    addresses: keep(description.addresses),
    routes: keep(description.routes),
    rules: description.rules,
    neighbours: keep(description.neighbours),
    fdb: description.fdb,
  };
}

describe.each(LABS)('lab %s, replayed from its commands', (name) => {
  const lab = loadLab(name);
  const { applier, refused } = replay(name);
  const network = applier.network();
  const given = new Set(lab.commands.flatMap(({ cmd }) => cmd.match(/([0-9a-f]{2}:){5}[0-9a-f]{2}/g) ?? []));
  const recorded = Object.entries(lab.state).map(
    ([ns, state]) => readable(readNetns(dumpOf(state, ns), { name: ns, role: roleOf(state.kind) })).ns,
  );
  const wires = lab.wires.map(([a, b]) => [end(a), end(b)] as const);
  // Pods have nothing but what the plugin gave them.
  const wired = connectLinks(recorded, wires).filter((ns) => ns.role !== 'pod');

  test.each(wired.map((ns) => [ns.name, ns] as const))('%s', (netns, wanted) => {
    const got = network.netns(netns);
    expect(got && withoutCniLines(describeNetns(withoutCni(got), given))).toEqual(
      withoutCniLines(describeNetns(withoutCni(wanted), given)),
    );
  });

  test('sysctls', () => {
    for (const [ns, { kind, sysctl }] of Object.entries(lab.state)) {
      if (kind === 'pod') continue;
      for (const [key, value] of Object.entries(sysctl)) {
        const path = deviceSysctlPath(key);
        const got = network.netns(ns)?.sysctls.get(path);
        if (got?.replace(/\s+/g, ' ') === value || isMadeByCni(path.split('/')[3] ?? '') || !isRead(path)) continue;
        expect(SET_BY_CNI, `${ns} ${path}: recorded ${value}, got ${got ?? 'none'}`).toHaveProperty([path]);
      }
    }
  });

  test('the calls that the kernel refused are refused, with its words', () => {
    const wanted = lab.commands
      .slice(0, lab.setupCommands)
      .flatMap(({ exit, stderr }, at) => (exit === undefined ? [] : [{ at, stderr }]));
    expect(refused.map(({ at, refusal }) => ({ at, stderr: `Error: ${refusal.message}.` }))).toEqual(wanted);
  });
});

test('host-gw: the route to a node in another segment is refused', () => {
  const { refused } = replay('hostgw');
  expect(refused.map(({ refusal }) => [refusal.errno, refusal.message])).toEqual([
    ['ENETUNREACH', 'Nexthop has invalid gateway'],
    ['ENETUNREACH', 'Nexthop has invalid gateway'],
  ]);
});

/** Rate limits of ICMP are no part of the state: nothing is limited here. */
function isRead(path: string): boolean {
  return !/icmp_rate|^net\/ipv6\//.test(path);
}

function end(text: string): { netns: string; dev: string } {
  const [netns = '', dev = ''] = text.split('/');
  return { netns, dev };
}
