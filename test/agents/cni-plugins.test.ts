import { describe, expect, test } from 'vitest';
import { formatIpv4 } from '../../src/address/index.js';
import { type BridgeConf, bridge, hostVethName } from '../../src/agents/cni/bridge.js';
import {
  type HostLocalConf,
  HostLocalStore,
  hostLocalAdd,
  hostLocalAddresses,
  wholeSubnet,
} from '../../src/agents/cni/host-local.js';
import { cniChainName } from '../../src/agents/cni/ip-masq.js';
import { loopback } from '../../src/agents/cni/loopback.js';
import type { CniArgs } from '../../src/agents/cni/plugin.js';
import { type PortMapping, portmap } from '../../src/agents/cni/portmap.js';
import type { Steps } from '../../src/agents/index.js';
import { buildNetwork } from '../../src/lab/index.js';
import { type Netns, printRule, Runtime } from '../../src/linux/index.js';
import { Applier, applyTo, parseCommand, type Refusal } from '../../src/plan/index.js';
import { Network } from '../../src/topology/index.js';
import { generatedNames } from '../lab/generated-names.js';
import { makeLab, node, pod, port } from '../lab/make-lab.js';
import { netnsLines } from '../lab/netns-lines.js';
import { ip, prefix } from '../must.js';
import { loadLab, type RecordedCommand, readable } from '../recordings/load.js';
import { networkOf, type ReplayLab } from '../replay/lab.js';
import { readShared } from '../shared.js';
import { commandsOf } from './commands.js';

const CONF: BridgeConf = {
  name: 'cbr0',
  bridge: 'cni0',
  isGateway: true,
  isDefaultGateway: true,
  ipMasq: false,
  hairpinMode: true,
  promiscMode: false,
  portIsolation: false,
  mtu: 1450,
  ipam: wholeSubnet(prefix('10.244.1.0/24'), [{ dst: prefix('10.244.0.0/16'), gw: undefined }]),
};

/** A machine and pods on it, with plug-ins called by hand. */
class Machine {
  readonly applier = new Applier(Network.of([]), new Runtime());
  readonly store = new HostLocalStore();
  readonly name: string;

  constructor(name: string, commands: readonly string[]) {
    this.name = name;
    for (const command of commands) this.run(command);
  }

  run(command: string, netns: string | undefined = undefined): readonly Refusal[] {
    return applyTo(this.applier, readable(parseCommand(command, { netns, file: 'test' })));
  }

  args(netns: string, containerID: string = netns): CniArgs {
    return { host: this.name, netns, containerID, ifname: 'eth0', mac: undefined, object: netns, view: this.applier };
  }

  /** Runs a plug-in; its result, and what the kernel refused. */
  call<T>(steps: Steps<T>): { readonly result: T | undefined; readonly refused: readonly Refusal[] } {
    const refused: Refusal[] = [];
    let step = steps.next(undefined);
    while (step.done !== true) {
      const refusal = this.applier.apply(step.value);
      if (refusal !== undefined) refused.push(refusal);
      step = steps.next(refusal);
    }
    return { result: step.value, refused };
  }

  netns(name: string): Netns {
    const ns = this.applier.netns(name);
    if (ns === undefined) throw new Error(`no namespace ${name}`);
    return ns;
  }
}

