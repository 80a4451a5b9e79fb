import { describe, expect, test } from 'vitest';
import {
  type Connections,
  deleteDrained,
  kubeProxyIpvs,
  type ProxierMemory,
  syncIpvs,
} from '../../src/agents/index.js';
import { serviceMap } from '../../src/agents/kube-proxy/service-map.js';
import type { Endpoint, Service } from '../../src/cluster/index.js';
import { formatCommand } from '../../src/plan/index.js';
import { ip, prefix } from '../must.js';
import { clusterOf, Machine, ONE_EACH, proxyConfig, served, servicePort, texts, web } from './ipvs-node.js';
import { endpoint } from './service-cluster.js';

const IDLE: Connections = () => 0;
const BUSY: Connections = () => 3;
const CONFIG = proxyConfig();
const GONE = endpoint('10.244.2.2', { nodeName: 'node-2' });
const REST = ONE_EACH.slice(0, 1);
const [KEPT, DRAINED] = [
  '-a -t 10.96.0.80:80 -r 10.244.1.2:8080 -m -w 1',
  '-a -t 10.96.0.80:80 -r 10.244.2.2:8080 -m -w 0',
];

/** A machine after the first sync, and its next ones: the `ipvsadm` lines of each. */
class Synced {
  readonly machine = new Machine();
  memory: ProxierMemory;

  constructor(service: Service, endpoints: readonly Endpoint[]) {
    const cluster = clusterOf(served(service, endpoints));
    this.machine.run(cluster, (context) => kubeProxyIpvs(CONFIG).install(context));
    this.memory = { terminating: new Set(), services: serviceMap(cluster, 'ip') };
  }

  sync(
    service: Service | undefined,
    endpoints: readonly Endpoint[],
    connections: Connections,
    config = CONFIG,
  ): string[] {
    const cluster = clusterOf(
      service === undefined ? { services: [], endpointSlices: [] } : served(service, endpoints),
    );
    return this.#lines(() => {
      this.memory = this.machine.run(cluster, (context) => syncIpvs(context, config, this.memory, connections));
    });
  }

  minute(connections: Connections): string[] {
    const cluster = clusterOf({ services: [], endpointSlices: [] });
    return this.#lines(() => {
      this.memory = this.machine.run(cluster, (context) => deleteDrained(context, this.memory, connections));
    });
  }

  get servers(): readonly string[] {
    return texts(this.machine.ns).ipvs.filter((line) => line.startsWith('-a'));
  }

  #lines(what: () => void): string[] {
    const before = this.machine.installs.length;
    what();
    expect(this.machine.refused).toEqual([]);
    return this.machine.installs
      .slice(before)
      .flatMap(({ call }) => (call.call === 'ipvsadm restore' ? call.chunks.flatMap(({ lines }) => lines) : []));
  }
}

