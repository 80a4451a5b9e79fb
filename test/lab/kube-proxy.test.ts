import { describe, expect, test } from 'vitest';
import { openLab } from '../../src/input/index.js';
import { buildNetwork, createKubeProxy, type Lab } from '../../src/lab/index.js';
import { formatCommand, type Install } from '../../src/plan/index.js';
import { InputError } from '../../src/problem/index.js';
import { createSimulation, type Simulation } from '../../src/trace/index.js';
import { listener, makeLab, node, pod, port, service } from './make-lab.js';

const both = (name: string, nodeName: string) =>
  pod(name, nodeName, {
    labels: { app: 'web' },
    ports: [port(80), port(80, { protocol: 'UDP' })],
    listen: [listener(80), listener(80, { protocol: 'udp' })],
  });

/** A client on node-1; web-0 and web-1, one on each node, behind a Service of TCP and one of UDP. */
function labOf(mode: 'iptables' | 'ipvs', more: Partial<Lab> = {}): Lab {
  const lab = makeLab({
    pods: [pod('client', 'node-1'), both('web-0', 'node-1'), both('web-1', 'node-2')],
    services: (['TCP', 'UDP'] as const).map((protocol) =>
      service(protocol.toLowerCase(), 80, {
        selector: { app: 'web' },
        ports: [{ name: '', protocol, port: 80, targetPort: 80, nodePort: undefined }],
      }),
    ),
    ...more,
  });
  return { ...lab, kubeProxy: { ...lab.kubeProxy, mode } };
}

function without(lab: Lab, name: string): Lab {
  return { ...lab, pods: lab.pods.filter((each) => each.name !== name) };
}

/** Who takes what a client sends from one port. */
function taker(simulation: Simulation, proto: 'tcp' | 'udp', sport: number): string | null | undefined {
  const { legs } = simulation.send({ from: 'pod/client', to: `service/${proto}`, proto, sport });
  return legs[0]?.paths[0]?.endpoint;
}

/** A source port whose packets web-0 takes. */
function portOfWeb0(simulation: Simulation, proto: 'tcp' | 'udp'): number {
  for (let sport = 40000; sport < 40020; sport++)
    if (taker(simulation, proto, sport) === 'pod/default/web-0') return sport;
  throw new Error('web-0 is never chosen');
}

function commands(installs: readonly Install[]): string[] {
  return installs.map((install) => formatCommand(install).replace('ip netns exec node-1 ', ''));
}

/** What of the calls is for the connections of conntrack. */
function forgotten(installs: readonly Install[]): string[] {
  return commands(installs).filter((command) => command.startsWith('conntrack'));
}

const WEB_1 = 'pod/default/web-1';

describe.each(['iptables', 'ipvs'] as const)('kube-proxy in mode %s', (mode) => {
  const lab = labOf(mode);
  const built = buildNetwork(lab);

  test('an endpoint that is deleted is sent to until the sync is done', () => {
    const simulation = createSimulation(built.network);
    const kubeProxy = createKubeProxy(lab, 'node-1');
    const sport = portOfWeb0(simulation, 'udp');
    const calls = kubeProxy.sync(without(lab, 'web-0'), simulation);
    expect(taker(simulation, 'udp', sport)).toBe('pod/default/web-0');
    expect(simulation.apply(calls)).toEqual([]);
    expect(taker(simulation, 'udp', sport)).toBe(WEB_1);
    for (let other = 50000; other < 50010; other++) expect(taker(simulation, 'udp', other)).toBe(WEB_1);
    // UDP alone is forgotten (k8s 1.30 pkg/proxy/conntrack/cleanup.go).
    expect(forgotten(calls)).toEqual(['conntrack -D -p udp --orig-dst 10.96.0.3 --dst-nat 10.244.1.3']);
  });

  // 1.30 looks for `ip:port` among the endpoints, ready or not (detectStaleConntrackEntries(),
  // pkg/proxy/endpointschangetracker.go). In IPVS mode the real server goes, and with expire_nodest_conn its connections.
  test('one that is not ready keeps its connections, unless IPVS forgets them with the server', () => {
    const simulation = createSimulation(built.network);
    const kubeProxy = createKubeProxy(lab, 'node-1');
    const sport = portOfWeb0(simulation, 'udp');
    const pods = lab.pods.map((each) => (each.name === 'web-0' ? { ...each, ready: false } : each));
    const calls = kubeProxy.sync({ ...lab, pods }, simulation);
    expect(forgotten(calls)).toEqual([]);
    expect(simulation.apply(calls)).toEqual([]);
    expect(taker(simulation, 'udp', sport)).toBe(mode === 'ipvs' ? WEB_1 : 'pod/default/web-0');
    for (let other = 50000; other < 50010; other++) expect(taker(simulation, 'udp', other)).toBe(WEB_1);
  });

  test('what has not changed is not called again, but for the whole text', () => {
    const simulation = createSimulation(built.network);
    const calls = createKubeProxy(lab, 'node-1').sync(lab, simulation);
    const names = calls.map(({ call }) => call.call);
    expect(names).toEqual(mode === 'ipvs' ? ['ipset restore', 'iptables-restore'] : ['iptables-restore']);
    simulation.apply(calls);
    for (const table of ['nat', 'filter'] as const)
      expect([...(simulation.network.netns('node-1')?.iptables.get(table)?.chains.keys() ?? [])].sort()).toEqual(
        [...(built.network.netns('node-1')?.iptables.get(table)?.chains.keys() ?? [])].sort(),
      );
  });

  test('pods and Services keep what they were given when others go', () => {
    // web-1 would be given 10.244.2.2 and the Service of UDP 10.96.0.2 if they were alone.
    const two = labOf(mode, { pods: [pod('first', 'node-2'), ...lab.pods] });
    const simulation = createSimulation(buildNetwork(two).network);
    const kubeProxy = createKubeProxy(two, 'node-1');
    const left = without(without(two, 'first'), 'web-0');
    const alone = { ...left, services: left.services.filter(({ name }) => name === 'udp') };
    simulation.apply(kubeProxy.sync(alone, simulation));
    for (let sport = 40000; sport < 40005; sport++) expect(taker(simulation, 'udp', sport)).toBe(WEB_1);
  });

  test('a command that is run afterwards is not what kube-proxy remembers', () => {
    const at = { file: 'lab.yaml', path: [], line: 1, col: 1 };
    const command = mode === 'ipvs' ? 'ipvsadm -C' : 'iptables -t nat -F KUBE-SERVICES';
    const broken = { ...lab, overrides: [{ netns: 'node/node-1', command, ...at }] };
    const simulation = createSimulation(buildNetwork(broken).network);
    simulation.apply(createKubeProxy(broken, 'node-1').sync(lab, simulation));
    expect(simulation.network.netns('node-1')?.ipvs.length).toBe(mode === 'ipvs' ? 2 : 0);
    expect(taker(simulation, 'udp', 40000)).toMatch(/web/);
  });
});

