import { describe, expect, test } from 'vitest';
import { type ProxierState, resyncIptables } from '../../src/agents/index.js';
import type { Cluster } from '../../src/cluster/index.js';
import { buildNetwork, type Lab } from '../../src/lab/index.js';
import { formatCommand, type Install, type Refusal } from '../../src/plan/index.js';
import { createSimulation, type Simulation } from '../../src/trace/index.js';
import { listener, makeLab, node, pod, port, service } from '../lab/make-lab.js';
import { ip } from '../must.js';

const VIP = '10.96.0.80';

/** Two endpoints and a client on one node. */
function labWith(protocol: 'TCP' | 'UDP', more: Parameters<typeof service>[2]): Lab {
  const proto = protocol === 'TCP' ? 'tcp' : 'udp';
  const web = (name: string) =>
    pod(name, 'node-1', {
      labels: { app: 'web' },
      ports: [port(80, { protocol })],
      listen: [listener(80, { protocol: proto })],
    });
  return makeLab({
    nodes: [node(1)],
    pods: [web('web-0'), web('web-1'), pod('client', 'node-1')],
    services: [
      service('web', 80, {
        clusterIPs: [ip(VIP)],
        ports: [{ name: '', protocol, port: 80, targetPort: 80, nodePort: undefined }],
        ...more,
      }),
    ],
  });
}

function taker(simulation: Simulation, proto: 'tcp' | 'udp', sport?: number): string {
  const probe = { from: 'pod/client', to: VIP, port: 80, proto, ...(sport === undefined ? {} : { sport }) };
  const { verdict, legs } = simulation.send(probe);
  expect(verdict.forward).toBe('delivered');
  return legs[0]?.paths[0]?.endpoint ?? '';
}

describe('session affinity', () => {
  const takers = (simulation: Simulation, n: number, ms: number): Set<string> =>
    new Set(
      Array.from({ length: n }, () => {
        simulation.advance(ms);
        return taker(simulation, 'tcp');
      }),
    );

  test('without it a client meets both endpoints', () => {
    const simulation = createSimulation(buildNetwork(labWith('TCP', {})).network);
    expect(takers(simulation, 20, 1000).size).toBe(2);
  });

  test('with it, one: each new connection begins the time anew', () => {
    const simulation = createSimulation(buildNetwork(labWith('TCP', { sessionAffinity: 10 })).network);
    // Far longer than 10 s in all, as the rule behind the choice notes the client again (`recent --set`).
    expect(takers(simulation, 20, 9000).size).toBe(1);
  });

  test('after the timeout it is chosen anew', () => {
    const simulation = createSimulation(buildNetwork(labWith('TCP', { sessionAffinity: 10 })).network);
    expect(takers(simulation, 20, 10_001).size).toBe(2);
  });
});

/** Drives a sync on a simulation; what `instead` answers for the kernel is not done. */
function resync(
  simulation: Simulation,
  lab: Lab,
  cluster: Cluster,
  previous: ProxierState | undefined,
  instead: (install: Install) => Refusal | 'nothing' | undefined = () => undefined,
): { readonly state: ProxierState; readonly installs: readonly Install[] } {
  const [self] = lab.nodes;
  if (self === undefined) throw new Error('no node');
  const view = { netns: (name: string) => simulation.network.netns(name) };
  const context = { self, cluster, off: new Set<string>(), view };
  const installs: Install[] = [];
  const steps = resyncIptables(context, lab.kubeProxy.config, previous, simulation.runtime.clock);
  let step = steps.next(undefined);
  while (step.done !== true) {
    installs.push(step.value);
    const answer = instead(step.value) ?? simulation.apply([step.value])[0];
    step = steps.next(answer === 'nothing' ? undefined : answer);
  }
  return { state: step.value, installs };
}

/** The cluster with only those endpoints of web that have these addresses. */
function withEndpoints(cluster: Cluster, addresses: readonly string[]): Cluster {
  const wanted = addresses.map(ip);
  return {
    ...cluster,
    endpointSlices: cluster.endpointSlices.map((slice) => ({
      ...slice,
      endpoints: slice.endpoints.filter(({ address }) => wanted.some((each) => each === address)),
    })),
  };
}

function isCleaning({ call }: Install): boolean {
  return call.call === 'conntrack delete';
}