// syncEndpoint(), proxier.go; GracefulDeleteRS(), deleteRsFunc(), graceful_termination.go; k8s 1.30 pkg/proxy/ipvs.
describe('an endpoint that is removed', () => {
  test('is deleted at once when nothing uses it', () => {
    const synced = new Synced(web(), ONE_EACH);
    expect(synced.sync(web(), REST, IDLE)).toEqual(['-d -t 10.96.0.80:80 -r 10.244.2.2:8080']);
    expect(synced.servers).toEqual([KEPT]);
    expect(synced.memory.terminating.size).toBe(0);
  });

  test('gets no new connections while it has old ones, and goes with them', () => {
    const synced = new Synced(web(), ONE_EACH);
    const asked: string[] = [];
    const busy: Connections = (service, server) => {
      asked.push(`${service.scheduler} ${server.family === 'inet' ? server.address : ''} ${server.port}`);
      return 1;
    };
    expect(synced.sync(web(), REST, busy)).toEqual(['-e -t 10.96.0.80:80 -r 10.244.2.2:8080 -m -w 0']);
    expect(asked).toEqual([`rr ${ip('10.244.2.2')} 8080`]);
    expect(synced.servers).toEqual([KEPT, DRAINED]);
    expect([...synced.memory.terminating]).toEqual(['-t 10.96.0.80:80 -r 10.244.2.2:8080']);
    // Who waits already is not asked again, though nothing would be left of it: that is for the minute's look.
    expect(synced.sync(web(), REST, IDLE)).toEqual([]);
    expect(synced.minute(BUSY)).toEqual([]);
    expect(synced.servers).toEqual([KEPT, DRAINED]);
    expect(synced.minute(IDLE)).toEqual(['-d -t 10.96.0.80:80 -r 10.244.2.2:8080']);
    expect(synced.servers).toEqual([KEPT]);
    expect(synced.memory.terminating.size).toBe(0);
  });

  test('and comes back while it waits is deleted and added again (MoveRSOutofGracefulDeleteList())', () => {
    const synced = new Synced(web(), ONE_EACH);
    synced.sync(web(), REST, BUSY);
    expect(synced.sync(web(), [...REST, GONE], BUSY)).toEqual([
      '-d -t 10.96.0.80:80 -r 10.244.2.2:8080',
      '-a -t 10.96.0.80:80 -r 10.244.2.2:8080 -m -w 1',
    ]);
    expect(synced.memory.terminating.size).toBe(0);
    expect(synced.servers).toEqual([KEPT, DRAINED.replace('-w 0', '-w 1')]);
  });

  test('while it waits loses its Service: it is forgotten, as it is not found', () => {
    const synced = new Synced(web(), ONE_EACH);
    synced.sync(web(), REST, BUSY);
    expect(synced.sync(undefined, [], BUSY)).toEqual(['-D -t 10.96.0.80:80']);
    expect(synced.memory.terminating.size).toBe(1);
    expect(synced.minute(BUSY)).toEqual([]);
    expect(synced.memory.terminating.size).toBe(0);
  });

  test.each([
    { protocol: 'UDP', option: '-u' },
    { protocol: 'SCTP', option: '--sctp-service' },
  ] as const)('of $protocol is not waited for (IsRsGracefulTerminationNeeded())', ({ protocol, option }) => {
    const service = web({ ports: [servicePort({ protocol })] });
    const synced = new Synced(service, ONE_EACH);
    expect(synced.sync(service, REST, BUSY)).toEqual([`-d ${option} 10.96.0.80:80 -r 10.244.2.2:8080`]);
  });
});