describe('host-local', () => {
  const conf = (more: Partial<HostLocalConf> = {}): HostLocalConf => ({
    ...wholeSubnet(prefix('10.1.2.0/24'), []),
    ...more,
  });

  test.each([
    { last: undefined, reserved: [], want: '10.1.2.2', why: 'the first address is the gateway' },
    { last: '10.1.2.2', reserved: ['10.1.2.2'], want: '10.1.2.3', why: 'the next one' },
    { last: '10.1.2.9', reserved: [], want: '10.1.2.10', why: 'one that was given back is not used again at once' },
    { last: '10.1.2.254', reserved: [], want: '10.1.2.2', why: 'around the end, past the gateway' },
    { last: '10.1.2.3', reserved: ['10.1.2.4', '10.1.2.5'], want: '10.1.2.6', why: 'reserved ones are passed over' },
    { last: '10.9.9.9', reserved: [], want: '10.1.2.2', why: 'an address of another range counts as none' },
  ])('after $last: $want, $why', ({ last, reserved, want }) => {
    const store = new HostLocalStore();
    store.last = last === undefined ? undefined : ip(last);
    for (const address of reserved) store.reserved.add(ip(address));
    const [leased] = hostLocalAdd(conf(), store)?.ips ?? [];
    expect(leased === undefined ? undefined : formatIpv4(leased.address)).toBe(want);
  });

  test.each([
    { more: { rangeStart: ip('10.1.2.100') }, want: '10.1.2.100', why: 'rangeStart' },
    { more: { gateway: ip('10.1.2.9') }, want: '10.1.2.1', why: 'another gateway frees the first address' },
    { more: { subnet: prefix('10.1.2.0/31') }, want: undefined, why: 'a /31 has no room' },
    { more: { subnet: prefix('10.1.2.0/30') }, want: '10.1.2.2', why: 'a /30 has room for one' },
  ])('$why', ({ more, want }) => {
    const [leased] = hostLocalAdd(conf(more), new HostLocalStore())?.ips ?? [];
    expect(leased === undefined ? undefined : formatIpv4(leased.address)).toBe(want);
  });

  test.each([
    { asked: '10.1.2.7', ok: true, why: 'free' },
    { asked: '10.1.2.1', ok: false, why: 'the gateway' },
    { asked: '10.1.2.255', ok: false, why: 'past the range' },
    { asked: '10.1.3.7', ok: false, why: 'another subnet' },
    { asked: '10.1.2.5', ok: false, why: 'taken' },
  ])('asked for $asked: $why', ({ asked, ok }) => {
    const store = new HostLocalStore();
    store.reserved.add(ip('10.1.2.5'));
    expect(hostLocalAdd(conf(), store, ip(asked)) !== undefined).toBe(ok);
  });

  test('253 pods fit into a /24, the next gets nothing', () => {
    const addresses = hostLocalAddresses(conf(), new Array(254).fill({ podIP: undefined }));
    expect(addresses.filter((a) => a !== undefined)).toHaveLength(253);
    expect(addresses.at(-1)).toBeUndefined();
  });

  test('given addresses are set aside', () => {
    const pods = [undefined, ip('10.1.2.2'), undefined].map((podIP) => ({ podIP }));
    expect(hostLocalAddresses(conf(), pods).map((a) => (a === undefined ? '' : formatIpv4(a)))).toEqual([
      '10.1.2.3',
      '10.1.2.2',
      '10.1.2.4',
    ]);
  });
});

describe('bridge', () => {
  const built = buildNetwork(makeLab({ nodes: [node(1)], pods: [pod('a', 'node-1'), pod('b', 'node-1')] }));
  const veths = [...(built.network.netns('node-1')?.links.values() ?? [])].filter((l) => l.master === 'cni0');
  const [vethA, vethB] = veths.map(({ name }) => name);
  const mac = commandsOf(built.installs('node-1'), 'cni/bridge').flatMap(
    (c) => /cni0 address (\S+)/.exec(c)?.[1] ?? [],
  );

  test('on the node, for the first pod and the second (cmdAdd(), SPEC-pod-creation §3)', () => {
    const port_ = (veth: string | undefined) => [
      `ip link set dev ${veth} up`,
      `sysctl -qw net.ipv6.conf.${veth}.accept_ra=0`,
      `ip link set dev ${veth} master cni0`,
      `bridge link set dev ${veth} hairpin on`,
      `bridge link set dev ${veth} isolated off`,
    ];
    expect(commandsOf(built.installs('node-1'), 'cni/bridge')).toEqual([
      'ip link add name cni0 mtu 1450 type bridge',
      'sysctl -qw net.ipv6.conf.cni0.accept_ra=0',
      'ip link set dev cni0 up',
      ...port_(vethA),
      'ip addr add 10.244.1.1/24 broadcast 10.244.1.255 scope global dev cni0',
      `ip link set dev cni0 address ${mac[0]}`,
      // The second: the bridge, its address and its MAC are there.
      'sysctl -qw net.ipv6.conf.cni0.accept_ra=0',
      'ip link set dev cni0 up',
      ...port_(vethB),
    ]);
  });

  test('in the pod: address before up, routes in the order of the result', () => {
    expect(commandsOf(built.installs('a'), 'cni/bridge')).toEqual([
      `ip link add name eth0 address 0a:58:0a:f4:01:02 mtu 1450 type veth peer name ${vethA} mtu 1450 netns node-1`,
      'sysctl -qw net.ipv6.conf.eth0.accept_dad=0',
      'sysctl -qw net.ipv4.conf.eth0.arp_notify=1',
      'ip addr add 10.244.1.2/24 broadcast 10.244.1.255 scope global dev eth0',
      'ip link set dev eth0 up',
      'ip route prepend 10.244.0.0/16 via 10.244.1.1 dev eth0',
      'ip route prepend default via 10.244.1.1 dev eth0',
    ]);
  });

  test('the bridge keeps the address that it was made with, and no longer follows its ports', () => {
    expect(mac).toHaveLength(1);
    expect(built.network.netns('node-1')?.links.get('cni0')).toMatchObject({ kind: 'bridge', addressSet: true });
  });

  test('veth names are made of the container, 8 hex digits', () => {
    expect(vethA).toMatch(/^veth[0-9a-f]{8}$/);
    expect(vethA).not.toBe(vethB);
    expect(hostVethName('x', 'eth0')).toBe(hostVethName('x', 'eth0'));
  });

  const machine = (): Machine => {
    const m = new Machine('n', ['ip netns add n', 'ip netns add p']);
    m.call(loopback(m.args('p'), undefined));
    return m;
  };

  test.each([
    { more: { hairpinMode: true, promiscMode: true }, why: 'hairpin and promiscuous mode exclude each other' },
    { more: { mtu: 60 }, why: 'the kernel refuses the MTU' },
  ])('fails: $why', ({ more }) => {
    const m = machine();
    expect(m.call(bridge({ ...CONF, ...more }, m.args('p'), m.store)).result).toBeUndefined();
  });

  test('fails where the bridge has another address: the node got another podCIDR', () => {
    const m = machine();
    m.run('ip link add cni0 type bridge', 'n');
    m.run('ip addr add 10.244.7.1/24 dev cni0', 'n');
    expect(m.call(bridge(CONF, m.args('p'), m.store)).result).toBeUndefined();
  });

  test('fails where the pod has an eth0 already, and says why', () => {
    const m = machine();
    m.run('ip link add eth0 type bridge', 'p');
    const { result, refused } = m.call(bridge(CONF, m.args('p'), m.store));
    expect(result).toBeUndefined();
    expect(refused.map(({ errno }) => errno)).toEqual(['EEXIST']);
  });
});

