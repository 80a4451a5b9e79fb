import { ANY, type Ipv4, type Mac } from '../address/index.js';
import type { Lab, Segment, StaticRoute } from './lab.js';
import { portName, underlayMac } from './names.js';

/** One end of a cable. */
export interface WireEnd {
  readonly netns: string;
  readonly dev: string;
  readonly mtu: number;
  /** undefined: nobody looks at it, so it is drawn. */
  readonly mac: Mac | undefined;
}

/** A cable between a member of a segment and the segment's switch. */
interface Wire {
  readonly segment: string;
  readonly member: WireEnd;
  readonly port: WireEnd;
}

/** All cables of a lab, by the namespaces that they end in. */
export interface Wiring {
  /** Of a switch in order of its ports, of a machine in order of its interfaces. */
  readonly at: ReadonlyMap<string, readonly Wire[]>;
}

/** The cables of a lab: to each switch first the routers', then the nodes', then the hosts'. */
export function wire(lab: Lab): Wiring {
  const at = new Map<string, Wire[]>();
  const add = (netns: string, cable: Wire): void => {
    const list = at.get(netns);
    if (list === undefined) at.set(netns, [cable]);
    else list.push(cable);
  };
  for (const cable of cables(lab)) {
    add(cable.member.netns, cable);
    add(cable.port.netns, cable);
  }
  return { at };
}

function cables(lab: Lab): readonly Wire[] {
  const segments = new Map(lab.segments.map((segment) => [segment.name, { segment, taken: new Set<string>() }]));
  const cable = (netns: string, dev: string, address: Ipv4, name: string, mtu?: number): Wire => {
    const found = segments.get(name);
    if (found === undefined) throw new Error(`${netns} is on segment ${name}, which the lab does not have`);
    const port = portName(netns, dev, found.taken);
    found.taken.add(port);
    return {
      segment: name,
      member: { netns, dev, mtu: mtu ?? found.segment.mtu, mac: underlayMac(address) },
      port: { netns: name, dev: port, mtu: found.segment.mtu, mac: undefined },
    };
  };
  return [
    ...lab.routers.flatMap(({ name, interfaces }) =>
      interfaces.map(({ address, segment }, n) => cable(name, `eth${n}`, address, segment)),
    ),
    ...lab.nodes.map(({ name, addresses, segment, mtu }) => cable(name, 'eth0', addresses[0], segment, mtu)),
    ...lab.hosts.map(({ name, address, segment }) => cable(name, 'eth0', address, segment)),
  ];
}

/** The segment of that name. */
export function segmentOf(lab: Lab, name: string): Segment {
  const segment = lab.segments.find((s) => s.name === name);
  if (segment === undefined) throw new Error(`the lab has no segment ${name}`);
  return segment;
}

/** Through the first router that has an interface on the segment; without a router there is none. */
export function defaultGateway(lab: Lab, segment: string): StaticRoute | undefined {
  for (const { interfaces } of lab.routers) {
    const gateway = interfaces.find((each) => each.segment === segment);
    if (gateway !== undefined) return { dst: { address: ANY, length: 0 }, via: gateway.address };
  }
  return undefined;
}