describe('a sync', () => {
  test('that finds nothing changed writes the rules again, and nothing else', () => {
    const service = web({ type: 'NodePort', ports: [servicePort({ nodePort: 30080 })] });
    const synced = new Synced(service, ONE_EACH);
    const { machine } = synced;
    const before = machine.installs.length;
    const was = texts(machine.ns);
    synced.sync(service, ONE_EACH, BUSY);
    expect(machine.installs.slice(before).map(({ call }) => call.call)).toEqual(['ipset restore', 'iptables-restore']);
    expect(texts(machine.ns)).toEqual(was);
  });

  test('adds a new endpoint, and changes affinity by -E', () => {
    const synced = new Synced(web(), REST);
    expect(synced.sync(web({ sessionAffinity: 600 }), [...REST, GONE], IDLE)).toEqual([
      '-E -t 10.96.0.80:80 -s rr -p 600',
      '-a -t 10.96.0.80:80 -r 10.244.2.2:8080 -m -w 1',
    ]);
  });

  test('takes a Service that is gone out of IPVS, kube-ipvs0 and the sets', () => {
    const synced = new Synced(web({ externalIPs: [ip('203.0.113.5')] }), ONE_EACH);
    expect(texts(synced.machine.ns).bound).toEqual(['10.96.0.80/32', '203.0.113.5/32']);
    expect(synced.sync(undefined, [], IDLE)).toEqual(['-D -t 10.96.0.80:80', '-D -t 203.0.113.5:80']);
    expect(texts(synced.machine.ns)).toEqual({ ipvs: [], members: [], bound: [] });
    expect(synced.machine.ns.links.has('kube-ipvs0')).toBe(true);
  });

  test('exchanges entries of sets: an external IP becomes one of policy Local', () => {
    const external = { externalIPs: [ip('203.0.113.5')] };
    const synced = new Synced(web(external), ONE_EACH);
    const { machine } = synced;
    const before = machine.installs.length;
    synced.sync(web({ ...external, externalTrafficPolicy: 'Local' }), ONE_EACH, IDLE);
    const lines = machine.installs
      .slice(before)
      .flatMap(({ call }) => (call.call === 'ipset restore' ? call.chunks.flatMap((chunk) => chunk.lines) : []));
    expect(lines.filter((line) => !line.startsWith('create'))).toEqual([
      'del KUBE-EXTERNAL-IP 203.0.113.5,tcp:80',
      'add KUBE-EXTERNAL-IP-LOCAL 203.0.113.5,tcp:80 -exist',
    ]);
  });

  test('leaves what excludeCIDRs covers, and marks, to others (cleanLegacyService())', () => {
    const synced = new Synced(web(), REST);
    const foreign = ['-A -t 198.51.100.1:80 -s rr', '-A -t 198.51.101.1:80 -s rr', '-A -f 7 -s rr'];
    synced.machine.run(clusterOf({ services: [], endpointSlices: [] }), function* () {
      const chunks = [{ origin: { by: 'test', object: 'foreign' }, lines: foreign }];
      yield { netns: 'node-1', origin: { by: 'test', object: 'foreign' }, call: { call: 'ipvsadm restore', chunks } };
    });
    const config = proxyConfig({
      ipvs: { scheduler: 'rr', strictARP: false, excludeCIDRs: [prefix('198.51.100.0/24')] },
    });
    expect(synced.sync(web(), REST, IDLE, config)).toEqual(['-D -t 198.51.101.1:80']);
    expect(texts(synced.machine.ns).ipvs).toContain('-A -f 7 -s rr');
  });

  test('that is the first of a program gives back the weights that the last one took away', () => {
    const synced = new Synced(web(), ONE_EACH);
    synced.sync(web(), REST, BUSY);
    const before = synced.machine.installs.length;
    synced.machine.run(clusterOf(served(web(), ONE_EACH)), (context) => syncIpvs(context, CONFIG, undefined, BUSY));
    const lines = synced.machine.installs
      .slice(before)
      .flatMap(({ call }) => (call.call === 'ipvsadm restore' ? call.chunks.flatMap((chunk) => chunk.lines) : []));
    // One weight that is not 1 has all of them set.
    expect(lines).toEqual(ONE_EACH.map((_, i) => `-e -t 10.96.0.80:80 -r 10.244.${i + 1}.2:8080 -m -w 1`));
    expect(synced.servers).toEqual([KEPT, DRAINED.replace('-w 0', '-w 1')]);
  });
});

// CleanStaleEntries(), k8s 1.30 pkg/proxy/conntrack/cleanup.go.
test('a sync forgets the UDP connections to an endpoint that is gone', () => {
  const service = web({ ports: [servicePort({ protocol: 'UDP' })] });
  const synced = new Synced(service, ONE_EACH);
  const before = synced.machine.installs.length;
  synced.sync(service, REST, IDLE);
  const calls = synced.machine.installs.slice(before).map(formatCommand);
  expect(calls.filter((command) => command.includes('conntrack -D'))).toEqual([
    'ip netns exec node-1 conntrack -D -p udp --orig-dst 10.96.0.80 --dst-nat 10.244.2.2',
  ]);
});

describe('what is the same on every node', () => {
  test('is the same object: sets that no node has something of its own in, and the text of virtual servers', () => {
    const cluster = clusterOf(served(web(), [endpoint('10.244.3.3')]));
    const [one, two] = ['node-1', 'node-2'].map((name) => {
      const machine = new Machine(name);
      machine.run(cluster, (context) => kubeProxyIpvs(CONFIG).install(context));
      const text = machine.installs.flatMap(({ call }) => (call.call === 'ipvsadm restore' ? [call.chunks] : []));
      return { sets: machine.ns.ipsets, text: text.at(-1) };
    });
    expect(one?.sets.get('KUBE-CLUSTER-IP')?.members.size).toBe(1);
    expect(one?.sets.get('KUBE-CLUSTER-IP')).toBe(two?.sets.get('KUBE-CLUSTER-IP'));
    expect(one?.text?.flatMap(({ lines }) => lines)).toHaveLength(2);
    expect(one?.text).toBe(two?.text);
  });
});
