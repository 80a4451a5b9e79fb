import type { Ipv4 } from '../address/index.js';
import { callsOn, type Steps } from '../agents/index.js';
import { newRoute, type Role, RT_TABLE_MAIN } from '../linux/index.js';
import type { Call, Install } from '../plan/index.js';
import type { Host, Lab, LabNode, Router, Segment, StaticRoute } from './lab.js';
import { SEGMENT_BRIDGE } from './names.js';
import { defaultGateway, segmentOf, type WireEnd, type Wiring } from './wires.js';

/** Makes calls that the lab file is the reason for. */
function labCalls(netns: string, object: string): (call: Call) => Install {
  return callsOn(netns, { by: 'lab', object });
}

/** The switch of a segment: a bridge with a port for each cable. */
export function* buildSegment(segment: Segment, wiring: Wiring, roles: ReadonlyMap<string, Role>): Steps {
  const object = `segment/${segment.name}`;
  const call = labCalls(segment.name, object);
  yield* machine(segment.name, 'switch', object);
  const bridge = { kind: 'bridge', name: SEGMENT_BRIDGE, mtu: undefined, address: undefined } as const;
  const link = { ...bridge, stp: false, vlanFiltering: false, nfCallIptables: false };
  yield call({ call: 'link add', link });
  yield call({ call: 'link set', dev: SEGMENT_BRIDGE, set: { up: true } });
  const met = new Set<string>();
  for (const { member, port } of wiring.at.get(segment.name) ?? []) {
    if (!met.has(member.netns)) yield* standIn(member.netns, roles.get(member.netns) ?? 'host', object);
    met.add(member.netns);
    yield* connect(port, member, object);
    yield call({ call: 'link set', dev: port.dev, set: { master: SEGMENT_BRIDGE } });
  }
}

/** A router: its addresses, forwarding, its routes. */
export function* buildRouter(lab: Lab, router: Router, wiring: Wiring): Steps {
  const object = `router/${router.name}`;
  const call = labCalls(router.name, object);
  yield* plugIn(router.name, 'router', object, wiring);
  for (const [n, { segment, address }] of router.interfaces.entries())
    yield call(addressCall(`eth${n}`, address, segmentOf(lab, segment).subnet.length));
  yield call({ call: 'sysctl set', path: 'net/ipv4/ip_forward', value: '1' });
  for (const route of router.routes) yield call(routeCall(route));
}

/** A host: its address, a default route, its own routes. */
export function* buildHost(lab: Lab, host: Host, wiring: Wiring): Steps {
  const object = `host/${host.name}`;
  const call = labCalls(host.name, object);
  yield* plugIn(host.name, 'host', object, wiring);
  yield call(addressCall('eth0', host.address, segmentOf(lab, host.segment).subnet.length));
  yield* defaultRoute(lab, host.segment, call);
  for (const route of host.routes) yield call(routeCall(route));
}

/** A node as it is when the first program of Kubernetes starts on it. */
export function* buildNode(lab: Lab, node: LabNode, wiring: Wiring): Steps {
  const object = `node/${node.name}`;
  const call = labCalls(node.name, object);
  yield* plugIn(node.name, 'node', object, wiring);
  const { length } = segmentOf(lab, node.segment).subnet;
  for (const address of node.addresses) yield call(addressCall('eth0', address, length));
  yield* defaultRoute(lab, node.segment, call);
}

/** A namespace that stands for a machine of its own, with `lo` up. */
function* machine(name: string, role: Role, object: string): Steps {
  const call = labCalls(name, object);
  yield call({ call: 'netns add', role, host: name });
  yield call({ call: 'link set', dev: 'lo', set: { up: true } });
}

/** A machine connected to its segments. */
function* plugIn(name: string, role: Role, object: string, wiring: Wiring): Steps {
  yield* machine(name, role, object);
  const met = new Set<string>();
  for (const { member, port } of wiring.at.get(name) ?? []) {
    if (!met.has(port.netns)) yield* standIn(port.netns, 'switch', object);
    met.add(port.netns);
    yield* connect(member, port, object);
  }
}

/**
 * A namespace at the other end of a cable. It only holds that end while this machine is built: its own build makes the
 * real one, with the same cable by the same rule. So each can be built without the others.
 */
function* standIn(name: string, role: Role, object: string): Steps {
  yield labCalls(name, object)({ call: 'netns add', role, host: name });
}

/** A cable, both ends up. */
function* connect(near: WireEnd, far: WireEnd, object: string): Steps {
  const call = labCalls(near.netns, object);
  yield call({
    call: 'link add veth',
    link: { name: near.dev, mtu: near.mtu, address: near.mac },
    peer: { netns: far.netns, name: far.dev, mtu: far.mtu, address: far.mac },
  });
  yield call({ call: 'link set', dev: near.dev, set: { up: true } });
  yield labCalls(far.netns, object)({ call: 'link set', dev: far.dev, set: { up: true } });
}

function* defaultRoute(lab: Lab, segment: string, call: (call: Call) => Install): Steps {
  const gateway = defaultGateway(lab, segment);
  if (gateway !== undefined) yield call(routeCall(gateway));
}

/** As `ip addr add`, which sets no broadcast address by itself. */
function addressCall(dev: string, local: Ipv4, prefixLength: number): Call {
  const address = { dev, local, prefixLength, broadcast: undefined, scope: undefined, peer: undefined };
  return { call: 'addr add', address };
}

/** As `ip route add DST via GATEWAY`. */
function routeCall({ dst, via }: StaticRoute): Call {
  return { call: 'route add', table: RT_TABLE_MAIN, route: newRoute(dst, { via }) };
}