test('a pod whose ADD fails is left with lo', () => {
  // The address asked for is the gateway's, which host-local does not hand out.
  const lab = makeLab({ nodes: [node(1)], pods: [pod('p', 'node-1', { podIP: ip('10.244.1.1') })] });
  const { network } = buildNetwork(lab);
  expect([...(network.netns('p')?.links.keys() ?? [])]).toEqual(['lo']);
  expect([...(network.netns('node-1')?.links.keys() ?? [])].filter((dev) => dev.startsWith('veth'))).toEqual([]);
});

describe('against the kernel: bridge 1.1.1 with ipMasq (lab-cni-plugins)', () => {
  const recorded = loadLab('cni-plugins') as unknown as ReplayLab;
  const kernel = networkOf(recorded);
  const { commands, setupCommands } = loadLab('cni-plugins');
  const isOurs = ({ ns, cmd }: RecordedCommand): boolean =>
    ns === null ? / (nb|ext|pb1|pb2)\b/.test(cmd) : ns === 'nb' || (ns === 'ext' && / eb\b/.test(cmd));
  const setup = commands.slice(0, setupCommands).filter((c) => !c.cmd.includes('CNI_') && isOurs(c));
  const m = new Machine('nb', []);
  for (const { ns, cmd } of setup) m.run(cmd, ns ?? undefined);
  const conf: BridgeConf = {
    ...CONF,
    name: 'brnet',
    bridge: 'br7',
    isDefaultGateway: false,
    ipMasq: true,
    hairpinMode: false,
    mtu: undefined,
    ipam: wholeSubnet(prefix('10.2.0.0/24'), [{ dst: prefix('0.0.0.0/0'), gw: undefined }]),
  };
  for (const name of ['pb1', 'pb2']) {
    m.call(loopback(m.args(name), undefined));
    for (const family of ['all', 'default']) m.run(`sysctl -qw net.ipv6.conf.${family}.disable_ipv6=1`, name);
    m.call(bridge(conf, m.args(name), m.store));
  }
  const ours = m.applier.network();

  test.each(['nb', 'pb1', 'pb2'])('%s', (name) => {
    const [there, here] = [kernel.netns(name), ours.netns(name)];
    if (there === undefined || here === undefined) throw new Error(`no namespace ${name}`);
    // The firewall plug-in was chained, which is not ours.
    const lines = (ns: Netns, network: Network): string[] =>
      netnsLines(ns, generatedNames(network)).filter((line) => !line.startsWith('iptables filter '));
    expect(lines(here, ours)).toEqual(lines(there, kernel));
  });
});

