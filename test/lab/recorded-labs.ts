import { DEFAULT_PROXY_CONFIG } from '../../src/agents/index.js';
import type { Lab, LabNode } from '../../src/lab/index.js';
import { ip } from '../must.js';
import type { LabName } from '../recordings/load.js';
import { host, makeLab, node, pod, port, router, segment } from './make-lab.js';

/** Something that differs between a recorded namespace and ours, and why it has to. */
export interface Difference {
  readonly netns: string;
  /** Found in lines that only one of the two has. */
  readonly line: RegExp;
  readonly why: string;
}

/** A recorded lab in our own words. */
export interface RecordedLabCase {
  readonly name: LabName;
  readonly lab: Lab;
  /** Our device → the recorded one, where that is not found by itself: by namespace. */
  readonly devices: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly differences: readonly Difference[];
}

/** n1 and n2 on one segment, n3 behind the router, a host outside. */
function threeNodes(more: Partial<Lab>): Lab {
  const named = (n: number, rest: Partial<LabNode> = {}): LabNode => node(n, { name: `n${n}`, segment: 'sw', ...rest });
  return makeLab({
    nodes: [named(1), named(2), named(3, { addresses: [ip('192.168.20.13')], segment: 'wire-n3' })],
    pods: [pod('p1a', 'n1'), pod('p1b', 'n1'), pod('p2a', 'n2'), pod('p3a', 'n3')],
    segments: [
      segment('sw', '192.168.10.0/24'),
      segment('wire-ext', '203.0.113.0/24'),
      segment('wire-n3', '192.168.20.0/24'),
    ],
    routers: [router({ sw: '192.168.10.1', 'wire-ext': '203.0.113.1', 'wire-n3': '192.168.20.1' })],
    hosts: [host('ext', '203.0.113.50', 'wire-ext')],
    kubelet: 'off',
    kubeProxy: { mode: 'none', config: DEFAULT_PROXY_CONFIG },
    ...more,
  });
}

/** Flannel as the labs were set up: without `--random-fully`, so that ports are predictable. */
function flannel(type: string): Pick<Lab, 'cni'> {
  return { cni: { name: `flannel/${type}`, options: { 'ip-masq-fully-random-disable': true } } };
}

const ROUTER = { eth0: 'ethA', eth1: 'ethX', eth2: 'ethB' };

/** A lab has a switch wherever machines meet; the recordings have a cable where only two do. */
function cables(...ends: readonly [netns: string, dev: string][]): Difference[] {
  return ends.map(([netns, dev]) => ({
    netns,
    line: new RegExp(`^link ${dev} peer `),
    why: 'a cable of the recording is a segment with two members here',
  }));
}

/** The switch's bridge takes the lowest address of its ports, and those are drawn. */
const LOWEST: Difference = {
  netns: 'sw',
  line: /^link lan address /,
  why: 'another port has the lowest drawn address',
};

export const RECORDED_LABS: readonly RecordedLabCase[] = [
  {
    name: 'vxlan-basic',
    lab: threeNodes(flannel('vxlan')),
    devices: { rtr: ROUTER, sw: { br0: 'lan' } },
    differences: [LOWEST, ...cables(['ext', 'eth0'], ['rtr', 'ethX'], ['rtr', 'ethB'], ['n3', 'eth0'])],
  },
  {
    name: 'hostgw',
    lab: threeNodes({
      ...flannel('host-gw'),
      pods: [pod('p1a', 'n1'), pod('p1b', 'n1'), pod('p2a', 'n2')],
    }),
    devices: { rtr: ROUTER, sw: { br0: 'lan' } },
    differences: [
      LOWEST,
      ...cables(['ext', 'eth0'], ['rtr', 'ethX'], ['rtr', 'ethB'], ['n3', 'eth0']),
      { netns: 'n3', line: /^iptables /, why: 'nobody played flanneld on n3 of the recording' },
      {
        netns: 'n3',
        line: /^sysctl net\/ipv4\/conf\/(all|default)\/(forwarding|accept_redirects) /,
        why: 'n3 of the recording is a machine, not a node',
      },
    ],
  },
  {
    name: 'udp-backend',
    lab: threeNodes(flannel('udp')),
    devices: { rtr: ROUTER, sw: { br0: 'lan' } },
    differences: [
      LOWEST,
      ...cables(['ext', 'eth0'], ['rtr', 'ethX'], ['rtr', 'ethB'], ['n3', 'eth0']),
      ...['n1', 'n2', 'n3'].map((netns) => ({
        netns,
        line: /^route main 10\.244\.0\.0\/16 .*"dev":"flannel0".*/,
        why: 'iproute2 gives a route without gateway scope link, the netlink library of flanneld scope global',
      })),
      ...['n1', 'n2', 'n3'].map((netns) => ({
        netns,
        line: /^sysctl net\/ipv6\/conf\/flannel0\/(accept_dad|use_tempaddr) = -1$/,
        why: 'set for devices without ARP (ipv6_add_dev(), net/ipv6/addrconf.c); IPv6 is not modelled',
      })),
    ],
  },
  {
    name: 'portmap',
    lab: threeNodes({
      ...flannel('vxlan'),
      nodes: [node(1, { name: 'n1', segment: 'sw' }), node(2, { name: 'n2', segment: 'sw' })],
      pods: [
        pod('p1a', 'n1', {
          ports: [port(80, { hostPort: 8080 }), port(443, { hostPort: 8443, hostIP: ip('192.168.10.11') })],
        }),
        pod('p1b', 'n1'),
        pod('p2a', 'n2'),
      ],
      segments: [segment('sw', '192.168.10.0/24'), segment('wire-ext', '203.0.113.0/24')],
      routers: [router({ sw: '192.168.10.1', 'wire-ext': '203.0.113.1' })],
    }),
    devices: { rtr: ROUTER, sw: { br0: 'lan' } },
    differences: [LOWEST, ...cables(['ext', 'eth0'], ['rtr', 'ethX'])],
  },
];
