import { describe, expect, test } from 'vitest';
import type { Header } from '../../src/packet/index.js';
import { type Crossing, crossings, type Probe, type Trace, trace } from '../../src/trace/index.js';
import { type FLANNEL_LABS, shipped } from '../shipped.js';

// Addresses of the workload: node subnets are leased in node order, /24 of 10.244.0.0/16 from .1 on (flannel), and
// host-local hands out addresses from .2 on in the order of creation; .1 is cni0.
const CLIENT = '10.244.1.2';
const WEB = ['web-0', 'web-1'] as const;
const ADDRESS = { 'web-0': '10.244.1.3', 'web-1': '10.244.2.2' };
const PROTOS = ['tcp', 'udp', 'icmp'] as const;
const WITH_PORTS = ['tcp', 'udp'] as const;
type Proto = (typeof PROTOS)[number];

interface Mode {
  /** The headers of a packet from node-1 to a pod of node-2, on the wire between them. */
  readonly wire: readonly string[];
  /** TTL of what client sends when web-1 gets it: 64, less one where it is forwarded and where flanneld relays it. */
  readonly ttl: number;
  /** The address that node-3 takes to send to a pod of node-1 and of node-2: that of the route's device. */
  readonly fromNode3: Readonly<Record<(typeof WEB)[number], string>>;
  /** web-1 can be reached from node-1 and node-3. */
  readonly whole: boolean;
}

type Lab = (typeof FLANNEL_LABS)[number];

const MODES: Record<Lab, Mode> = {
  'flannel-vxlan': {
    wire: ['eth', 'ip4', 'udp', 'vxlan', 'eth', 'ip4'],
    ttl: 62, // node-1, node-2
    fromNode3: { 'web-0': '10.244.3.0', 'web-1': '10.244.3.0' }, // flannel.1
    whole: true,
  },
  'flannel-host-gw': {
    wire: ['eth', 'ip4'],
    ttl: 62,
    fromNode3: { 'web-0': '192.168.56.13', 'web-1': '192.168.56.13' }, // eth0
    whole: true,
  },
  'flannel-udp': {
    wire: ['eth', 'ip4', 'udp', 'ip4'],
    ttl: 60, // and both flannelds: proxy_amd64.c, tun_to_udp and udp_to_tun
    fromNode3: { 'web-0': '10.244.3.0', 'web-1': '10.244.3.0' }, // flannel0
    whole: true,
  },
  'flannel-vxlan-directrouting': {
    wire: ['eth', 'ip4', 'udp', 'vxlan', 'eth', 'ip4'],
    ttl: 62, // the router forwards the outer packet alone
    fromNode3: { 'web-0': '192.168.56.13', 'web-1': '10.244.3.0' }, // node-1 on the same segment, node-2 behind the router
    whole: true,
  },
  'flannel-host-gw-two-segments': {
    wire: [],
    ttl: 0,
    fromNode3: { 'web-0': '192.168.56.13', 'web-1': '' },
    whole: false,
  },
};

interface Seen {
  /** `address:port`, the address alone where there are no ports. */
  readonly src: string;
  readonly dst: string;
  readonly ttl: number;
}

/** The IP packets for `netns` that come in there, in order. */
function arrivals(run: readonly Crossing[], netns: string): Seen[] {
  const into = run.filter((c) => c.netns === netns && c.dir === 'in');
  return into.map(({ headers }) => seen(headers)).filter((packet) => packet !== undefined);
}

function seen(headers: readonly Header[]): Seen | undefined {
  const ip = headers.find((h) => h.l === 'ip4');
  if (ip === undefined) return undefined;
  const l4 = headers.find((h) => h.l === 'tcp' || h.l === 'udp');
  const at = (side: 'sport' | 'dport'): string => (l4 === undefined ? '' : `:${l4[side]}`);
  return { src: ip.src + at('sport'), dst: ip.dst + at('dport'), ttl: ip.ttl };
}

const address = (of: string | undefined): string | undefined => of?.split(':')[0];

/** The branches of a trace, by the pod that the packet reached. */
function byPod(result: Trace): Map<string, Crossing[]> {
  const found = new Map<string, Crossing[]>();
  for (const i of result.legs[0]?.paths.keys() ?? []) {
    const run = crossings(result, i);
    const pod = WEB.find((web) => arrivals(run, web).length > 0);
    if (pod !== undefined) found.set(pod, run);
  }
  return found;
}

function only(result: Trace): Crossing[] {
  expect(result.legs[0]?.paths).toHaveLength(1);
  return crossings(result);
}

const port = (proto: Proto, number: number): string => (proto === 'icmp' ? '' : `:${number}`);
const arrives = { forward: 'delivered', reply: 'delivered', code: null, exit: 0 };