describe('stale connections of UDP (k8s 1.30 pkg/proxy/conntrack/cleanup.go)', () => {
  const lab = labWith('UDP', {
    type: 'NodePort',
    ports: [{ name: '', protocol: 'UDP', port: 80, targetPort: 80, nodePort: 30080 }],
  });
  const built = buildNetwork(lab);
  const both = built.cluster.endpointSlices.flatMap(({ endpoints }) => endpoints.map(({ target }) => target));
  const [A, B] = ['10.244.1.2', '10.244.1.3'] as const;

  test('there are two endpoints', () => {
    expect(both).toHaveLength(2);
  });

  test('an endpoint that is gone is still sent to, until it is forgotten', () => {
    const simulation = createSimulation(built.network);
    const only = (address: string): Cluster => withEndpoints(built.cluster, [address]);
    const first = resync(simulation, lab, only(A), undefined);
    const from = taker(simulation, 'udp', 40000);
    const second = resync(simulation, lab, only(B), first.state, (install) =>
      isCleaning(install) ? 'nothing' : undefined,
    );
    const commands = second.installs.filter(isCleaning).map(formatCommand);
    expect(commands).toEqual([
      `ip netns exec node-1 conntrack -D -p udp --dport 30080 --dst-nat ${A}`,
      `ip netns exec node-1 conntrack -D -p udp --orig-dst ${VIP} --dst-nat ${A}`,
    ]);
    // A new connection goes where the rules say, an old one where it went.
    expect(taker(simulation, 'udp', 40001)).not.toBe(from);
    expect(taker(simulation, 'udp', 40000)).toBe(from);
    simulation.apply(second.installs.filter(isCleaning));
    expect(taker(simulation, 'udp', 40000)).not.toBe(from);
  });

  test('a Service that gets its first endpoint, one that is gone, and a restart', () => {
    const simulation = createSimulation(built.network);
    const cleaning = (installs: readonly Install[]): string[] =>
      installs
        .filter(isCleaning)
        .map((install) => formatCommand(install).replace('ip netns exec node-1 conntrack ', ''));
    const none = resync(simulation, lab, withEndpoints(built.cluster, []), undefined);
    expect(cleaning(none.installs)).toEqual([]);
    const some = resync(simulation, lab, built.cluster, none.state);
    expect(cleaning(some.installs)).toEqual([`-D -p udp --orig-dst ${VIP}`, '-D -p udp --dport 30080']);
    const same = resync(simulation, lab, built.cluster, some.state);
    expect(cleaning(same.installs)).toEqual([]);
    const gone = resync(simulation, lab, { ...built.cluster, services: [] }, same.state);
    expect(cleaning(gone.installs)).toEqual([`-D -p udp --orig-dst ${VIP}`]);
    expect(cleaning(resync(simulation, lab, built.cluster, undefined).installs)).toEqual(cleaning(some.installs));
  });

  // 1.30 looks for `ip:port` in the new list alone (detectStaleConntrackEntries(): `.String() == ep.String()`).
  test.each([
    { state: 'not ready', change: { ready: false, serving: false } },
    { state: 'terminating and serving', change: { ready: false, serving: true, terminating: true } },
    { state: 'terminating and stopped', change: { ready: false, serving: false, terminating: true } },
  ])('an endpoint that is $state is not gone: nothing is forgotten', ({ change }) => {
    const simulation = createSimulation(built.network);
    const first = resync(simulation, lab, built.cluster, undefined);
    const changed: Cluster = {
      ...built.cluster,
      endpointSlices: built.cluster.endpointSlices.map((slice) => ({
        ...slice,
        endpoints: slice.endpoints.map((each) => (each.address === ip(A) ? { ...each, ...change } : each)),
      })),
    };
    const { installs } = resync(simulation, lab, changed, first.state);
    expect(installs.filter(isCleaning)).toEqual([]);
  });

  test('TCP notices by itself: nothing is forgotten', () => {
    const tcp = labWith('TCP', {});
    const { network, cluster } = buildNetwork(tcp);
    const simulation = createSimulation(network);
    const { installs } = resync(simulation, tcp, cluster, undefined);
    expect(installs.filter(isCleaning)).toEqual([]);
  });

  test('a sync of a cluster that has not changed leaves the rules as they are', () => {
    const simulation = createSimulation(built.network);
    const first = resync(simulation, lab, built.cluster, undefined);
    const before = simulation.network.netns('node-1')?.iptables.get('nat');
    const { installs } = resync(simulation, lab, built.cluster, first.state);
    // Only the text: no jump, no canary and no sysctl again.
    expect(installs.map(({ call }) => call.call)).toEqual(['iptables-restore']);
    const after = simulation.network.netns('node-1')?.iptables.get('nat');
    expect([...(after?.chains.keys() ?? [])].sort()).toEqual([...(before?.chains.keys() ?? [])].sort());
  });

  test('after a refused text comes a full sync, and connections stay', () => {
    const simulation = createSimulation(built.network);
    const { state } = resync(simulation, lab, withEndpoints(built.cluster, [A]), undefined);
    const refuse = (install: Install): Refusal | undefined =>
      install.call.call === 'iptables-restore' ? { install, errno: 'EINVAL', message: '' } : undefined;
    const failed = resync(simulation, lab, withEndpoints(built.cluster, [B]), state, refuse);
    expect(failed.installs.map(({ call }) => call.call)).toEqual(['iptables-restore']);
    // Nothing has changed since, yet all chains are written, and what is stale is removed.
    const { installs } = resync(simulation, lab, withEndpoints(built.cluster, [B]), failed.state);
    const text = installs.map(formatCommand).join('\n');
    expect(text).toContain(`--to-destination ${B}:80`);
    expect(text).toMatch(/^-X KUBE-SEP-/m);
  });
});