describe('portmap', () => {
  /** A pod with these host ports on a machine of its own. */
  const withPorts = (mappings: readonly PortMapping[], more = {}): Machine => {
    const m = new Machine('n', ['ip netns add n', 'ip netns add p']);
    const { result } = m.call(bridge({ ...CONF, ipMasq: true }, m.args('p', '3f1c0c2a9d55'), m.store));
    if (result === undefined) throw new Error('bridge failed');
    const conf = { name: 'podnet', snat: true, masqAll: false, markMasqBit: 13, portMappings: mappings, ...more };
    m.call(portmap(conf, m.args('p', '3f1c0c2a9d55'), result));
    return m;
  };
  const rules = (m: Machine, chain: string): string[] =>
    (m.netns('n').iptables.get('nat')?.chains.get(chain)?.rules ?? []).map((rule) => printRule(rule, chain));
  const mapping = (hostPort: number, protocol: PortMapping['protocol'] = 'tcp'): PortMapping => ({
    hostPort,
    containerPort: 80,
    protocol,
    hostIP: undefined,
  });
  const own = cniChainName('podnet', '3f1c0c2a9d55', 'DN-');

  test('its masquerading comes first in POSTROUTING, before that of bridge', () => {
    expect(rules(withPorts([mapping(8080)]), 'POSTROUTING').map((rule) => / -j (\S{12})/.exec(rule)?.[1])).toEqual([
      'CNI-HOSTPORT',
      cniChainName('cbr0', '3f1c0c2a9d55', '').slice(0, 12),
    ]);
  });

  test('at most 15 ports in one rule, protocols sorted', () => {
    const many = Array.from({ length: 16 }, (_, i) => mapping(8000 + i));
    const lists = rules(withPorts([mapping(53, 'udp'), ...many]), 'CNI-HOSTPORT-DNAT').map((rule) => [
      /-p (\S+)/.exec(rule)?.[1],
      /--dports (\S+)/.exec(rule)?.[1]?.split(',').length,
    ]);
    expect(lists).toEqual([
      ['tcp', 15],
      ['tcp', 1],
      ['udp', 1],
    ]);
  });

  test('masqAll: one mark rule for whoever comes', () => {
    const marks = rules(withPorts([mapping(8080)], { masqAll: true }), own).filter((rule) => rule.includes('SETMARK'));
    expect(marks).toEqual([`-A ${own} -p tcp -m tcp --dport 8080 -j CNI-HOSTPORT-SETMARK`]);
  });

  test('no host ports: nothing', () => {
    expect(rules(withPorts([]), 'PREROUTING')).toEqual([]);
  });

  test('packets from 127.0.0.1 may leave by the bridge', () => {
    expect(
      withPorts([mapping(8080)])
        .netns('n')
        .sysctls.get('net/ipv4/conf/cni0/route_localnet'),
    ).toBe('1');
    expect(withPorts([]).netns('n').sysctls.get('net/ipv4/conf/cni0/route_localnet')).toBe('0');
  });

  test('two pods share the common chains', () => {
    const withPort = (name: string, hostPort: number) => pod(name, 'node-1', { ports: [port(80, { hostPort })] });
    const { network } = buildNetwork(makeLab({ nodes: [node(1)], pods: [withPort('a', 8080), withPort('b', 8081)] }));
    const nat = network.netns('node-1')?.iptables.get('nat')?.chains;
    expect(nat?.get('CNI-HOSTPORT-DNAT')?.rules).toHaveLength(2);
    expect(nat?.get('CNI-HOSTPORT-MASQ')?.rules).toHaveLength(1);
    expect(nat?.get('PREROUTING')?.rules.map((rule) => printRule(rule, 'PREROUTING'))).toEqual([
      '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
      '-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT',
    ]);
    expect(nat?.get('PREROUTING')?.rules[1]?.origin).toEqual({ by: 'cni/portmap', object: 'host ports' });
  });

  test('the rules that bridge and portmap 1.1.1 left', (context) => {
    const recorded = readShared(context, 'reference/pod-creation/cni-add-events.json');
    const { iptablesNat } = JSON.parse(recorded) as { iptablesNat: string[] };
    const m = new Machine('n', ['ip netns add n', 'ip netns add p']);
    const { result } = m.call(bridge({ ...CONF, name: 'podnet', ipMasq: true }, m.args('p', '3f1c0c2a9d55'), m.store));
    if (result === undefined) throw new Error('bridge failed');
    const conf = { name: 'podnet', snat: true, masqAll: false, markMasqBit: 13, portMappings: [mapping(8080)] };
    m.call(portmap(conf, m.args('p', '3f1c0c2a9d55'), result));
    const chains = m.netns('n').iptables.get('nat')?.chains ?? new Map();
    const ours = [...chains.keys()].flatMap((chain) => rules(m, chain));
    expect(ours.sort()).toEqual(iptablesNat.filter((line) => line.startsWith('-A')).sort());
  });
});