describe.each(Object.entries(MODES) as [Lab, Mode][])('%s', (name, mode) => {
  const network = shipped(name);
  const send = (probe: Probe): Trace => trace(network, probe);
  const reached = mode.whole ? WEB : WEB.slice(0, 1);

  test.each(PROTOS)('%s from pod to pod on one node: bridged, not routed', (proto) => {
    const result = send({ from: 'pod/client', to: `pod/web-0${port(proto, 8080)}`, proto });
    expect(result.verdict).toMatchObject(arrives);
    const run = only(result);
    expect(arrivals(run, 'web-0')).toMatchObject([{ dst: `${ADDRESS['web-0']}${port(proto, 8080)}`, ttl: 64 }]);
    expect(arrivals(run, 'client')).toMatchObject([{ src: `${ADDRESS['web-0']}${port(proto, 8080)}`, ttl: 64 }]);
  });

  test.each(PROTOS)('%s from pod to pod across nodes', (proto) => {
    const result = send({ from: 'pod/client', to: `pod/web-1${port(proto, 8080)}`, proto });
    if (!mode.whole) {
      expect(result.verdict).toMatchObject({ forward: 'dropped', code: 'NO_ROUTE', exit: 1 });
      return;
    }
    expect(result.verdict).toMatchObject(arrives);
    const run = only(result);
    const web1 = `${ADDRESS['web-1']}${port(proto, 8080)}`;
    expect(arrivals(run, 'web-1')).toMatchObject([{ dst: web1, ttl: mode.ttl }]);
    expect(address(arrivals(run, 'web-1')[0]?.src)).toBe(CLIENT);
    expect(arrivals(run, 'client')).toMatchObject([{ src: web1, ttl: mode.ttl }]);
    const wire = run.filter((c) => c.netns === 'node-2' && c.dev === 'eth0' && c.kind !== 'arp' && c.kind !== 'copy');
    expect(wire.map((c) => c.dir)).toEqual(['in', 'out']);
    for (const { headers } of wire) expect(headers.map((h) => h.l)).toEqual([...mode.wire, proto]);
  });

  test.each(WITH_PORTS)('%s from pod to ClusterIP: each endpoint with one half, source kept', (proto) => {
    const result = send({ from: 'pod/client', to: 'service/web:80', proto });
    expect(result.legs[0]?.paths.map((path) => path.p)).toEqual([0.5, 0.5]);
    expect(result.verdict.pDelivered).toBe(mode.whole ? 1 : 0.5);
    for (const pod of reached) {
      const run = byPod(result).get(pod) ?? [];
      const [there] = arrivals(run, pod);
      expect(there?.dst).toBe(`${ADDRESS[pod]}:8080`);
      expect(address(there?.src)).toBe(CLIENT);
      const asked = run.find((c) => c.netns === 'client' && c.dir === 'out' && c.kind === 'forward');
      expect(seen(asked?.headers ?? [])?.dst).toMatch(/^10\.96\.\d+\.\d+:80$/);
      expect(arrivals(run, 'client')).toMatchObject([{ src: seen(asked?.headers ?? [])?.dst }]);
    }
  });

  test.each(WITH_PORTS)('%s hairpin: a pod that reaches itself sees the bridge as its peer', (proto) => {
    const result = send({ from: 'pod/web-0', to: 'service/web:80', proto });
    const self = result.legs[0]?.paths.findIndex((path) => path.endpoint === 'pod/default/web-0') ?? -1;
    const [there, back] = arrivals(crossings(result, self), 'web-0');
    expect(there?.dst).toBe(`${ADDRESS['web-0']}:8080`);
    expect(address(there?.src)).toBe('10.244.1.1');
    expect(address(back?.dst)).toBe(ADDRESS['web-0']);
    if (!mode.whole) return;
    expect(result.verdict).toMatchObject(arrives);
    const other = crossings(result, 1 - self);
    expect(address(arrivals(other, 'web-1')[0]?.src)).toBe(ADDRESS['web-0']);
  });

  test.each(WITH_PORTS)('%s from node to ClusterIP: masqueraded as the device that it leaves by', (proto) => {
    const result = send({ from: 'node/node-3', to: 'service/web:80', proto });
    for (const pod of reached) {
      const run = byPod(result).get(pod) ?? [];
      expect(address(arrivals(run, pod)[0]?.src)).toBe(mode.fromNode3[pod]);
    }
    expect(result.verdict.pDelivered).toBe(mode.whole ? 1 : 0.5);
  });

  test.each(WITH_PORTS)('%s from outside to NodePort: masqueraded, and answered by the node', (proto) => {
    const result = send({ from: 'host/internet', to: 'node/node-3:30080', proto });
    for (const pod of reached) {
      const run = byPod(result).get(pod) ?? [];
      const [there] = arrivals(run, pod);
      expect(there?.dst).toBe(`${ADDRESS[pod]}:8080`);
      expect(address(there?.src)).toBe(mode.fromNode3[pod]);
      expect(arrivals(run, 'internet')).toMatchObject([{ src: '192.168.56.13:30080' }]);
    }
    expect(result.verdict.pDelivered).toBe(mode.whole ? 1 : 0.5);
  });

  test.each(PROTOS)('%s from pod to the internet and back: masqueraded as the node', (proto) => {
    const result = send({ from: 'pod/client', to: `host/internet${port(proto, 80)}`, proto });
    expect(result.verdict).toMatchObject(arrives);
    const run = only(result);
    const [there] = arrivals(run, 'internet');
    expect(there?.ttl).toBe(62); // node-1, router
    expect(address(there?.src)).toBe('192.168.56.11');
    const [back] = arrivals(run, 'client');
    expect(address(back?.src)).toBe('203.0.113.10');
    expect(address(back?.dst)).toBe(CLIENT);
  });

  test('icmp to a ClusterIP: no rule of kube-proxy takes it, so it leaves for the default gateway, which has no route', () => {
    const { verdict } = send({ from: 'pod/client', to: 'service/web', proto: 'icmp' });
    expect(verdict).toMatchObject({ forward: 'rejected', code: 'NO_ROUTE', errno: 'ENETUNREACH' });
  });

  test('icmp to a node from outside: answered by its kernel', () => {
    const result = send({ from: 'host/internet', to: 'node/node-3', proto: 'icmp' });
    expect(result.verdict).toMatchObject(arrives);
    expect(arrivals(only(result), 'internet')).toMatchObject([{ src: '192.168.56.13' }]);
  });
});