describe('in IPVS mode (SPEC 4.2, k8s 1.30 pkg/proxy/ipvs/graceful_termination.go)', () => {
  const lab = labOf('ipvs');
  const servers = (simulation: Simulation): string[] =>
    (simulation.network.netns('node-1')?.ipvs ?? []).flatMap(({ key, servers: all }) =>
      all.map(({ weight }) => `${key.by === 'address' ? key.protocol : ''} ${weight}`),
    );

  test('a real server of UDP goes at once, one of TCP when its last connection has', () => {
    const simulation = createSimulation(buildNetwork(lab).network);
    const kubeProxy = createKubeProxy(lab, 'node-1');
    portOfWeb0(simulation, 'udp');
    portOfWeb0(simulation, 'tcp');
    expect(servers(simulation).sort()).toEqual(['tcp 1', 'tcp 1', 'udp 1', 'udp 1']);
    simulation.apply(kubeProxy.sync(without(lab, 'web-0'), simulation));
    expect(servers(simulation).sort()).toEqual(['tcp 0', 'tcp 1', 'udp 1']);
    expect(taker(simulation, 'tcp', 50000)).toBe(WEB_1);
    expect(kubeProxy.deleteDrained(simulation)).toEqual([]);
    // Nobody ends the connection, which is forgotten after 15 minutes of silence (tcp_timeouts[IP_VS_TCP_S_ESTABLISHED]).
    simulation.advance(15 * 60_000 - 1);
    expect(kubeProxy.deleteDrained(simulation)).toEqual([]);
    simulation.advance(1);
    const drained = kubeProxy.deleteDrained(simulation);
    expect(commands(drained)).toEqual(["ipvsadm -R <<'EOF'\n-d -t 10.96.0.2:80 -r 10.244.1.3:80\nEOF"]);
    simulation.apply(drained);
    expect(servers(simulation).sort()).toEqual(['tcp 1', 'udp 1']);
    expect(kubeProxy.deleteDrained(simulation)).toEqual([]);
  });

  test('nothing drains in iptables mode', () => {
    const iptables = labOf('iptables');
    const simulation = createSimulation(buildNetwork(iptables).network);
    expect(createKubeProxy(iptables, 'node-1').deleteDrained(simulation)).toEqual([]);
  });
});

describe('where no kube-proxy runs', () => {
  const at = (text: string, name: string) => async () => {
    const { lab } = await openLab(text);
    return createKubeProxy(lab, name);
  };
  const NODES = 'nodes: {node-1: 192.168.56.11, node-2: {address: 192.168.56.12, off: [kube-proxy]}}\n';

  test.each([
    { name: 'node-3', text: NODES, code: 'unknown-name' },
    { name: 'node-2', text: NODES, code: 'bad-value' },
    { name: 'node-1', text: `${NODES}kubeProxy: none\n`, code: 'bad-value' },
  ])('$name: $code', async ({ name, text, code }) => {
    const error: unknown = await at(text, name)().catch((thrown: unknown) => thrown);
    if (!(error instanceof InputError)) throw error;
    expect(error.problems.map((problem) => problem.code)).toEqual([code]);
  });

  test('a node that the lab loses', () => {
    const lab = labOf('iptables', { nodes: [node(1), node(2)] });
    const simulation = createSimulation(buildNetwork(lab).network);
    const kubeProxy = createKubeProxy(lab, 'node-2');
    const alone = { ...without(lab, 'web-1'), nodes: [node(1)] };
    expect(() => kubeProxy.sync(alone, simulation)).toThrow(InputError);
  });
});
